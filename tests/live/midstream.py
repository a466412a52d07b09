#!/usr/bin/python3
"""Check with packets what the API's words do not tell: segments picked up midway, and ICMPv6.

    midstream.py --np2nft PATH

The cluster has four pods: `closed` is isolated in both directions, `in` only for ingress, `out` only for
egress, and `open` in none; the policies allow TCP 80. TCP that does not begin with a SYN passes from a
client's port to a server's port if a SYN would pass there. Other TCP without a SYN must not pass to or from a
pod that is isolated in any direction, because conntrack would take it for a connection of its own; it passes
only from a pod to itself, or where policies allow everything. Neighbour discovery and MLD are for one link
(links.py), so none of their messages must be routed.
"""

import argparse
import itertools
import json
import pathlib
import struct
import sys
import tempfile

import judge
import packets
from node import Node

PODS = {"closed": ("10.0.0.1", "fd00::1"), "in": ("10.0.0.2", "fd00::2"),
        "out": ("10.0.0.3", "fd00::3"), "open": ("10.0.0.4", "fd00::4"),
        "outside": ("192.0.2.1", "2001:db8::1")}
TYPES = {"closed": ["Ingress", "Egress"], "in": ["Ingress"], "out": ["Egress"]}
FIN, SYN, RST, PSH, ACK, ECE, CWR = 1, 2, 4, 8, 16, 64, 128
OPENING = [SYN, SYN | ECE | CWR, SYN | PSH]
MIDSTREAM = [ACK, PSH | ACK, FIN | ACK, RST, SYN | ACK, 0]
ICMPV6_TYPES = [130, 131, 132, 133, 134, 135, 136, 137, 143, 128, 1, 129, 138, 144]
HOP_LIMITS = [2, 64, 255]


def cluster(rules):
    """The objects, each policy with these rules in both directions."""
    pods = [{"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": name, "labels": {"pod": name}},
             "status": {"podIPs": [{"ip": address} for address in addresses]}}
            for name, addresses in PODS.items() if name != "outside"]
    policies = [{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                 "metadata": {"name": name},
                 "spec": {"podSelector": {"matchLabels": {"pod": name}}, "policyTypes": types,
                          "ingress": rules, "egress": rules}}
                for name, types in TYPES.items()]
    return {"apiVersion": "v1", "kind": "List", "items": pods + policies}


def segment(source, destination, ports, flags, serial):
    """A TCP segment with any flags."""
    whole = bytearray(packets.packet((source, destination, "TCP", ports[1]), ports[0], serial))
    start = len(whole) - 20
    whole[start + 13] = flags
    whole[start + 16:start + 18] = bytes(2)
    pseudo = (packets.address_bytes(source) + packets.address_bytes(destination)
              + struct.pack("!II", 20, 6))
    whole[start + 16:start + 18] = struct.pack("!H", packets.checksum(pseudo + bytes(whole[start:])))
    return bytes(whole)


def message(source, destination, kind, hops, serial):
    """An ICMPv6 message of any type, eight bytes more behind its head."""
    header = bytearray(
        packets.ipv6_header(packets.address_bytes(source), packets.address_bytes(destination), 58, 24))
    header[7] = hops
    pseudo = (packets.address_bytes(source) + packets.address_bytes(destination)
              + struct.pack("!II", 24, 58))
    body = struct.pack("!BBHIIQI", kind, 0, 0, 0, serial, 0, serial)
    return bytes(header) + body[:2] + struct.pack("!H", packets.checksum(pseudo + body)) + body[4:]


def segments(allowed, may_pass):
    """Segments between all, and whether each must come through: text, packet, bool.

    allowed: is a SYN, by destination port; may_pass: a server's segment, by source and destination.
    """
    serial = 0
    for family in (0, 1):
        for name, addresses in PODS.items():
            for other, others in PODS.items():
                if name == other == "outside":
                    continue
                isolated = "Egress" in TYPES.get(name, []) or "Ingress" in TYPES.get(other, [])
                for client, server in ((40000, 80), (40000, 81), (40000, 32768), (32767, 80)):
                    syn_passes = name == other or not isolated or server in allowed
                    is_clients = client >= 32768 > server
                    for flags in OPENING + MIDSTREAM:
                        serial += 1
                        ports = client + serial % 20000 if client == 40000 else client - serial % 20000, server
                        yield (f"IPv{4 + 2 * family} TCP flags {flags:#04x} from {name} to {other} port {server}",
                               segment(addresses[family], others[family], ports, flags, serial),
                               syn_passes and (flags in OPENING or is_clients or may_pass(name, other)))


def unguarded(name, other):
    """Whether a segment that may be a server's passes, where policies have two sides to them."""
    return name == other or not {name, other} & set(TYPES)


def unguarded_where_open(name, other):
    """Tell the same for policies that allow everything; what `in` sends and what `out` gets is under no policy."""
    return name == other or (name not in ("closed", "out") and other not in ("closed", "in"))


def messages():
    """ICMPv6 of all kinds, of which none must come through."""
    for serial, (kind, hops) in enumerate(itertools.product(ICMPV6_TYPES, HOP_LIMITS)):
        yield (f"ICMPv6 type {kind} with hop limit {hops} to closed",
               message(PODS["outside"][1], PODS["closed"][1], kind, hops, serial), False)


def check(np2nft, node, rules, sent):
    """Send all: what came out wrong, and how many were sent."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "all.json"
        path.write_text(json.dumps(cluster(rules)), encoding="utf-8")
        node.load(judge.ruleset(np2nft, folder))
    wrong = []
    for start in range(0, len(sent), 100):
        node.forget_connections()
        chunk = sent[start:start + 100]
        for (what, _, expected), passed in zip(chunk, node.exchange([case[1] for case in chunk])):
            if passed != expected:
                wrong.append(f"{what}: {'passes' if passed else 'does not pass'}")
    return wrong, len(sent)


def main():
    """Send everything, under policies that allow a port, all, nothing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    np2nft = parser.parse_args().np2nft
    judge.end_tidily()
    with Node() as node:
        results = [
            check(np2nft, node, [{"ports": [{"port": 80}]}], list(segments([80], unguarded))),
            check(np2nft, node, [{}], list(segments([80, 81, 32768], unguarded_where_open))),
            check(np2nft, node, [], list(segments([], unguarded)) + list(messages())),
        ]
    wrong = [line for lines, _ in results for line in lines]
    count = sum(number for _, number in results)
    print(*wrong, f"{count - len(wrong)} passed, {len(wrong)} failed", sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
