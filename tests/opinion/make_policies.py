"""Make policies.

In: chance, the namespaces' names, and the pods' addresses, near which cidrs are put. Out: valid
NetworkPolicies that favour fields which are left out, empty or null, and ranges which overlap or touch.
"""

import ipaddress

from dice import Names
from make_cluster import NAMESPACE_LABELS, POD_LABELS, PORT_NAMES, PORTS, PROTOCOLS

RANGES = [(1, 65535), (80, 90), (85, 85), (82, 100), (84, 86), (91, 95), (101, 443),
          (65000, 65535)]
OUTSIDE = ["203.0.113.0/24", "198.51.100.128/25", "2001:db8:ffff::/64"]
EVERYTHING = ["0.0.0.0/0", "::/0"]
MISSING = object()


class PolicyMaker:
    """Makes policies that differ in name, and that may repeat a selector or neighbour a cidr."""

    def __init__(self, dice, namespaces, default_namespace, addresses):
        self.dice = dice
        self.names = Names(dice, namespaces, default_namespace)
        self.namespace_labels = {**NAMESPACE_LABELS, "kubernetes.io/metadata.name": namespaces}
        self.addresses = [ipaddress.ip_address(address) for address in addresses]
        self.networks = [ipaddress.ip_network(cidr) for cidr in OUTSIDE]
        self.selectors = {"pod": [{}], "namespace": [{}]}

    def policy(self):
        """A policy; rarely one without a spec, which denies its namespace's pods all ingress."""
        policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                  "metadata": self.names.metadata()}
        if self.dice.chance(0.15):
            policy["metadata"]["annotations"] = {"np2nft/audit": self.dice.choice(["true", "true", "false"])}
        return policy if self.dice.chance(0.03) else {**policy, "spec": self.spec()}

    def spec(self):
        """What is selected, and the rules."""
        selector = {} if self.dice.chance(0.5) else self.selector("pod")
        types = self.dice.choice([MISSING, MISSING, None, [], ["Ingress"], ["Egress"],
                                  ["Egress", "Ingress"], ["Ingress", "Ingress"]])
        if self.dice.chance(0.05):
            selector = self.dice.choice([None, MISSING])
        odd = [MISSING, [], None, [None], [{}]]
        return self.written({
            "podSelector": selector,
            "ingress": self.some_or(0.7, lambda: self.rule("from"), odd),
            "egress": self.some_or(0.6, lambda: self.rule("to"), odd),
            "policyTypes": types})

    def some_or(self, probability, make, otherwise):
        """A few of something, or else one of the odd ways to have none or all."""
        return self.dice.few(make) if self.dice.chance(probability) else self.dice.choice(otherwise)

    def written(self, fields):
        """The fields that are not missing."""
        return {name: value for name, value in fields.items() if value is not MISSING}

    def rule(self, peers):
        """Peers and ports; either may be left out, which means all."""
        made = self.some_or(0.85, self.peer, [MISSING, [], None])
        if self.dice.chance(0.1):  # more blocks than rules compare addresses with
            made = self.dice.few(lambda: {"ipBlock": self.block()}, 4, 10)
        return self.written({peers: made,
                             "ports": self.some_or(0.7, self.port, [MISSING, [], None, [None]])})

    # Selectors

    def peer(self):
        """Pods of the same namespace, of others, or an address block."""
        kind = self.dice.choice(["pods", "namespaces", "both", "block", "block"])
        if kind == "block":
            return {"ipBlock": self.block()}
        peer = {}
        if kind != "namespaces":
            peer["podSelector"] = self.selector("pod")
        if kind != "pods":
            peer["namespaceSelector"] = self.selector("namespace")
        if kind != "both" and self.dice.chance(0.1):  # null beside another: as if it were absent
            peer = {"podSelector": None, "namespaceSelector": None} | peer
        return peer

    def selector(self, kind):
        """A new one, or one that was written before."""
        if self.dice.chance(0.3):
            return self.dice.choice(self.selectors[kind])
        vocabulary = POD_LABELS if kind == "pod" else self.namespace_labels
        selector, parts = {}, self.dice.choice(["labels", "labels", "expressions", "both"])
        if parts != "expressions":
            key = self.dice.choice(list(vocabulary))
            selector["matchLabels"] = {key: self.dice.blank(self.dice.choice(vocabulary[key]))}
        if parts != "labels":
            selector["matchExpressions"] = self.dice.few(lambda: self.expression(vocabulary), 1, 2)
        self.selectors[kind].append(selector)
        return selector

    def expression(self, vocabulary):
        """One of the four operators."""
        key = self.dice.choice(list(vocabulary))
        operator = self.dice.choice(["In", "NotIn", "Exists", "DoesNotExist"])
        values = self.dice.few(lambda: self.dice.blank(self.dice.choice(vocabulary[key])))
        if operator in ("Exists", "DoesNotExist"):
            values = self.dice.choice([MISSING, [], None])
        return self.written({"key": key, "operator": operator, "values": values})

    # Address blocks

    def block(self):
        """A cidr and perhaps some excepts; both may be IPv4 written as IPv6."""
        network = self.network()
        mapped = network.version == 4 and self.dice.chance(0.1)
        block = {"cidr": self.cidr(network, mapped)}
        if network.prefixlen < network.max_prefixlen and self.dice.chance(0.6):
            excepts = self.dice.few(lambda: self.part_of(network))
            if self.dice.chance(0.1):
                excepts = list(network.subnets())  # nothing is left
            block["except"] = [self.cidr(part, mapped) for part in excepts]
        return block

    def network(self):
        """Everything, one around a pod's address, one that was used before, or its neighbour."""
        kind = self.dice.choice(["everything", "around", "around", "before", "neighbour"])
        if kind == "everything":
            return ipaddress.ip_network(self.dice.choice(EVERYTHING))
        network = self.dice.choice(self.networks)
        if kind == "around":
            network = self.around(self.dice.choice(self.addresses or [network[0]]))
        if kind == "neighbour":
            network = self.neighbour(network)
        self.networks.append(network)
        return network

    def around(self, address):
        """A single address or a short prefix of it."""
        longer = self.dice.choice([0, 0, 1, 2, 3, 4, 8])
        return ipaddress.ip_network((address, address.max_prefixlen - longer), strict=False)

    def neighbour(self, network):
        """The network of the same length that touches it."""
        both = network.supernet() if network.prefixlen else network
        return next((half for half in both.subnets() if half != network), network)

    def part_of(self, network):
        """A strict subset: the first part, the last, or one around a pod's address."""
        length = min(network.prefixlen + self.dice.choice([1, 1, 2, 3, 8]), network.max_prefixlen)
        inside = [address for address in self.addresses if address in network]
        address = self.dice.choice([network[0], network[-1], *inside])
        if inside and self.dice.chance(0.4):
            length = network.max_prefixlen
        return ipaddress.ip_network((address, length), strict=False)

    def cidr(self, network, mapped):
        """As text; with host bits or leading zeros at times, as old objects have them."""
        address = self.dice.choice([network[0]] * 5 + [network[-1]])
        if mapped:
            return f"::ffff:{address}/{96 + network.prefixlen}"
        text = str(address)
        if network.version == 4 and self.dice.chance(0.1):
            text = ".".join(f"{int(part):03}" for part in text.split("."))
        if network.version == 6 and self.dice.chance(0.2):
            text = address.exploded.upper()
        return f"{text}/{network.prefixlen}"

    # Ports

    def port(self):
        """A number, a range, a name, all ports of a protocol, or null."""
        first, last = self.dice.choice(RANGES)
        number = {"port": self.dice.choice(PORTS)}
        several = {"port": first, "endPort": last}
        name = {"port": self.dice.choice(PORT_NAMES)}
        entry = self.dice.choice([number, number, several, several, name, name, {}, None])
        if entry is None:
            return None
        return self.written({**entry, "protocol": self.dice.choice([MISSING, None, *PROTOCOLS])})
