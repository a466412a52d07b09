"""Write the same objects in different ways.

In: chance and objects. Out: files in a folder, which Kubernetes reads as just these objects: YAML
or JSON, single documents or lists, in any order, over several files.
"""

import json
import re

import yaml

WORD = re.compile(r"[A-Za-z][A-Za-z0-9/_-]*")
ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}(/[0-9]+)?|[0-9a-f:]*::[0-9a-f:]*(/[0-9]+)?")
NOT_A_STRING = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


class Dumper(yaml.CSafeDumper):
    """Quotes all strings that any reader of YAML may take for something else."""

    def ignore_aliases(self, _):
        """Write what is shared each time, without anchors."""
        return True


class DumperWithAliases(Dumper):
    """Writes what is shared once."""

    def ignore_aliases(self, data):
        return not data or not isinstance(data, (dict, list))


def represent_string(dumper, text):
    """Plain only if it can be nothing but a string."""
    word = WORD.fullmatch(text) and text.lower() not in NOT_A_STRING
    plain = word or ADDRESS.fullmatch(text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="" if plain else '"')


Dumper.add_representer(str, represent_string)


def write(dice, objects, folder):
    """Deal the objects out to one to three files."""
    shuffled = dice.sample(objects, len(objects))
    files = dice.randint(1, 3)
    for number in range(files):
        suffix, text = dice.choice(SHAPES)(dice, shuffled[number::files])
        file = folder / dice.choice(["", "more", "more/deep"]) / f"{number}{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def documents(dice, objects):
    """A document each, with empty ones between them at times."""
    return ".yaml", dumped(dice, objects + [None] * dice.chance(0.2))


def one_list(dice, objects):
    """As kubectl prints objects of several kinds."""
    return ".yml", dumped(dice, [list_of("", "v1", objects)])


def typed_lists(dice, objects):
    """A list for each kind, whose items leave the kind to it."""
    return ".yaml", dumped(dice, lists_by_kind(objects))


def json_list(dice, objects):
    """JSON, indented by tabs, or by nothing in one line."""
    return ".json", json.dumps(list_of("", "v1", objects), indent=dice.choice(["\t", 2, None]))


SHAPES = [documents, one_list, typed_lists, json_list]


def dumped(dice, trees):
    """YAML in block style or flow style, with or without anchors and aliases."""
    return yaml.dump_all(trees, Dumper=dice.choice([Dumper, Dumper, DumperWithAliases]),
                         default_flow_style=dice.choice([False, False, None, True]),
                         explicit_start=dice.chance(0.5), sort_keys=dice.chance(0.5),
                         indent=dice.choice([2, 4]), width=1000)


def lists_by_kind(objects):
    """One typed list for each kind of object."""
    kinds = dict.fromkeys((item["apiVersion"], item["kind"]) for item in objects)
    return [list_of(kind, version, [without_kind(item) for item in objects if item["kind"] == kind])
            for version, kind in kinds]


def list_of(kind, version, items):
    """A List, or a PodList and the like."""
    return {"apiVersion": version, "kind": f"{kind}List", "metadata": {"resourceVersion": ""},
            "items": items}


def without_kind(item):
    """An item of a typed list need not repeat the kind."""
    return {field: value for field, value in item.items() if field not in ("apiVersion", "kind")}
