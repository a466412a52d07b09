#!/usr/bin/python3
"""What it costs to ask: processor time and peak memory of each question, over clusters that grow tenfold.

    ask.py [--np2nft PATH] [--quick]

The shapes are those at which a careless program grows with the square: pods that nothing owns, namespaces with a
pod and a policy each, and one rule of many ipBlocks. Prints a table, and how many times more the large one of two
takes. The goal is at most 15 times. Exit status: 0 reached, 1 missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile

GOAL = 15
LEAST = 0.05    # seconds; what takes less is not compared
QUESTIONS = {
    "explain": ["explain", "--from", "10.0.0.1", "--to", "10.0.0.0", "--port", "80"],
    "matrix": ["matrix"],
    "compare": ["compare"],
    "graph": ["graph", "--format", "dot"],
    "lint": ["lint"],
}


def pod(number, namespace):
    """One that runs."""
    address = ".".join(str(number >> shift & 255) for shift in (16, 8, 0))
    return (f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}, namespace: {namespace}, "
            f"labels: {{app: web}}}}\nspec: {{containers: [{{name: c}}]}}\n"
            f"status: {{phase: Running, podIPs: [{{ip: 10.{address}}}]}}\n")


def policy(namespace, rule):
    """One that isolates all pods of the namespace."""
    return (f"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: "
            f"{namespace}}}\nspec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: [{rule}]}}\n")


def bare_pods(count):
    """In one namespace, with one policy."""
    return "".join(pod(i, "shop") for i in range(count)) + policy(
        "shop", "{from: [{podSelector: {matchLabels: {app: other}}}]}")


def namespaces(count):
    """Each with a pod and a policy."""
    return "".join(pod(i, f"n{i}") + policy(f"n{i}", "{from: [{podSelector: {}}], ports: [{port: 80}]}")
                   for i in range(count))


def blocks(count):
    """Of one rule."""
    found = ", ".join(f"{{ipBlock: {{cidr: 172.{16 + (i >> 16)}.{i >> 8 & 255}.{i & 255}/32}}}}"
                      for i in range(0, 2 * count, 2))
    return pod(0, "shop") + pod(1, "shop") + policy("shop", f"{{from: [{found}]}}")


SHAPES = {"bare pods": (bare_pods, 1000), "namespaces": (namespaces, 200), "ipBlocks of a rule": (blocks, 1000)}


def cost(np2nft, question, path):
    """Seconds of processor time, and MB."""
    paths = [path, path] if question == "compare" else [path]
    process = subprocess.Popen([np2nft, *QUESTIONS[question], "-q", *paths], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    """All questions over all shapes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--np2nft", default="build/release/np2nft", metavar="PATH")
    parser.add_argument("--quick", action="store_true", help="clusters of a fifth of the size")
    arguments = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory(prefix="np2nft-ask-") as folder:
        for name, (make, count) in SHAPES.items():
            count = count // 5 if arguments.quick else count
            sizes = [count, 10 * count]
            for size in sizes:
                with open(f"{folder}/{size}.yaml", "w", encoding="ascii") as file:
                    file.write(make(size))
            for question in QUESTIONS:
                small, large = (cost(arguments.np2nft, question, f"{folder}/{size}.yaml") for size in sizes)
                times = [b / max(a, LEAST if unit == 0 else 1)
                         for unit, (a, b) in enumerate(zip(small, large))]
                missed += max(times) > GOAL
                print(f"{name:20} {question:8} {sizes[0]:6} {small[0]:7.2f} s {small[1]:6.0f} MB   "
                      f"{sizes[1]:6} {large[0]:7.2f} s {large[1]:6.0f} MB   "
                      f"{times[0]:5.1f} and {times[1]:.1f} times{'  MISSED' * (max(times) > GOAL)}", flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
