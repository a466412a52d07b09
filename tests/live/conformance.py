#!/usr/bin/python3
"""Check the public conformance suite with packets.

    conformance.py --np2nft PATH --suite FILE [--every N | --cases A-B]

The suite is a list of cases, each with its input and, for each probe, the verdict that is recorded
(../shared/suites/README.md). The node and the API's words must agree with it. Prints what differs,
then how much was checked. Exit status: 0 all agree, 1 not.
"""

import argparse
import json
import lzma
import pathlib
import sys
import tempfile

import judge
import api
import objects
from node import Node, NodeError

SHOWN = 5  # mismatches of one case


def check(case, node, np2nft):
    """Print what differs; how many probes were asked, and whether all was well."""
    probes = [api.Probe(probe["src_ip"], probe["dst_ip"], probe["proto"], probe["dport"])
              for probe in case["probes"]]
    try:
        node.load(compiled(case["input"], np2nft))
        wrong = mismatches(case, probes, node)
    except (judge.Failure, NodeError) as failure:
        wrong = [str(failure)]
    for text in wrong[:SHOWN]:
        print(f"{case['name']}: {text}")
    return len(probes), not wrong


def compiled(files, np2nft):
    """The ruleset for a case's files."""
    with tempfile.TemporaryDirectory(prefix="np2nft-conformance-") as folder:
        for name, text in files.items():
            (pathlib.Path(folder) / name).write_text(text)
        return judge.ruleset(np2nft, folder)


def mismatches(case, probes, node):
    """The probes on which not all three agree."""
    cluster = objects.cluster([item for text in case["input"].values()
                               for item in objects.from_text(text)])
    both = judge.verdicts(node, cluster, probes)
    expected = [judge.word(probe["allow"]) for probe in case["probes"]]
    return [f"{judge.described(probe)}: expected {recorded}, the node says {live}, "
            f"the API's words say {said}"
            for probe, recorded, (live, said) in zip(probes, expected, both)
            if not recorded == live == said]


def chosen(cases, arguments):
    """Every Nth case, or the Ath to the Bth counted from 1, or all."""
    if arguments.cases:
        first, _, last = arguments.cases.partition("-")
        return cases[int(first) - 1:int(last or first)]
    return cases[::arguments.every]


def main():
    """Check the chosen cases one over another on one node."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--suite", required=True, metavar="FILE")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--cases", metavar="A-B")
    arguments = parser.parse_args()
    judge.end_tidily()
    with lzma.open(arguments.suite, "rt") as file:
        cases = chosen(json.load(file), arguments)
    with Node() as node:
        results = [check(case, node, arguments.np2nft) for case in cases]
    failed = sum(not well for _, well in results)
    print(f"{len(results) - failed} cases passed, {failed} failed "
          f"({sum(count for count, _ in results)} probes)")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
