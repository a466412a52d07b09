"""Try connections between the ends of a topology, all at once, and tell who is answered.

In: a topology, and flows. Out: for each flow "allow" (the right server got it, the client got its
answer, the node tracks it), "deny" (none of this), "refuse" (denied, and the client was told by a
TCP reset or an ICMP error), or what is neither. TCP connects and echoes, UDP is echoed, an SCTP
INIT (raw, since not every kernel has SCTP sockets) is answered by an INIT ACK, and an ICMP echo
request by the kernel.
"""

import collections
import contextlib
import itertools
import resource
import socket
import struct

import packets
from namespace import NodeError
from node import CHUNK, TRIES, InDoubt, backlog_losses

PORTS = (80, 81)  # of every server
OPEN_FILES = 8192  # of this process at most, two of them for each TCP connection
QUEUE = 1000  # connections to a server that are not yet accepted
VERSIONS = (4, 6)

# From an end to an end, by the address and port that the client uses.
Flow = collections.namedtuple("Flow", "source destination version address protocol port")


def described(flow):
    """A flow as it is printed."""
    port = "" if flow.protocol == "ICMP" else f"{flow.port}/"
    return f"{flow.source} -> {flow.destination} ({flow.address}) {port}{flow.protocol}"


def received(endpoint):
    """All that has come to a socket: data and sender each."""
    with contextlib.suppress(BlockingIOError):
        while True:
            yield endpoint.recvfrom(256)


class Transport:
    """What became of a batch of flows, by serial number: who served them, and who heard it."""

    def __init__(self, topology, stack):
        self.topology = topology
        self.open(list(topology.ends.values()), stack.enter_context)

    def begin(self, batch):
        """Forget the batch before; the batch is a dictionary of flows."""
        self.batch, self.served, self.heard, self.refused = batch, {}, set(), set()

    def paced(self):
        """The batch's flows, resting in between: every queue on the way holds more."""
        for number, pair in enumerate(self.batch.items(), 1):
            yield pair
            if number % CHUNK == 0:
                self.topology.settle()

    def end(self):
        """Release what the batch holds; most transports hold nothing."""

    def entry(self, serial):
        """The flow as conntrack.listed() has it."""
        flow = self.batch[serial]
        return (packets.NUMBERS[self.name(flow.version)], *self.client_address(serial, flow),
                flow.address, flow.port)


class Tcp(Transport):
    """Connect, say the serial number, hear it again."""

    name = staticmethod(lambda version: "TCP")

    def open(self, ends, keep):
        """Open the servers."""
        self.listeners = [(end.name, keep(end.socket(version, socket.SOCK_STREAM, port=port)))
                          for end in ends for version in VERSIONS for port in PORTS]
        for _, listener in self.listeners:
            listener.listen(QUEUE)

    def begin(self, batch):
        """Begin all connections: send their SYNs."""
        super().begin(batch)
        self.clients, self.accepted = {}, []
        for serial, flow in self.paced():
            client = self.topology.ends[flow.source].socket(flow.version, socket.SOCK_STREAM)
            self.clients[serial] = client
            # No socket is to wait for the end of its connection.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.connect_ex((flow.address, flow.port))

    def speak(self):
        """Let each client that is connected send its serial number."""
        for serial, client in self.clients.items():
            try:
                client.send(struct.pack("!I", serial))
            except BlockingIOError:
                pass
            except OSError:
                self.refused.add(serial)

    def serve(self):
        """Accept connections, and answer them."""
        for name, listener in self.listeners:
            with contextlib.suppress(BlockingIOError):
                while True:
                    accepted, _ = listener.accept()
                    self.accepted.append(accepted)
                    said = accepted.recv(4, socket.MSG_DONTWAIT)
                    self.served[struct.unpack("!I", said)[0]] = name
                    accepted.send(said)

    def hear(self):
        """Take the answers."""
        for serial, client in self.clients.items():
            with contextlib.suppress(OSError):
                if client.recv(4) == struct.pack("!I", serial):
                    self.heard.add(serial)

    def end(self):
        """Reset all connections."""
        for endpoint in (*self.clients.values(), *self.accepted):
            endpoint.close()

    def client_address(self, serial, _):
        """Return the client's address and port."""
        return self.clients[serial].getsockname()[:2]


class Udp(Transport):
    """Say the serial number, hear it again."""

    name = staticmethod(lambda version: "UDP")

    def open(self, ends, keep):
        """A client at each end, and servers."""
        self.clients = {(end.name, version): keep(end.socket(version, socket.SOCK_DGRAM, port=0))
                        for end in ends for version in VERSIONS}
        self.servers = [(end.name, keep(end.socket(version, socket.SOCK_DGRAM, port=port)))
                        for end in ends for version in VERSIONS for port in PORTS]

    def speak(self):
        """Send the requests."""
        for serial, flow in self.paced():
            self.clients[flow.source, flow.version].sendto(struct.pack("!I", serial),
                                                           (flow.address, flow.port))

    def serve(self):
        """Answer the requests."""
        for name, server in self.servers:
            for said, sender in received(server):
                self.served[struct.unpack("!I", said)[0]] = name
                server.sendto(said, sender)

    def hear(self):
        """Take the answers."""
        for client in self.clients.values():
            self.heard.update(struct.unpack("!I", said)[0] for said, _ in received(client))

    def client_address(self, _, flow):
        """Return the client's address and port."""
        return self.clients[flow.source, flow.version].getsockname()[:2]


class Raw(Transport):
    """The first packet of a connection, crafted, and the second; one socket an end for both."""

    def open(self, ends, keep):
        """Open the sockets."""
        self.sockets = {
            (end.name, version): keep(end.socket(version, socket.SOCK_RAW,
                                                 packets.NUMBERS[self.name(version)], port=0))
            for end in ends for version in VERSIONS}

    def speak(self):
        """Send the requests."""
        for serial, flow in self.paced():
            self.send(flow.source, flow.version, flow.address,
                      (self.own_port(serial), flow.port, serial, False))

    def send(self, source, version, address, details):
        """A packet by its details; what depends on addresses is the kernel's to do."""
        message = packets.BUILDERS[self.name(version)](b"", *details)
        self.sockets[source, version].sendto(message, (address, 0))

    def serve(self):
        """Take what has come, requests or answers."""
        for (name, version), endpoint in self.sockets.items():
            for message, (address, *_) in received(endpoint):
                start = (message[0] & 15) * 4 if version == 4 else 0
                self.take(name, version, address, message[start:])

    hear = serve

    @staticmethod
    def own_port(serial):
        """The client's port or identifier."""
        return 20000 + serial % 40000

    def client_address(self, serial, flow):
        """Return the client's address and port."""
        return self.topology.ends[flow.source].addresses[flow.version], self.own_port(serial)


class Sctp(Raw):
    """INIT and INIT ACK."""

    INIT = 1
    name = staticmethod(lambda version: "SCTP")

    def begin(self, batch):
        """Whose answer it is, the port says: a kernel that has SCTP answers by an ABORT itself."""
        super().begin(batch)
        self.by_port = {self.own_port(serial): serial for serial in batch}

    def take(self, name, version, address, message):
        """An INIT is answered; all else is an answer."""
        port, own_port = struct.unpack_from("!HH", message)
        if message[12] == self.INIT:
            serial, = struct.unpack_from("!I", message, 28)
            self.served[serial] = name
            self.send(name, version, address, (own_port, port, serial, True))
        elif own_port in self.by_port:
            self.heard.add(self.by_port[own_port])


class Icmp(Raw):
    """Echo request and reply; and of all protocols the errors that clients are told."""

    name = staticmethod(lambda version: "ICMP" if version == 4 else "ICMPV6")
    REQUEST, REPLY, UNREACHABLE = {4: 8, 6: 128}, {4: 0, 6: 129}, {4: 3, 6: 1}

    def begin(self, batch):
        """Forget what the batch before could not reach, too."""
        super().begin(batch)
        self.unreachable = set()

    def take(self, name, version, _, message):
        """The kernel answers; of other messages there are some."""
        if message[0] == self.REQUEST[version]:
            self.served[struct.unpack_from("!I", message, 8)[0]] = name
        elif message[0] == self.REPLY[version]:
            self.heard.add(struct.unpack_from("!I", message, 8)[0])
        elif message[0] == self.UNREACHABLE[version]:
            self.unreachable.add(packets.entry(message[8:]))

    def client_address(self, serial, flow):
        """Without a port, as conntrack.listed() has none either."""
        return self.topology.ends[flow.source].addresses[flow.version], 0


class Exchange:
    """Servers on every end of a topology: `with Exchange(topology) as exchange`."""

    def __init__(self, topology):
        self.topology, self.serials = topology, itertools.count(1)

    def __enter__(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, OPEN_FILES), most))
        with contextlib.ExitStack() as stack:
            self.transports = {name: kind(self.topology, stack) for name, kind in
                               (("TCP", Tcp), ("UDP", Udp), ("SCTP", Sctp), ("ICMP", Icmp))}
            self.cleanup = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.cleanup.close()

    def verdicts(self, flows):
        """For each flow how it fared; all are tried again if any packet may have been lost."""
        for _ in range(TRIES):
            try:
                return self.tried(dict(zip(self.serials, flows)))
            except InDoubt:
                pass
        raise NodeError("packets are lost on their way between links")

    def tried(self, batch):
        """The same for flows by serial number."""
        losses, transports = backlog_losses(), self.transports.values()
        self.topology.forget_connections()
        for name, transport in self.transports.items():
            transport.begin({serial: flow for serial, flow in batch.items()
                             if flow.protocol == name})
        for step in ("speak", "serve", "hear"):
            for transport in transports:
                self.topology.settle()
                getattr(transport, step)()
        tracked, unreachable = self.topology.tracked(), self.transports["ICMP"].unreachable
        found = [verdict(self.transports[flow.protocol], serial, tracked, unreachable)
                 for serial, flow in batch.items()]
        for transport in transports:
            transport.end()
        self.topology.settle()
        if backlog_losses() != losses:
            raise InDoubt
        return found


def verdict(transport, serial, tracked, unreachable):
    """How one fared: all signs must agree."""
    served, heard = transport.served.get(serial), serial in transport.heard
    entry = transport.entry(serial)
    if served == transport.batch[serial].destination and heard and entry in tracked:
        return "allow"
    if not served and not heard and entry not in tracked:
        return "refuse" if serial in transport.refused or entry in unreachable else "deny"
    return (f"neither (served by {served or 'nobody'}, {'' if heard else 'not '}answered, "
            f"{'' if entry in tracked else 'not '}tracked)")
