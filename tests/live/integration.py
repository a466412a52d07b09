#!/usr/bin/python3
"""Check scenarios with real connections between pods, on a routed node and on a bridged one.

    integration.py FOLDER... --np2nft PATH

A scenario is a folder with policies and a file `truth`; a FOLDER is one or has some below it. All
are about the cluster in e2e/cluster.yaml, and about a world outside. The truth is read from top to
bottom, # begins a comment:

    apply policies.yaml x/b+pod2=updated    a step: these files (or none), and labels that a pod or
                                            a namespace (y+ns2=updated) has in this step
    deny   *        x/a                     all pods, and the world, to pod a of x, on any port
    allow  x/[bc]   x/a      80/TCP         but b and c on this one; */TCP: all of TCP; also ICMP
    refuse world    x/a      */TCP          denied, and told so (apply takes --deny=reject)

What no line mentions is allowed, and if several lines mention it, the last one decides. A pod may always
reach itself, and the node and the pods may always reach each other. Every step is applied by `np2nft apply`
over the one before it, on a node with routes to its pods and on one with a bridge (topology.py). Then all
pairs of ends try all ports and protocols of both families, straight and through a Service, and every flow
must fare as the truth and the API's words say. Exit status: 0 if all do, 1 if not.
"""

import argparse
import contextlib
import copy
import fnmatch
import json
import pathlib
import sys
import tempfile

import judge
import api
import exchange
import objects
from exchange import Exchange, Flow
from namespace import NodeError, become_root, own_run
from topology import (NODE, NODE_PORT, SERVICE, SERVICE_PORT, TARGET_PORT, WORLD_GATEWAY, Topology)

CLUSTER = pathlib.Path(__file__).parent / "e2e" / "cluster.yaml"
BACKEND = "x/a"
PORTS = [*((protocol, port) for protocol in ("TCP", "UDP", "SCTP") for port in exchange.PORTS),
         ("ICMP", 0)]
VERDICTS = ("allow", "deny", "refuse")
SHOWN = 5  # mismatches of a step


class Step:
    """What is applied, and the lines of the truth about it."""

    def __init__(self, words, folder):
        self.options = [word for word in words if word.startswith("--")]
        self.labels = [word for word in words if "+" in word]
        self.files = [folder / word for word in words if word not in self.options + self.labels]
        self.lines = []

    def expected(self, flow):
        """The last line that is about a flow decides."""
        return next((line[0] for line in reversed(self.lines) if about(line, flow)), "allow")

    def objects(self, base):
        """The cluster's, as labelled."""
        made = copy.deepcopy(base)
        for label in self.labels:
            name, key, value = label.replace("=", "+").split("+")
            item, = (item for item in made if full_name(item) == name)
            item["metadata"].setdefault("labels", {})[key] = value
        return made


def about(line, flow):
    """Whether a line is about a flow."""
    return all(any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns.split(","))
               for patterns, text in zip(line[1:], (*flow[:2], port_text(flow))))


def full_name(item):
    """x/a, or the name of a namespace."""
    metadata = item["metadata"]
    return "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))


def read_steps(folder):
    """The steps of a scenario."""
    steps = []
    for line in (folder / "truth").read_text(encoding="utf-8").splitlines():
        words = line.split("#")[0].split()
        if words[:1] == ["apply"]:
            steps.append(Step(words[1:], folder))
        elif words:
            if words[0] not in VERDICTS or len(words) not in (3, 4) or not steps:
                sys.exit(f"{folder}/truth: this is not a line of it: {line}")
            steps[-1].lines.append((*words, "*")[:4])
    return steps


def all_flows(ends):
    """What is tried: straight from each end to each other, and through the Service."""
    names = [name for name in ends if name != "sentinel"]
    # Nothing between the node and the world is forwarded.
    straight = [Flow(source, destination, version, address, protocol, port)
                for source in names for destination in names
                if source != destination and {source, destination} != {"node", "world"}
                for version, address in ends[destination].addresses.items()
                for protocol, port in PORTS]
    return straight + [flow for source in names for flow in through_service(source)]


def through_service(source):
    """By the Service's address, and by a port of the node; the pod behind it tries it, too."""
    at_node = WORLD_GATEWAY if source == "world" else NODE
    for version in exchange.VERSIONS:
        for protocol in ("TCP", "UDP", "SCTP"):
            yield Flow(source, BACKEND, version, SERVICE[version], protocol, SERVICE_PORT)
            if source != "node":
                yield Flow(source, BACKEND, version, at_node[version], protocol, NODE_PORT)


def real_port(flow):
    """The port that the pod sees."""
    return TARGET_PORT if flow.port in (SERVICE_PORT, NODE_PORT) else flow.port


def port_text(flow):
    """As it stands in a truth."""
    return "ICMP" if flow.protocol == "ICMP" else f"{real_port(flow)}/{flow.protocol}"


class Checker:
    """Topologies with the cluster's pods, by kind, and what is tried in them."""

    def __init__(self, stack, np2nft, folder):
        self.np2nft, self.folder, self.base = np2nft, folder, objects.from_paths([CLUSTER])
        self.topologies = {kind: stack.enter_context(Topology(kind, pods_of(self.base), BACKEND))
                           for kind in ("routed", "bridged")}
        self.exchanges = {kind: stack.enter_context(Exchange(topology))
                          for kind, topology in self.topologies.items()}
        self.ends = self.topologies["routed"].ends
        self.flows = all_flows(self.ends)

    def wrong(self, step):
        """The flows that do not fare as they should; and lines about none are wrong, too."""
        paths = [self.folder / "cluster.json", *step.files]
        paths[0].write_text(json.dumps({"apiVersion": "v1", "kind": "List",
                                        "items": step.objects(self.base)}), encoding="utf-8")
        cluster = objects.cluster(objects.from_paths(paths))
        expected = [self.expected(step, flow) for flow in self.flows]
        said = [self.said(cluster, flow) for flow in self.flows]
        found = [f"no flow is as in: {' '.join(line)}" for line in step.lines
                 if not any(about(line, flow) for flow in self.flows)]
        for kind, topology in self.topologies.items():
            topology.run(self.np2nft, "apply", "--quiet", *step.options, *map(str, paths))
            fared = self.exchanges[kind].verdicts(self.flows)
            found += [f"{kind}, {exchange.described(flow)}: expected {verdict}, "
                      f"packets say {live}, the API's words say {judge.word(word)}"
                      for flow, verdict, live, word in zip(self.flows, expected, fared, said)
                      if live != verdict or word != (verdict == "allow")]
        return found

    @staticmethod
    def expected(step, flow):
        """What the truth says; of the node, and of a pod and itself, it says nothing."""
        if "node" in flow[:2] or flow.source == flow.destination:
            return "allow"
        return step.expected(flow)

    def said(self, cluster, flow):
        """What the API's words say: real addresses count, and the node of a pod is no peer."""
        if "node" in flow[:2]:
            return True
        source, destination = (self.ends[end].addresses[flow.version] for end in flow[:2])
        protocol = "ICMPV6" if (flow.protocol, flow.version) == ("ICMP", 6) else flow.protocol
        return api.allowed(cluster, api.Probe(source, destination, protocol, real_port(flow)))


def check(checker, scenarios):
    """Try all scenarios, one over the other; whether all was well, for each step."""
    for folder, steps in scenarios.items():
        for number, step in enumerate(steps, 1):
            try:
                wrong = checker.wrong(step)
            except NodeError as error:
                wrong = [str(error)]
            for text in wrong[:SHOWN]:
                print(f"{folder}/truth, step {number}: {text}")
            if wrong[SHOWN:]:
                print(f"... {len(wrong)} in all", flush=True)
            yield not wrong


def pods_of(base):
    """The addresses of the cluster's pods, by name and family."""
    return {full_name(item): {address.version: str(address) for address in api.pod_addresses(item)}
            for item in base if item["kind"] == "Pod"}


def main():
    """Check everything on both kinds of node."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    arguments = parser.parse_args()
    judge.end_tidily()
    become_root()
    own_run()
    scenarios = {truth.parent: read_steps(truth.parent) for folder in arguments.folders
                 for truth in sorted(folder.rglob("truth"))}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir="/run"))
        checker = Checker(stack, arguments.np2nft, pathlib.Path(folder))
        results = list(check(checker, scenarios))
    print(f"{results.count(True)} steps passed, {results.count(False)} failed "
          f"({len(checker.flows)} flows each, twice)")
    sys.exit(0 if results and all(results) else 1)


if __name__ == "__main__":
    main()
