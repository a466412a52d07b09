"""Make ClusterNetworkPolicies and Nodes.

In: chance, the namespaces' names, and the pods' addresses, near which networks are put. Out: valid objects
that favour equal priorities, overlapping rules, Pass where nothing follows, networks that contain pods, nodes
as peers, and parts that np2nft does not know.
"""

import ipaddress

from dice import Dice
from make_cluster import (NAMESPACE_LABELS, NODE_ADDRESSES, POD_LABELS, PORT_NAMES, PORTS)
from make_policies import PolicyMaker, RANGES

PRIORITIES = [0, 10, 10, 10, 20, 1000]
NODE_LABELS = {"role": ["worker", "control"], "zone": ["a"]}
ACTIONS = ["Accept", "Deny", "Pass"]
ODD_SELECTORS = [{"matchExpressions": [{"key": "app", "operator": "Foo"}]},
                 {"matchExpressions": [{"key": "app", "operator": "In", "values": []}]},
                 {"matchExpressions": [{"key": "app", "operator": "Exists", "values": ["a"]}]}]


def nodes(dice):
    """The nodes of make_cluster.py, with labels; seldom one of them is not known."""
    return [{"apiVersion": "v1", "kind": "Node",
             "metadata": {"name": name, "labels": {key: dice.choice(values) for key, values in NODE_LABELS.items()
                                                   if dice.chance(0.8)}},
             "status": {"addresses": [{"type": "Hostname", "address": name},
                                      *({"type": dice.choice(["InternalIP", "ExternalIP"]), "address": address}
                                        for address in addresses)]}}
            for name, addresses in NODE_ADDRESSES.items() if dice.chance(0.9)]


class TierMaker:
    """Makes cluster policies whose names are all different."""

    def __init__(self, dice, namespaces, addresses):
        self.dice, self.count = dice, 0
        self.namespace_labels = {**NAMESPACE_LABELS, "kubernetes.io/metadata.name": namespaces}
        # Networks are drawn as those of NetworkPolicies are.
        self.blocks = PolicyMaker(Dice(dice.random()), namespaces, "default", addresses)

    def policy(self):
        """One of either tier, often of the same priority as others; its name says nothing of its place."""
        self.count += 1
        directions = self.dice.choice([["ingress"], ["egress"], ["ingress", "egress"]])
        return {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
                "metadata": {"name": f"{self.dice.choice('abz')}{self.count}"},
                "spec": {"tier": self.dice.choice(["Admin", "Baseline"]),
                         "priority": self.dice.choice(PRIORITIES), "subject": self.pods(odd=0.02),
                         **{direction: self.dice.few(lambda: self.rule(direction), 1, 5)
                            for direction in directions}}}

    def rule(self, direction):
        """Any action, peers, and protocols; named ports only beside pods and networks."""
        peers = self.dice.few(lambda: self.peer(direction), 1, 2)
        have_names = all(peer.keys() <= {"namespaces", "pods", "networks"} for peer in peers)
        rule = {"action": self.dice.choice(ACTIONS), "from" if direction == "ingress" else "to": peers}
        if self.dice.chance(0.3):
            rule["name"] = f"rule {self.dice.randint(1, 9)}"
        if self.dice.chance(0.7):
            rule["protocols"] = self.dice.few(lambda: self.protocol(have_names))
        return rule

    def peer(self, direction):
        """Pods; of egress also networks, nodes and domain names."""
        kind = self.dice.choice(["pods"] if direction == "ingress" else
                                ["pods"] * 6 + ["networks"] * 5 + ["nodes"] * 2 + ["domainNames"])
        if kind == "pods":
            return self.pods(odd=0.03)
        if kind == "networks":
            return {"networks": list(dict.fromkeys(self.dice.few(self.network)))}
        if kind == "nodes":
            return {"nodes": self.selector(NODE_LABELS)}
        return {"domainNames": ["example.com"]}

    def pods(self, odd):
        """By their namespaces, or by their own labels too."""
        if self.dice.chance(odd):
            return {"namespaces": self.dice.choice(ODD_SELECTORS)}
        if self.dice.chance(0.4):
            return {"namespaces": self.selector(self.namespace_labels)}
        pods = {"podSelector": self.selector(POD_LABELS)}
        if self.dice.chance(0.6):
            pods["namespaceSelector"] = self.dice.choice([None, self.selector(self.namespace_labels)])
        return {"pods": pods}

    def selector(self, vocabulary):
        """Everything, one label, or an expression; a label that is null asks for nothing."""
        if self.dice.chance(0.3):
            return {}
        key = self.dice.choice(list(vocabulary))
        value = self.dice.choice(vocabulary[key])
        if self.dice.chance(0.6):
            return {"matchLabels": {key: None if self.dice.chance(0.05) else value}}
        operator = self.dice.choice(["In", "NotIn", "Exists", "DoesNotExist"])
        values = {"values": [value]} if operator in ("In", "NotIn") else {}
        return {"matchExpressions": [{"key": key, "operator": operator, **values}]}

    def network(self):
        """As an ipBlock's cidr, in the one way of writing that a network may have, host bits aside."""
        network = self.blocks.network()
        address = self.dice.choice([network[0]] * 5 + [network[-1]])
        return f"{ipaddress.ip_address(address)}/{network.prefixlen}"

    def protocol(self, may_be_named):
        """A number or a range of a protocol, or a name."""
        if may_be_named and self.dice.chance(0.3):
            return {"destinationNamedPort": "" if self.dice.chance(0.03) else self.dice.choice(PORT_NAMES)}
        first, last = self.dice.choice(RANGES)
        ports = {"range": {"start": first, "end": last}}
        if first == last or self.dice.chance(0.5):
            ports = {"number": self.dice.choice(PORTS)}
        return {self.dice.choice(["tcp", "udp", "sctp"]): {"destinationPort": ports}}
