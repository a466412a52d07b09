#!/usr/bin/env python3
"""Check that a cluster's objects compile to the same bytes in whatever form they are written, and that nft
loads these as they are meant.

In: made-up clusters. Out: whether each compiles to the same ruleset from YAML, from JSON and from Kubernetes'
protobuf, and does so again a second time; whether `nft -f` takes it; and whether `np2nft diff` finds no
difference between the table that nft made of it and the one that apply makes.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "opinion"), str(HERE.parent / "live")]

import encode  # noqa: E402 pylint: disable=wrong-import-position
import generate  # noqa: E402 pylint: disable=wrong-import-position
from namespace import FORWARDING, Namespace, become_root, own_run  # noqa: E402 pylint: disable=wrong-import-position


class Failure(Exception):
    """What is not the same; the text says of what."""


class Quoted(yaml.CSafeDumper):  # pylint: disable=too-many-ancestors
    """YAML whose strings are in quotes: which words are others by themselves, each library knows in its own way."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def run(*command, given, binary=False):
    """The status, and what was written."""
    done = subprocess.run([str(word) for word in command], input=given, capture_output=True, check=False,
                          text=not binary)
    return done.returncode, done.stdout, done.stderr


def without_nulls(value, is_map=False):
    """As the API server keeps it: a null is what is not there, or nothing in particular."""
    if isinstance(value, dict):
        return {key: "" if item is None else without_nulls(item, key in ("labels", "matchLabels"))
                for key, item in value.items() if item is not None or is_map}
    return ["" if item is None else without_nulls(item) for item in value] if isinstance(value, list) else value


def encoded(decode, value):
    """The object by way of protobuf, where there is one for its kind."""
    kind = value["kind"]
    if kind not in encode.FORMS:
        return value
    status, out, _ = run(decode, kind, given=encode.encode_message(encode.FORMS[kind], without_nulls(value)), binary=True)
    if status:
        raise Failure(f"{kind} {value['metadata']['name']} is not read from protobuf")
    return {"apiVersion": value["apiVersion"], "kind": kind, **json.loads(out)}


def forms(decode, items):
    """The objects as text, by form."""
    def listed(them):
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": them})

    return {"JSON": listed(items), "YAML": yaml.dump_all(items, Dumper=Quoted),
            "YAML in flow style": yaml.dump_all(items, Dumper=Quoted, default_flow_style=True),
            "protobuf": listed([encoded(decode, item) for item in items]), "JSON once more": listed(items)}


def check(arguments, node, seed):
    """One cluster."""
    made = generate.generate(seed)
    options = (["--node", made["node"]] if made["node"] else []) + \
        (["--namespace", made["namespace"]] if made["namespace"] else [])
    first, texts = None, forms(arguments.decode, made["objects"])
    for name, text in texts.items():
        status, ruleset, complaints = run(arguments.np2nft, "compile", "-q", *options, "-", given=text)
        if status:
            raise Failure(f"as {name} it does not compile: {complaints}")
        first = first or ruleset
        if ruleset != first:
            raise Failure(f"as {name} it compiles to something else")
    node.run(["nft", "flush", "ruleset"])
    node.run(["nft", "-c", "-f", "-"], first)
    node.run(["nft", "-f", "-"], first)
    with node.entered():
        status, difference, complaints = run(arguments.np2nft, "diff", "-q", *options, "-", given=texts["JSON"])
    if status:
        raise Failure(f"what nft loads is another table: {difference[:1000]}{complaints}")


def main():
    """All seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--np2nft", required=True, type=os.path.abspath)
    parser.add_argument("--decode", required=True, help="tests/agent/decode.c, built")
    parser.add_argument("--seeds", default="1-30", metavar="FIRST-LAST")
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    become_root()
    own_run()
    node, failed = Namespace(), 0
    node.configure(FORWARDING)
    for seed in range(first, last + 1):
        try:
            check(arguments, node, seed)
        except Failure as failure:
            failed += 1
            print(f"seed {seed}: {failure}")
    print(f"{last + 1 - first - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
