"""A throwaway node that forwards crafted packets, to see which of them its ruleset lets through.

In: rulesets for `nft -f`, and probes (source, destination, protocol, port). Out: for each probe,
whether its packet came out of the node. Needs root, or the right to make user namespaces.

        namespace "outside"                         namespace "node"
    send  -> a1 ------------------ veth ------------------ a0 ─┐
                                                               │ forward, ruleset
    capture <- b1 ---------------- veth ------------------ b0 ─┘

The node's default routes lead out of b0, whatever the addresses, to a neighbour that is permanent.

The hard part is to tell a packet that was denied from one that was lost. Packets are sent a few at
a time, all from one processor, and followed by a sentinel between two addresses that no policy
touches: once it has come out, so has everything before it that ever will. Should any queue on the
way have overflowed meanwhile, all of them are sent again. The connection table is emptied before,
and no source port is a destination port, so that each packet is the first of a new connection.
"""

import contextlib
import errno
import itertools
import os
import socket
import struct

import conntrack
import packets
from namespace import Namespace, NodeError, become_root, libc

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 0x0003, 0x0800, 0x86DD
ETHERNET_HEADER = 14
SOL_PACKET, PACKET_STATISTICS = 263, 6

CHUNK = 200  # packets to a sentinel: every queue on the way holds more
RECEIVE_BUFFER = 1 << 20  # bytes, or what the kernel allows
TRIES = 4
PATIENCE = 1  # seconds for a sentinel
SENTINEL = ("198.18.255.253", "198.18.255.254", "UDP", 9)
SENTINEL_PORT = 19999
SOURCE_PORTS = range(20000, 65536)

MAC_A0, MAC_NEXT = "02:00:00:00:00:a0", "02:00:00:00:00:ff"

# The two ends of a link have different indexes: only then does the kernel start them at once.
OUTSIDE_LINKS = f"""
link add a1 index 11 type veth peer name a0 index 12 address {MAC_A0} netns %s
link add b1 index 13 type veth peer name b0 index 14 netns %s
link set a1 up
link set b1 up
"""
NODE_LINKS = f"""
link set lo up
link set a0 up
link set b0 up
neigh add 198.18.255.1 lladdr {MAC_NEXT} nud permanent dev b0
neigh add fe80::1 lladdr {MAC_NEXT} nud permanent dev b0
route add default via 198.18.255.1 dev b0 onlink
route add default via fe80::1 dev b0 onlink
"""
OUTSIDE_SETTINGS = {"ipv6/conf/default/disable_ipv6": 1}  # it has nothing to say
NODE_SETTINGS = {
    "ipv4/ip_forward": 1,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
    "ipv6/conf/all/disable_ipv6": 0,
    "ipv6/conf/default/disable_ipv6": 0,
    "ipv6/conf/default/addr_gen_mode": 1,  # no addresses of its own: no waiting for them either
    "ipv6/conf/all/forwarding": 1,
}


class InDoubt(Exception):
    """Raised if a packet may have been lost."""


class Node:
    """The node of the picture: `with Node() as node`, then load and send as often as you like."""

    def __enter__(self):
        become_root()
        with contextlib.ExitStack() as stack:
            self.namespace = stack.enter_context(contextlib.closing(Namespace()))
            outside = stack.enter_context(contextlib.closing(Namespace()))
            outside.configure(OUTSIDE_SETTINGS)
            self.namespace.configure(NODE_SETTINGS)  # new links inherit them
            outside.run(["ip", "-batch", "-"], OUTSIDE_LINKS % (2 * (self.namespace.path(),)))
            self.namespace.run(["ip", "-batch", "-"], NODE_LINKS)
            with outside.entered():
                self.sender = stack.enter_context(packet_socket("a1", 0))
                self.capture = stack.enter_context(packet_socket("b1", ETH_P_ALL))
            self.table = stack.enter_context(conntrack.open_socket(self.namespace))
            self.capture.settimeout(PATIENCE)
            self.serials = itertools.count(1)
            self.cleanup = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.cleanup.close()

    def load(self, ruleset):
        """Load a ruleset's text over what is loaded already."""
        self.namespace.run(["nft", "-f", "-"], ruleset)

    def clear(self):
        """Forget all rules."""
        self.load("flush ruleset\n")

    def listing(self):
        """All rules as nft prints them, without counters."""
        return self.namespace.run(["nft", "-s", "list", "ruleset"])

    def send(self, probes):
        """Send a packet for each probe, the first of its connection: list of bool, came through.

        To those that did, a reply is sent as well, which must come through too.
        """
        taken = {port for _, _, _, port in probes}
        ports = [port for port in SOURCE_PORTS if port not in taken][:CHUNK]
        passed = []
        with one_processor():
            for start in range(0, len(probes), CHUNK):
                passed += self.send_chunk(probes[start:start + CHUNK], ports)
        return passed

    def send_chunk(self, probes, ports):
        """Send some probes, and again if any packet may have been lost."""
        for _ in range(TRIES):
            try:
                return self.try_chunk(probes, ports)
            except InDoubt:
                pass
        raise NodeError("packets that no policy touches do not come through")

    def try_chunk(self, probes, ports):
        """Send some probes, and then the replies to those that came through."""
        self.forget_connections()
        tried = list(zip(probes, ports, self.serials))
        passed = self.exchange([packets.packet(*each) for each in tried])
        begun = [each for each, through in zip(tried, passed) if through]
        answered = self.exchange([packets.reply(*each) for each in begun])
        if not all(answered):
            raise NodeError(f"allowed, but the reply is not: {begun[answered.index(False)][0]}")
        return passed

    def exchange(self, batch):
        """Send packets and a sentinel, and capture until that arrives: for each, if it came out."""
        self.capture_losses()  # those of a try before
        losses = backlog_losses()
        sentinel = packets.packet(SENTINEL, SENTINEL_PORT, next(self.serials))
        try:
            for packet in (*batch, sentinel):
                self.sender.send(frame(packet))
            arrived = self.captured_until(packets.unchanging(sentinel))
        except OSError as error:
            if error.errno != errno.ENOBUFS and not isinstance(error, TimeoutError):
                raise
            raise InDoubt from error
        if self.capture_losses() or backlog_losses() != losses:
            raise InDoubt
        return [packets.unchanging(packet) in arrived for packet in batch]

    def captured_until(self, last):
        """What came out of the node up to the last; TimeoutError if that does not come."""
        arrived = set()
        while last not in arrived:
            arrived.add(packets.unchanging(self.capture.recv(2048)[ETHERNET_HEADER:]))
        return arrived

    def capture_losses(self):
        """Packets for which the capturing socket had no room, since last asked."""
        _, drops = struct.unpack("II", self.capture.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        return drops

    def forget_connections(self):
        """Empty the connection table, so that no packet belongs to an old connection."""
        conntrack.empty(self.table)


def packet_socket(interface, protocol):
    """A socket for whole frames on an interface, receiving a protocol's (0: none)."""
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    opened.bind((interface, protocol))
    return opened


def frame(packet):
    """An Ethernet frame for the node."""
    protocol = ETH_P_IP if packet[0] >> 4 == 4 else ETH_P_IPV6
    return bytes.fromhex(MAC_A0.replace(":", "")) + bytes(6) + struct.pack("!H", protocol) + packet


def backlog_losses():
    """Packets that the kernel dropped on their way between devices, on each processor."""
    with open("/proc/net/softnet_stat", encoding="ascii") as file:
        return [line.split()[1] for line in file]


@contextlib.contextmanager
def one_processor():
    """Keep this process on its processor, since packets that are sent from one processor keep their order."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {libc.sched_getcpu()})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
