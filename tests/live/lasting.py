#!/usr/bin/python3
"""Check what must last while policies come and go: connections, and neighbours on a bridge.

    lasting.py --np2nft PATH

The topologies are those of topology.py, with the cluster of e2e/cluster.yaml. First, connections (TCP and
UDP, both families, straight, through the Service, and from a pod to itself) must live on through every apply
that still allows them, and those that it denies must not. Then all pods of x are isolated in both directions;
bridged pods must still find each other's link addresses, and the node must find theirs. Exit status: 0 if all
is so, 1 if not.
"""

import argparse
import contextlib
import json
import pathlib
import socket
import sys
import tempfile

import judge
import api
import objects
from integration import BACKEND, CLUSTER, pods_of
from namespace import NodeError, become_root, own_run
from topology import (NODE_PORT, PATIENCE, SERVICE, SERVICE_PORT, TARGET_PORT, WORLD_GATEWAY,
                      Topology)

# From, to; of these, BACKEND is reached through the Service or the node's port.
CONNECTIONS = [("x/b", "x/a"), ("x/b", "service"), ("y/a", "x/a"), ("y/a", "service"),
               ("world", "x/a"), ("world", "node port"), ("x/a", "service"), ("node", "x/a"),
               ("x/a", "node"), ("x/a", "z/a"), ("z/a", "z/b"), ("world", "z/b")]


def policy(name, pods, **spec):
    """A policy of namespace x, on pods with these labels."""
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": "x"},
            "spec": {"podSelector": labels(**pods), **spec}}


def labels(**wanted):
    """A selector."""
    return {"matchLabels": wanted}


PORTS = [{"protocol": protocol, "port": TARGET_PORT} for protocol in ("TCP", "UDP")]
BLOCKS = [{"ipBlock": {"cidr": cidr}} for cidr in ("192.0.2.0/24", "2001:db8::/32")]
POD_B = {"podSelector": labels(pod="b")}
NAMESPACE_Y = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "y"}}}
POLICIES = {item["metadata"]["name"]: item for item in (
    policy("from-b", {"pod": "a"}, ingress=[{"from": [POD_B], "ports": PORTS}]),
    policy("from-y", {"pod": "a"}, ingress=[{"from": [NAMESPACE_Y], "ports": PORTS}]),
    policy("from-world", {"pod": "a"}, ingress=[{"from": BLOCKS, "ports": PORTS}]),
    policy("b-to-a", {"pod": "b"}, policyTypes=["Egress"],
           egress=[{"to": [{"podSelector": labels(pod="a")}], "ports": PORTS}]),
    policy("closed", {}, policyTypes=["Ingress"]),
    policy("sealed", {}, policyTypes=["Ingress", "Egress"]),
)}
# One applied over the other.
STATES = [
    ["from-b", "from-y", "from-world"],
    ["from-b", "from-y", "from-world", "closed"],
    ["from-b", "from-y", "from-world", "closed", "b-to-a"],
    ["from-b", "from-y", "from-world", "b-to-a"],
    ["from-b", "from-world", "closed", "b-to-a"],
    ["from-b", "closed"],
    ["from-b", "sealed", "b-to-a"],
    ["from-b", "closed"],
    ["sealed"],
    [],
]


class Cluster:
    """A topology, and what is applied to it."""

    def __init__(self, kind, np2nft, stack):
        self.base, self.np2nft = objects.from_paths([CLUSTER]), np2nft
        self.topology = stack.enter_context(Topology(kind, pods_of(self.base), BACKEND))
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir="/run"))
        self.path = pathlib.Path(folder) / "cluster.json"

    def apply(self, names):
        """Apply the policies of those names: the cluster as the API's words read it."""
        made = self.base + [POLICIES[name] for name in names]
        self.path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": made}),
                             encoding="utf-8")
        self.topology.run(self.np2nft, "apply", "--quiet", str(self.path))
        return objects.cluster(made)


class Connection:
    """A client and a server, connected."""

    def __init__(self, topology, stack, version, protocol, ends):
        self.topology, self.version, self.protocol = topology, version, protocol
        (self.source, named), self.ended = ends, False
        self.name = f"{protocol} over IPv{version} from {self.source} to {named}"
        self.server_at, address = {
            "service": (BACKEND, (SERVICE[version], SERVICE_PORT)),
            "node port": (BACKEND, (WORLD_GATEWAY[version], NODE_PORT)),
        }.get(named) or (named, (topology.ends[named].addresses[version], TARGET_PORT))
        kind = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}[protocol]
        self.client = stack.enter_context(topology.ends[self.source].socket(version, kind))
        self.server = topology.ends[self.server_at].socket(version, kind, port=TARGET_PORT)
        for endpoint in (self.client, self.server):
            endpoint.settimeout(PATIENCE)
        self.connect(address)
        stack.enter_context(self.server)

    def connect(self, address):
        """TCP by its handshake, UDP by a first packet."""
        if self.protocol == "TCP":
            with self.server as listener:
                listener.listen()
                self.client.connect(address)
                self.server, _ = listener.accept()
        else:
            self.client.connect(address)
            self.client.send(b"first")
            _, peer = self.server.recvfrom(64)
            self.server.connect(peer)

    def allowed(self, cluster):
        """What the API's words say."""
        if "node" in (self.source, self.server_at):
            return True
        addresses = [self.topology.ends[end].addresses[self.version]
                     for end in (self.source, self.server_at)]
        return api.allowed(cluster, api.Probe(*addresses, self.protocol, TARGET_PORT))

    def flows(self):
        """For each direction, whether what is said there arrives. Of UDP, what a server says is a
        connection of its own when that of the client has ended: only the client speaks."""
        ends = [(self.client, self.server), (self.server, self.client)]
        return [self.arrives(*each) for each in (ends[:1] if self.protocol == "UDP" else ends)]

    def arrives(self, sender, receiver):
        """Whether anything comes of what is sent.

        Before that, all is read that came when nobody looked: sent again while it was allowed for a time.
        """
        receiver.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while receiver.recv(1 << 16):
                pass
        sender.send(b"still here")
        self.topology.settle()
        with contextlib.suppress(BlockingIOError):
            return bool(receiver.recv(1 << 16))
        return False


def check_connections(cluster, stack):
    """Open all, and then apply one state over the other; how many lived on and ended, by state."""
    cluster.apply([])
    connections = [Connection(cluster.topology, stack, version, protocol, ends)
                   for ends in CONNECTIONS for version in (4, 6) for protocol in ("TCP", "UDP")]
    lived = ended = 0
    for names in STATES:
        words = cluster.apply(names)
        for connection in connections:
            allowed = connection.allowed(words)
            if connection.ended and allowed:
                continue  # what was once denied may stay ended
            if set(connection.flows()) != {allowed}:
                raise judge.Failure(f"{connection.name} {'ends' if allowed else 'lives on'} "
                                    f"under {' '.join(names) or 'no policies'}")
            connection.ended = not allowed
            lived, ended = lived + allowed, ended + (not allowed)
    return lived, ended


def check_neighbours(cluster):
    """Pods that are isolated both ways forget each other, and find each other again."""
    cluster.apply(["from-b", "sealed", "b-to-a"])
    for version in (4, 6):
        for source, link in (("x/b", "eth0"), ("x/c", "eth0"), ("node", "pods")):
            forget(cluster.topology, source, BACKEND, version, link)
            forget(cluster.topology, BACKEND, source, version, "eth0")
            allowed = source != "x/c"
            connected = connects(cluster.topology, source, version, allowed)
            if connected != allowed:
                raise judge.Failure(f"{source} {'reaches' if connected else 'does not reach'} "
                                    f"{BACKEND} over IPv{version}, having forgotten where it is")
            if not known(cluster.topology, source, BACKEND, version, link):
                raise judge.Failure(f"{source} does not find {BACKEND} on the bridge, IPv{version}")


def forget(topology, end, other, version, link):
    """An end is to know no link address of another. (Others know the node as a gateway.)"""
    if other != "node":
        topology.ends[end].namespace.run(
            ["ip", "neigh", "del", topology.ends[other].addresses[version], "dev", link])


def known(topology, end, other, version, link):
    """Tell whether an end knows another's link address."""
    return "lladdr" in topology.ends[end].namespace.run(
        ["ip", "neigh", "show", topology.ends[other].addresses[version], "dev", link])


def connects(topology, source, version, allowed):
    """Whether it can connect to the backend; first of all, each must find the other.

    What is allowed may take until the kernel asks or connects again; what is not, is waited for as long as the
    packets of three round trips are on their way: a question and an answer for each of the two, and the handshake.
    """
    server, client = topology.ends[BACKEND], topology.ends[source]
    with server.socket(version, socket.SOCK_STREAM, port=TARGET_PORT) as listener, \
            client.socket(version, socket.SOCK_STREAM) as connecting:
        listener.listen()
        connecting.connect_ex((server.addresses[version], TARGET_PORT))
        for _ in range(0 if allowed else 3):
            topology.settle()
        listener.settimeout(PATIENCE if allowed else 0)
        with contextlib.suppress(BlockingIOError, TimeoutError):
            listener.accept()[0].close()
            return True
        return False


def main():
    """Check everything on both kinds of node."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    np2nft = parser.parse_args().np2nft
    judge.end_tidily()
    become_root()
    own_run()
    try:
        for kind in ("routed", "bridged"):
            with contextlib.ExitStack() as stack:
                cluster = Cluster(kind, np2nft, stack)
                lived, ended = check_connections(cluster, stack)
                print(f"{kind}: connections lived on {lived} times, and ended {ended} times",
                      flush=True)
                if kind == "bridged":
                    check_neighbours(cluster)
    except (judge.Failure, NodeError, OSError) as failure:
        print(f"{kind}: {failure}")
        sys.exit(1)


if __name__ == "__main__":
    main()
