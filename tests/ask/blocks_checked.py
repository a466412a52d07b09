#!/usr/bin/python3
"""Check that an address is answered by the ipBlocks that it is in, where many overlap.

    blocks_checked.py --questions PROGRAM --np2nft PATH --seeds A-B

One pod is under a policy with hundreds of ipBlocks, each with a port of its own or with one that many share.
For addresses at the edges of the blocks, `explain` and `matrix` must say what the API's words say. One of the
policies is made so that the numbers of four of its blocks, hashed with FNV-1a, cancel each other out: a
program that tells combinations of blocks apart by such hashes would take two of them for one. PROGRAM is
questions.c. Prints what differs, then how many connections were asked about. Exit status: 0 if all agreed, 1
if not.
"""

import argparse
import json
import pathlib
import random
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "live"), str(TESTS / "opinion")]

import api
import objects
from explained import answers
from matrix_checked import SHOWN, ends, holds, ran
from random_clusters import seeds

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
       "spec": {"containers": [{"name": "c"}]},
       "status": {"phase": "Running", "podIPs": [{"ip": "10.99.0.1"}]}}


def policy(rules):
    """Of (blocks, port): who comes from one of the blocks may use the port."""
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "p", "namespace": "shop"},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"],
                     "ingress": [{"from": [{"ipBlock": block} for block in blocks],
                                  "ports": [{"port": port}]} for blocks, port in rules]}}


def single(*parts):
    """A block of one address."""
    return {"cidr": f"{'.'.join(map(str, parts))}/32"}


def that_cancel_out():
    """
    In the order of their texts the blocks with ports of their own stand at 86, 370, 540 and 824:
    FNV-1a of 86 and of 824, combined by exclusive or, is that of 370 and 540.
    """
    between = ([single(30, 0, 0, i) for i in range(86)]
               + [single(40, 5, 10 + i // 200, i % 200) for i in range(283)]
               + [single(40, 5, 13, i) for i in range(169)]
               + [single(40, 5, 3 + i // 200, i % 200) for i in range(283)])
    return [([{"cidr": "40.0.0.0/8", "except": ["40.5.0.0/16"]}], 8001),
            ([{"cidr": "40.5.128.0/17"}], 8002), ([{"cidr": "40.5.200.0/24"}], 8003),
            ([{"cidr": "40.6.0.0/24"}], 8004), (between, 8005)]


def at_random(seed):
    """Blocks in blocks in blocks, many with excepts."""
    dice = random.Random(seed)
    rules = []
    for number in range(dice.choice([50, 150, 300])):
        length = dice.choice([2, 8, 9, 12, 15, 16, 16, 20, 24, 31, 32])
        first = 40 << 24 | dice.randrange(4) << 16 | dice.randrange(1 << 16)
        block = api.parsed_cidr(f"{api.ipaddress.ip_address(first)}/{length}")
        written = {"cidr": str(block)}
        if length < 30 and dice.random() < 0.4:
            inner = dice.randint(length + 1, 32)
            start = int(block[0]) + dice.randrange(block.num_addresses)
            written["except"] = [str(api.parsed_cidr(f"{api.ipaddress.ip_address(start)}/{inner}"))]
        rules.append(([written], 8000 + dice.choice([number, number % 7])))
    return rules


def edges(dice, rules):
    """Addresses inside and outside of some of the blocks and excepts."""
    found = []
    for blocks, _ in dice.sample(rules, min(20, len(rules))):
        for block in dice.sample(blocks, min(3, len(blocks))):
            for cidr in [block["cidr"], *block.get("except", [])]:
                network = api.parsed_cidr(cidr)
                found += [int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1]
    addresses = {api.ipaddress.ip_address(number) for number in found if 0 <= number < 1 << 32}
    return sorted(str(address) for address in addresses if api.is_sent(address))


def check(arguments, rules, name):
    """How many connections were asked about, and what differs."""
    dice = random.Random(name)
    made = [POD, policy(rules)]
    cluster = objects.cluster(made, "default")
    ports = sorted({port for _, port in rules})
    asked = [(address, port) for address in edges(dice, rules)
             for port in dice.sample(ports, min(6, len(ports)))]
    with tempfile.TemporaryDirectory(prefix="np2nft-blocks-") as folder:
        (pathlib.Path(folder) / "all.json").write_text(
            json.dumps({"apiVersion": "v1", "kind": "List", "items": made}))
        said = answers(arguments.questions, "default", folder,
                       [(address, "shop/web", f"{port}/TCP") for address, port in asked])
        matrix = json.loads(ran([arguments.np2nft, "matrix", "--format", "json", folder]))
    rows = [(row["name"], ends(written)) for row in matrix["rows"]
            for written in row.get("ranges", [])]
    into = {one["from"]: one["ports"] for one in matrix["connections"] if one["to"] == "shop/web"}
    wrong = []
    for (address, port), answer in zip(asked, said):
        probe = api.Probe(address, "10.99.0.1", "TCP", port)
        parsed = api.parsed_address(address)
        row = next(name for name, (first, last) in rows if first <= parsed <= last)
        explained = answer if isinstance(answer, str) else answer["allowed"]
        shown = any(holds(ports, probe) for ports in into.get(row, []))
        if {explained, shown} != {api.allowed(cluster, probe)}:
            wrong.append(f"{name}: {address} to port {port}: explain says {explained}, "
                         f"matrix {shown}")
    return len(asked), wrong


def main():
    """The one that cancels out, and all seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", required=True, metavar="PROGRAM")
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--seeds", required=True, type=seeds, metavar="A-B")
    arguments = parser.parse_args()
    asked = failed = 0
    for rules, name in [(that_cancel_out(), "that cancel out"),
                        *((at_random(seed), f"seed {seed}") for seed in arguments.seeds)]:
        count, wrong = check(arguments, rules, name)
        asked, failed = asked + count, failed + bool(wrong)
        print("".join(f"{text}\n" for text in wrong[:SHOWN]), end="")
    print(f"{asked} connections asked about, {failed} policies failed")
    sys.exit(1 if failed or not asked else 0)


if __name__ == "__main__":
    main()
