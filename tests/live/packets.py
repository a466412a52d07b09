"""Make first packets of connections, and the replies to them, byte for byte.

In: a probe (source and destination address, protocol, destination port), a source port, and a
serial number that makes the packet unlike any other. Out: an IP packet with right checksums: a TCP
SYN, a UDP datagram, an SCTP INIT, or an echo request (whose identifier is the source port); or what
the other end would answer.
"""

import functools
import ipaddress
import struct

NUMBERS = {"TCP": 6, "UDP": 17, "SCTP": 132, "ICMP": 1, "ICMPV6": 58}
ADDRESS_LENGTHS = {"ICMP": 4, "ICMPV6": 16}
TTL = 64
UNROUTABLE = [ipaddress.ip_network(cidr) for cidr in
              ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32",
               "::/128", "::1/128", "::ffff:0:0/96", "fe80::/10", "ff00::/8")]


@functools.cache
def routable(address):
    """Whether Linux forwards packets from and to this address at all."""
    parsed = ipaddress.ip_address(address)
    return not any(parsed in network for network in UNROUTABLE)


def packet(probe, source_port, serial):
    """The first packet of a probe's connection."""
    source, destination, protocol, port = probe
    return ip_packet(source, destination, protocol, (source_port, port, serial, False))


def reply(probe, source_port, serial):
    """The reply to that."""
    source, destination, protocol, port = probe
    return ip_packet(destination, source, protocol, (port, source_port, serial, True))


def ip_packet(source_text, destination_text, protocol, details):
    """An IP packet; the details are ports, serial, and whether it is a reply."""
    source, destination = address_bytes(source_text), address_bytes(destination_text)
    if ({len(source), len(destination)} != {ADDRESS_LENGTHS.get(protocol, len(source))}
            or max(details[:2]) > 65535):
        raise ValueError(f"no such packet: {protocol} from {source_text} to {destination_text}")
    number, length = NUMBERS[protocol], LENGTHS[protocol]
    pseudo_header = source + destination + struct.pack("!II", length, number)
    header = ipv4_header if len(source) == 4 else ipv6_header
    return header(source, destination, number, length) + BUILDERS[protocol](pseudo_header, *details)


@functools.cache
def address_bytes(address):
    """The bytes of a routable address."""
    if not routable(address):
        raise ValueError(f"{address} cannot be forwarded")
    return ipaddress.ip_address(address).packed


def unchanging(whole):
    """What of a packet forwarding leaves as it is: all but the hop limit and IPv4's checksum."""
    return whole[12:] if whole[0] >> 4 == 4 else whole[8:]


def entry(whole):
    """A packet's entry, as conntrack.listed() has it; of ICMP, the ports are 0."""
    if whole[0] >> 4 == 4:
        number, start, ends = whole[9], (whole[0] & 15) * 4, (whole[12:16], whole[16:20])
    else:
        number, start, ends = whole[6], 40, (whole[8:24], whole[24:40])
    source, destination = (str(ipaddress.ip_address(bytes(end))) for end in ends)
    echo_request = number in (NUMBERS["ICMP"], NUMBERS["ICMPV6"])
    ports = (0, 0) if echo_request else struct.unpack_from("!HH", whole, start)
    return number, source, ports[0], destination, ports[1]


def ipv4_header(source, destination, number, length):
    """IPv4, no options, no fragment."""
    first, last = struct.pack("!BBHIBB", 0x45, 0, 20 + length, 0, TTL, number), source + destination
    return first + struct.pack("!H", checksum(first + last)) + last


def ipv6_header(source, destination, number, length):
    """IPv6, no extension."""
    return struct.pack("!IHBB", 6 << 28, length, number, TTL) + source + destination


def tcp(pseudo_header, source_port, port, serial, is_reply):
    """A SYN, whose sequence number is the serial, or the SYN and ACK for it."""
    flags, acknowledged = (0x12, serial + 1) if is_reply else (0x02, 0)

    def segment(check):
        return struct.pack("!HHIIBBHHH", source_port, port, serial, acknowledged, 5 << 4, flags,
                           65535, check, 0)
    return segment(checksum(pseudo_header + segment(0)))


def udp(pseudo_header, source_port, port, serial, _):
    """A datagram; the serial is its payload."""
    def datagram(check):
        return struct.pack("!HHHHI", source_port, port, 12, check, serial)
    return datagram(checksum(pseudo_header + datagram(0)))


def sctp(_, source_port, port, serial, is_reply):
    """An INIT, whose sequence number is the serial, or the INIT ACK for it, which bears its tag."""
    kind, tag = (2, 1) if is_reply else (1, 0)

    def message(check):
        return (struct.pack("!HHI", source_port, port, tag) + check
                + struct.pack("!BBHIIHHI", kind, 0, 20, 1, 65536, 1, 1, serial))
    return message(struct.pack("<I", crc32c(message(bytes(4)))))


def icmp(_, source_port, port, serial, is_reply):
    """An echo request or reply of IPv4; the serial is its payload."""
    return echo(b"", 0, port, serial) if is_reply else echo(b"", 8, source_port, serial)


def icmpv6(pseudo_header, source_port, port, serial, is_reply):
    """An echo request or reply of IPv6, which differs in types and in what the checksum covers."""
    kind, identifier = (129, port) if is_reply else (128, source_port)
    return echo(pseudo_header, kind, identifier, serial)


def echo(checked_before, kind, identifier, serial):
    """What both families share."""
    def message(check):
        return struct.pack("!BBHHHI", kind, 0, check, identifier, 1, serial)
    return message(checksum(checked_before + message(0)))


BUILDERS = {"TCP": tcp, "UDP": udp, "SCTP": sctp, "ICMP": icmp, "ICMPV6": icmpv6}
LENGTHS = {"TCP": 20, "UDP": 12, "SCTP": 32, "ICMP": 12, "ICMPV6": 12}


def checksum(data):
    """The Internet checksum: a sum of 16-bit words modulo 65535 is the whole number modulo it."""
    return 65535 - int.from_bytes(data, "big") % 65535


def crc32c(data):
    """SCTP's checksum (Castagnoli's polynomial, reflected)."""
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ CRC32C_TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def crc32c_of_byte(value):
    """One entry of the table."""
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value


CRC32C_TABLE = [crc32c_of_byte(byte) for byte in range(256)]
