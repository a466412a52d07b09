#!/usr/bin/python3
"""Check hand-written cases with packets: the table, the node and the API's words must agree.

    cases.py FOLDER... --np2nft PATH

A case is a folder with the input (*.yaml, *.json), among it a table `expectations.yaml`, which
`np2nft test` judges too, and optionally a file `options` with further options for `np2nft compile`. A
FOLDER is a case or has cases below it. Of the table are understood pods and addresses, and ports:

    - {from: prod/frontend, to: prod/backend, ports: [8080/TCP], allow: true}
    - {from: 203.0.113.9,   to: prod/backend, ports: [ICMP],     allow: false}

A pod stands for all its addresses of the families that both ends have. A table is about the whole cluster;
with --node, the node in the test must do its part of it, as the API's words say. The ruleset is loaded twice,
the second time over itself. Prints a line for each failure, then how many lines of tables passed and failed.
Exit status: 0 if all passed, 1 if not.
"""

import argparse
import ipaddress
import pathlib
import re
import shlex
import sys

import yaml

import judge
import api
import objects
from node import Node, NodeError

TABLE = "expectations.yaml"
LINE = re.compile(r"\S+ \S+ ([0-9]+/(TCP|UDP|SCTP)|ICMP) (allow|deny)")


class Case:
    """A folder's table, cluster and options; of the table the line, and from, to, port and verdict."""

    def __init__(self, folder):
        self.folder = folder
        self.table = read_table((folder / TABLE).read_text())
        self.options = shlex.split((folder / "options").read_text()
                                   if (folder / "options").exists() else "")
        self.node, namespace = own_options(self.options)
        self.cluster = objects.cluster(objects.from_paths([folder]), namespace)

    def probes(self, columns):
        """The probes that a line of the table stands for."""
        if not LINE.fullmatch(" ".join(columns)):
            raise judge.Failure("not one pod or address to another, on NUMBER/TCP|UDP|SCTP or ICMP")
        sources, destinations = self.addresses(columns[0]), self.addresses(columns[1])
        found = [probe(source, destination, columns[2]) for source in sources
                 for destination in destinations if source.version == destination.version]
        if not found:
            raise judge.Failure("the two ends have no address family in common")
        return found

    def addresses(self, end):
        """Those of a pod, or the one that is written."""
        if "/" not in end:
            return [ipaddress.ip_address(end)]
        for pod in self.cluster.pods:
            if f"{api.namespace_of(self.cluster, pod)}/{pod['metadata']['name']}" == end:
                return list(dict.fromkeys(api.pod_addresses(pod)))
        raise judge.Failure(f"no pod {end}")


def read_table(text):
    """The expectations, each of their ports a row, with their lines."""
    root = yaml.compose(text, yaml.SafeLoader)
    nodes = next(value for key, value in root.value if key.value == "expectations").value
    return [(node.start_mark.line + 1, [str(entry["from"]), str(entry["to"]), str(port),
                                        judge.word(entry["allow"])])
            for node, entry in zip(nodes, yaml.safe_load(text)["expectations"])
            for port in entry["ports"]]


def folders_below(folder):
    """The folders of all cases, by name."""
    return sorted(table.parent for table in folder.rglob(TABLE))


def own_options(options):
    """What the API's words need to know of the options: the node and the default namespace."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--node")
    parser.add_argument("-n", "--namespace", default="default")
    known, _ = parser.parse_known_args(options)
    return known.node, known.namespace


def probe(source, destination, port):
    """One connection; an echo request is that of the family."""
    number, _, protocol = port.rpartition("/")
    if protocol == "ICMP" and source.version == 6:
        protocol = "ICMPV6"
    return api.Probe(str(source), str(destination), protocol, int(number or 0))


def failures(case, node):
    """For each line of the table its number and its failures, whatever is loaded."""
    for number, columns in case.table:
        try:
            yield number, mismatches(case, node, columns)
        except (judge.Failure, ValueError) as failure:
            yield number, [str(failure)]


def load_twice(node, text):
    """The second load must replace the first."""
    node.clear()
    node.load(text)
    before = node.listing()
    node.load(text)
    if node.listing() != before:
        raise judge.Failure("loaded a second time, the ruleset is not the same")


def mismatches(case, node, columns):
    """The probes of one line on which not all three agree."""
    probes, expected = case.probes(columns), columns[3]
    both = judge.verdicts(node, case.cluster, probes, case.node)
    everywhere = [judge.word(api.allowed(case.cluster, probe)) for probe in probes]
    return [f"{' '.join(columns[:3])} ({judge.described(probe)}): expected {expected}, the API's "
            f"words say {said}; of this node they say {here}, and it says {live}"
            for probe, (live, here), said in zip(probes, both, everywhere)
            if not (expected == said and live == here)]


def check(case, node, np2nft):
    """Print a case's failures; how many lines passed and failed."""
    passed = failed = 0
    try:
        load_twice(node, judge.ruleset(np2nft, case.folder, case.options))
        for number, found in failures(case, node):
            for text in found:
                print(f"{case.folder}/{TABLE}:{number}: {text}")
            passed, failed = passed + (not found), failed + bool(found)
    except (judge.Failure, NodeError) as failure:
        print(f"{case.folder}: {failure}")
        failed += 1
    return passed, failed


def main():
    """Check all cases on one node."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    arguments = parser.parse_args()
    judge.end_tidily()
    folders = [case for folder in arguments.folders for case in folders_below(folder)]
    with Node() as node:
        counts = [check(Case(folder), node, arguments.np2nft) for folder in folders]
    passed, failed = (sum(column) for column in zip(*counts)) if counts else (0, 0)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
