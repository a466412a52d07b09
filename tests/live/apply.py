#!/usr/bin/python3
"""Check that `apply` leaves the kernel with what `compile` prints, whatever was there before.

    apply.py --np2nft PATH [--seeds A-B] [RULES-FOLDER...]

Each example and each made-up cluster (tests/opinion/generate.py) is applied over the one before it, and each
of the latter at a later time over itself, so that every kind of difference occurs. A second node gets the
printed text from `nft -f`. Both must list the same table (chains and sets in any order), `diff` must find
nothing then, a second `apply` must send nothing, and what a dry run prints must bring a third node to the
same table. The base chain must stay hooked, which is seen from its handle and the table's. Then packets must
fare on the first node as the example's table or the API's words say.

Before that, each example is applied and loaded where there is no table; both nodes must then list the same,
byte for byte. After it, `apply` must put right what somebody changes in the table by hand, and so must what
`diff` prints. The exit status is 1 if anything is not so.
"""

import argparse
import difflib
import functools
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile

import judge
import cases
import generate
import random_clusters
from namespace import FORWARDING, Namespace, NodeError, become_root, own_run
from node import Node
from preflight import add_table

SHOWN = 5  # lines of a table
TAMPERING = [
    "add rule inet np2nft free counter accept",
    "insert rule inet np2nft forward accept",
    "add element inet np2nft ingress.v4 { 192.0.2.1 : accept }",
    "flush chain inet np2nft midstream",
    "add chain inet np2nft mine; add rule inet np2nft mine drop",
    "add set inet np2nft mine { type mark; elements = { 1 }; }",
    "flush chain inet np2nft midstream; add rule inet np2nft midstream meta nfproto ipv4 counter drop",
    "insert rule inet np2nft midstream ip saddr set ip daddr jump always",
    "add set inet np2nft many { type ipv4_addr; size 2; }",
    "add rule inet np2nft forward jump { counter drop; }",
    "flush chain inet np2nft free; add rule inet np2nft free ct state established,related "
    "tcp flags & (fin | syn | rst | ack) != syn jump midstream",
    "flush chain inet np2nft free; add rule inet np2nft free tcp dport 80-90 "
    "tcp flags & (fin | syn | rst | ack) != syn jump midstream",
    "insert rule inet np2nft midstream tcp dport 80 accept",
    "flush chain inet np2nft forward; add rule inet np2nft forward ct state established,related accept; "
    + "; ".join(f"add rule inet np2nft forward ct state established,related {look_up}" for look_up in (
        "ip saddr vmap @egress.v4", "ip daddr vmap @ingress.v4",
        "ip6 saddr vmap @egress.v6", "ip6 daddr vmap @ingress.v6")),
    *("flush chain inet np2nft forward; delete map inet np2nft ingress.v4; "
      f"add {other_kind}" for other_kind in (
          "set inet np2nft ingress.v4 { type ipv4_addr; }",
          "map inet np2nft ingress.v4 { type ipv4_addr : mark; size 1024; }",
          "map inet np2nft ingress.v4 { type ipv4_addr : verdict; size 1024; flags timeout; }")),
    *(f"flush chain inet np2nft forward; delete map inet np2nft ingress.v4; "
      f"add map inet np2nft ingress.v4 {{ {declared}; size 1024; }}" for declared in (
          "typeof ip saddr : verdict", "type ipv4_addr : verdict; policy memory",
          "type ipv4_addr : verdict; counter", "type ipv4_addr : verdict; comment \"mine\"")),
    "add rule inet np2nft free ct mark { 1, 2 } accept",
    "add rule inet np2nft free meta mark set ip saddr map { 192.0.2.1 : 1 }",
    "flush chain inet np2nft always; add rule inet np2nft always counter counter drop",
    "add element inet np2nft ingress.v4 { * : accept }",
    *(f"add {named} inet np2nft mine {{ {how} }}" for named, how in (
        ("counter", ""), ("quota", "over 10 mbytes;"), ("limit", "rate 10/second;"),
        ("ct helper", "type \"ftp\" protocol tcp;"),
        ("ct timeout", "protocol tcp; l3proto ip; policy = { established: 100 };"),
        ("ct expectation", "protocol tcp; dport 21; timeout 1m; size 10; l3proto ip;"))),
    "add counter inet np2nft mine; add quota inet np2nft mine { over 10 mbytes; }; "
    "insert rule inet np2nft forward counter name mine accept; "
    "add rule inet np2nft free quota name mine drop",
    "add counter inet np2nft mine; add map inet np2nft counted "
    "{ type ipv4_addr : counter; elements = { 192.0.2.1 : \"mine\" }; }; "
    "add chain inet np2nft mine; add rule inet np2nft mine counter name ip saddr map @counted; "
    "add rule inet np2nft free jump mine",
    "add set inet np2nft seen { type ipv4_addr; flags dynamic,timeout; timeout 1m; }; "
    "add rule inet np2nft free add @seen { ip saddr counter }",
]
FLOWTABLE = "add flowtable inet np2nft mine { hook ingress priority 0; devices = { lo }; }"
# Not every kernel has these.
RARE_TAMPERING = [
    FLOWTABLE,
    f"{FLOWTABLE}; insert rule inet np2nft forward meta l4proto tcp flow add @mine",
    "add secmark inet np2nft mine { \"system_u:object_r:ssh_server_packet_t:s0\"; }",
    "add synproxy inet np2nft mine { mss 1460; wscale 7; timestamp sack-perm; }",
]
# The same in the table of the example tiers-resolved, where the order of sets and rules decides: an element, a set, a
# rule and a chain each that is missing, too much, in another order, elsewhere, or under another name.
WATCHED = "inet np2nft ingress/admin.watched/Admin"
ACCEPTED = "inet np2nft first/admin.watched/ingress/accepted__452af5cbf896.v4"
DENIED = "inet np2nft first/admin.watched/ingress/denied__f1b7f8d3cd88.v4"
TIERED = "tiers-resolved"
TIER_TAMPERING = [
    f"delete element {ACCEPTED} {{ 10.244.1.12 }}",
    f"add element {ACCEPTED} {{ 10.244.1.15 }}",
    f"add element {DENIED} {{ 10.244.1.12 }}",
    f"delete element {ACCEPTED} {{ 10.244.1.12 }}; add element {DENIED} {{ 10.244.1.12 }}",
    f"delete element {ACCEPTED} {{ 10.244.1.12 }}; add element {ACCEPTED} {{ 10.244.1.12 comment \"mine\" }}",
    f"flush set {ACCEPTED}",
    "flush set inet np2nft pods/all_namespaces.v4",
    "delete element inet np2nft ingress.v4 { 10.244.1.12 }; "
    "add element inet np2nft ingress.v4 { 10.244.1.12 : goto free }",
    f"flush chain {WATCHED}",
    f"flush chain {WATCHED}/any",
    f"flush chain {WATCHED}/deny",
    f"flush chain {WATCHED}/deny; add rule {WATCHED}/deny counter drop",
    f"insert rule {WATCHED}/any ip saddr @pods/all_namespaces.v4 goto ingress/admin.watched/Admin/deny",
    f"flush chain {WATCHED}; add rule {WATCHED} goto ingress/admin.watched/Admin/any; "
    f"add rule {WATCHED} tcp dport 80 goto ingress/admin.watched/Admin/tcp.80",
    f"flush chain {WATCHED}; add rule {WATCHED} tcp dport 80 goto ingress/admin.watched/Admin/any; "
    f"add rule {WATCHED} goto ingress/admin.watched/Admin/any",
    f"rename chain {WATCHED}/any mine",
    f"rename chain {WATCHED}/deny mine",
    f"flush chain {WATCHED}; flush chain {WATCHED}/tcp.80; flush chain {WATCHED}/any; "
    f"delete chain {WATCHED}/any; add chain {WATCHED}/any",
    f"flush chain {WATCHED}/tcp.80; delete set {ACCEPTED}",
    f"flush chain {WATCHED}/tcp.80; delete set {ACCEPTED}; add set {ACCEPTED} {{ type ipv4_addr; flags interval; }}",
    "flush chain inet np2nft forward; delete map inet np2nft ingress.v4",
    "flush chain inet np2nft ingress/admin.watched; add rule inet np2nft ingress/admin.watched accept",
]
# What can only be put right by another table.
REPLACING = [
    "delete table inet np2nft",
    "add table inet np2nft { flags dormant; }",
    "delete table inet np2nft; add table inet np2nft { comment \"mine\"; }",
    "add chain inet np2nft forward { type filter hook forward priority 0; policy drop; }",
    "add chain inet np2nft mine { type filter hook input priority 0; policy drop; }",
]
# What no policies would make of a table: status says so.
ALTERING = [
    "flush chain inet np2nft forward", "flush chain inet np2nft midstream",
    "add rule inet np2nft forward jump { counter drop; }", "add counter inet np2nft mine {  }", *REPLACING,
    "flush chain inet np2nft forward; delete map inet np2nft ingress.v4",
]
OLDER_LAYOUT = 2  # before there were tiers (src/ruleset/layout.h)
HANDLES = re.compile(r"^table .*# handle (\d+)$|^\tchain forward .*# handle (\d+)$", re.MULTILINE)


def blocks(listing):
    """The chains and sets of a listed table, in an order of their own."""
    head, _, body = listing.partition("{\n")
    return [head, *sorted(block.strip() for block in body.rstrip().removesuffix("}").split("\n\n"))]


def listed(namespace):
    """The table, counters left out."""
    return blocks(namespace.run(["nft", "-s", "list", "table", "inet", "np2nft"]))


def hooked(namespace):
    """By which handles the kernel knows the table and its base chain; none if there is none."""
    with namespace.entered():
        return HANDLES.findall(subprocess.run(["nft", "-at", "list", "table", "inet", "np2nft"], text=True,
                                              capture_output=True, check=False).stdout)


def generation(namespace):
    """The number of nf_tables that every transaction changes (NFT_MSG_GETGEN's NFTA_GEN_ID)."""
    with namespace.entered(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netlink:
        netlink.send(struct.pack("=IHHIIBBH", 20, 10 << 8 | 16, 1, 0, 0, 0, 0, 0))
        return struct.unpack_from(">I", netlink.recv(4096), 24)[0]


def check_fresh(np2nft, case):
    """On a node that has no table, `apply` and the printed text give the same, byte for byte."""
    listings = []
    for on_its_way in (["sh", "-c", '"$@" | nft -f -', "sh", np2nft, "compile"], [np2nft, "apply"]):
        namespace = Namespace()
        namespace.configure(FORWARDING)
        namespace.run([*on_its_way, "-q", *case.options, str(case.folder)])
        listings.append(namespace.run(["nft", "list", "ruleset"]))
        namespace.run([np2nft, "diff", "-q", *case.options, str(case.folder)])
        namespace.close()
    if listings[0] != listings[1]:
        differing = difflib.unified_diff(*map(str.splitlines, listings), lineterm="")
        raise judge.Failure("\n".join(list(differing)[:SHOWN]))


class Applied:
    """A node that is applied to, and those whose tables it is compared with."""

    def __init__(self, np2nft, node):
        self.np2nft, self.node, self.applied = np2nft, node, node.namespace
        self.loaded, self.rehearsed = Namespace(), Namespace()
        self.rehearsed.configure(FORWARDING)

    def command(self, namespace, name, path, options):
        """Run np2nft in a namespace; made-up clusters may hold domain names, which apply would refuse."""
        if name == "apply":
            options = ["--without-domain-names", *options]
        return namespace.run([self.np2nft, name, "-q", *options, str(path)])

    def check(self, path, options, check_packets):
        """Apply over what is there, and compare; Failure says how it differs."""
        text = judge.ruleset(self.np2nft, path, options)
        self.loaded.run(["nft", "-f", "-"], text)
        dry = self.command(self.rehearsed, "apply", path, ["--dry-run", *options])
        self.rehearsed.run(["nft", "-f", "-"], dry)
        self.apply(path, options)
        want = listed(self.loaded)
        for name, node in (("apply", self.applied), ("the dry run, loaded,", self.rehearsed)):
            have = listed(node)
            if have != want:
                differing = [block for block in have + want if (block in have) != (block in want)]
                raise judge.Failure(f"{name} leaves another table:\n" + "\n".join(differing[:4]))
        self.check_silent(path, options)
        check_packets(self.node)

    def apply(self, path, options, keeps=True):
        """Apply, which must leave the base chain where it is, hooked, if it @keeps the table."""
        before = hooked(self.applied)
        self.command(self.applied, "apply", path, options)
        if before and keeps and hooked(self.applied) != before:
            raise judge.Failure(f"apply unhooks: handles {before}, then {hooked(self.applied)}")

    def load_difference(self, path, options, _):
        """What `diff` prints, which must be something, loaded."""
        with self.applied.entered():
            diff = subprocess.run([self.np2nft, "diff", "-q", *options, str(path)], text=True,
                                  capture_output=True, check=False)
        if diff.returncode != 1:
            raise judge.Failure(f"diff exits with {diff.returncode}: {diff.stderr.strip()}")
        self.applied.run(["nft", "-f", "-"], diff.stdout)

    def check_silent(self, path, options):
        """A second apply sends nothing, and diff agrees."""
        self.command(self.applied, "diff", path, options)
        before = generation(self.applied)
        self.command(self.applied, "apply", path, options)
        if generation(self.applied) != before:
            raise judge.Failure("a second apply sent something")

    def status(self):
        """Exit status of `status`: 0 if all is in force."""
        with self.applied.entered():
            return subprocess.run([self.np2nft, "status"], stdout=subprocess.DEVNULL, check=False).returncode

    def check_tampering(self, path, options, changes):
        """What somebody changed by hand is put right."""
        self.apply(path, options, keeps=False)
        want = listed(self.applied)
        for change in changes:
            for put_right in (self.apply, self.load_difference):
                try:
                    self.applied.run(["nft", change])
                except NodeError as error:
                    if change not in RARE_TAMPERING or "Could not process rule" not in str(error):
                        raise
                    print(f"SKIPPED: not with this kernel: {change}")
                    break
                if change in ALTERING and self.status() != 1:
                    raise judge.Failure(f"status does not see: {change}")
                put_right(path, options, change not in REPLACING)
                if listed(self.applied) != want:
                    raise judge.Failure(f"not put right by {put_right.__name__}: {change}")
                if self.status() != 0:
                    raise judge.Failure(f"status does not see that this is put right: {change}")

    def check_older(self, path, options):
        """A table of an older layout is never taken for ours, whatever is in it: one transaction replaces it."""
        self.apply(path, options)
        want, text = listed(self.applied), judge.ruleset(self.np2nft, path, options)
        self.applied.run(["nft", "delete table inet np2nft"])
        add_table(self.applied, "np2nft", OLDER_LAYOUT)
        self.applied.run(["nft", "-f", "-"], text.replace("delete table inet np2nft\n", ""))
        if self.status() != 1:
            raise judge.Failure("status takes an older table for ours")
        before, found = hooked(self.applied), generation(self.applied)
        self.apply(path, options, keeps=False)
        if hooked(self.applied) == before:
            raise judge.Failure("the older table was kept")
        if generation(self.applied) != found + 1:
            raise judge.Failure("an older table is not replaced in one transaction")
        if listed(self.applied) != want:
            raise judge.Failure("an older table is not replaced by what compile prints")
        self.check_silent(path, options)

    def check_source(self, path, options):
        """status tells from what a table was made only if np2nft made it, and not somebody else in its place."""
        for load, by_us in ((self.apply, True), (self.load_text, False), (self.apply, True)):
            load(path, options)
            said = self.applied.run([self.np2nft, "status"])
            if (f"from      {path.resolve()}" in said) != by_us or ("applied   not by np2nft" in said) == by_us:
                raise judge.Failure(f"status is wrong about what made the table: {said}")

    def load_text(self, path, options):
        """What somebody does who has the ruleset as text."""
        self.applied.run(["nft", "-f", "-"], judge.ruleset(self.np2nft, path, options))

    def check_delete(self):
        """The table goes, and nothing else; also when there is none."""
        self.applied.run(["nft", "add table inet other"])
        for _ in range(2):
            self.applied.run([self.np2nft, "delete"])
            if self.applied.run(["nft", "list", "tables"]).split() != ["table", "inet", "other"]:
                raise judge.Failure("delete leaves other tables than it found")


def made_up(numbers, folder):
    """Clusters by seed, and each at a later time: a path, options and a check of packets each."""
    for seed in numbers:
        made = generate.generate(seed)
        for name, state in ((str(seed), made), (f"{seed} later", generate.later(made, seed))):
            path = folder / name
            generate.write(state["objects"], path, name)
            yield path, random_clusters.options(state), \
                functools.partial(random_clusters.check_packets, state)


def examples(folders):
    """The examples of rules folders."""
    return [cases.Case(path) for folder in folders for path in sorted(pathlib.Path(folder).iterdir())]


def by_table(found):
    """Examples that are about the usual table: a path, options and a check of packets each."""
    for case in found:
        if "--table" not in case.options:
            yield case.folder, case.options, functools.partial(check_table, case)


def check_table(case, node):
    """Each line of an example's table, by packets."""
    wrong = [text for _, found in cases.failures(case, node) for text in found]
    if wrong:
        raise judge.Failure("\n".join(wrong[:SHOWN]))


def attempt(what, check, *arguments):
    """Whether the check passed; says how if not."""
    try:
        check(*arguments)
        return True
    except (judge.Failure, NodeError) as failure:
        print(f"{what}: {failure}", flush=True)
        return False


def main():
    """Check everything in one row."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--seeds", type=random_clusters.seeds, default=range(0), metavar="A-B")
    parser.add_argument("folders", nargs="*", metavar="RULES-FOLDER")
    arguments = parser.parse_args()
    judge.end_tidily()
    become_root()
    own_run()
    with tempfile.TemporaryDirectory(dir="/run") as folder, Node() as node:
        nodes, results = Applied(arguments.np2nft, node), []
        found = examples(arguments.folders)
        for case in found:
            results.append(attempt(f"{case.folder.name}, fresh", check_fresh, arguments.np2nft, case))
        inputs = [*by_table(found), *made_up(arguments.seeds, pathlib.Path(folder))]
        for path, *how in inputs:
            results.append(attempt(path.name, nodes.check, path, *how))
        results.append(attempt("tampering", nodes.check_tampering, *inputs[0][:2],
                               TAMPERING + RARE_TAMPERING + REPLACING))
        results += [attempt(f"tampering with {TIERED}", nodes.check_tampering, path, options, TIER_TAMPERING)
                    for path, options, _ in inputs if path.name == TIERED]
        results.append(attempt("an older layout", nodes.check_older, *inputs[0][:2]))
        results.append(attempt("what made the table", nodes.check_source, *inputs[0][:2]))
        results.append(attempt("delete", nodes.check_delete))
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
