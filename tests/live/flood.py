#!/usr/bin/python3
"""Check under a flood of packets that no packet meets half a change.

    flood.py --np2nft PATH [--applies N]

The policies come and go, but all of them allow one flow and deny another. Blocks, port ranges and port maps
change; the denial moves between egress and ingress, and the client moves from one set of peers to another. A
third flow is always allowed, too: its two pods are under no policy or both under policies, because they are
labelled together. A rule of tier Admin accepts a fourth flow before later rules deny it, and another one
denies a fifth flow although a NetworkPolicy allows it; cluster policies before and behind those rules come
and go, and it changes which of the rules name the caller. Connection tracking is off for all flows, so that
the rules judge every packet, and the kernel counts the packets before and behind the rules. Some applies are
killed, some run two at once, and somebody else changes nf_tables all the time. No packet of an allowed flow
may be lost, and none of a denied one may pass.
"""

import argparse
import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import judge
import packets
from namespace import become_root, own_run
from node import Node, frame

PODS = {"client": "10.0.0.1", "server": "10.0.0.2", "left": "10.0.0.3", "right": "10.0.0.4",
        "caller": "10.0.0.5"}
ALLOWED, DENIED, TOGETHER, ACCEPTED, REFUSED = 1001, 1002, 1003, 1004, 1005
FLOWS = {TOGETHER: ("left", "right"),
         **dict.fromkeys((ALLOWED, DENIED), ("client", "server")),
         **dict.fromkeys((ACCEPTED, REFUSED), ("caller", "server"))}


def counters():
    """A table that counts each flow before and behind, untracked."""
    def lines(text, *ways):
        return "\n".join(text.format(way=way, port=port) for way in ways for port in FLOWS)
    return f"""table inet counting {{
        {lines("counter {way}-{port} {{}}", "in", "out")}
        chain before {{
            type filter hook prerouting priority raw; policy accept;
            udp dport {ALLOWED}-{REFUSED} notrack
            {lines("udp dport {port} counter name {way}-{port}", "in")}
        }}
        chain behind {{
            type filter hook postrouting priority 300; policy accept;
            {lines("udp dport {port} counter name {way}-{port}", "out")}
        }}
    }}"""


def block(second, ports):
    """A rule with 200 blocks on a range of ports."""
    return {"from": [{"ipBlock": {"cidr": f"172.{second}.{third}.0/24"}} for third in range(200)],
            "ports": [{"protocol": "UDP", "port": ports, "endPort": ports + 500}]}


def policy(name, way, *rules):
    """A policy on the server's ingress or the client's egress."""
    pods = {"client": "yes"} if way == "egress" else {"app": "server"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name},
            "spec": {"podSelector": {"matchLabels": pods}, "policyTypes": [way.capitalize()],
                     way: list(rules)}}


def rule(way, app, *ports):
    """A rule for a pod on ports; two are a range."""
    port = {"protocol": "UDP", "port": ports[0]} | ({"endPort": ports[1]} if ports[1:] else {})
    return {way: [{"podSelector": {"matchLabels": {"app": app}}}], "ports": [port]}


def tier_rule(action, peer, *ports):
    """A rule of a tier for pods with a label, on ports; two are a range, none are all."""
    found = {"action": action, "from": [{"pods": {"podSelector": {"matchLabels": peer}}}]}
    if ports:
        port = {"range": dict(zip(("start", "end"), ports))} if ports[1:] else {"number": ports[0]}
        found["protocols"] = [{"udp": {"destinationPort": port}}]
    return found


def tier(name, priority, *rules, name_of_tier="Admin"):
    """A cluster policy on the server's ingress."""
    return {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
            "metadata": {"name": name},
            "spec": {"tier": name_of_tier, "priority": priority,
                     "subject": {"pods": {"podSelector": {"matchLabels": {"app": "server"}}}},
                     "ingress": list(rules)}}


NOBODY, CALLER, GUEST = {"app": "nobody"}, {"caller": "yes"}, {"app": "guest"}
ACCEPT, REFUSE = tier_rule("Accept", CALLER, ACCEPTED), tier_rule("Deny", CALLER, REFUSED)
BEHIND = tier("behind", 20, tier_rule("Deny", CALLER, ACCEPTED, REFUSED))
# All of them accept the one flow, and deny the other.
TIERS = [
    [tier("always", 10, ACCEPT, REFUSE)],
    [tier("always", 10, ACCEPT, REFUSE), BEHIND],
    [tier("before", 5, tier_rule("Deny", NOBODY), tier_rule("Pass", NOBODY, ACCEPTED)),
     tier("always", 10, REFUSE, ACCEPT), BEHIND],
    [tier("always", 10, tier_rule("Accept", GUEST, ACCEPTED), ACCEPT, tier_rule("Deny", GUEST, REFUSED), REFUSE,
          tier_rule("Deny", CALLER, ACCEPTED))],
    [tier("always", 10, ACCEPT, REFUSE),
     tier("last", 0, tier_rule("Deny", CALLER, ACCEPTED), name_of_tier="Baseline")],
]


def state(client, *policies, pair="", tiers=0):
    """A state of the cluster, as text; of left and right, with what is added to their labels."""
    labels = {"client": {"app": client, "client": "yes"}, "server": {"app": "server"},
              "caller": {"app": client, "caller": "yes"},
              "left": {"app": "left" + pair}, "right": {"app": "right" + pair}}
    pods = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels[name]},
             "status": {"podIP": address}} for name, address in PODS.items()]
    both = policy("both", "ingress", rule("from", "left", TOGETHER))
    both["spec"]["podSelector"] = {"matchLabels": {"app": "right"}}
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [*pods, *policies, both, *TIERS[tiers]]})


def states():
    """The states of the cluster that are gone through."""
    allow = rule("from", "client", ALLOWED)
    either = policy("a", "ingress", allow, rule("from", "guest", ALLOWED - 9, ALLOWED))
    wide = policy("wide", "ingress", rule("from", "client", REFUSED))
    return [
        state("client", policy("a", "ingress", allow)),
        state("client", policy("a", "ingress", allow), policy("b", "ingress", block(16, 2000))),
        state("client", policy("a", "ingress", allow, block(17, 3000))),
        state("client", policy("a", "ingress", allow),
              policy("c", "ingress", {"ports": [{"protocol": "UDP", "port": 1500}]})),
        # Half of this and half of the next would let the denied flow pass.
        state("client", policy("out", "egress", rule("to", "server", ALLOWED)),
              policy("a", "ingress", rule("from", "client", ALLOWED, DENIED))),
        state("client", policy("out", "egress", rule("to", "server", ALLOWED, DENIED)),
              policy("a", "ingress", allow)),
        state("client", policy("out", "egress", rule("to", "server", ALLOWED)),
              policy("a", "ingress", rule("from", "client", ALLOWED, DENIED))),
        state("client", either),
        state("guest", either),
        state("client", either),
        state("client", either, pair="-unknown"),
        state("client", either),
        state("client", either, pair="-unknown"),
        *(state(client, either, wide, tiers=tiers)
          for tiers in (1, 2, 0, 3, 2, 4, 3, 1) for client in ("client", "guest", "client")),
    ]


def flood(node):
    """A process that sends all flows until it is killed."""
    frames = [frame(packets.packet((PODS[source], PODS[to], "UDP", port), 40000, 1))
              for port, (source, to) in FLOWS.items()]
    child = os.fork()
    if child:
        return child
    while True:
        for packet in frames:
            try:
                node.sender.send(packet)
            except OSError:
                pass


def change_others(node):
    """A process that changes a table of somebody else's without pause, until it is killed."""
    child = os.fork()
    if child:
        return child
    with node.namespace.entered():
        while True:
            subprocess.run(["nft", "add table ip others; delete table ip others"], check=False)


def apply_all(node, np2nft, files, applies):
    """Apply one state after the other; every fifth is killed, every seventh has another beside it."""
    for number, file in zip(range(applies), itertools.cycle(files)):
        command = [np2nft, "apply", "--quiet", str(file)]
        with node.namespace.entered():
            first = subprocess.Popen(command)
            others = [subprocess.Popen([*command[:-1], str(files[0])])] if number % 7 == 6 else []
        if number % 5 == 4:
            try:
                first.wait(0.001 * (number % 8))
            except subprocess.TimeoutExpired:
                first.send_signal(signal.SIGKILL)
        for process in (first, *others):
            if process.wait() not in (0, -signal.SIGKILL):
                raise judge.Failure("apply failed")


def main():
    """Flood, apply, count."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--applies", type=int, default=80, metavar="N")
    arguments = parser.parse_args()
    judge.end_tidily()
    become_root()
    own_run()
    with tempfile.TemporaryDirectory() as folder, Node() as node:
        files = []
        for number, text in enumerate(states()):
            files.append(pathlib.Path(folder) / f"{number}.json")
            files[-1].write_text(text, encoding="utf-8")
        node.load(counters())
        apply_all(node, arguments.np2nft, files[:1], 1)
        children = [flood(node), change_others(node)]
        try:
            apply_all(node, arguments.np2nft, files, arguments.applies)
        finally:
            for child in children:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
        listed = json.loads(node.namespace.run(["nft", "-j", "list", "counters"]))["nftables"]
    counts = {entry["counter"]["name"]: entry["counter"]["packets"]
              for entry in listed if "counter" in entry}
    lost = sum(counts[f"in-{port}"] - counts[f"out-{port}"] for port in (ALLOWED, TOGETHER, ACCEPTED))
    through = sum(counts[f"out-{port}"] for port in (DENIED, REFUSED))
    print(f"{arguments.applies} applies, {counts[f'in-{ALLOWED}']} packets of each flow: "
          f"{lost} of what is allowed lost, {through} of what is denied passed")
    passed = all(counts[f"in-{port}"] for port in FLOWS) and lost == 0 and through == 0
    print(f"{int(passed)} passed, {int(not passed)} failed")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
