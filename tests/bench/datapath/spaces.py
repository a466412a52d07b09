"""A client, a node and a pod, in network namespaces of their own; one such path for each ruleset.

        namespace "client"           namespace "node"                       namespace "pod"
    all peers' addresses  uplink ── veth ── uplink ─┐  ruleset ┌─ cali… ── veth ── eth0  the pod's address
                                                    └─ forward ┘

All paths are there at once, so that changing from one ruleset to another takes no time. Nothing is
left of them when this process ends, however it does.
"""

import contextlib
import ctypes
import socket
import struct

from namespace import Namespace, NodeError

UPLINK, INSIDE = "uplink", "eth0"
MAC_CLIENT, MAC_NODE, MAC_POD = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"
MAC_NOBODY = "02:00:00:00:00:ff"
NETLINK_NETFILTER = 12
SO_ATTACH_FILTER = 26

NODE_SETTINGS = {"ipv4/ip_forward": 1, "ipv4/conf/all/rp_filter": 0, "ipv4/conf/default/rp_filter": 0}
QUIET = {"ipv6/conf/default/disable_ipv6": 1, "ipv6/conf/all/disable_ipv6": 1}

# The two ends of a link have different indexes: only then does the kernel start them at once.
NODE_LINKS = """
link add {uplink} index 11 address {mac_node} type veth peer name {uplink} index 12 address {mac_client} netns {client}
link add {outside} index 13 address {mac_node} type veth peer name {inside} index 14 address {mac_pod} netns {pod}
link set {uplink} up
link set {outside} up
addr add 198.18.0.1/32 dev lo
link set lo up
neigh add {via_client} lladdr {mac_client} nud permanent dev {uplink}
route add default via {via_client} dev {uplink} onlink
route add {address} dev {outside}
"""
# An end has all addresses that packets to it may name, and sends whatever it has to its neighbour.
END_LINKS = """
link set lo up
link set {link} up
route add local {addresses} dev lo
neigh add {via_node} lladdr {mac_node} nud permanent dev {link}
route add default via {via_node} dev {link} onlink
"""
VIA_CLIENT, VIA_NODE = "198.18.0.2", "198.18.0.1"


class Path:
    """One path: its three namespaces, and what one does with them."""

    def __init__(self, pod_address, pod_link, peer_block):
        self.pod_address, self.pod_link = pod_address, pod_link
        with contextlib.ExitStack() as stack:
            self.client, self.node, self.pod = (
                stack.enter_context(contextlib.closing(Namespace())) for _ in range(3))
            for namespace in (self.client, self.node, self.pod):
                namespace.configure(QUIET)
            self.node.configure(NODE_SETTINGS)
            batch(self.node, NODE_LINKS, uplink=UPLINK, outside=pod_link, inside=INSIDE,
                  mac_node=MAC_NODE, mac_client=MAC_CLIENT, mac_pod=MAC_POD,
                  client=self.client.path(), pod=self.pod.path(), via_client=VIA_CLIENT,
                  address=pod_address)
            batch(self.client, END_LINKS, link=UPLINK, addresses=peer_block, mac_node=MAC_NODE,
                  via_node=VIA_NODE)
            batch(self.pod, END_LINKS, link=INSIDE, addresses=pod_address, mac_node=MAC_NODE,
                  via_node=VIA_NODE)
            self.deliver(True)
            self.cleanup = stack.pop_all()

    def close(self):
        """Give the namespaces up."""
        self.cleanup.close()

    def deliver(self, wanted):
        """Whether the pod takes what arrives, or its link turns it away as another's."""
        mac = MAC_POD if wanted else MAC_NOBODY
        self.node.run(["ip", "neigh", "replace", self.pod_address, "lladdr", mac, "nud", "permanent",
                       "dev", self.pod_link])

    def serve(self, ports):
        """Sockets of the pod, by port, that throw away what they get."""
        with self.pod.entered():
            return {port: self.cleanup.enter_context(sink(self.pod_address, port)) for port in ports}

    def arrived(self):
        """Packets that have come to the pod's link."""
        return self.pod_counters("dev", INSIDE)[1]

    def received(self):
        """UDP packets that have come to the pod's sockets."""
        return self.pod_counters("snmp", "Udp")[2]

    def pod_counters(self, file, start):
        """The numbers of a line of a file about the pod's network: the last that starts so."""
        with self.pod.entered(), open(f"/proc/thread-self/net/{file}", encoding="ascii") as opened:
            *_, line = (line for line in opened if line.split(":")[0].strip() == start)
        return [int(value) for value in line.partition(":")[2].split()]

    def forget_connections(self):
        """Empty the connection tables of the node and of the pod."""
        for namespace in (self.node, self.pod):
            with namespace.entered(), socket.socket(
                    socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as opened:
                request, delete_all = 1 | 4, 1 << 8 | 2  # with acknowledgement; of conntrack
                opened.send(struct.pack("=IHHIIBBH", 20, delete_all, request, 0, 0, 0, 0, 0))
                error, = struct.unpack_from("=i", opened.recv(4096), 16)
            if error != 0:
                raise NodeError(f"cannot empty the connection table: {error}")


def batch(namespace, template, **values):
    """Run a template's lines as commands of ip."""
    namespace.run(["ip", "-batch", "-"], template.format(**values))


def sink(address, port):
    """A UDP socket with a filter that lets nothing in."""
    program = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0))  # return 0 bytes
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                      struct.pack("HP", 1, ctypes.addressof(program)))
    opened.bind((address, port))
    return opened
