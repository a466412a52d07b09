"""A node's share of a cluster, as large as asked for: who is local, and which policies are on them.

Every local pod is one of a deployment that all policies select, so that a pod has all of them. Each
policy lets a group of peers of its own in, on a port of its own, TCP and UDP; the peers are shared
out evenly. The pod that packets are sent to stands in the middle of the local ones, wherever these
are gone through one by one, and the packets come from all the peers in turn.
"""

import dataclasses
import ipaddress
import itertools
import json
import random

NODE_NAME = "node-1"
FIRST_PORT = 8000
LOCAL_BLOCK, PEER_BLOCK = "10.1.0.0/16", "10.64.0.0/10"
STRANGER = "10.127.255.254"  # no pod has this address


@dataclasses.dataclass(frozen=True)
class Policy:
    """Lets its peers, addresses, reach the local pods on its port."""
    name: str
    port: int
    peers: list


@dataclasses.dataclass(frozen=True)
class Size:
    """How large a cluster is."""
    pods: int
    policies: int
    peers: int

    @property
    def key(self):
        """The size as figures are kept by."""
        return f"{self.pods}/{self.policies}/{self.peers}"

    def __str__(self):
        policies = "1 policy" if self.policies == 1 else f"{self.policies} policies"
        return f"{self.pods} pods, {policies}, {self.peers:,} peers"


class Cluster:
    """Local pods, as a mapping of names to addresses, and policies."""

    def __init__(self, size):
        self.size = size
        addresses = hosts(PEER_BLOCK, size.peers)
        self.pods = {f"server-{number}": address
                     for number, address in enumerate(hosts(LOCAL_BLOCK, size.pods))}
        self.policies = [
            Policy(f"from-clients-{number}", FIRST_PORT + number, addresses[number::size.policies])
            for number in range(size.policies)]

    @property
    def tested(self):
        """The name of the pod that packets are sent to."""
        return list(self.pods)[len(self.pods) // 2]

    def flows(self):
        """Who may call the pod on which port: pairs in an order without pattern."""
        pairs = [(peer, policy.port) for policy in self.policies for peer in policy.peers]
        random.Random(1).shuffle(pairs)
        return pairs

    def objects(self):
        """The same as a List of Kubernetes, in JSON."""
        local = [pod("server", name, address, NODE_NAME) for name, address in self.pods.items()]
        remote = [pod(policy.name, f"{policy.name}-{number}", address, "node-2")
                  for policy in self.policies for number, address in enumerate(policy.peers)]
        policies = [network_policy(policy) for policy in self.policies]
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": local + remote + policies})


def hosts(block, count):
    """The first addresses of a block."""
    return [str(host) for host in itertools.islice(ipaddress.ip_network(block).hosts(), count)]


def pod(app, name, address, node):
    """A Pod."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": app}},
            "spec": {"nodeName": node}, "status": {"podIP": address}}


def network_policy(policy):
    """A NetworkPolicy."""
    ports = [{"protocol": protocol, "port": policy.port} for protocol in ("TCP", "UDP")]
    peers = [{"podSelector": {"matchLabels": {"app": policy.name}}}]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": policy.name},
            "spec": {"podSelector": {"matchLabels": {"app": "server"}},
                     "ingress": [{"from": peers, "ports": ports}]}}
