"""Read Kubernetes objects from files, as Kubernetes does.

In: files and folders of YAML and JSON, or YAML text. Out: a flat list of objects, which includes the items of
lists; and an api.Cluster of those that matter. The input must be valid.
"""

import json
import pathlib
import re

import yaml

import api


class Loader(yaml.CSafeLoader):
    """YAML 1.1 as Kubernetes has it: a date is a string, and 8e1 is a number."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:float",
                             re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$"),
                             list("-+0123456789"))


def cluster(objects, default_namespace="default"):
    """The policies, pods, namespaces and nodes among the objects; other kinds are skipped."""
    def of_kind(kind):
        return [item for item in objects if item.get("kind") == kind]
    return api.Cluster(of_kind("NetworkPolicy"), of_kind("Pod"), of_kind("Namespace"),
                       default_namespace, of_kind("ClusterNetworkPolicy"), of_kind("Node"))


def from_paths(paths):
    """The objects of all files, and of all files in folders."""
    return [item for path in paths for file in files_of(pathlib.Path(path))
            for item in from_text(file.read_text(), file.suffix)]


def files_of(path):
    """A file is itself; a folder is its YAML and JSON files, at any depth."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml", ".json"))


def from_text(text, suffix=".yaml"):
    """The objects of one file's text. JSON is not quite YAML: it may be indented by tabs."""
    documents = [json.loads(text)] if suffix == ".json" else yaml.load_all(text, Loader)
    return [with_string_keys(item) for document in documents for item in flat(document)]


def flat(document):
    """An object, or the items of a list, which may leave their kind to the list's."""
    if document is None:
        return []
    kind = document.get("kind", "")
    if not kind.endswith("List"):
        return [document]
    kind = kind.removesuffix("List")
    return [inner for item in document.get("items") or [] for inner in flat({"kind": kind, **item})]


def with_string_keys(value):
    """A plain key 1234 or yes is the string 1234 or true."""
    if isinstance(value, list):
        return [with_string_keys(item) for item in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(key): with_string_keys(item)
                for key, item in value.items()}
    return value
