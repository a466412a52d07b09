#!/usr/bin/python3
"""Check with packets what the API's words do not tell: segments picked up midway, and ICMPv6.

    always.py --np2nft PATH

A cluster of two namespaces: `closed` is isolated both ways, `in` for ingress alone, `out` for egress
alone, and `open` not at all. TCP that does not begin with a SYN must not pass to or from a pod that
is isolated in any direction (conntrack would take it for a connection of its own), except to itself.
Neighbour discovery and MLD are for one link (links.py), so none of their messages must be routed.
"""

import argparse
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


def cluster():
    """The objects."""
    pods = [{"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": name, "labels": {"pod": name}},
             "status": {"podIPs": [{"ip": address} for address in addresses]}}
            for name, addresses in PODS.items() if name != "outside"]
    policies = [{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                 "metadata": {"name": name},
                 "spec": {"podSelector": {"matchLabels": {"pod": name}}, "policyTypes": types,
                          "ingress": [{}], "egress": [{}]}}
                for name, types in TYPES.items()]
    return {"apiVersion": "v1", "kind": "List", "items": pods + policies}


def segment(source, destination, flags, serial):
    """A TCP segment with any flags."""
    whole = bytearray(packets.packet((source, destination, "TCP", 80), 40000 + serial % 20000, serial))
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


def cases():
    """What is sent, and whether it must come through: text, packet, bool."""
    serial = 0
    for family in (0, 1):
        for name, addresses in PODS.items():
            for other, others in PODS.items():
                if name == other == "outside":
                    continue
                free = name == other or not {name, other} & set(TYPES)
                for flags in OPENING + MIDSTREAM:
                    serial += 1
                    yield (f"IPv{4 + 2 * family} TCP flags {flags:#04x} from {name} to {other}",
                           segment(addresses[family], others[family], flags, serial),
                           flags in OPENING or free)
    for kind in ICMPV6_TYPES:
        for hops in HOP_LIMITS:
            serial += 1
            # The policies' rules are replaced by none, see below: only what always passes does.
            yield (f"ICMPv6 type {kind} with hop limit {hops} to closed",
                   message(PODS["outside"][1], PODS["closed"][1], kind, hops, serial), False)


def main():
    """Send everything, in two rulesets: everything allowed, and nothing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    np2nft, wrong = parser.parse_args().np2nft, []
    judge.end_tidily()
    sent = list(cases())
    with tempfile.TemporaryDirectory() as folder, Node() as node:
        path = pathlib.Path(folder) / "all.json"
        allowed = cluster()
        for icmp in (False, True):
            if icmp:
                for item in allowed["items"]:
                    item.get("spec", {}).update({"ingress": [], "egress": []} if "spec" in item else {})
            path.write_text(json.dumps(allowed), encoding="utf-8")
            node.load(judge.ruleset(np2nft, folder))
            these = [case for case in sent if case[0].startswith("ICMPv6") == icmp]
            for start in range(0, len(these), 100):
                node.forget_connections()
                chunk = these[start:start + 100]
                for (what, _, expected), passed in zip(chunk, node.exchange([case[1] for case in chunk])):
                    if passed != expected:
                        wrong.append(f"{what}: {'passes' if passed else 'does not pass'}")
    print(*wrong, f"{len(sent) - len(wrong)} passed, {len(wrong)} failed", sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
