"""Make namespaces and pods.

In: chance. Out: objects with the fields that policies read. Some of the pods do not count, some have
addresses of one family, and some have two addresses of one family.
"""

from dice import Names

NAMESPACES = ["default", "prod", "dev", "y", "1234"]
NODES = ["node-1", "node-2"]
NODE_ADDRESSES = {"node-1": ["172.16.0.1", "fd16::1"], "node-2": ["172.16.0.2"]}
POD_LABELS = {"app": ["a", "a", "b", ""], "tier": ["a", "no"], "example.com/on": ["1", "on"]}
NAMESPACE_LABELS = {"team": ["a", "a", ""], "env": ["prod", "dev"]}
PREFIXES = ["10.0.0.", "10.0.1.", "192.168.7."], ["fd00::", "fd00:0:0:1::", "2001:db8::"]
HOSTS = [1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 254, 255]
PORT_NAMES = ["web", "dns", "no"]
PORTS = [1, 53, 79, 80, 81, 443, 8080, 65535]
PROTOCOLS = ["TCP", "UDP", "SCTP"]
KINDS = ["plain"] * 14 + ["finished", "host-network", "waiting", "leaving", "nodeless"]


def namespace_names(dice, default_namespace):
    """Two to four, with the default one."""
    others = [name for name in NAMESPACES if name != default_namespace]
    return [default_namespace, *dice.sample(others, dice.randint(1, 3))]


def namespaces(dice, names):
    """The objects of most of the namespaces."""
    return [namespace(dice, name) for name in names if dice.chance(0.7)]


def namespace(dice, name):
    """One, with or without the label that every namespace has anyway."""
    labels = some_labels(dice, NAMESPACE_LABELS)
    if dice.chance(0.5):
        labels["kubernetes.io/metadata.name"] = name
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def some_labels(dice, vocabulary):
    """Some keys, each with one of its values."""
    return {key: dice.blank(dice.choice(values))
            for key, values in vocabulary.items() if dice.chance(0.8)}


def pods(dice, names, default_namespace):
    """A few pods."""
    maker = PodMaker(dice, Names(dice, names, default_namespace))
    return dice.few(maker.pod, 2, 14)


class PodMaker:
    """Makes pods that differ in name and address."""

    def __init__(self, dice, names):
        self.dice, self.names = dice, names
        self.taken = set()

    def pod(self):
        """A pod of a kind: one that counts, or that has ended, has no address yet, and so on."""
        kind = self.dice.choice(KINDS)
        metadata = self.names.metadata() | {"labels": some_labels(self.dice, POD_LABELS)}
        spec = {"nodeName": self.dice.choice(NODES), **self.containers()}
        status = {"phase": self.dice.choice(["Running", "Running", "Pending", "Unknown"]),
                  **self.address_fields(self.addresses(kind, spec["nodeName"]))}
        if kind == "finished":
            status["phase"] = self.dice.choice(["Succeeded", "Failed"])
        if kind == "host-network":
            spec["hostNetwork"] = True
        if kind == "leaving":
            metadata["deletionTimestamp"] = "2024-01-01T00:00:00Z"
        if kind in ("waiting", "nodeless"):
            del spec["nodeName"]
        return {"apiVersion": "v1", "kind": "Pod",
                "metadata": metadata, "spec": spec, "status": status}

    def addresses(self, kind, node):
        """A finished pod's address may be another pod's by now; host-network pods share one."""
        if kind == "waiting":
            return []
        if kind == "host-network":
            return NODE_ADDRESSES[node]
        if kind == "finished":
            return [self.dice.choice([self.any_address(0), *sorted(self.taken)])]
        families = self.dice.choice([(0,), (1,), (0, 1), (0, 1), (1, 0), (0, 0, 1)])
        return [self.new_address(family) for family in families]

    def new_address(self, family):
        """One that no other pod has."""
        address = self.any_address(family)
        while address in self.taken:
            address = self.any_address(family)
        self.taken.add(address)
        return address

    def any_address(self, family):
        """Numbers beside the boundaries of short prefixes."""
        host = self.dice.choice(HOSTS)
        return self.dice.choice(PREFIXES[family]) + (f"{host:x}" if family else str(host))

    def address_fields(self, addresses):
        """status.podIP, status.podIPs, or both."""
        if not addresses:
            return {}
        single = {"podIP": addresses[0]}
        several = {"podIPs": [{"ip": address} for address in addresses]}
        if len(addresses) > 1:
            single = several
        return self.dice.choice([several, {"podIP": addresses[0], **several}, single])

    def containers(self):
        """Containers, and init containers, of which some keep running."""
        sidecar = {"restartPolicy": "Always"} if self.dice.chance(0.5) else {}
        return {"containers": self.dice.few(self.container, 1, 2),
                "initContainers": [{**self.container(), **sidecar}] * self.dice.chance(0.8)}

    def container(self):
        """Within one container, a port name stands once."""
        ports = self.dice.few(self.container_port)
        return {"ports": list({port.get("name"): port for port in ports}.values())}

    def container_port(self):
        """A number, and perhaps a name and a protocol."""
        port = {"containerPort": self.dice.choice(PORTS)}
        if self.dice.chance(0.8):
            port["name"] = self.dice.choice(PORT_NAMES)
        if self.dice.chance(0.6):
            port["protocol"] = self.dice.choice(PROTOCOLS)
        return port
