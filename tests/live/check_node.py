#!/usr/bin/python3
"""Check that the throwaway node of node.py loses no packet, and takes none for another.

Prints what is wrong; exit status 0 if nothing is.
"""

import itertools
import sys

from node import Node, NodeError

IPV4 = ["10.0.0.1", "10.0.0.2", "1.0.0.0", "169.254.1.1", "198.18.255.1", "223.255.255.255",
        "240.0.0.1"]
IPV6 = ["fd00::1", "fd00::2", "1::", "64:ff9b::a00:1", "fe00::1", "fec0::1"]
PROBES = [(source, destination, protocol, port)
          for addresses, echo in ((IPV4, "ICMP"), (IPV6, "ICMPV6"))
          for source, destination in itertools.product(addresses, addresses)
          for protocol in ("TCP", "UDP", "SCTP", echo) for port in (1, 80, 20000, 20001, 65535)]

ONLY_NEW = """table inet check {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state new accept
		ct direction reply accept
	}
}
"""
SOME_DENIED = """table inet check {
	chain forward {
		type filter hook forward priority filter;
		ip saddr 10.0.0.1 tcp dport 80 reject with tcp reset
		ip6 daddr fd00::2 udp dport 20000 reject
		icmp type echo-request ip daddr 240.0.0.1 drop
		sctp dport 65535 drop
	}
}
"""
ALL_DENIED = """table inet check {
	chain forward {
		type filter hook forward priority filter; policy drop;
	}
}
"""


def denied_by_some(probe):
    """What SOME_DENIED says, in Python."""
    source, destination, protocol, port = probe
    return (source == "10.0.0.1" and (protocol, port) == ("TCP", 80)
            or destination == "fd00::2" and (protocol, port) == ("UDP", 20000)
            or destination == "240.0.0.1" and protocol == "ICMP"
            or (protocol, port) == ("SCTP", 65535))


def wrong(node, expected):
    """The probes that fared otherwise than expected."""
    return [probe for probe, passed, right in zip(PROBES, node.send(PROBES), expected)
            if passed != right]


def checks(node):
    """Pairs: what should be, and what is wrong with it."""
    everything = [True] * len(PROBES)
    yield "without rules, all pass", wrong(node, everything)
    node.load(ONLY_NEW)
    yield "each packet is a new connection", wrong(node, everything)
    yield "and is so again", wrong(node, everything)
    node.clear()
    node.load(SOME_DENIED)
    yield "what is rejected or dropped, and only that, is denied", \
        wrong(node, [not denied_by_some(probe) for probe in PROBES])
    node.clear()
    node.load(ALL_DENIED)
    yield "a node that denies everything is an error", told_verdicts(node)
    node.clear()
    yield "and all pass again", wrong(node, everything)


def told_verdicts(node):
    """The verdicts of a node that lets not even the sentinel through: there should be none."""
    node.capture.settimeout(0.1)
    try:
        return [node.send(PROBES[:1])]
    except NodeError:
        return []


def main():
    """All checks on one node."""
    with Node() as node:
        found = [(name, bad) for name, bad in checks(node) if bad]
    for name, bad in found:
        print(f"not so: {name}: {len(bad)}, first {bad[0]}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
