#!/usr/bin/python3
"""Check that what somebody else commits to a table of its own neither stops `apply` nor makes it read again.

    beside.py --np2nft PATH --beside PATH

The other one adds and removes an element or a chain before each message that apply sends or waits for, all the
while or for the first of them (beside.c). Apply must succeed, must dump each set as often as it does undisturbed,
and `diff` must find nothing afterwards. Exit status: 0 all is so, 1 not.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import disturbed
import judge
from namespace import FORWARDING, Namespace, NodeError, become_root, own_run

# What comes and goes in the other table, and before how many messages. A transaction goes by what was known just
# before it, so the other one ends at some time.
OTHERS = [("elements", 500), ("late", 1), ("late", 5), ("chains", 1), ("chains", 2), ("chains", 3), ("chains", 10), ("chains", 100)]


def crowd():
    """Two clusters of so many clients that a transaction is long; the second has others."""
    return [json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        *({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"client-{i}", "labels": {"app": "one"}},
           "status": {"podIP": f"10.1.{i // 250}.{i % 250 + 1}"}} for i in range(first, first + 6000)),
        *json.loads(disturbed.cluster("one", 80))["items"]]}) for first in (0, 5000)]


def run(namespace, program, *arguments):
    """How often elements of a set were dumped."""
    with namespace.entered():
        done = subprocess.run([program, *map(str, arguments)], text=True, capture_output=True, check=False,
                              timeout=judge.TIME_TO_COMPILE)
    if done.returncode:
        raise judge.Failure(f"{arguments}: exits with {done.returncode}: {done.stderr}")
    return int(done.stdout)


def check(arguments, folder, changes, kind, count):
    """The changes one after the other, beside somebody else and alone."""
    beside, alone = Namespace(), Namespace()
    try:
        for namespace in (beside, alone):
            namespace.configure(FORWARDING)
        for number, text in enumerate(changes):
            path = folder / f"{number}.json"
            path.write_text(text, encoding="utf-8")
            have = run(beside, arguments.beside, kind, count, path)
            want = run(alone, arguments.beside, kind, 0, path)
            # What is committed beside a long transaction may have been to our table, and makes it read again.
            if have != want and kind != "late":
                raise judge.Failure(f"dumps {have} times, alone {want}")
            beside.run([arguments.np2nft, "diff", str(path)])
    finally:
        beside.close()
        alone.close()


def main():
    """All of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--beside", required=True, metavar="PATH")
    arguments = parser.parse_args()
    judge.end_tidily()
    become_root()
    own_run()
    failed, clusters = 0, [*disturbed.CHANGES, crowd()]
    with tempfile.TemporaryDirectory() as folder:
        for changes in clusters:
            for kind, count in OTHERS:
                try:
                    check(arguments, pathlib.Path(folder), changes, kind, count)
                except (judge.Failure, NodeError) as failure:
                    failed += 1
                    print(f"{kind}, {count}: {failure}")
    print(f"{len(clusters) * len(OTHERS) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
