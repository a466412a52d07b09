#!/usr/bin/python3
"""Check that connections which the node does not track go on if they are allowed, and stay ended if they were
ended.

    untracked.py --np2nft PATH

The topologies are those of topology.py. Connections are made on a node that tracks nothing; then policies are
applied, and later everything that is tracked is forgotten. Those that the policies allow go on when the
client speaks. Then they are denied: nothing must come back, whichever end speaks first and whatever is
forgotten meanwhile, also for a pod that is isolated in only one direction. Exit status: 0 if all is so, 1 if
not.
"""

import argparse
import contextlib
import json
import pathlib
import socket
import sys
import tempfile

import judge
from namespace import NodeError, become_root, own_run
from topology import PATIENCE, Topology

PODS = {"n/server": {4: "10.0.1.11", 6: "fd00:1::11"}, "n/client": {4: "10.0.1.12", 6: "fd00:1::12"}}
PORT = 80
BOTH = ["Ingress", "Egress"]
# Who is isolated, in which directions, when the connection between the two is allowed.
SITUATIONS = [{"server": ["Ingress"]}, {"server": BOTH}, {"client": ["Egress"]}, {"client": BOTH},
              {"server": BOTH, "client": BOTH}, {"server": ["Ingress"], "client": ["Egress"]}]


class Cluster:
    """A topology, and what is applied to it."""

    def __init__(self, kind, np2nft, stack):
        self.np2nft = np2nft
        self.topology = stack.enter_context(Topology(kind, PODS, "n/server"))
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir="/run"))
        self.path = pathlib.Path(folder) / "cluster.json"

    def apply(self, situation, allows):
        """Isolate pods; allow them the connection, or nothing."""
        items = [{"apiVersion": "v1", "kind": "Pod",
                  "metadata": {"namespace": "n", "name": name[2:], "labels": {"pod": name[2:]}},
                  "status": {"podIPs": [{"ip": address} for address in addresses.values()]}}
                 for name, addresses in PODS.items()]
        for name, types in situation.items():
            other = {"client": "server", "server": "client"}[name]
            peer = [{"podSelector": {"matchLabels": {"pod": other}}}]
            spec = {"podSelector": {"matchLabels": {"pod": name}}, "policyTypes": types}
            if allows and name == "server":
                spec["ingress"] = [{"from": peer, "ports": [{"port": PORT}]}]
            if allows and name == "client":
                spec["egress"] = [{"to": peer, "ports": [{"port": PORT}]}]
            items.append({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                          "metadata": {"namespace": "n", "name": name}, "spec": spec})
        self.path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}),
                             encoding="utf-8")
        self.topology.run(self.np2nft, "apply", "--quiet", str(self.path))

    def connected(self, stack, version):
        """The two ends of a connection."""
        ends = self.topology.ends
        client = stack.enter_context(ends["n/client"].socket(version, socket.SOCK_STREAM))
        client.settimeout(PATIENCE)
        with ends["n/server"].socket(version, socket.SOCK_STREAM, port=PORT) as listener:
            listener.settimeout(PATIENCE)
            listener.listen()
            client.connect((PODS["n/server"][version], PORT))
            server = stack.enter_context(listener.accept()[0])
        for end in (client, server):  # or what is sent waits for an acknowledgement
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client, server

    def arrives(self, sender, receiver):
        """Whether anything comes of what is sent."""
        sender.send(b"still here")
        self.topology.settle()
        receiver.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            return bool(receiver.recv(1 << 16))
        return False


def check(cluster, situation, version):
    """One connection's life: what was expected and did not come, or the other way round."""
    with contextlib.ExitStack() as stack:
        cluster.topology.run("nft", "flush", "ruleset")
        cluster.topology.forget_connections()
        client, server = cluster.connected(stack, version)
        cluster.apply(situation, True)
        steps = [("the first apply", client, server), ("that", server, client)]
        for when, sender, receiver in steps:
            if not cluster.arrives(sender, receiver):
                return f"allowed, but lost after {when}"
        cluster.topology.forget_connections()
        for when, sender, receiver in (("all was forgotten", client, server), ("that", server, client)):
            if not cluster.arrives(sender, receiver):
                return f"allowed, but lost after {when}"
        cluster.apply({}, False)
        cluster.topology.forget_connections()
        if not cluster.arrives(server, client) or not cluster.arrives(client, server):
            return "lost, though nobody is isolated"
        cluster.apply(situation, False)
        for _ in range(2):
            for sender, receiver in ((server, client), (client, server), (server, client)):
                if cluster.arrives(sender, receiver):
                    return f"denied, but {'the server' if sender is server else 'the client'} is heard"
            cluster.topology.forget_connections()
    return None


def main():
    """Check everything on both kinds of node."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    np2nft = parser.parse_args().np2nft
    judge.end_tidily()
    become_root()
    own_run()
    wrong = []
    for kind in ("routed", "bridged"):
        with contextlib.ExitStack() as stack:
            try:
                cluster = Cluster(kind, np2nft, stack)
                for situation in SITUATIONS:
                    for version in (4, 6):
                        fault = check(cluster, situation, version)
                        wrong += [f"{kind}, IPv{version}, {situation}: {fault}"] if fault else []
            except (NodeError, OSError) as failure:
                wrong.append(f"{kind}: {failure}")
    print(*wrong, f"{len(wrong)} wrong", sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
