#!/usr/bin/python3
"""What it costs to ask: processor time and peak memory of each question, for clusters that grow tenfold.

    ask.py [--np2nft PATH] [--quick]

The clusters have shapes for which a careless program takes time that grows with the square of the size: pods that nothing
owns; namespaces with ten pods and a policy each (up to 100,000 pods and 10,000 policies); expectations about pods by label
and about blocks; and one rule of many ipBlocks. Prints a table, and how many times as long the larger of two clusters takes;
the goal is at most 15 times. There are two more goals. One rule of 10,000 ipBlocks is answered within 64 MB. A pull request
that changes policies of 66 workloads is answered in no more time than it takes to read its two inputs twice. Exit status: 0
all goals are reached, 1 one is missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile

GOAL = 15
BLOCKS_MB = 64
LEAST = 0.05    # seconds; what takes less is not compared
QUESTIONS = {
    "explain": ["explain", "--from", "10.0.0.1", "--to", "10.0.0.0", "--port", "80"],
    "matrix": ["matrix"],
    "compare": ["compare"],
    "test": ["test"],
    "graph": ["graph", "--format", "dot"],
    "lint": ["lint"],
}
PODS_OF_A_NAMESPACE = 10
WORKLOADS = 66


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


def expectations(pairs):
    """That each reaches the other on port 80."""
    return ("---\napiVersion: np2nft/v1\nkind: Expectations\nmetadata: {name: e}\nexpectations:\n" + "".join(
        f"- {{from: {one}, to: {other}, ports: [80], allow: true}}\n" for one, other in pairs))


def bare_pods(count):
    """In one namespace, with one policy."""
    made = "".join(pod(i, "shop") for i in range(count)) + policy(
        "shop", "{from: [{podSelector: {matchLabels: {app: other}}}]}")
    return made, expectations((f"shop/p{i}", f"shop/p{i + 1}") for i in range(count - 1))


def namespaces(count):
    """Each with some pods and a policy."""
    made = []
    for i in range(count):
        made += [pod(PODS_OF_A_NAMESPACE * i + k, f"n{i}") for k in range(PODS_OF_A_NAMESPACE)]
        made.append(policy(f"n{i}", "{from: [{podSelector: {}}], ports: [{port: 80}]}"))
    return "".join(made), expectations(
        (f"n{i}/p{PODS_OF_A_NAMESPACE * i}", f"n{i}/p{PODS_OF_A_NAMESPACE * i + 1}") for i in range(count))


def blocks(count):
    """Of one rule."""
    addresses = [f"172.{16 + (i >> 16)}.{i >> 8 & 255}.{i & 255}" for i in range(0, 2 * count, 2)]
    found = ", ".join(f"{{ipBlock: {{cidr: {address}/32}}}}" for address in addresses)
    return pod(0, "shop") + pod(1, "shop") + policy("shop", f"{{from: [{found}]}}"), expectations(
        (address, "shop/p0") for address in addresses)


def pods_of(number):
    """All of a namespace, by label."""
    return (f"{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: n{number}}}}}, "
            f"podSelector: {{matchLabels: {{app: web}}}}}}")


def selectors(count):
    """Expectations by label, two for each namespace."""
    pairs = [(pods_of(i), pods_of(i)) for i in range(count)]
    pairs += [(f"10.{PODS_OF_A_NAMESPACE * i >> 16}.{PODS_OF_A_NAMESPACE * i >> 8 & 255}."
               f"{PODS_OF_A_NAMESPACE * i & 255}/32", pods_of(i)) for i in range(count)]
    return namespaces(count)[0], expectations(pairs)


# What is made, of how much, and which questions are asked.
SHAPES = {
    "bare pods": (bare_pods, 10_000, QUESTIONS),
    "namespaces": (namespaces, 1000, QUESTIONS),
    "selectors": (selectors, 1000, ["test"]),
    "ipBlocks of a rule": (blocks, 1000, QUESTIONS),
}


class Np2nft:
    """The program, run by one that is small: a child's peak begins with the memory of its parent."""

    def __init__(self, path, folder):
        self.run = [f"{folder}/cost", path]
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cost.c")
        subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", "-o", self.run[0], source], check=True)

    def cost(self, *words):
        """Seconds of processor time, and MB; an exit status of trouble is an error."""
        seconds, kilobytes = subprocess.run([*self.run, *words], stdout=subprocess.PIPE, check=True).stdout.split()
        return float(seconds), int(kilobytes) / 1024


def question_cost(np2nft, question, paths):
    """Of one question about a cluster and its expectations."""
    cluster, expected = paths
    inputs = {"compare": [cluster, cluster], "test": [cluster, expected]}
    return np2nft.cost(*QUESTIONS[question], "-q", *inputs.get(question, [cluster]))


def write_cluster(folder, make, size):
    """Its objects and its expectations, in two files."""
    paths = [f"{folder}/{size}.yaml", f"{folder}/{size}-expected.yaml"]
    for path, text in zip(paths, make(size)):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    return paths


def compare_sizes(np2nft, name, make, count, questions):
    """Some questions about a cluster and one of ten times its size; how many missed a goal."""
    missed, sizes = 0, [count, 10 * count]
    with tempfile.TemporaryDirectory(prefix="np2nft-ask-") as folder:
        paths = [write_cluster(folder, make, size) for size in sizes]
        for question in questions:
            small, large = (question_cost(np2nft, question, path) for path in paths)
            times = [b / max(a, LEAST if unit == 0 else 1) for unit, (a, b) in enumerate(zip(small, large))]
            wrong = max(times) > GOAL or (make is blocks and sizes[1] == 10_000 and large[1] > BLOCKS_MB)
            missed += wrong
            print(f"{name:20} {question:8} {sizes[0]:6} {small[0]:7.2f} s {small[1]:6.0f} MB   "
                  f"{sizes[1]:6} {large[0]:7.2f} s {large[1]:6.0f} MB   "
                  f"{times[0]:5.1f} and {times[1]:.1f} times{'  MISSED' * wrong}", flush=True)
    return missed


def workload(number, port):
    """A Deployment that a policy of its own isolates."""
    return (f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{number}, namespace: n{number % 6}}}\n"
            f"spec: {{selector: {{matchLabels: {{app: w{number}}}}}, template: {{metadata: {{labels: {{app: w{number}}}}},"
            f" spec: {{containers: [{{name: c}}]}}}}}}\n"
            f"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: w{number}, "
            f"namespace: n{number % 6}}}\nspec: {{podSelector: {{matchLabels: {{app: w{number}}}}}, policyTypes: [Ingress], "
            f"ingress: [{{from: [{{podSelector: {{matchLabels: {{app: w{number + 6}}}}}}}], ports: [{{port: {port}}}]}}]}}\n")


def pull_request(np2nft):
    """One that changes the port of each workload's policy; whether its answer comes late."""
    with tempfile.TemporaryDirectory(prefix="np2nft-ask-") as folder:
        paths = [f"{folder}/old.yaml", f"{folder}/new.yaml"]
        for path, port in zip(paths, (80, 8080)):
            with open(path, "w", encoding="ascii") as file:
                file.write("".join(workload(i, port) for i in range(WORKLOADS)))
        rounds = range(5)
        reading = min(sum(np2nft.cost("compile", "-q", path)[0] for path in paths) for _ in rounds)
        answer = min(np2nft.cost("compare", "-q", *paths)[0] for _ in rounds)
    late = answer > max(2 * reading, LEAST)
    print(f"pull request of {WORKLOADS} workloads: compare takes {1000 * answer:.0f} ms, reading its inputs "
          f"{1000 * reading:.0f} ms{'  MISSED' * late}")
    return late


def main():
    """All questions over all shapes, and the pull request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--np2nft", default="build/release/np2nft", metavar="PATH")
    parser.add_argument("--quick", action="store_true", help="clusters of a tenth of the size")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="np2nft-ask-") as folder:
        np2nft = Np2nft(arguments.np2nft, folder)
        missed = int(pull_request(np2nft))
        for name, (make, count, questions) in SHAPES.items():
            missed += compare_sizes(np2nft, name, make, count // 10 if arguments.quick else count, questions)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
