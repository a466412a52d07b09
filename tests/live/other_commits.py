#!/usr/bin/python3
"""Check that what somebody else commits to a table of its own neither stops `apply` nor makes it read again.

    other_commits.py --np2nft PATH --other-commits PATH

The other program adds and removes an element or a chain before each message that apply sends or waits for,
all the time or only before the first of them (other_commits.c). Apply must succeed, must dump each set as often as
without this, and `diff` must find nothing afterwards. Exit status: 0 if all is so, 1 if not.
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
    """Make two clusters with different clients, so many that a transaction is long."""
    return [json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        *({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"client-{i}", "labels": {"app": "one"}},
           "status": {"podIP": f"10.1.{i // 250}.{i % 250 + 1}"}} for i in range(first, first + 6000)),
        *json.loads(disturbed.cluster("one", 80))["items"]]}) for first in (0, 5000)]


def run(namespace, program, *arguments):
    """Return how often the elements of a set were dumped."""
    with namespace.entered():
        done = subprocess.run([program, *map(str, arguments)], text=True, capture_output=True, check=False,
                              timeout=judge.TIME_TO_COMPILE)
    if done.returncode:
        raise judge.Failure(f"{arguments}: exits with {done.returncode}: {done.stderr}")
    return int(done.stdout)


def check(arguments, folder, changes, kind, count):
    """Apply the changes one after the other, once with the other program's commits and once without."""
    disturbed, alone = Namespace(), Namespace()
    try:
        for namespace in (disturbed, alone):
            namespace.configure(FORWARDING)
        for number, text in enumerate(changes):
            path = folder / f"{number}.json"
            path.write_text(text, encoding="utf-8")
            have = run(disturbed, arguments.other_commits, kind, count, path)
            want = run(alone, arguments.other_commits, kind, 0, path)
            # What is committed during a long transaction may have been to our table, and makes it read again.
            if have != want and kind != "late":
                raise judge.Failure(f"dumps {have} times, alone {want}")
            disturbed.run([arguments.np2nft, "diff", str(path)])
    finally:
        disturbed.close()
        alone.close()


def main():
    """Run all checks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--other-commits", required=True, metavar="PATH")
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
