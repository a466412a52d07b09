"""A throwaway cluster of one node: pods in network namespaces of their own, and a world outside.

In: the pods' names and addresses, and how they hang on the node. Out: ends (pods, the node, the
world, a sentinel that no policy knows), in whose namespaces to open sockets. Needs root, or the
right to make user namespaces.

    routed                                     bridged

    a pod's          the node's                a pod's          the node's
    10.0.1.11  eth0 ── pod1 ─┐                 10.0.1.11  eth0 ── pod1 ─┬─ bridge "pods" 10.0.1.254
    10.0.1.12  eth0 ── pod2 ─┤ forward         10.0.1.12  eth0 ── pod2 ─┤      │ forward
               ...           ├──────── world              ...           │      └───────── world
    10.0.1.250 eth0 ── podN ─┘                 10.0.1.250 eth0 ── podN ─┘

    Each ── is a veth. The node has 10.0.0.1 on lo; the world is 192.0.2.1 on an eth0 of its own, the
    node 192.0.2.254 there. The Service 10.96.0.1:8000, and port 30080 of the node, are port 80 of
    one pod, of every protocol. The same with IPv6.

Routed, each pod's address has a route of its own, as Calico makes it. Bridged, pods reach each
other on one link, as with the bridge plugin of CNI, and the forward hook sees it by br_netfilter
alone (whose settings are each namespace's own). The Service is what kube-proxy makes of one: DNAT
before routing, and masquerade for a pod that reaches itself.

The hard part is to know when nothing more will come. All of this runs on one processor, whose
queue a packet joins at the end for each link that it crosses. So once the sentinel has been asked
and has answered more often than anything goes back and forth, all that was sent before has arrived,
or never will. For that, nothing may wait until a neighbour is found: neighbours are permanent.
"""

import contextlib
import pathlib
import socket

import conntrack
from namespace import Namespace, NodeError, become_root
from node import NODE_SETTINGS, one_processor

PATIENCE = 5  # seconds for what must come
AGAIN = 0.01  # seconds until the first packet over a link is sent again
ROUND_TRIPS = 2  # each crosses four links; a TCP handshake, which nothing here exceeds, crosses six

FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
WHOLE, ON_LINK = {4: 32, 6: 128}, {4: 24, 6: 64}
NODE = {4: "10.0.0.1", 6: "fd00::1"}
GATEWAY = {4: "10.0.1.254", 6: "fd00:1::fe"}
SENTINEL = {4: "10.0.1.250", 6: "fd00:1::fa"}
WORLD = {4: "192.0.2.1", 6: "2001:db8::1"}
WORLD_GATEWAY = {4: "192.0.2.254", 6: "2001:db8::fe"}
SERVICE = {4: "10.96.0.1", 6: "fd00:96::1"}
SERVICE_PORT, NODE_PORT, TARGET_PORT, SENTINEL_PORT = 8000, 30080, 80, 9
BRIDGE_MAC = "02:00:00:00:00:fe"

SETTINGS = {
    "ipv4/conf/all/rp_filter": 0, "ipv4/conf/default/rp_filter": 0,
    "ipv6/conf/all/disable_ipv6": 0, "ipv6/conf/default/disable_ipv6": 0,
    "ipv6/conf/default/addr_gen_mode": 1,  # no addresses but those given
}
ICMP_SETTINGS = {"ipv4/icmp_ratemask": 0, "ipv6/icmp/ratemask": "\n"}  # no limit to any error
BRIDGE_SETTINGS = {"bridge/bridge-nf-call-iptables": 1, "bridge/bridge-nf-call-ip6tables": 1}

# The two ends of a link have different indexes: only then does the kernel start them at once.
NODE_LINK = """
link add {link} index {index} type veth peer name eth0 index 2 netns {path} address {mac}
link set {link} address {gateway_mac} up
"""
# A pod that reaches itself through the Service goes out by the port at which it came in.
BRIDGE_PORT = """
link set {link} master pods
link set {link} type bridge_slave hairpin on
"""
SERVICE_TABLE = """
table inet service {{
	chain translate {{
		{translations}
	}}
	chain prerouting {{ type nat hook prerouting priority dstnat; jump translate; }}
	chain output {{ type nat hook output priority -100; jump translate; }}
	chain postrouting {{
		type nat hook postrouting priority srcnat;
		{masquerades}
	}}
}}
"""


class End:
    """Whoever has sockets: a name, addresses, a namespace, and the link from there to the node."""

    def __init__(self, name, addresses, namespace, number, bridged):
        self.name, self.addresses, self.namespace = name, addresses, namespace
        self.port = name if name == "world" else f"pod{number}"
        self.link = "pods" if bridged else self.port
        self.mac, port_mac = f"02:00:00:00:01:{number:02x}", f"02:00:00:00:02:{number:02x}"
        self.gateway_mac = BRIDGE_MAC if bridged else port_mac
        self.details = {"link": self.port, "index": 100 + number, "path": namespace.path(),
                        "mac": self.mac, "gateway_mac": port_mac}

    def socket(self, version, kind, protocol=0, port=None):
        """A socket that does not wait; bound to its address if a port is given, which may be 0."""
        with self.namespace.entered():
            opened = socket.socket(FAMILIES[version], kind | socket.SOCK_NONBLOCK, protocol)
        if port is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind((self.addresses[version], port))
        return opened


class Topology:
    """The cluster of the picture; kind is routed or bridged, backend the pod behind the Service."""

    def __init__(self, kind, pods, backend):
        self.bridged, self.pods, self.backend = kind == "bridged", pods, backend

    def __enter__(self):
        become_root()
        with contextlib.ExitStack() as stack:
            stack.enter_context(one_processor())
            self.make_ends(stack)
            self.ends["node"].namespace.run(["ip", "-batch", "-"], "\n".join(self.node_commands()))
            for end in self.linked:
                end.namespace.run(["ip", "-batch", "-"], "\n".join(self.end_commands(end)))
            self.table = stack.enter_context(conntrack.open_socket(self.ends["node"].namespace))
            self.asking = stack.enter_context(
                self.ends["world"].socket(4, socket.SOCK_DGRAM, port=SENTINEL_PORT))
            self.answering = {end.name: stack.enter_context(
                end.socket(4, socket.SOCK_DGRAM, port=SENTINEL_PORT)) for end in self.linked[:-1]}
            self.await_links()
            self.ends["node"].namespace.run(["nft", "-f", "-"], self.service_table())
            self.cleanup = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.cleanup.close()

    def make_ends(self, stack):
        """All ends, with namespaces."""
        def namespace(settings):
            made = stack.enter_context(contextlib.closing(Namespace()))
            made.configure({**SETTINGS, **settings})
            return made
        if self.bridged and not pathlib.Path("/proc/sys/net/bridge").exists():
            raise NodeError("pods on a bridge need br_netfilter: modprobe br_netfilter")
        self.linked = [End(name, addresses, namespace({}), number, self.bridged and name != "world")
                       for number, (name, addresses)
                       in enumerate({**self.pods, "sentinel": SENTINEL, "world": WORLD}.items(), 1)]
        bridge_settings = BRIDGE_SETTINGS if self.bridged else {}
        node = namespace({**NODE_SETTINGS, **ICMP_SETTINGS, **bridge_settings})
        # A connection that is only begun is tracked for 3 seconds, in which a busy machine may not come to look at it.
        with node.entered():
            node.configure({f"netfilter/{path.name}": 600 for path in
                            pathlib.Path("/proc/sys/net/netfilter").glob("nf_conntrack_*_timeout*")})
        self.ends = {end.name: end for end in self.linked}
        self.ends["node"] = End("node", NODE, node, 0, False)

    def node_commands(self):
        """The node's links, addresses and routes, as for `ip -batch`."""
        yield "link set lo up"
        yield from (f"addr add {NODE[version]}/{WHOLE[version]} dev lo nodad" for version in NODE)
        if self.bridged:
            yield f"link add pods index 99 address {BRIDGE_MAC} type bridge"
            yield "link set pods up"
            yield from gateway_addresses(GATEWAY, "pods")
        for end in self.linked:
            yield from NODE_LINK.format(**end.details).splitlines()
            yield from BRIDGE_PORT.format(**end.details).splitlines() * (end.link == "pods")
            yield from neighbours(end, end.link)
            if end.link not in ("pods", "world"):
                for address in end.addresses.values():
                    yield f"route add {address} dev {end.link}"
        yield from gateway_addresses(WORLD_GATEWAY, "world")
        yield from (f"route add default via {address} dev world" for address in WORLD.values())

    def end_commands(self, end):
        """The same of an end: its address, and all else is behind the gateway, or on the link."""
        yield "link set lo up"
        yield "link set eth0 up"
        shared = end.link in ("pods", "world")
        for version, address in end.addresses.items():
            gateway = (WORLD_GATEWAY if end.name == "world" else GATEWAY)[version]
            yield f"addr add {address}/{(ON_LINK if shared else WHOLE)[version]} dev eth0 nodad"
            yield f"neigh add {gateway} lladdr {end.gateway_mac} dev eth0"
            yield f"route add default via {gateway} dev eth0 onlink"
        if end.link == "pods":
            for other in self.linked:
                if other.link == "pods" and other is not end:
                    yield from neighbours(other, "eth0")

    def service_table(self):
        """The Service's rules."""
        translations, masquerades = [], []
        for version, pod in self.pods[self.backend].items():
            family, target = {4: ("ip", pod), 6: ("ip6", f"[{pod}]")}[version]
            for protocol in ("tcp", "udp", "sctp"):
                translations += [
                    f"{match} dnat {family} to {target}:{TARGET_PORT}" for match in (
                        f"{family} daddr {SERVICE[version]} {protocol} dport {SERVICE_PORT}",
                        f"meta nfproto ipv{version} fib daddr type local {protocol} dport {NODE_PORT}")]
            masquerades.append(f"{family} saddr {pod} {family} daddr {pod} masquerade")
        return SERVICE_TABLE.format(translations="\n\t\t".join(translations),
                                    masquerades="\n\t\t".join(masquerades))

    def await_links(self):
        """Until the world has heard from every pod: a new link may lose something."""
        self.asking.settimeout(AGAIN)
        for name, answering in self.answering.items():
            for _ in range(int(PATIENCE / AGAIN)):
                answering.sendto(b"up", (WORLD[4], SENTINEL_PORT))
                with contextlib.suppress(TimeoutError):
                    while self.asking.recvfrom(64)[1][0] != self.ends[name].addresses[4]:
                        pass
                    break
            else:
                raise NodeError(f"the link of {name} does not work")
        self.asking.settimeout(PATIENCE)
        self.answering["sentinel"].settimeout(PATIENCE)

    def settle(self):
        """Come back when all that is on its way has arrived."""
        answering = self.answering["sentinel"]
        try:
            for _ in range(ROUND_TRIPS):
                self.asking.sendto(b"all?", (SENTINEL[4], SENTINEL_PORT))
                answering.recv(64)
                answering.sendto(b"all.", (WORLD[4], SENTINEL_PORT))
                while self.asking.recv(64) != b"all.":
                    pass
        except TimeoutError as error:
            raise NodeError("packets that no policy touches do not come through") from error

    def tracked(self):
        """The entries of the node's connection table."""
        return conntrack.listed(self.table)

    def forget_connections(self):
        """Empty that table, so that no packet belongs to an old connection."""
        conntrack.empty(self.table)

    def run(self, *command):
        """Run a command on the node: its output."""
        return self.ends["node"].namespace.run(list(command))


def gateway_addresses(addresses, link):
    """The commands that give a link of the node its addresses."""
    return [f"addr add {address}/{ON_LINK[version]} dev {link} nodad"
            for version, address in addresses.items()]


def neighbours(end, link):
    """The commands by which an end is known on a link."""
    return [f"neigh add {address} lladdr {end.mac} dev {link}"
            for address in end.addresses.values()]
