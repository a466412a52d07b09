"""List, empty and fill the connection table of a network namespace, over netlink.

An entry is a tuple: protocol number, source, source port, destination and destination port, all of the
original direction. The ports are 0 if the protocol has none.
"""

import ipaddress
import socket
import struct

NETLINK_NETFILTER, CTNETLINK = 12, 1 << 8
NEW, GET, DELETE = CTNETLINK | 0, CTNETLINK | 1, CTNETLINK | 2
REQUEST, ACK, DUMP, CREATE, EXCLUSIVE = 1, 4, 0x300, 0x400, 0x200
ERROR, DONE = 2, 3
TUPLE_ORIG, TUPLE_REPLY, STATUS, TIMEOUT, TUPLE_MASTER, ZONE = 1, 2, 3, 7, 14, 18
NESTED, TYPE = 0x8000, 0x7FFF
CONFIRMED = 8


def open_socket(namespace):
    """A netlink socket of the namespace."""
    with namespace.entered():
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)


def listed(netlink):
    """The set of all entries."""
    netlink.send(message(GET, REQUEST | DUMP, socket.AF_UNSPEC, b""))
    found = set()
    while True:
        for kind, body in messages(netlink.recv(1 << 16)):
            if kind == DONE:
                return found
            if kind == ERROR:
                raise OSError(-struct.unpack_from("=i", body)[0], "conntrack is not listed")
            found.add(read_tuple(attributes(body[4:])[TUPLE_ORIG]))


def empty(netlink):
    """Remove all entries."""
    netlink.send(message(DELETE, REQUEST | ACK, socket.AF_UNSPEC, b""))
    for _, body in messages(netlink.recv(4096)):
        error, = struct.unpack_from("=i", body)
        if error:
            raise OSError(-error, "the connection table is not emptied")


def insert(netlink, entry, **details):
    """Add an entry; the details are those of creation()."""
    netlink.send(creation(entry, **details))
    for _, body in messages(netlink.recv(4096)):
        error, = struct.unpack_from("=i", body)
        if error:
            raise OSError(-error, f"{entry} is not inserted")


def insert_many(netlink, entries):
    """Add entries, the last one with an answer."""
    made = [creation(entry, flags=0) for entry in entries[:-1]]
    for first in range(0, len(made), 200):
        netlink.send(b"".join(one + bytes(-len(one) % 4) for one in made[first:first + 200]))
    insert(netlink, entries[-1])


def creation(entry, master=None, behind=None, zone=0, flags=ACK):
    """The message that adds it, perhaps expected by a master, or behind DNAT (address, port)."""
    protocol, source, sport, destination, dport = entry
    reply = (protocol, *(behind or (destination, dport)), source, sport)
    body = (attribute(TUPLE_ORIG | NESTED, written(entry))
            + attribute(TUPLE_REPLY | NESTED, written(reply))
            + attribute(TIMEOUT, struct.pack("!I", 600))
            + attribute(STATUS, struct.pack("!I", CONFIRMED))
            + (attribute(TUPLE_MASTER | NESTED, written(master)) if master else b"")
            + (attribute(ZONE, struct.pack("!H", zone)) if zone else b""))
    family = socket.AF_INET if ipaddress.ip_address(source).version == 4 else socket.AF_INET6
    return message(NEW, REQUEST | CREATE | EXCLUSIVE | flags, family, body)


def message(kind, flags, family, body):
    """A netlink message for nfnetlink."""
    return struct.pack("=IHHIIBBH", 20 + len(body), kind, flags, 0, 0, family, 0, 0) + body


def messages(data):
    """Type and body of each."""
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        yield kind, data[16:length]
        data = data[length + 3 & ~3:]


def attribute(kind, payload):
    """One attribute, filled up."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def attributes(data):
    """Payloads by type."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found[kind & TYPE] = data[4:length]
        data = data[length + 3 & ~3:]
    return found


def written(entry):
    """A tuple as attributes."""
    protocol, source, sport, destination, dport = entry
    ends = [ipaddress.ip_address(address).packed for address in (source, destination)]
    first = 1 if len(ends[0]) == 4 else 3
    ip = b"".join(attribute(first + number, end) for number, end in enumerate(ends))
    proto = (attribute(1, bytes([protocol])) + attribute(2, struct.pack("!H", sport))
             + attribute(3, struct.pack("!H", dport)))
    return attribute(1 | NESTED, ip) + attribute(2 | NESTED, proto)


def read_tuple(data):
    """An entry of a tuple's attributes."""
    parts = attributes(data)
    ip, proto = attributes(parts[1]), attributes(parts[2])
    source, destination = (str(ipaddress.ip_address(ip.get(kind) or ip[kind + 2]))
                           for kind in (1, 2))
    sport, dport = (int.from_bytes(proto.get(kind, b""), "big") for kind in (2, 3))
    return proto[1][0], source, sport, destination, dport
