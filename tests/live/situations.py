#!/usr/bin/python3
"""Check the situations of tests/conformance: by `np2nft test`, by packets and by the API's words.

    situations.py --np2nft PATH FOLDER [NAME...]

FOLDER has a cluster, and files of steps. A step has objects that are added to the cluster's, or replace those
of the same kind and name; labels that some of the cluster's objects have in this step; and expectations. The
situations are those that the conformance suite of ClusterNetworkPolicy tests, in our words, and named ports
beside networks. The ruleset of a
step is loaded over that of the step before. Prints what differs. Exit status: 0 if all is so, 1 if not.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import yaml

import cases
import judge
import objects
from node import Node


def identity(item):
    """What tells an object from others."""
    return item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]


def relabelled(item, labels):
    """The object with other labels, if it is named; one that is null is taken away."""
    metadata = item["metadata"]
    for named in labels:
        if identity({"kind": named["kind"], "metadata": named}) == identity(item):
            changed = {**metadata.get("labels", {}), **named["labels"]}
            kept = {key: value for key, value in changed.items() if value is not None}
            return {**item, "metadata": {**metadata, "labels": kept}}
    return item


def folder_of(step, cluster, where):
    """The step's input, written to a folder."""
    own, labels = step["objects"], step.get("labels", [])
    known = {identity(item) for item in cluster}
    unknown = [named for named in labels if identity({"kind": named["kind"], "metadata": named}) not in known]
    if unknown:
        raise judge.Failure(f"{step['name']}: the cluster has no {unknown}")
    rest = [relabelled(item, labels) for item in cluster if identity(item) not in map(identity, own)]
    (where / "input.yaml").write_text(yaml.dump_all(rest + own))
    (where / cases.TABLE).write_text(yaml.dump(
        {"apiVersion": "np2nft/v1", "kind": "Expectations", "metadata": {"name": "step"},
         "expectations": step["expectations"]}))
    return where


def check(step, cluster, node, np2nft):
    """How many expectations passed and failed, by packets; and whether `np2nft test` says the same."""
    with tempfile.TemporaryDirectory(prefix="np2nft-tiers-") as folder:
        where = folder_of(step, cluster, pathlib.Path(folder))
        passed, failed = cases.check(cases.Case(where), node, np2nft)
        done = subprocess.run([np2nft, "test", folder], capture_output=True, text=True, check=False,
                              timeout=judge.TIME_TO_COMPILE)
        if done.returncode:
            print(done.stdout, done.stderr)
        return passed, failed + (done.returncode != 0)


def main():
    """Check all files, or those named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    arguments = parser.parse_args()
    judge.end_tidily()
    cluster = objects.from_paths([arguments.folder / "cluster.yaml"])
    files = sorted(file for file in arguments.folder.glob("*.yaml") if file.stem != "cluster"
                   and (not arguments.names or file.stem in arguments.names))
    steps = passed = failed = 0
    with Node() as node:
        for file in files:
            for step in yaml.safe_load(file.read_text())["steps"]:
                good, bad = check(step, cluster, node, arguments.np2nft)
                if bad:
                    print(f"{file.stem}: {step['name']}: {bad} failed")
                steps, passed, failed = steps + 1, passed + good, failed + bad
    print(f"{len(files)} files, {steps} steps, {passed} lines passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
