#!/usr/bin/python3
"""Check the matrix against packets, and against the API's words.

    matrix_checked.py --np2nft PATH --every-pair PROGRAM --seeds A-B RULES-FOLDER

The clusters are the examples in RULES-FOLDER and made-up ones (tests/opinion/generate.py). PROGRAM
(every_pair.c) compares every two parties with the packets between them. What `matrix --pods --denied` says of
each probe, and of who decides about it, must be what the API's words say. Prints what differs, then how many
probes were looked up. Exit status: 0 if all agreed, 1 if not.
"""

import argparse
import ipaddress
import json
import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "live"), str(TESTS / "opinion")]

import api
import generate
import judge
import objects
from random_clusters import seeds

SHOWN = 5  # mismatches of one cluster
TIME = 120  # seconds for one program


def ran(command, fine=(0,)):
    """What it prints; a Failure if its exit status is not fine."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIME, check=False)
    if done.returncode not in fine:
        raise judge.Failure(f"{' '.join(command)}: status {done.returncode}\n"
                            f"{(done.stdout + done.stderr).strip()}")
    return done.stdout


class Matrix:
    """What `matrix --pods --denied --format json` says."""

    def __init__(self, np2nft, folder):
        said = json.loads(ran([np2nft, "matrix", "--pods", "--denied", "--format", "json", folder]))
        self.ranges = [(row["name"], ends(written)) for row in said["rows"]
                       for written in row.get("ranges", [])]
        self.names = {row["name"] for row in said["rows"]}
        self.open = {(one["from"], one["to"]): one for one in said["connections"]}
        self.denied = {(one["from"], one["to"]): one for one in said["denied"]}

    def row_of(self, address):
        """The range that an address outside is in."""
        for name, (first, last) in self.ranges:
            if first.version == address.version and first <= address <= last:
                return name
        return None

    def says(self, source, destination, probe):
        """All that it says of the probe's port: whether it passes, and who decides."""
        one = self.open.get((source, destination), {"ports": [], "decided": []})
        said = [("allowed", part["egress"], part["ingress"]) for part in one["decided"]
                if has(part if "ports" in part else one, probe)]
        if has(one, probe) != bool(said):
            said.append("passes, but nobody decides")
        denied = self.denied.get((source, destination), {"denied": []})
        return said + [("denied", part["by"]) for part in denied["denied"] if has(part, probe)]


def has(part, probe):
    """Is the probe's port among those of a passage?"""
    family = f"ipv{api.parsed_address(probe.source).version}_only"
    return any(holds(ports, probe) for ports in part["ports"] + part.get(family, []))


def meant(cluster, probe):
    """What the matrix must say, by the API's words."""
    source, destination = (api.pod_at(cluster, address) for address in (probe.source, probe.destination))
    egress, ingress = (api.decision(cluster, probe, direction, pod, False, destination)
                       for direction, pod in (("Egress", source), ("Ingress", destination)))
    if egress[0] and ingress[0]:
        return [("allowed", egress[1], ingress[1])]
    return [("denied", ingress[1] if egress[0] else egress[1])]


def ends(written):
    """First and last address of a CIDR, a range or an address."""
    if "-" in written:
        return tuple(ipaddress.ip_address(end) for end in written.split("-"))
    network = ipaddress.ip_network(written)
    return network[0], network[-1]


def holds(ports, probe):
    """Is it among "80/TCP", "1000-2000/UDP", "all SCTP", "ICMP"?"""
    if probe.protocol.startswith("ICMP"):
        return ports == "ICMP"
    if ports == f"all {probe.protocol}":
        return True
    numbers, _, protocol = ports.partition("/")
    first, _, last = numbers.partition("-")
    return protocol == probe.protocol and int(first) <= probe.port <= int(last or first)


def end_of(cluster, matrix, address):
    """The row that the matrix shows the address in; None for a pod's second address of a family."""
    parsed = api.parsed_address(address)
    pod = api.pod_at(cluster, address)
    if pod is None:
        return matrix.row_of(parsed)
    first = next(own for own in api.pod_addresses(pod) if own.version == parsed.version)
    return f"{api.namespace_of(cluster, pod)}/{pod['metadata']['name']}" if first == parsed else None


def check_probes(cluster, matrix, probes):
    """How many probes were looked up, and those that the matrix is wrong about."""
    asked, wrong = 0, []
    for probe in probes:
        source, destination = (end_of(cluster, matrix, address)
                               for address in (probe.source, probe.destination))
        if source is None or destination is None or source == destination or \
                not {source, destination} - {name for name, _ in matrix.ranges}:
            continue
        asked += 1
        said, words = matrix.says(source, destination, probe), meant(cluster, probe)
        if said != words:
            wrong.append(f"{judge.described(probe)} ({source} to {destination}): the matrix says "
                         f"{said}, the API's words {words}")
    return asked, wrong


def check_seed(arguments, seed):
    """A made-up cluster."""
    made = generate.generate(seed)
    namespace = made["namespace"] or "default"
    cluster = objects.cluster(made["objects"], namespace)
    with tempfile.TemporaryDirectory(prefix="np2nft-matrix-") as folder:
        generate.write(made["objects"], pathlib.Path(folder), f"{seed} 1")
        ran([arguments.every_pair, namespace, folder])
        if made["namespace"]:
            return 0, []  # --namespace would also leave out what other namespaces do
        matrix = Matrix(arguments.np2nft, folder)
    return check_probes(cluster, matrix, made["probes"])


def main():
    """All examples and all seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--every-pair", required=True, metavar="PROGRAM")
    parser.add_argument("--seeds", required=True, type=seeds, metavar="A-B")
    parser.add_argument("rules", type=pathlib.Path, metavar="RULES-FOLDER")
    arguments = parser.parse_args()
    asked = failed = 0
    for folder in sorted(path.parent for path in arguments.rules.rglob("policies.yaml")):
        ran([arguments.every_pair, "default", str(folder)])
    for seed in arguments.seeds:
        count, wrong = check_seed(arguments, seed)
        asked, failed = asked + count, failed + bool(wrong)
        print("".join(f"seed {seed}: {text}\n" for text in wrong[:SHOWN]), end="")
    print(f"{asked} probes looked up, {failed} clusters failed")
    sys.exit(1 if failed or not asked else 0)


if __name__ == "__main__":
    main()
