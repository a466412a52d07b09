#!/usr/bin/python3
"""Check that no pod can send in another's name: neither with a made-up source, nor in a packet for the node's
tunnel.

    guard.py --np2nft PATH

In the topologies of topology.py, `a` takes UDP from `c` and from `far`, a pod of another node; `b` is
isolated in both directions, and `d` in none. They send frames with the sources of others, and datagrams that
hold packets to the node's VXLAN port. With --no-guard, everything that the guard stops must pass (if policies
let it), which shows that it is the guard which stops it. Exit status: 0 if all is so, 1 if not.
"""

import argparse
import contextlib
import itertools
import json
import pathlib
import socket
import struct
import sys
import tempfile

import judge
import packets
from namespace import NodeError, become_root, own_run
from topology import WORLD, Topology

PODS = {f"n/{name}": {4: f"10.0.1.{11 + i}", 6: f"fd00:1::{11 + i}"} for i, name in enumerate("abcd")}
FAR = {4: "10.0.2.50", 6: "fd00:2::50"}  # of another node
PORT, SOURCE_PORT, TUNNEL_PORT = 5400, 4000, 8472
TUNNEL_MACS = "0a:00:00:00:00:01", "0a:00:00:00:00:02"
ETHERTYPES = {4: 0x0800, 6: 0x86DD}


class Guarded:
    """A topology with a tunnel, and policies on it."""

    def __init__(self, kind, np2nft, stack):
        self.np2nft, self.serials = np2nft, itertools.count(1)
        self.topology = stack.enter_context(Topology(kind, PODS, "n/a"))
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir="/run"))
        self.path = pathlib.Path(folder) / "all.json"
        run = self.topology.run
        run("ip", "link", "add", "tunnel", "type", "vxlan", "id", "1", "local", "10.0.0.1", "nolearning",
            "dstport", str(TUNNEL_PORT))
        run("ip", "link", "set", "tunnel", "address", TUNNEL_MACS[0], "up")
        for address in FAR.values():
            run("ip", "route", "add", address, "dev", "tunnel")

    def apply(self, *options):
        """Apply the policies."""
        items = [{"apiVersion": "v1", "kind": "Pod",
                  "metadata": {"namespace": "n", "name": name, "labels": {"pod": name}},
                  "status": {"podIPs": [{"ip": address} for address in addresses.values()]}}
                 for name, addresses in [*((key[2:], value) for key, value in PODS.items()), ("far", FAR)]]
        peers = [{"podSelector": {"matchLabels": {"pod": name}}} for name in ("c", "far")]
        for name, rules in (("a", [{"from": peers}]), ("b", [])):
            items.append({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                          "metadata": {"namespace": "n", "name": name},
                          "spec": {"podSelector": {"matchLabels": {"pod": name}}, "ingress": rules,
                                   "policyTypes": ["Ingress"] if name == "a" else ["Ingress", "Egress"]}})
        self.path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}),
                             encoding="utf-8")
        self.topology.run(self.np2nft, "apply", "--quiet", *options, str(self.path))
        self.topology.forget_connections()

    def datagram(self, source, target):
        """A packet that says it is from an address to an end's, and what it holds."""
        version = 6 if ":" in source else 4
        serial = next(self.serials)
        whole = packets.packet((source, self.address(target, version), "UDP", PORT), SOURCE_PORT, serial)
        return version, whole, struct.pack("!I", serial)

    @staticmethod
    def address(name, version):
        """An end's address."""
        return WORLD[version] if name == "world" else PODS[name][version]

    def spoofed(self, sender, source, target):
        """Whether a frame of a pod arrives, whatever source it says it has."""
        version, whole, content = self.datagram(source, target)
        ends = self.topology.ends
        mac = ends[sender].gateway_mac
        if self.topology.bridged and target != "world":
            mac = ends[target].mac
        with ends[sender].namespace.entered(), \
                socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw, \
                ends[target].socket(version, socket.SOCK_DGRAM, port=PORT) as receiver:
            raw.bind(("eth0", 0))
            raw.send(link_head(mac, ends[sender].mac, version) + whole)
            return self.arrives(receiver, content)

    def wrapped(self, sender, source, target):
        """Whether a packet arrives that an end sends in another to the node's tunnel."""
        version, whole, content = self.datagram(source, target)
        ends = self.topology.ends
        with ends[sender].socket(4, socket.SOCK_DGRAM) as outer, \
                ends[target].socket(version, socket.SOCK_DGRAM, port=PORT) as receiver:
            outer.sendto(struct.pack("!II", 0x08000000, 1 << 8) + link_head(*TUNNEL_MACS, version) + whole,
                         ("10.0.0.1", TUNNEL_PORT))
            return self.arrives(receiver, content)

    def sent(self, sender, port, version):
        """Whether a plain datagram arrives outside."""
        ends = self.topology.ends
        with ends[sender].socket(version, socket.SOCK_DGRAM) as outer, \
                ends["world"].socket(version, socket.SOCK_DGRAM, port=port) as receiver:
            outer.sendto(b"plain", (WORLD[version], port))
            return self.arrives(receiver, b"plain")

    def arrives(self, receiver, content):
        """Tell whether the packet has come."""
        self.topology.settle()
        with contextlib.suppress(BlockingIOError):
            while receiver.recv(64) != content:
                pass
            return True
        return False


def link_head(target, source, version):
    """An Ethernet header."""
    macs = bytes.fromhex((target + source).replace(":", ""))
    return macs + struct.pack("!H", ETHERTYPES[version])


def results(guarded, guards):
    """Yield for each packet what it is, whether it arrives, and whether it should."""
    bridged = guarded.topology.bridged
    for version in (4, 6):
        own = {name: addresses[version] for name, addresses in PODS.items()}
        yield f"own source, allowed, IPv{version}", guarded.spoofed("n/c", own["n/c"], "n/a"), True
        yield f"own source, denied, IPv{version}", guarded.spoofed("n/b", own["n/b"], "n/a"), False
        yield f"own source, outside, IPv{version}", guarded.spoofed("n/d", own["n/d"], "world"), True
        for sender in ("n/b", "n/d"):
            what = f"{sender}, IPv{version}, with the source of"
            if not bridged:  # a neighbour on a bridge is behind the same link
                yield f"{what} an allowed pod", guarded.spoofed(sender, own["n/c"], "n/a"), not guards
            yield f"{what} a pod elsewhere", guarded.spoofed(sender, FAR[version], "n/a"), not guards
            yield f"{what} the world", guarded.spoofed(sender, {4: "203.0.113.9", 6: "2001:db8:9::9"}[version],
                                                       "world"), not guards
            yield f"{sender}, IPv{version}, in the tunnel", \
                guarded.wrapped(sender, FAR[version], "n/a"), not guards
        yield f"IPv{version} from another node, in the tunnel", \
            guarded.wrapped("world", FAR[version], "n/a"), True
        yield f"IPv{version} to another node's tunnel", guarded.sent("n/d", TUNNEL_PORT, version), not guards
        yield f"IPv{version} to a port beside", guarded.sent("n/d", TUNNEL_PORT + 1, version), True


def main():
    """Check everything on both kinds of node, with the guard and without."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    np2nft = parser.parse_args().np2nft
    judge.end_tidily()
    become_root()
    own_run()
    wrong, count = [], 0
    for kind, options in itertools.product(("routed", "bridged"), ([], ["--no-guard"])):
        with contextlib.ExitStack() as stack:
            try:
                guarded = Guarded(kind, np2nft, stack)
                guarded.apply(*options)
                for what, passed, expected in results(guarded, not options):
                    count += 1
                    if passed != expected:
                        wrong.append(f"{kind} {' '.join(options)}: {what}: "
                                     f"{'passes' if passed else 'does not pass'}")
            except (NodeError, OSError) as failure:
                wrong.append(f"{kind}: {failure}")
    print(*wrong, f"{count - len(wrong)} passed, {len(wrong)} failed", sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
