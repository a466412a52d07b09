#!/usr/bin/python3
"""Check that `np2nft test` judges as the API's words do, one connection after the other.

    judged.py --np2nft PATH --seeds A-B

For each seed there are a made-up cluster (tests/opinion/generate.py) and expectations about it, with every
kind of end and of port. For each expectation, the API's words about all its connections, at every address and
port where their answer may change, must give the same verdict. Prints what differs, then how many
expectations were judged and how many held. Exit status: 0 if all agreed, 1 if not.
"""

import argparse
import ipaddress
import json
import pathlib
import re
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "live"), str(TESTS / "opinion")]

import api
import generate
import objects
import tiers
from dice import Dice
from random_clusters import seeds

EXPECTATIONS = 40    # of each cluster
CONNECTIONS = 20000  # of an expectation; others are not asked
TIME = 120           # seconds for one cluster
RESULT = re.compile(r"^(not )?ok \d+ ", re.MULTILINE)


class Place:
    """A pod or an address of none, with the addresses that count."""

    def __init__(self, pod, addresses, of_block=False):
        self.pod, self.of_block = pod, of_block  # a pod's own node is left out of a block
        self.by_version = {address.version: address for address in reversed(addresses)}


def numbers_in(value):
    """All numbers in the protocols of a cluster policy's rule: they are ports."""
    if isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(one)
    elif isinstance(value, int):
        yield value


class Judge:
    """A cluster, and what is true of it."""

    def __init__(self, cluster, dice):
        self.cluster, self.dice, self.known = cluster, dice, {}
        self.pods = [pod for pod in cluster.pods if api.counts(pod) and api.pod_addresses(pod)]
        self.waiting = [pod for pod in cluster.pods if api.counts(pod) and not api.pod_addresses(pod)]
        peers = [peer for policy in cluster.policies for direction, field in
                 (("Ingress", "from"), ("Egress", "to")) for rule in api.rules(policy, direction)
                 for peer in rule.get(field) or []]
        self.selectors = [peer for peer in peers if not peer.get("ipBlock")]
        self.blocks = [api.parsed_cidr(cidr) for peer in peers if peer.get("ipBlock")
                       for cidr in [peer["ipBlock"]["cidr"], *(peer["ipBlock"].get("except") or [])]]
        self.numbers, self.names = self.ports()

    def ports(self):
        """The numbers about which a verdict may change, and the names that there are."""
        entries = [port for policy in self.cluster.policies for direction in ("Ingress", "Egress")
                   for rule in api.rules(policy, direction) for port in rule.get("ports") or [] if port]
        own = [port for pod in self.pods for container in api.serving_containers(pod)
               for port in container.get("ports") or []]
        numbers = {number for entry in entries for number in (entry.get("port"), entry.get("endPort"))
                   if isinstance(number, int)} | {port["containerPort"] for port in own} | {
                       number for policy in self.cluster.cluster_policies for direction in ("Ingress", "Egress")
                       for rule in tiers.rules(policy, direction) for number in numbers_in(rule.get("protocols"))}
        near = {number + step for number in numbers for step in (-1, 0, 1)} | {1, 65535}
        return (sorted(number for number in near if 0 < number < 65536),
                sorted({(port["name"], port.get("protocol") or "TCP") for port in own if port.get("name")}))

    # Made-up expectations

    def end(self):
        """One in words, its places, and whether it names one; None where nobody can say who that is, or np2nft
        refuses the address."""
        kind = self.dice.choice(["pod", "pod", "address", "block", "block", "selector", "selector"])
        if kind == "selector":
            return self.selector()
        if kind == "pod" and self.pods:
            pod = self.dice.choice(self.pods)
            return self.name(pod), [Place(pod, api.pod_addresses(pod))], True
        block = self.block()
        if kind == "block":
            return str(block), self.within(block), False
        address = block.network_address
        if not api.is_sent(address):
            return None
        return str(address), [Place(api.pod_at(self.cluster, str(address)), [address])], True

    def name(self, pod):
        """NAMESPACE/POD."""
        return f"{api.namespace_of(self.cluster, pod)}/{pod['metadata']['name']}"

    def block(self):
        """One of the policies', or one around a pod or the edge of one of those."""
        edges = [address for block in self.blocks for address in edges_of(block)]
        edges += [address for pod in self.pods for address in api.pod_addresses(pod)]
        if self.blocks and self.dice.chance(0.4):
            return self.dice.choice(self.blocks)
        address = self.dice.choice(edges or [ipaddress.ip_address("192.0.2.1")])
        length = address.max_prefixlen - self.dice.choice([0, 0, 1, 4, 8])
        return ipaddress.ip_network((address, length), strict=False)

    def within(self, block):
        """The pods that have an address in a block, and the addresses outside at which it may matter."""
        found = [Place(pod, [address]) for pod in self.pods
                 for address in dict.fromkeys(api.pod_addresses(pod)) if address in block]
        edges = {edge for other in [*self.blocks, block] for edge in edges_of(other) if edge in block}
        free = {self.next_free(edge) for edge in edges}
        of_block = block.num_addresses > 1
        return found + [Place(None, [address], of_block) for address in sorted(free, key=int) if address in block]

    def next_free(self, address):
        """The first from this one on that is no pod's."""
        last = 2 ** address.max_prefixlen - 1
        while api.pod_at(self.cluster, str(address)) is not None and int(address) < last:
            address += 1
        return address

    def selector(self):
        """As a policy's peer, of the default namespace, or of everything."""
        peer = self.dice.choice([*self.selectors, {"podSelector": {}}, {"namespaceSelector": {}}])
        end = {key: value for key, value in peer.items() if key != "ipBlock" and value is not None}
        if any(self.selects(end, pod) for pod in self.waiting):
            return None
        return end, [Place(pod, api.pod_addresses(pod)) for pod in self.pods
                     if self.selects(end, pod)], False

    def selects(self, end, pod):
        """Selectors of an expectation in the default namespace."""
        namespace = api.namespace_of(self.cluster, pod)
        if end.get("namespaceSelector") is None:
            right = namespace == self.cluster.default_namespace
        else:
            right = api.matches(end["namespaceSelector"], api.namespace_labels(self.cluster, namespace))
        return right and api.matches(end.get("podSelector"), api.labels(pod))

    def port(self):
        """In words."""
        protocol, first = self.dice.choice(["TCP", "TCP", "UDP", "SCTP"]), self.dice.choice(self.numbers)
        kind = self.dice.choice(["number", "number", "range", "name", "icmp"])
        if kind == "range":
            return f"{first}-{self.dice.randint(first, min(65535, first + 2000))}/{protocol}"
        if kind == "name" and self.names:
            name, protocol = self.dice.choice(self.names)
            return f"{name}/{protocol}"
        return "ICMP" if kind == "icmp" else f"{first}/{protocol}"

    # What is true

    def connections(self, port, place):
        """Protocols and numbers that a port in words means at a place."""
        if port == "ICMP":
            return [("ICMP", 0)]
        words, protocol = port.rsplit("/", 1)
        if not words[0].isdigit() or words.strip("0123456789-"):
            return [(protocol, number) for number in
                    (api.named_ports(place.pod, words, protocol) if place.pod else [])]
        first, last = (int(number) for number in (words if "-" in words else f"{words}-{words}").split("-"))
        return [(protocol, number) for number in {first, last, *self.numbers} if first <= number <= last]

    def passes(self, source, destination, protocol, number, of_block):
        """One connection, as the API's words have it; of a block, as if it were forwarded."""
        if protocol == "ICMP" and source.version == 6:
            protocol = "ICMPV6"
        key = (str(source), str(destination), protocol, number, of_block)
        if key not in self.known:
            say = api.allowed if of_block else api.passes
            self.known[key] = say(self.cluster, api.Probe(*key[:4]))
        return self.known[key]

    def verdicts(self, source, destination, ports):
        """Of one pair: for each connection whether it passes; and whether all could be asked."""
        asked = [self.connections(port, destination) for port in ports]
        families = source.by_version.keys() & destination.by_version.keys()
        return ([self.passes(source.by_version[version], destination.by_version[version], *connection,
                             source.of_block or destination.of_block)
                 for version in families for connections in asked for connection in connections],
                bool(families) and all(asked))

    def holds(self, expectation, sources, destinations, by_name):
        """The verdict; None: it has too many connections to ask about."""
        ports = expectation.get("ports") or [f"1-65535/{name}" for name in ("TCP", "UDP", "SCTP")] + ["ICMP"]
        pairs = [(source, destination) for source in sources for destination in destinations
                 if by_name or source.pod is None or source.pod is not destination.pod]
        if any(not any(self.connections(port, place) for place in destinations) for port in ports):
            return False
        if len(pairs) * sum(len(self.connections(port, destinations[0])) + 1 for port in ports) > CONNECTIONS:
            return None
        verdicts = [self.verdicts(source, destination, ports) for source, destination in pairs]
        if not any(passed for passed, _ in verdicts):
            return False
        if expectation["allow"]:
            return all(all(passed) and complete for passed, complete in verdicts)
        return not any(any(passed) for passed, _ in verdicts)


def edges_of(block):
    """Where a block begins, and the first address behind it."""
    yield block.network_address
    if int(block.broadcast_address) + 1 < 2 ** block.max_prefixlen:
        yield block.broadcast_address + 1


def make(judge):
    """Expectations with their verdicts; more of those that hold than chance would give."""
    found = []
    while len(found) < EXPECTATIONS:
        ends = judge.end(), judge.end()
        if None in ends:
            continue
        (source, *places_from), (destination, *places_to) = ends
        places = places_from[0], places_to[0], places_from[1] and places_to[1]
        expectation = {"from": source, "to": destination, "allow": judge.dice.chance(0.5)}
        if judge.dice.chance(0.85):
            expectation["ports"] = [judge.port() for _ in range(judge.dice.randint(1, 3))]
        holds = judge.holds(expectation, *places)
        if holds is False and judge.dice.chance(0.6):
            expectation["allow"] = not expectation["allow"]
            holds = judge.holds(expectation, *places)
        if holds is not None:
            found.append((expectation, holds))
    return found


def check(np2nft, seed):
    """How many expectations were judged, how many hold, and those that np2nft judges otherwise."""
    made = generate.generate(seed)
    namespace = made["namespace"] or "default"
    found = make(Judge(objects.cluster(made["objects"], namespace), Dice(seed)))
    document = {"apiVersion": "np2nft/v1", "kind": "Expectations", "metadata": {"name": "made"},
                "expectations": [expectation for expectation, _ in found]}
    with tempfile.TemporaryDirectory(prefix="np2nft-judged-") as folder:
        generate.write(made["objects"], pathlib.Path(folder), f"{seed} 1")
        (pathlib.Path(folder) / "expectations-of-this-test.json").write_text(json.dumps(document))
        done = subprocess.run([np2nft, "test", "-q", "-n", namespace, "--format", "tap", folder],
                              capture_output=True, text=True, timeout=TIME, check=False)
    said = [not failed for failed in RESULT.findall(done.stdout)]
    if len(said) != len(found):
        return len(found), 0, [f"seed {seed}: status {done.returncode}: {done.stderr.strip()}"]
    return len(found), sum(said), [
        f"seed {seed}: {expectation}: np2nft says that it {'holds' if one else 'does not hold'}"
        for (expectation, holds), one in zip(found, said) if holds != one]


def main():
    """All seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--seeds", required=True, type=seeds, metavar="A-B")
    arguments = parser.parse_args()
    judged = held = failed = 0
    for seed in arguments.seeds:
        count, holding, wrong = check(arguments.np2nft, seed)
        judged, held, failed = judged + count, held + holding, failed + len(wrong)
        print("".join(f"{text}\n" for text in wrong), end="")
    print(f"{judged} judged, {held} held, {failed} differ")
    sys.exit(1 if failed or not judged else 0)


if __name__ == "__main__":
    main()
