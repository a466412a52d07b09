#!/usr/bin/python3
"""Check what is said before an apply, what is kept beside the table, and what `status` shows.

    preflight.py --inside PATH

PATH is the program of inside.c. Each condition of node/preflight.c is made true and false in a network
namespace of its own, and the exact words are compared; then node/apply_record.c's record (written, read in
another namespace, cut off, not writable) and node/status.c's text and JSON of a table with counts. /run
and one folder of /proc are covered in a mount namespace of this process, so nothing is left behind.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys

import judge
from namespace import Namespace, become_root, libc, mount, own_run, system_call

MS_RDONLY, MS_REMOUNT = 1, 32
PR_CAPBSET_DROP, CAP_NET_ADMIN = 24, 12
SETTINGS = {
    "ipv4/ip_forward": 1, "ipv6/conf/all/disable_ipv6": 0, "ipv6/conf/default/disable_ipv6": 0,
    "ipv6/conf/default/addr_gen_mode": 1, "ipv6/conf/all/forwarding": 1, "ipv4/conf/all/rp_filter": 0,
    "bridge/bridge-nf-call-iptables": 0, "bridge/bridge-nf-call-ip6tables": 0,
    "bridge/bridge-nf-filter-vlan-tagged": 0,
}
LINKS = """link set lo up
link add p0 type veth peer name p1
link set p0 up
link set p1 up
route add 10.0.0.1 dev p0
route add 10.0.0.2 dev p0
route add fd00::1 dev p0
"""
ON_LINK = "route add 10.6.0.0/24 dev p0\nroute add fd06::/64 dev p0\n"

BRIDGE = """link add cni0 type bridge
link set cni0 up
route add 10.1.0.0/24 dev cni0
route add fd01::/64 dev cni0
"""
PODS = ["10.0.0.1", "10.0.0.2", "fd00::1"]
BRIDGED = ["10.1.0.1", "fd01::1"]

RIGHT = ("error: the right to use nf_tables is missing (CAP_NET_ADMIN in this network namespace): "
         "run as root, or give a container the capability NET_ADMIN")
NO_TABLES = ("error: this kernel has no nf_tables: run `modprobe nf_tables`, or take a kernel with "
             "CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET")
NEWER = ("error: the table inet np2nft was written by a newer np2nft (its layout is 4, this one knows "
         "3): use that version, or remove the table first: np2nft delete --table np2nft")
IPVS = ("kube-proxy runs in IPVS mode (there is a link kube-ipvs0), and what reaches a pod through a "
        "Service then meets no policy: ")
IPVS_REFUSED = (f"error: {IPVS}run it in mode iptables or nftables (and `ip link delete kube-ipvs0`), "
                "or apply with --force")
IPVS_FORCED = f"warning: {IPVS}applied all the same, as forced"


def forwarding(family, name):
    """The error about forwarding that is off."""
    return (f"error: {family} forwarding is off, and policies are enforced on what is forwarded: run "
            f"`sysctl -w {name}=1`")


def bridge(family, address, cause, remedy):
    """The warning about pods on a bridge."""
    return (f"warning: pods on the bridge cni0 reach each other past every policy (1 {family} address: "
            f"{address} (ns/pod-1)), since {cause}: run `{remedy}=1`")


def drops(chain, table):
    """The note about a chain of somebody else's."""
    return (f"note: the forward chain {chain} of the table {table} has policy drop: what the policies "
            "allow passes only if that chain accepts it too")


ADVICE = "; --node NAME leaves out those of other nodes"


def on_link(family, count, names, advice=ADVICE):
    """The warning about pods on the network of a link that is no bridge."""
    return (f"warning: {count} enforced {family} address{' is' if count == 1 else 'es are'} on the network of "
            f"the link p0 ({names}), which is no bridge: pods of this node there (macvlan, ipvlan, SR-IOV) "
            f"reach each other past every policy{advice}")


def untracks(chain, table):
    """The note about a chain that takes packets out of tracking."""
    return (f"note: the chain {chain} of the table {table} takes packets out of connection tracking "
            "(notrack): replies among them are judged as if they began a connection")


def ways(family, links):
    """The note about several default routes."""
    return (f"note: {family} has default routes by several links ({links}): where only one direction of a "
            "connection passes this node, its answers are judged as if they began one")


BY_DEFAULT = "can only be reached by the default route, as pods of other nodes are"
OWN_NODE = ": is this the node that --node names?"


def unreached(count, asked, names, why="cannot be reached, since no route leads there",
              advice=": --node NAME enforces only this node's pods"):
    """The note about pods that no route leads to, or only the default route."""
    return f"note: {count} of {asked} ({names}) {why}{advice}"


TAGGED = "net.bridge.bridge-nf-filter-vlan-tagged"
TAGS = ("warning: pods on the bridge cni0 that may send raw frames (CAP_NET_RAW) reach each other past every "
        f"policy with frames that bear a VLAN tag, since {TAGGED} is 0: run `sysctl -w {TAGGED}=1`")
PORTS = ("note: policies know a pod by its address, but nothing binds addresses to the ports of the bridge "
         "cni0: pods there that may send raw frames or add addresses can take those of other pods there, and "
         "an address that they add is not isolated")
LEGACY = ("note: the chain FORWARD of iptables-legacy ({}) has policy drop: what the policies allow passes "
          "only if that chain accepts it too")
OFF4 = forwarding("IPv4", "net.ipv4.ip_forward")
OFF6 = forwarding("IPv6", "net.ipv6.conf.all.forwarding")
CALL4, CALL6 = "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"
ZERO = [bridge("IPv4", "10.1.0.1", f"{CALL4} is 0", f"sysctl -w {CALL4}"),
        bridge("IPv6", "fd01::1", f"{CALL6} is 0", f"sysctl -w {CALL6}")]
ABSENT = [bridge(family, address, "br_netfilter is not loaded", f"modprobe br_netfilter && sysctl -w {name}")
          for family, address, name in (("IPv4", "10.1.0.1", CALL4), ("IPv6", "fd01::1", CALL6))]
Q0 = "link add q0.1 type veth peer name q1\nlink set q0.1 up\nlink set q1 up\n"
WAYS = Q0 + "route add default dev p0\nroute add default dev q0.1 metric 9\n"
WAYS6 = Q0 + "route add default via fe80::9 dev p0\nroute add default via fe80::9 dev q0.1 metric 2000\n"
HOPS = Q0 + "route add default nexthop dev p0 nexthop dev q0.1\n"
STRICT = ("warning: what comes from outside by the link q0.1 is dropped although policies allow it, since the "
          "default route by another link comes first and rp_filter is 1 (strict): run `sysctl -w "
          "net.ipv4.conf.q0/1.rp_filter=2`")
MANY = [f"10.{2 + i // 250}.0.{1 + i % 250}" for i in range(300)]
FAR = "10.9.0.1 (ns/pod-1), 10.9.0.2 (ns/pod-2), 10.9.0.3 (ns/pod-3)"
RAW = ("add table {0}; add chain {0} c {{ type filter hook {1} priority {2}; }}; add rule {0} c {3}")
CHAIN = "add table {0}; add chain {0} c {{ type filter hook {1} priority 0; policy {2}; }}"

# What, arguments, what is said; then what makes it so: settings, `ip -batch`, nft commands, settings of links.
CASES = [
    ("nothing wrong", PODS, []),
    ("no pods", ["--force"], [], {"ipv4/ip_forward": 0, "ipv6/conf/all/forwarding": 0}),
    ("IPv4 is not forwarded", PODS, [OFF4], {"ipv4/ip_forward": 0}),
    ("IPv6 is not forwarded", PODS, [OFF6], {"ipv6/conf/all/forwarding": 0}),
    ("neither", PODS, [OFF4, OFF6], {"ipv4/ip_forward": 0, "ipv6/conf/all/forwarding": 0}),
    ("IPv6 is not forwarded, and no pod has it", PODS[:2], [], {"ipv6/conf/all/forwarding": 0}),
    ("IPv4 is not forwarded, and no pod has it", PODS[2:], [], {"ipv4/ip_forward": 0}),
    ("no netfilter", ["--no-netfilter", *PODS], [NO_TABLES]),
    ("IPVS", PODS, [IPVS_REFUSED], {}, "link add kube-ipvs0 type bridge\n"),
    ("IPVS, forced", ["--force", *PODS], [IPVS_FORCED], {}, "link add kube-ipvs0 type bridge\n"),
    ("a link called almost so", PODS, [], {}, "link add kube-ipvs1 type bridge\n"),
    ("bridge", BRIDGED, ZERO, {}, BRIDGE),
    ("bridge, filtered", BRIDGED, [TAGS, PORTS],
     {"bridge/bridge-nf-call-iptables": 1, "bridge/bridge-nf-call-ip6tables": 1}, BRIDGE),
    ("bridge, tags filtered", BRIDGED, [PORTS],
     {"bridge/bridge-nf-call-iptables": 1, "bridge/bridge-nf-call-ip6tables": 1,
      "bridge/bridge-nf-filter-vlan-tagged": 1}, BRIDGE),
    ("bridge, IPv4 filtered", BRIDGED, [*ZERO[1:], TAGS, PORTS],
     {"bridge/bridge-nf-call-iptables": 1}, BRIDGE),
    ("bridge, filtered by its own setting", BRIDGED, [*ZERO[1:], TAGS, PORTS], {},
     BRIDGE.replace("bridge\n", "bridge nf_call_iptables 1\n", 1)),
    ("bridge without pods", PODS, [], {}, BRIDGE),
    ("bridge on the way to a gateway", ["10.5.0.1"], [], {},
     BRIDGE + "route add 10.5.0.0/24 via 10.1.0.9 dev cni0 onlink\n"),
    ("bridge on the default route", ["10.5.0.1"],
     [unreached(1, "1 enforced IPv4 address", "10.5.0.1 (ns/pod-1)", BY_DEFAULT)], {},
     BRIDGE + "route add default dev cni0\n"),
    ("on a link", ["10.6.0.1", "10.6.0.2", "fd06::1"],
     [on_link("IPv4", 2, "10.6.0.1 (ns/pod-1), 10.6.0.2 (ns/pod-2)"), on_link("IPv6", 1, "fd06::1 (ns/pod-1)")],
     {}, ON_LINK),
    ("a gateway on that link", ["10.5.0.1"], [], {}, ON_LINK + "route add 10.5.0.0/24 via 10.6.0.9 dev p0\n"),
    ("no route", ["10.0.0.1", "10.9.0.1"], [unreached(1, "2 enforced IPv4 addresses", "10.9.0.1 (ns/pod-2)")]),
    ("no route, with --node", ["--node", "10.9.0.1"],
     [unreached(1, "1 enforced IPv4 address", "10.9.0.1 (ns/pod-1)", advice=OWN_NODE)]),
    ("on a link, with --node", ["--node", "10.6.0.1"], [on_link("IPv4", 1, "10.6.0.1 (ns/pod-1)", "")], {}, ON_LINK),
    ("default route", ["fd00::1", "fd09::1"],
     [unreached(1, "2 enforced IPv6 addresses", "fd09::1 (ns/pod-2)", BY_DEFAULT)],
     {}, "route add default via fd00::9 dev p0 onlink\n"),
    ("default route, with --node", ["--node", "fd00::1", "fd09::1"],
     [unreached(1, "2 enforced IPv6 addresses", "fd09::1 (ns/pod-2)", BY_DEFAULT, OWN_NODE)],
     {}, "route add default via fd00::9 dev p0 onlink\n"),
    ("no route and the default route of the other family", ["10.9.0.1", "fd09::1"],
     [unreached(1, "1 enforced IPv4 address", "10.9.0.1 (ns/pod-1)"),
      unreached(1, "1 enforced IPv6 address", "fd09::1 (ns/pod-1)", BY_DEFAULT)],
     {}, "route add default via fd00::9 dev p0 onlink\n"),
    ("blackhole", ["10.9.0.1"], [unreached(1, "1 enforced IPv4 address", "10.9.0.1 (ns/pod-1)")], {},
     "route add blackhole 10.9.0.0/16\n"),
    ("a route of its own", ["10.9.0.1"], [], {}, "route add 10.9.0.1 dev p0\n"),
    ("more than are named", [f"10.9.0.{i}" for i in range(1, 6)],
     [unreached(5, "5 enforced IPv4 addresses", f"{FAR}, ...")]),
    ("more than are looked up", MANY,
     [on_link("IPv4", 250, "10.2.0.1 (ns/pod-1), 10.2.0.2 (ns/pod-2), 10.2.0.3 (ns/pod-3), ..."),
      unreached(6, "the first 256 enforced IPv4 addresses",
                "10.3.0.1 (ns/pod-251), 10.3.0.2 (ns/pod-252), 10.3.0.3 (ns/pod-253), ...")],
     {}, "route add 10.2.0.0/16 dev p0\n"),
    ("drop in ip", PODS, [drops("c", "ip other")], {}, "", CHAIN.format("ip other", "forward", "drop")),
    ("drop in ip, IPv6 pods", PODS[2:], [], {}, "", CHAIN.format("ip other", "forward", "drop")),
    ("drop in ip6", PODS, [drops("c", "ip6 other")], {}, "",
     CHAIN.format("ip6 other", "forward", "drop")),
    ("drop in inet", PODS[2:], [drops("c", "inet other")], {}, "",
     CHAIN.format("inet other", "forward", "drop")),
    ("drop in ours", PODS, [], {}, "", CHAIN.format("inet np2nft", "forward", "drop")),
    ("drop in ours, of another family", PODS, [drops("c", "ip np2nft")], {}, "",
     CHAIN.format("ip np2nft", "forward", "drop")),
    ("accept", PODS, [], {}, "", CHAIN.format("inet other", "forward", "accept")),
    ("notrack", PODS, [untracks("c", "inet other")], {}, "",
     RAW.format("inet other", "prerouting", "raw", "udp dport 53 notrack")),
    ("notrack, IPv6 pods", PODS[2:], [], {}, "",
     RAW.format("ip other", "prerouting", "raw", "udp dport 53 notrack")),
    ("notrack of what the node sends", PODS, [], {}, "",
     RAW.format("inet other", "output", "raw", "udp dport 53 notrack")),
    ("no notrack", PODS, [], {}, "", RAW.format("inet other", "prerouting", "raw", "udp dport 53 accept")),
    ("drop of input", PODS, [], {}, "", CHAIN.format("inet other", "input", "drop")),
    ("a second default route", PODS[:2], [ways("IPv4", "p0, q0.1")], {}, WAYS),
    ("a second default route, IPv6", PODS[2:], [ways("IPv6", "p0, q0.1")], {}, WAYS6),
    ("a second default route of the other family", PODS[2:], [], {}, WAYS),
    ("one route by two links", PODS[:2], [ways("IPv4", "p0, q0.1")], {"ipv4/conf/all/rp_filter": 1}, HOPS),
    ("two routes by one link", PODS[:2], [], {"ipv4/conf/all/rp_filter": 1},
     "route add default dev p0\nroute add default dev p0 metric 9\n"),
    ("a second default route, strict", PODS[:2], [ways("IPv4", "p0, q0.1"), STRICT],
     {"ipv4/conf/all/rp_filter": 1}, WAYS),
    ("a second default route, strict on the first", PODS[:2], [ways("IPv4", "p0, q0.1")],
     {"ipv4/conf/all/rp_filter": 0}, WAYS, "", {"ipv4/conf/p0/rp_filter": 1}),
    ("a second default route, strict on the second", PODS[:2], [ways("IPv4", "p0, q0.1"), STRICT],
     {"ipv4/conf/all/rp_filter": 0}, WAYS, "", {"ipv4/conf/q0.1/rp_filter": 1}),
    ("a second default route, loose", PODS[:2], [ways("IPv4", "p0, q0.1")],
     {"ipv4/conf/all/rp_filter": 1}, WAYS, "", {"ipv4/conf/q0.1/rp_filter": 2}),
    ("a table without a layout", PODS, [], {}, "", "add table inet np2nft"),
]

STATUS_TABLE = """table inet t {
	map ingress.v4 { type ipv4_addr : verdict; elements = {
		10.0.0.1 comment "a/one" : goto ingress/a/p_q, 10.0.0.2 comment "a/two" : goto ingress/a/p,
		10.0.0.3 comment "a/three" : goto free, 10.0.0.4 : goto ingress/a/p } }
	map ingress.v6 { type ipv6_addr : verdict; elements = {
		fd00::1 comment "a/one" : goto ingress/a/p_q } }
	map egress.v4 { type ipv4_addr : verdict; elements = {
		10.0.0.1 comment "a/one" : jump free, 10.0.0.2 comment "a/two" : jump free,
		10.0.0.3 comment "a/three" : jump egress/b/p/http.tcp.80 } }
	set self.v4 { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 } }
	set self.v6 { type ipv6_addr; }
	chain free { goto midstream; }
	chain midstream { counter packets 5 bytes 300 drop; }
	chain ingress/a/p_q { goto ingress/a/p_q/deny; }
	chain ingress/a/p_q/deny { counter packets 4000000000000 bytes 5000000000000 drop; }
	chain ingress/a/p { goto ingress/a/p/deny; }
	chain ingress/a/p/deny { counter packets 0 bytes 0 drop; }
	chain ingress/a/deny { goto ingress/a/deny/deny; }
	chain ingress/a/deny/deny { counter packets 0 bytes 0 drop; }
	chain egress/b/p/http.tcp.80 { goto egress/b/p/http.tcp.80/deny; }
	chain egress/b/p/http.tcp.80/deny { counter packets 1 bytes 60 drop; }
}
"""
# Chains in which packets end, and how many: those of tiers have no chain of the name above them everywhere.
TIERS = {"ingress/admin.x/Admin": 7, "egress/admin.x/a/p/Admin": 1, "node/admin.x/Admin": 1,
         "ingress/baseline.y/Baseline": 2, "ingress/admin.x/a/p": 3, "ingress/admin.x/a/p/Mixed": 4}
TIERS_TABLE = "table inet t {{\n\tchain ingress/admin.x/a/p {{ }}\n{}}}\n".format("".join(
    f"\tchain {name}/deny {{ counter packets {count} bytes {10 * count} drop; }}\n" for name, count in TIERS.items()))
TIERS_TEXT = """denied    18 packets
of them   9 by tier Admin, 3 by NetworkPolicies, 2 by tier Baseline

     packets           bytes  group
           7              70  ingress/admin.x/Admin
           1              10  egress/admin.x/a/p/Admin
           1              10  node/admin.x/Admin
           2              20  ingress/baseline.y/Baseline
           4              40  (addresses of several pods, which cluster policies tell apart)
           3              30  ingress/admin.x/a/p
"""


def tiers_json():
    """What JSON says of it."""
    def groups(*names):
        return [{"group": name, "packets": TIERS[name], "bytes": 10 * TIERS[name]} for name in names]
    nothing = {"packets": 0, "bytes": 0}
    return {"packets": 18, "bytes": 180, "midstream": nothing, "link": nothing, "mixed": {"packets": 4, "bytes": 40},
            "groups": groups("ingress/admin.x/a/p"),
            "admin": groups("ingress/admin.x/Admin", "egress/admin.x/a/p/Admin", "node/admin.x/Admin"),
            "baseline": groups("ingress/baseline.y/Baseline")}


STATUS_TEXT = """table     inet t
altered   chain forward: not as np2nft made it; apply puts it right
{}isolated  3 pods for ingress, 1 for egress
policies  4, in 4 groups
sets      2, with 2 elements
denied    4000000000006 packets

     packets           bytes  group
4000000000000   5000000000000  ingress/a/p_q
           5             300  (TCP that begins without a SYN, of all groups)
           1              60  egress/b/p/http.tcp.80
           0               0  (each of 2 other groups)
"""
STATUS_JSON = {
    "family": "inet", "table": "t", "in_force": True, "altered": ["chain forward"], "unfinished": None, "applied": None,
    "isolated": {"ingress": 3, "egress": 1}, "policies": 4, "policies_exact": True, "groups": 4,
    "sets": 2, "elements": 2,
    "denied": {"packets": 4000000000006, "bytes": 5000000000360,
               "midstream": {"packets": 5, "bytes": 300}, "link": {"packets": 0, "bytes": 0},
               "groups": [{"group": "ingress/a/p_q", "packets": 4000000000000, "bytes": 5000000000000},
                          {"group": "egress/b/p/http.tcp.80", "packets": 1, "bytes": 60},
                          {"group": "ingress/a/deny", "packets": 0, "bytes": 0},
                          {"group": "ingress/a/p", "packets": 0, "bytes": 0}]},
}
LONG = "ingress/a/" + "p" * 60 + "_" + "q" * 60 + "_" + "r" * 51 + "__0123456789ab"
LONG_TABLE = f"table inet t {{ chain {LONG} {{ }}\n chain {LONG}/deny {{ counter drop; }}\n }}"



@contextlib.contextmanager
def covered(path):
    """An empty folder instead of what is there."""
    mount("tmpfs", path)
    try:
        yield
    finally:
        libc.umount(path.encode())


def add_table(namespace, name, layout):
    """A table (inet) with a layout in its user data, over netlink."""
    def message(kind, flags, family, resource, body):
        return struct.pack("=IHHIIBBH", 20 + len(body), kind, flags, 0, 0, family, 0,
                           socket.htons(resource)) + body
    data = struct.pack("=BBI", 0x6e, 4, layout)
    text = name.encode() + b"\0"
    body = b"".join(struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)
                    for kind, value in ((1, text), (6, data)))
    with namespace.entered(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netlink:
        netlink.send(message(16, 1, 0, 10, b"") + message(10 << 8, 1 | 4 | 1 << 10, 1, 0, body)
                     + message(17, 1, 0, 10, b""))
        error, = struct.unpack_from("=i", netlink.recv(4096), 16)
        if error != 0:
            raise OSError(-error, "a table with user data")


class Inside:
    """The program, run in namespaces."""

    def __init__(self, path):
        self.path, self.results = str(path), []

    def run(self, namespace, *arguments, **options):
        """Output and exit status."""
        with namespace.entered():
            done = subprocess.run([self.path, *arguments], capture_output=True, text=True,
                                  check=False, timeout=20, **options)
        if done.stderr:
            raise judge.Failure(done.stderr)
        return done.stdout, done.returncode

    def expect(self, what, have, want):
        """Count, and say what is otherwise."""
        self.results.append(have == want)
        if have != want:
            print(f"{what}:\n  is      {have!r}\n  must be {want!r}", flush=True)

    def says(self, what, namespace, arguments, lines, **options):
        """preflight's words and exit status."""
        status = 2 if any(line.startswith("error") for line in lines) else 0
        self.expect(what, self.run(namespace, "preflight", *arguments, **options),
                    ("".join(f"{line}\n" for line in lines), status))


@contextlib.contextmanager
def node(settings=(), links="", rules="", link_settings=()):
    """A namespace with a link to pods, and what else is asked for."""
    with contextlib.closing(Namespace()) as namespace:
        namespace.configure({**SETTINGS, **dict(settings)})
        namespace.run(["ip", "-batch", "-"], LINKS + links)
        if rules:
            namespace.run(["nft", "-f", "-"], rules)
        namespace.configure(dict(link_settings))
        yield namespace


def check_preflight(inside):
    """Every condition, made so and not."""
    for what, arguments, lines, *made in CASES:
        with node(*made) as namespace:
            inside.says(what, namespace, arguments, lines)
    with node() as namespace:
        inside.says("no right", namespace, PODS, [RIGHT],
                    preexec_fn=lambda: system_call("prctl", PR_CAPBSET_DROP, CAP_NET_ADMIN, 0, 0, 0))
    # The folder is another one in each network namespace.
    with node(links=BRIDGE) as namespace, namespace.entered(), covered("/proc/sys/net/bridge"):
        inside.says("bridge without br_netfilter", namespace, BRIDGED, ABSENT)
        inside.says("br_netfilter is not needed", namespace, PODS, [])
    for tool, family, pods in (("iptables-legacy", "IPv4", PODS), ("ip6tables-legacy", "IPv6", PODS[2:])):
        if not shutil.which(tool):
            continue
        for policy in ("DROP", "ACCEPT"):
            with node() as namespace:
                namespace.run([tool, "-P", "FORWARD", policy])
                inside.says(f"{tool}, policy {policy}", namespace, pods,
                            [LEGACY.format(family)] if policy == "DROP" else [])
    for layout, lines in ((2, []), (3, []), (4, [NEWER])):
        with node() as namespace:
            add_table(namespace, "np2nft", layout)
            inside.says(f"layout {layout}", namespace, PODS, lines)
            inside.says("another table's layout", namespace, ["--table", "other", *PODS], [])
            inside.expect("nft does not see it", namespace.run(["nft", "list", "ruleset"]),
                          "table inet np2nft {\n}\n")


def check_state(inside):
    """The record, in the /run that only this process sees."""
    paths = ["-", "/no/such\nfile %0A", "tests"]
    kept = f"1700000000 9.8.7 3 40 3\n-\n/no/such\nfile %0A\n{os.path.realpath('tests')}\n"
    record = pathlib.Path("/run/np2nft")
    with contextlib.closing(Namespace()) as namespace, contextlib.closing(Namespace()) as other:
        read = lambda where=namespace, table="a/b": inside.run(where, "state", "read", table)
        inside.expect("no record", read(), ("none\n", 0))
        inside.expect("written", inside.run(namespace, "state", "write", "a/b", *paths), ("", 0))
        inside.expect("read", read(), (kept, 0))
        inside.expect("another table", read(table="a"), ("none\n", 0))
        inside.expect("another namespace", read(other), ("none\n", 0))
        file, = record.iterdir()
        inside.expect("modes", [oct(path.stat().st_mode & 0o777) for path in (record, file)],
                      ["0o755", "0o644"])
        inside.expect("its name", file.name, f"{os.fstat(namespace.file).st_ino}.a%2Fb")
        whole = file.read_bytes()
        foreign = file.with_name(f"{os.fstat(other.file).st_ino}.a%2Fb")
        foreign.write_bytes(whole)
        inside.expect("a number that was given out again", read(other), ("none\n", 0))
        for garbage in (*(whole[:cut] for cut in range(0, len(whole), 7)), whole + b"x", bytes(300),
                        whole.replace(b"pods 40", b"pods -4"), whole.replace(b"%0A", b"%0"),
                        whole.replace(b"time 17", b"time 9999999999999999999917"), b"\xff" * 300000):
            file.write_bytes(garbage)
            inside.expect(f"garbage {garbage[:200]!r}", read(), ("none\n", 0))
        inside.run(namespace, "state", "write", "a/b", *["x"] * 20)
        inside.expect("many paths", read(), ("1700000000 9.8.7 3 40 20\n" + 16 * "x\n", 0))
        inside.expect("nothing beside it", sorted(record.iterdir()), sorted([file, foreign]))
        for _ in range(2):
            inside.expect("removed", inside.run(namespace, "state", "remove", "a/b"), ("", 0))
        inside.expect("is gone", read(), ("none\n", 0))
        mount(None, "/run", MS_REMOUNT | MS_RDONLY)
        inside.expect("not writable", inside.run(namespace, "state", "write", "a/b"),
                      ("note: status will not know when and from what the table was applied: "
                       "/run/np2nft: Read-only file system\n", 0))
        mount(None, "/run", MS_REMOUNT)


def check_status(inside):
    """Text and JSON of a table with counts."""
    with contextlib.closing(Namespace()) as namespace:
        status = lambda form: inside.run(namespace, "status", form, "t")
        inside.expect("none", status("text"), ("nothing in force: there is no table inet t\n", 1))
        output, code = status("json")
        inside.expect("none, JSON", (json.loads(output), code),
                      ({"family": "inet", "table": "t", "in_force": False}, 1))
        namespace.run(["nft", "-f", "-"], STATUS_TABLE)
        inside.expect("text", status("text"), (STATUS_TEXT.format("applied   not recorded\n"), 0))
        output, code = status("json")
        inside.expect("JSON", (json.loads(output), code), (STATUS_JSON, 0))
        inside.run(namespace, "state", "write", "t", "-", "/a\x1b\"\\\udcff")
        inside.expect("text with record", inside.run(namespace, "status", "text", "t", errors="replace"),
                      (STATUS_TEXT.format("applied   2023-11-14 22:13:20 UTC by np2nft 9.8.7\n"
                                          "from      standard input, /a?\"\\?: 3 policies, 40 pods\n"),
                       0))
        output, code = status("json")
        inside.expect("JSON with record", (json.loads(output)["applied"], code), (
            {"time": "2023-11-14T22:13:20Z", "version": "9.8.7", "path_count": 2, "policies": 3,
             "pods": 40, "paths": ["-", "/a\x1b\"\\\ufffd"]}, 0))
        namespace.run(["nft", "-f", "-"], f"delete table inet t\n{LONG_TABLE}")
        found = json.loads(status("json")[0])
        inside.expect("a name that was cut", (found["policies"], found["policies_exact"]), (2, False))
        namespace.run(["nft", "-f", "-"], f"delete table inet t\n{TIERS_TABLE}")
        inside.expect("tiers", status("text")[0].partition("denied")[2], TIERS_TEXT.partition("denied")[2])
        inside.expect("tiers, JSON", json.loads(status("json")[0])["denied"], tiers_json())


def main():
    """Check everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--inside", required=True, type=pathlib.Path, metavar="PATH")
    inside = Inside(parser.parse_args().inside.resolve())
    judge.end_tidily()
    become_root()
    own_run()
    check_preflight(inside)
    check_state(inside)
    check_status(inside)
    print(f"{inside.results.count(True)} passed, {inside.results.count(False)} failed")
    sys.exit(0 if all(inside.results) else 1)


if __name__ == "__main__":
    main()
