#!/usr/bin/python3
"""Show what an example denies: apply it on a throwaway node, send packets, print a table.

    show.py --np2nft PATH EXAMPLE

EXAMPLE is a folder of rules/. The exit status is 1 if a verdict is not the one that the example's table
gives. If the example is about one node of several, the verdict must be the one that the API's words give for
this node.
"""

import argparse
import pathlib
import sys

import judge
import api
from cases import Case
from namespace import become_root, own_run
from node import Node


def rows(case, node):
    """Each line of the table with what became of its packets."""
    for _, columns in case.table:
        probes = case.probes(columns)
        passed = node.send(probes)
        fate = "passes" if all(passed) else "denied" if not any(passed) else "both"
        allowed = columns[3] == "allow" or (
            case.node and all(api.allowed(case.cluster, probe, case.node) for probe in probes))
        expected = "passes" if allowed else "denied"
        yield [*columns[:3], fate if fate == expected else f"{fate}, but should be {expected}"]


def main():
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("example", type=pathlib.Path, metavar="EXAMPLE")
    arguments = parser.parse_args()
    judge.end_tidily()
    become_root()
    own_run()
    case = Case(arguments.example)
    with Node() as node:
        node.namespace.run([arguments.np2nft, "apply", "--quiet", *case.options, str(case.folder)])
        table = [["from", "to", "port", ""], *rows(case, node)]
        status = node.namespace.run([arguments.np2nft, "status"])
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    for row in table:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())
    print(f"\n{status.rstrip()}")
    sys.exit(1 if any("should be" in row[3] for row in table) else 0)


if __name__ == "__main__":
    main()
