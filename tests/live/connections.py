#!/usr/bin/python3
"""Check that new policies end the connections that they deny, and no others.

    connections.py --program PATH --np2nft PATH [--measure N]

The first PATH is the program of end_connections.c. Pods in namespaces of their own, with a namespace between them that
plays the node, open connections while there are no policies: TCP, UDP, SCTP and pings, IPv4 and IPv6,
straight and through a Service (DNAT). Then policies are applied. A connection that they deny must be reported
once, must be gone from the connection table, and must stay gone, whichever side speaks next. On all other
connections, bytes must still flow. With --measure, it measures instead how long it takes to walk N entries.

                                 node 10.0.0.1
     front 10.0.1.1 ── veth ──┐       │       ┌── veth ── orders 10.0.1.2
     other 10.0.1.3 ── veth ──┴───────┴───────┘        Service 10.96.0.1:80 -> orders:8080

Everything runs on one processor, on which packets keep their order: once a sentinel has come
through, so has everything before it that ever will.
"""

import argparse
import contextlib
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

import conntrack
import judge
import packets
from namespace import Namespace, NodeError, become_root
from node import NODE_SETTINGS, one_processor

PATIENCE = 5  # seconds for what must come
TRIES = 3  # of what depends on time
PORTS = 50000  # of an address, for what is measured
PODS = {"front": 1, "orders": 2, "other": 3}
NODE = {4: "10.0.0.1", 6: "fd00::1"}
SERVICE = {4: "10.96.0.1", 6: "fd00:96::1"}
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}

NODE_LINK = """
link add {pod} type veth peer name eth0 netns {path} address 02:00:00:00:01:0{number}
link set {pod} address 02:00:00:00:00:0{number} up
neigh add {v4} lladdr 02:00:00:00:01:0{number} nud permanent dev {pod}
neigh add {v6} lladdr 02:00:00:00:01:0{number} nud permanent dev {pod}
route add {v4} dev {pod}
route add {v6} dev {pod}
"""
POD_LINK = """
link set lo up
link set eth0 up
addr add {v4}/32 dev eth0
addr add {v6}/128 dev eth0 nodad
neigh add 169.254.1.1 lladdr 02:00:00:00:00:0{number} nud permanent dev eth0
neigh add fe80::1 lladdr 02:00:00:00:00:0{number} nud permanent dev eth0
route add default via 169.254.1.1 dev eth0 onlink
route add default via fe80::1 dev eth0 onlink
"""
NODE_ADDRESSES = """
link set lo up
addr add 10.0.0.1/32 dev lo
addr add fd00::1/128 dev lo nodad
"""
SERVICE_RULES = """
table inet service {
	chain prerouting {
		type nat hook prerouting priority dstnat;
		ip daddr 10.96.0.1 tcp dport 80 dnat ip to 10.0.1.2:8080
		ip6 daddr fd00:96::1 tcp dport 80 dnat ip6 to [fd00:1::2]:8080
	}
}
"""
PODS_YAML = """
apiVersion: v1
kind: Pod
metadata: {{name: {pod}, labels: {{app: {pod}}}}}
status: {{podIPs: [{{ip: "{v4}"}}, {{ip: "{v6}"}}]}}
---
"""
POLICIES_YAML = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: orders}
spec:
  podSelector: {matchLabels: {app: orders}}
  policyTypes: [Ingress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: front}}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: front}
spec:
  podSelector: {matchLabels: {app: front}}
  policyTypes: [Egress]
  egress:
  - to: [{podSelector: {matchLabels: {app: orders}}}]
    ports: [{protocol: TCP, port: 8080}, {protocol: UDP, port: 53}, {protocol: SCTP, port: 7}]
"""

# From, to, port, and whose policies end it (None: it lives on).
TCP = [
    ("front", "orders", 8080, None),
    ("front", "service", 80, None),
    ("front", "orders", 8081, "default/front"),
    ("front", "other", 8080, "default/front"),
    ("other", "orders", 8080, "default/orders"),
    ("other", "service", 80, "default/orders"),
    ("other", "front", 8080, None),
    ("orders", "other", 8080, None),
    ("node", "orders", 8080, None),
]
UDP = [
    ("front", "orders", 53, None),
    ("other", "orders", 53, "default/orders"),
    ("other", "front", 53, None),
    ("orders", "other", 53, None),
]
RAW = [
    ("front", "orders", "SCTP", None),
    ("other", "orders", "SCTP", "default/orders"),
    ("other", "front", "SCTP", None),
    ("front", "orders", "ICMP", "default/front"),
    ("other", "orders", "ICMP", "default/orders"),
    ("other", "front", "ICMP", None),
]


def address(end, version):
    """Return the address of a pod, the node or the Service."""
    if end in PODS:
        return f"10.0.1.{PODS[end]}" if version == 4 else f"fd00:1::{PODS[end]}"
    return (NODE if end == "node" else SERVICE)[version]


class Cluster:
    """The picture above: namespaces by name, and its objects in a folder."""

    def __init__(self, program, stack):
        self.program, self.stack = program, stack
        self.spaces = {name: stack.enter_context(contextlib.closing(Namespace()))
                       for name in ("node", *PODS)}
        self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        node = self.spaces["node"]
        node.configure(NODE_SETTINGS)
        node.run(["ip", "-batch", "-"], NODE_ADDRESSES)
        for pod, number in PODS.items():
            names = {"pod": pod, "number": number, "path": self.spaces[pod].path(),
                     "v4": address(pod, 4), "v6": address(pod, 6)}
            self.spaces[pod].configure({"ipv6/conf/default/addr_gen_mode": 1})
            node.run(["ip", "-batch", "-"], NODE_LINK.format(**names))
            self.spaces[pod].run(["ip", "-batch", "-"], POD_LINK.format(**names))
        node.run(["nft", "-f", "-"], SERVICE_RULES)
        (self.folder / "pods.yaml").write_text("".join(
            PODS_YAML.format(pod=pod, v4=address(pod, 4), v6=address(pod, 6)) for pod in PODS))
        self.table = stack.enter_context(conntrack.open_socket(node))

    def write_policies(self):
        """Put policies into force."""
        (self.folder / "policies.yaml").write_text(POLICIES_YAML)

    def command(self, *options):
        """Return the command line of the program."""
        return [self.program, *options, str(self.folder)]

    def end(self, *options):
        """Apply, and return the lines about connections that are ended."""
        return self.spaces["node"].run(self.command(*options)).splitlines()

    def tracked(self):
        """Return the connection table."""
        return conntrack.listed(self.table)

    def socket(self, end, version, kind, protocol=0):
        """A socket of a pod or the node, with its address."""
        with self.spaces[end].entered():
            opened = self.stack.enter_context(
                socket.socket(FAMILIES[version], kind, protocol))
        opened.settimeout(PATIENCE)
        if kind != socket.SOCK_RAW:
            opened.bind((address(end, version), 0))
        return opened


class Flow:
    """A connection: two sockets, what the table says of it, and whose policies end it."""

    def __init__(self, cluster, version, kind, spec):
        source, destination, port, self.owner = spec
        server_at, self.port = ("orders", 8080) if destination == "service" else (destination, port)
        self.name = f"{kind.name} {source} to {destination}:{port} over IPv{version}"
        if kind == socket.SOCK_STREAM:
            self.connect(cluster, version, (source, destination, port), server_at)
        else:
            self.exchange_first(cluster, version, (source, destination, port), server_at)
        sport = self.client.getsockname()[1]
        protocol = {socket.SOCK_STREAM: 6, socket.SOCK_DGRAM: 17}[kind]
        self.entry = (protocol, address(source, version), sport,
                      address(destination, version), port)
        self.told = (f"{self.owner} {address(source, version)} {sport} "
                     f"{address(server_at, version)} {self.port} {protocol}")

    def connect(self, cluster, version, spec, server_at):
        """Open a TCP connection."""
        source, destination, port = spec
        with cluster.spaces[server_at].entered():
            listener = socket.create_server((address(server_at, version), self.port),
                                            family=FAMILIES[version])
        with listener:
            listener.settimeout(PATIENCE)
            self.client = cluster.socket(source, version, socket.SOCK_STREAM)
            self.client.connect((address(destination, version), port))
            self.server = cluster.stack.enter_context(listener.accept()[0])
        self.server.settimeout(PATIENCE)

    def exchange_first(self, cluster, version, spec, server_at):
        """Open a UDP connection."""
        source, destination, port = spec
        self.client = cluster.socket(source, version, socket.SOCK_DGRAM)
        with cluster.spaces[server_at].entered():
            self.server = cluster.stack.enter_context(
                socket.socket(FAMILIES[version], socket.SOCK_DGRAM))
        self.server.settimeout(PATIENCE)
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind((address(server_at, version), port))
        self.client.connect((address(destination, version), port))
        self.client.send(b"first")
        _, peer = self.server.recvfrom(16)
        self.server.connect(peer)

    def flows(self):
        """Send in both directions; this must arrive."""
        for sender, receiver in ((self.client, self.server), (self.server, self.client)):
            sender.send(b"still here")
            if receiver.recv(64) != b"still here":
                raise judge.Failure(f"{self.name}: other bytes arrive")


def arrived(endpoint):
    """Return what has come, without waiting."""
    endpoint.setblocking(False)
    try:
        return endpoint.recv(64)
    except BlockingIOError:
        return b""
    finally:
        endpoint.settimeout(PATIENCE)


def send_raw(cluster, version, spec, port):
    """The first packet of a connection without sockets: its entry, and what is told of it."""
    source, destination, protocol, owner = spec
    name = "ICMPV6" if (protocol, version) == ("ICMP", 6) else protocol
    ends = address(source, version), address(destination, version)
    number = packets.NUMBERS[name]
    whole = packets.packet((*ends, name, 7), port, 1)
    with cluster.socket(source, version, socket.SOCK_RAW, number) as raw:
        raw.sendto(whole[20 if version == 4 else 40:], (ends[1], 0))
    sport, dport = (port, 7) if protocol == "SCTP" else (0, 0)
    return (number, ends[0], sport, ends[1], dport), \
        f"{owner} {ends[0]} {sport} {ends[1]} {dport} {number}", owner


def check_told(lines, expected, what):
    """Exactly the expected are told, each once; a line's last word, the chain, is not compared."""
    have = sorted(line.rpartition(" ")[0] for line in lines)
    if have != sorted(expected):
        raise judge.Failure(f"{what}: told {have}, expected {sorted(expected)}")


def check_dry_run(cluster, np2nft, told):
    """What `apply --dry-run` says it would end, in order."""
    names = {"1": "ICMP", "6": "TCP", "17": "UDP", "58": "ICMPv6", "132": "SCTP"}
    said = cluster.spaces["node"].run([np2nft, "apply", "-q", "--dry-run", "--force", str(cluster.folder)]).splitlines()
    expected = []
    for line in told:
        owner, source, sport, destination, dport, protocol = line.split()
        ports = (f" port {sport}", f" port {dport}") if protocol in ("6", "17", "132") else ("", "")
        expected.append(f"# ends, of {owner}: {names[protocol]} from {source}{ports[0]} to {destination}{ports[1]}")
    have = [line for line in said if line.startswith("# ends")]
    if have != sorted(expected):
        raise judge.Failure(f"apply --dry-run tells {have}, expected {sorted(expected)}")


def check_stays_ended(flows, sentinel):
    """Nothing comes through, with the client speaking first in every other, then the server."""
    for number, flow in enumerate(flows):
        both = [(flow.client, flow.server), (flow.server, flow.client)]
        udp = flow.client.type == socket.SOCK_DGRAM
        # Of UDP what a server sends of itself is a new connection, which may be allowed.
        for sender, receiver in both[:1] if udp else both[::-1] if number % 2 else both:
            sender.send(b"again")
            sentinel.flows()
            if arrived(receiver):
                raise judge.Failure(f"{flow.name}: it was ended, and came back")


def check_main(cluster, np2nft, versions):
    """All kinds of connections, before and after."""
    cluster.end()
    flows = [Flow(cluster, version, kind, spec) for version in versions
             for kind, specs in ((socket.SOCK_STREAM, TCP), (socket.SOCK_DGRAM, UDP))
             for spec in specs]
    # A second of each TCP connection that ends, so that in one the other side speaks first.
    flows += [Flow(cluster, version, socket.SOCK_STREAM, spec)
              for spec in TCP if spec[3] for version in versions]
    raws = [send_raw(cluster, version, spec, 30000 + number) for version in versions
            for number, spec in enumerate(RAW)]
    rare = insert_rare(cluster, flows)
    denied = [flow for flow in flows if flow.owner]
    living = [flow for flow in flows if not flow.owner]
    told = [flow.told for flow in denied] + [text for _, text, owner in [*raws, *rare] if owner]
    before = cluster.tracked()
    cluster.write_policies()
    check_told(cluster.end("--dry-run"), told, "the dry run")
    check_dry_run(cluster, np2nft, told)
    if not {flow.entry for flow in flows} <= cluster.tracked():
        raise judge.Failure("the dry run ended something")
    check_told(cluster.end(), told, "ended")
    after = cluster.tracked()
    gone = {flow.entry for flow in denied} \
        | {entry for entry, _, owner in [*raws, *rare] if owner}
    if before - after != gone:
        raise judge.Failure(f"gone but allowed: {before - after - gone}; "
                            f"denied but there: {gone & after}")
    for flow in living:
        flow.flows()
    check_stays_ended(denied, living[0])
    for flow in living:
        flow.flows()
    back = {flow.entry for flow in denied} & cluster.tracked()
    if back:
        raise judge.Failure(f"tracked again: {back}")
    check_told(cluster.end(), [], "a second time")
    return len(denied) + len(living) + len(raws) + len(rare)


def insert_rare(cluster, flows):
    """Entries that are hard to bring about: their entry, what is told, whose policies end them."""
    by_name = {flow.name: flow for flow in flows}
    allowed = by_name["SOCK_STREAM front to orders:8080 over IPv4"].entry
    denied = by_name["SOCK_STREAM other to orders:8080 over IPv4"].entry
    front, orders, other = (address(pod, 4) for pod in ("front", "orders", "other"))
    made = [
        # What a helper expected is judged as its master.
        ((17, front, 5000, orders, 5001), {"master": allowed}, None),
        ((17, other, 5000, front, 5001), {"master": denied}, "default/orders"),
        # A pod to itself through the Service.
        ((17, orders, 5000, SERVICE[4], 80), {"behind": (orders, 8080)}, None),
        # The same connection in two zones of conntrack: two entries.
        ((17, other, 5002, orders, 5003), {"zone": 7}, "default/orders"),
        ((17, other, 5002, orders, 5003), {"zone": 8}, "default/orders"),
        ((17, other, 5002, front, 5003), {"zone": 7}, None),
    ]
    for entry, details, _ in made:
        conntrack.insert(cluster.table, entry, **details)
    return [(entry, f"{owner} {entry[1]} {entry[2]} {entry[3]} {entry[4]} 17", owner)
            for entry, _, owner in made]


def late_reply(cluster):
    """Whether a UDP connection stays ended of which a reply is under way as it ends."""
    (cluster.folder / "policies.yaml").unlink()
    cluster.end()
    flow = Flow(cluster, 4, socket.SOCK_DGRAM, UDP[1])
    cluster.write_policies()
    with cluster.spaces["node"].entered():
        program = subprocess.Popen(cluster.command(), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
    with program:
        deadline = time.monotonic() + PATIENCE
        while flow.entry in cluster.tracked():
            if time.monotonic() > deadline:
                raise judge.Failure("the connection is not ended")
        flow.server.send(b"late")
        flow.client.send(b"and on")
    came_back = arrived(flow.server)
    flow.client.send(b"again")
    return came_back == b"and on" and arrived(flow.server) == b""


def check_late_reply(cluster):
    """The moment is short, and this process may be kept from using it."""
    if not any(late_reply(cluster) for _ in range(TRIES)):
        raise judge.Failure("a late reply brings a UDP connection back")


def measure(cluster, count):
    """Print how long the walk takes, with all entries allowed and then with all denied."""
    cluster.write_policies()
    cluster.end()
    for what, source, destination, port in (
            ("of other pods", "10.9.0", "10.8.0.1", 8080),
            ("allowed", "10.0.1.1", "10.0.1.2", 8080), ("denied", "10.7.0", "10.0.1.2", 8080)):
        # A pod has an address and no more ports than that.
        made = min(count, PORTS) if source == address("front", 4) else count
        for number in range(made):
            begin = source if source == address("front", 4) else f"{source}.{number // PORTS}"
            entry = (6, begin, number % PORTS + 1, destination, port)
            cluster.table.send(conntrack.creation(entry, flags=0))
        total = len(cluster.tracked())
        with cluster.spaces["node"].entered():
            done = subprocess.run(cluster.command(), capture_output=True, text=True, check=True)
        print(f"{total} entries, the last {made} {what}: "
              f"{len(done.stdout.splitlines())} ended in {int(done.stderr) / 1000:.1f} ms")


def main():
    """Check everything, or measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, metavar="PATH")
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--measure", type=int, metavar="N")
    arguments = parser.parse_args()
    judge.end_tidily()
    become_root()
    try:
        with one_processor(), contextlib.ExitStack() as stack:
            cluster = Cluster(arguments.program, stack)
            if arguments.measure:
                measure(cluster, arguments.measure)
                return
            checked = check_main(cluster, arguments.np2nft, (4, 6))
            check_late_reply(cluster)
    except (judge.Failure, NodeError, OSError) as failure:
        print(failure)
        sys.exit(1)
    print(f"{checked} connections fared as they should")


if __name__ == "__main__":
    main()
