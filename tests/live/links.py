#!/usr/bin/python3
"""Check what stays on one link of a bridge: groups, broadcast, link-local addresses, what a link needs.

    links.py --np2nft PATH

The topology is the bridged one of topology.py, in which pods also have link-local addresses. While a pod is
isolated, nothing passes between pods that names no pod's address, except neighbour discovery and MLD, which
pass only in their correct form; all of it still passes between each pod and the node. While no pod is
isolated, all of it passes. The kernel itself does neighbour discovery, the detection of double addresses, MLD
and IGMP; of DHCP, only the datagrams are sent.
"""

import argparse
import contextlib
import json
import pathlib
import socket
import struct
import sys
import tempfile

import judge
from namespace import NodeError, become_root, own_run
from topology import Topology

PODS = {"n/a": {4: "10.0.1.11", 6: "fd00:1::11"}, "n/b": {4: "10.0.1.12", 6: "fd00:1::12"},
        "n/c": {4: "10.0.1.13", 6: "fd00:1::13"}}
LOCAL = {"n/a": "fe80::11", "n/b": "fe80::12", "n/c": "fe80::13", "node": "fe80::fe"}
SOLICIT, ADVERT, ROUTER_SOLICIT, ROUTER_ADVERT, REDIRECT = 135, 136, 133, 134, 137
QUERY, REPORT, DONE, REPORT_2 = 130, 131, 132, 143
PORT = 5353
SO_BINDTODEVICE, IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS = 25, 16, 18
ICMP6_FILTER, LET_ALL_PASS = 1, bytes(32)


class Link:
    """The bridged topology with link-local addresses, and policies on it."""

    def __init__(self, np2nft, stack):
        self.np2nft = np2nft
        self.topology = stack.enter_context(Topology("bridged", PODS, "n/a"))
        self.path = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/run"))) / "all.json"
        for name, address in LOCAL.items():
            self.run(name, "ip", "addr", "add", f"{address}/64", "dev", self.device(name), "nodad")
        self.serial = 0

    @staticmethod
    def device(name):
        """The link of an end on the bridge."""
        return "pods" if name == "node" else "eth0"

    def run(self, name, *command):
        """Run a command where an end is."""
        return self.topology.ends[name].namespace.run(list(command))

    def apply(self, isolated):
        """Isolate pods: for each its policyTypes; nothing is allowed."""
        items = [{"apiVersion": "v1", "kind": "Pod",
                  "metadata": {"namespace": "n", "name": name[2:], "labels": {"pod": name[2:]}},
                  "status": {"podIPs": [{"ip": address} for address in addresses.values()]}}
                 for name, addresses in PODS.items()]
        items += [{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                   "metadata": {"namespace": "n", "name": name[2:]},
                   "spec": {"podSelector": {"matchLabels": {"pod": name[2:]}}, "policyTypes": types}}
                  for name, types in isolated.items()]
        self.path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}),
                             encoding="utf-8")
        self.topology.run(self.np2nft, "apply", "--quiet", str(self.path))

    def datagram(self, source, target, address):
        """Whether a UDP datagram to an address arrives at another end."""
        version = 6 if ":" in address else 4
        with self.udp(source, version, 0) as sender, self.udp(target, version, PORT) as receiver:
            self.join(receiver, target, address)
            if address.startswith("224."):
                sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                                  socket.inet_aton(self.address(source)))
            sender.sendto(b"to whom it may concern", self.destination(source, address, PORT))
            return self.arrives(receiver)

    def address(self, name):
        """An end's IPv4 address on the bridge."""
        return "10.0.1.254" if name == "node" else PODS[name][4]

    def udp(self, name, version, port):
        """A socket that may broadcast."""
        end = self.topology.ends[name]
        opened = end.socket(version, socket.SOCK_DGRAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        with end.namespace.entered():
            opened.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, self.device(name).encode())
        if version == 6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(("" if version == 4 else "::", port))
        return opened

    def join(self, opened, name, address):
        """Have a socket hear a group."""
        if address.startswith("224."):
            opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                              socket.inet_aton(address) + socket.inet_aton(self.address(name)))

    def destination(self, source, address, port):
        """An address as a socket takes it."""
        with self.topology.ends[source].namespace.entered():
            index = socket.if_nametoindex(self.device(source))
        return (address, port, 0, index) if ":" in address else (address, port)

    def message(self, source, target, kind, hops, address=None, local=True):
        """Whether an ICMPv6 message arrives at another end."""
        self.serial += 1
        body = struct.pack("!BBHII", kind, 0, 0, 0, self.serial)
        address = address or "ff02::1"
        with self.topology.ends[source].socket(6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sender, \
                self.topology.ends[target].socket(6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as receiver:
            receiver.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, LET_ALL_PASS)
            for option in (IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS):
                sender.setsockopt(socket.IPPROTO_IPV6, option, hops)
            sender.bind(self.destination(source, LOCAL[source] if local else PODS[source][6], 0))
            sender.sendto(body, self.destination(source, address, 0))
            self.topology.settle()
            with contextlib.suppress(BlockingIOError):
                while receiver.recv(64)[4:12] != body[4:12]:
                    pass
                return True
            return False

    def arrives(self, receiver):
        """Whether anything has come."""
        self.topology.settle()
        with contextlib.suppress(BlockingIOError):
            receiver.recv(64)
            return True
        return False


def datagrams(link, passes, isolated):
    """Groups and link-local addresses, to and from pod a."""
    pairs = {"Ingress": [("n/b", "n/a")], "Egress": [("n/a", "n/b")]}
    between = [pair for direction in isolated or pairs for pair in pairs[direction]]
    for source, target in between:
        for address in ("255.255.255.255", "10.0.1.255", "224.0.0.251", "ff02::1", LOCAL[target]):
            # Of IPv4, the source is known: where only others are isolated, groups are free.
            yield (f"datagram from {source} to {target} by {address}",
                   link.datagram(source, target, address), passes)
    for source, target in (("n/a", "node"), ("node", "n/a")):
        for address in ("255.255.255.255", "10.0.1.255", "224.0.0.251", "ff02::1", LOCAL[target]):
            yield (f"datagram from {source} to {target} by {address}",
                   link.datagram(source, target, address), True)


def messages(link):
    """ICMPv6 between isolated pods, and with the node."""
    cases = [(kind, hops, local, kind in (SOLICIT, ADVERT) and hops == 255
              or kind in (QUERY, REPORT, DONE, REPORT_2) and hops == 1 and local)
             for kind in (SOLICIT, ADVERT, ROUTER_SOLICIT, ROUTER_ADVERT, REDIRECT,
                          QUERY, REPORT, DONE, REPORT_2, 128, 1)
             for hops in (1, 64, 255) for local in (True, False)]
    for kind, hops, local, passes in cases:
        yield (f"ICMPv6 type {kind}, hop limit {hops}, {'link-local' if local else 'global'} source",
               link.message("n/b", "n/a", kind, hops, local=local), passes)
    for kind, hops, passes in ((SOLICIT, 255, True), (SOLICIT, 64, False), (ADVERT, 255, True),
                               (ADVERT, 64, False), (QUERY, 1, False), (REDIRECT, 255, False)):
        yield (f"ICMPv6 type {kind}, hop limit {hops}, to a pod's address",
               link.message("n/b", "n/a", kind, hops, PODS["n/a"][6], False), passes)
    for kind, hops in ((ROUTER_SOLICIT, 255), (REPORT_2, 1)):
        yield (f"ICMPv6 type {kind} to the node", link.message("n/b", "node", kind, hops, "ff02::2"), True)
    yield "router advertisement of the node", link.message("node", "n/a", ROUTER_ADVERT, 255), True


def stacks(link):
    """What kernels say to each other by themselves."""
    for name in ("n/a", "n/b"):
        link.topology.ends[name].namespace.configure({"ipv6/conf/eth0/dad_transmits": 1})
    # b takes a's address, and a says that it has it.
    link.run("n/b", "ip", "addr", "add", f"{PODS['n/a'][6]}/64", "dev", "eth0")
    for _ in range(200):
        shown = json.loads(link.run("n/b", "ip", "-j", "-6", "addr", "show", "dev", "eth0"))
        flags = next((entry for entry in shown[0]["addr_info"] if entry["local"] == PODS["n/a"][6]), {})
        if flags.get("dadfailed") or not flags.get("tentative"):
            break
        link.topology.settle()
    yield "a double address is detected between isolated pods", bool(flags.get("dadfailed")), True
    link.run("n/b", "ip", "addr", "del", f"{PODS['n/a'][6]}/64", "dev", "eth0")
    with link.udp("n/a", 4, PORT) as four, link.udp("n/a", 6, PORT) as six:
        link.join(four, "n/a", "224.0.1.99")
        with link.topology.ends["n/a"].namespace.entered():
            index = struct.pack("@I", socket.if_nametoindex("eth0"))
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                       socket.inet_pton(socket.AF_INET6, "ff05::99") + index)
        for _ in range(200):  # the kernel reports when it likes
            link.topology.settle()
            groups = link.run("node", "bridge", "mdb", "show", "dev", "pods")
            if "grp 224.0.1.99" in groups and "grp ff05::99" in groups:
                break
        yield "the bridge learns of a group by IGMP", "grp 224.0.1.99" in groups, True
        yield "the bridge learns of a group by MLD", "grp ff05::99" in groups, True
    with link.udp("n/a", 4, 68) as client, link.udp("node", 4, 67) as server, \
            link.udp("n/b", 4, 67) as rogue:
        client.sendto(b"discover", ("255.255.255.255", 67))
        yield "DHCP from a pod to the node", link.arrives(server), True
        yield "DHCP from a pod to another", link.arrives(rogue), False
        server.sendto(b"offer", ("255.255.255.255", 68))
        yield "DHCP from the node to a pod", link.arrives(client), True


def results(link):
    """Yield for each packet what it is, whether it passes, and whether it should."""
    link.apply({})
    yield from datagrams(link, True, [])
    yield "router advertisement, nobody isolated", link.message("n/b", "n/a", ROUTER_ADVERT, 255), True
    for types in (["Ingress"], ["Ingress", "Egress"]):
        link.apply({"n/a": types})
        yield from datagrams(link, False, types)
    link.apply({name: ["Ingress", "Egress"] for name in PODS})
    yield from messages(link)
    yield from stacks(link)
    # Isolated for egress alone: what is not from that pod is free.
    link.apply({"n/a": ["Egress"]})
    yield "group, from one that is isolated for egress", link.datagram("n/a", "n/b", "224.0.0.251"), False
    yield "group, to one that is isolated for egress", link.datagram("n/b", "n/a", "224.0.0.251"), True
    yield "link-local, from one that is isolated for egress", \
        link.datagram("n/a", "n/b", LOCAL["n/b"]), False


def main():
    """Check everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    np2nft = parser.parse_args().np2nft
    judge.end_tidily()
    become_root()
    own_run()
    with contextlib.ExitStack() as stack:
        try:
            link = Link(np2nft, stack)
            done = list(results(link))
        except (NodeError, OSError) as failure:
            print(failure)
            sys.exit(1)
    wrong = [f"{what}: {'passes' if passed else 'does not pass'}" for what, passed, expected in done
             if bool(passed) != expected]
    print(*wrong, f"{len(done) - len(wrong)} passed, {len(wrong)} failed", sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
