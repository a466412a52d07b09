#!/usr/bin/python3
"""Check that the ruleset and the policies' own words agree where pods share addresses.

    shared_checked.py --np2nft PROGRAM --seeds A-B

Many of the made-up pods share an address, in one family or in both. Policies in both directions name peers by
label, by block, and ports by a name that some of the pods have. Each connection is expected once to be
allowed and once to be denied: np2nft gives the reasons for what does not hold, and says so if the reasons
contradict the ruleset. Prints each contradiction. Exit status: 0 if there is none, 1 if there is one.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))

from random_clusters import seeds

PORTS = (80, 81, 85)
ADDRESSES = ("10.0.0.2", "10.0.0.9", "'fd00::1'")


def a_selector(dice):
    """One that some of the pods match."""
    return dice.choice(["{}", f"{{matchLabels: {{app: a{dice.randrange(3)}}}}}",
                        f"{{matchExpressions: [{{key: app, operator: NotIn, values: [a{dice.randrange(3)}]}}]}}"])


def a_peer(dice):
    """Pods, or addresses that pods have, too."""
    selector = a_selector(dice)
    return dice.choice([f"{{podSelector: {selector}}}", f"{{podSelector: {selector}, namespaceSelector: {{}}}}",
                        f"{{ipBlock: {{cidr: 10.0.0.{dice.choice(['0/30', '2/31', '0/24', '4/32'])}}}}}",
                        f"{{ipBlock: {{cidr: 0.0.0.0/0, except: [10.0.0.{dice.randrange(5)}/32]}}}}"])


def a_rule(dice, side):
    """One with peers or without, with ports or without."""
    peers = "" if dice.random() < .2 else f"{side}: [{', '.join(a_peer(dice) for _ in range(dice.randrange(1, 3)))}]"
    ports = dice.choice(["", "ports: [{port: web}]", "ports: [{port: 80}]", "ports: [{port: 81, endPort: 90}]"])
    return "{" + ", ".join(part for part in (peers, ports) if part) + "}"


def a_policy(dice, number):
    """In either direction, or in both."""
    types = dice.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"]])
    rules = "".join(f", {kind.lower()}: [{', '.join(a_rule(dice, side) for _ in range(dice.randrange(3)))}]"
                    for kind, side in (("Ingress", "from"), ("Egress", "to")) if kind in types)
    return (f"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: q{number}, "
            f"namespace: n{dice.randrange(2)}}}\nspec: {{podSelector: {a_selector(dice)}, "
            f"policyTypes: [{', '.join(types)}]{rules}}}\n")


def a_cluster(dice):
    """Its objects as YAML, and the names of its pods."""
    made, names = [], []
    for number in range(dice.randrange(3, 7)):
        names.append(f"n{dice.randrange(2)}/p{number}")
        namespace, name = names[-1].split("/")
        addresses = f"{{ip: 10.0.0.{dice.randrange(1, 5)}}}"
        if dice.random() < .4:
            addresses += f", {{ip: 'fd00::{dice.randrange(1, 4)}'}}"
        ports = f", ports: [{{name: web, containerPort: {dice.choice([80, 81])}}}]" if dice.random() < .7 else ""
        made.append(f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: "
                    f"{{app: a{dice.randrange(3)}}}}}\nspec: {{containers: [{{name: c{ports}}}]}}\n"
                    f"status: {{phase: Running, podIPs: [{addresses}]}}\n")
    return "".join(made + [a_policy(dice, number) for number in range(dice.randrange(1, 6))]), names


def expectations(names):
    """Of every pod, some addresses, and all pods together, that they reach each other, and that they do not."""
    ends = [*names, *ADDRESSES, "{podSelector: {}, namespaceSelector: {}}"]
    return "---\napiVersion: np2nft/v1\nkind: Expectations\nmetadata: {name: e}\nexpectations:\n" + "".join(
        f"- {{from: {one}, to: {other}, ports: [{port}], allow: {allow}}}\n"
        for one in ends for other in ends for port in PORTS for allow in ("true", "false"))


def fault_of(np2nft, seed):
    """What np2nft says of itself; "" if it is at one with itself."""
    made, names = a_cluster(random.Random(seed))
    with tempfile.NamedTemporaryFile("w", prefix="np2nft-shared-", suffix=".yaml", encoding="ascii") as file:
        file.write(made + expectations(names))
        file.flush()
        run = subprocess.run([np2nft, "test", "-q", file.name], capture_output=True, text=True, check=False)
    return "" if run.returncode in (0, 1) else run.stderr.splitlines()[0]


def main():
    """All seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--np2nft", required=True, metavar="PROGRAM")
    parser.add_argument("--seeds", required=True, type=seeds, metavar="A-B")
    arguments = parser.parse_args()
    faults = {seed: fault_of(arguments.np2nft, seed) for seed in arguments.seeds}
    for seed, fault in faults.items():
        if fault:
            print(f"seed {seed}: {fault}")
    sys.exit(any(faults.values()))


if __name__ == "__main__":
    main()
