#!/usr/bin/python3
"""Check that np2nft says of a pod and its own node what the kernel does.

    own_node.py --np2nft PATH FOLDER

FOLDER has cluster.yaml, whose pods run on the node of topology.py, and files of policies. For each of these files,
every pod and both nodes (the pods' own, and another one) connect to each other in both directions, over TCP and
UDP and both address families. What comes through becomes a file of expectations, which `np2nft test` must
confirm, and `explain` must say the same of each connection. Prints what differs; exit status: 0 nothing, 1 something.
"""

import argparse
import contextlib
import ipaddress
import itertools
import json
import pathlib
import select
import socket
import subprocess
import sys
import tempfile

import yaml

import judge
import topology

PORTS = {socket.SOCK_DGRAM: ("UDP", (53, 80)), socket.SOCK_STREAM: ("TCP", (22, 80, 81))}


def addresses_of(pod):
    """A pod's addresses, by version."""
    return {ipaddress.ip_address(entry["ip"]).version: entry["ip"] for entry in pod["status"]["podIPs"]}


class Connection:
    """One attempt; a stream is through when it is established, a datagram when it is received."""

    def __init__(self, source, target, version, kind, port):
        self.source, self.target, self.version, self.kind, self.port = source, target, version, kind, port
        with contextlib.ExitStack() as stack:
            self.listening = stack.enter_context(target.socket(version, kind, port=port))
            self.sending = stack.enter_context(source.socket(version, kind, port=0))
            if kind == socket.SOCK_STREAM:
                self.listening.listen(1)
            with contextlib.suppress(BlockingIOError):
                self.sending.connect((target.addresses[version], port))
                self.sending.send(b"hello")
            self.opened = stack.pop_all()

    def passed(self):
        """Tell whether the attempt came through."""
        with self.opened:
            return bool(select.select([self.listening], [], [], 0)[0])

    def ends(self):
        """Both ends as np2nft is asked about them, and the port."""
        return (*[f"shop/{end.name}" if end.name not in ("node", "world") else end.addresses[self.version]
                  for end in (self.source, self.target)], f"{self.port}/{PORTS[self.kind][0]}")

    def text(self):
        """The ends and the port in words, with the family."""
        return f"{' -> '.join(self.ends()[:2])} {self.ends()[2]} over IPv{self.version}"


def connections(cluster):
    """All attempts between a pod and a node, one after the other, each with its verdict."""
    nodes = {"node", "world"}
    for source, target in itertools.permutations([*cluster.pods, *nodes], 2):
        if len(nodes & {source, target}) != 1:
            continue
        for version, (kind, (_, ports)) in itertools.product((4, 6), PORTS.items()):
            tries = [Connection(cluster.ends[source], cluster.ends[target], version, kind, port) for port in ports]
            cluster.settle()
            yield from [(one, one.passed()) for one in tries]
            cluster.forget_connections()


def explained(np2nft, folder, one):
    """What explain says of the connection, over its family, and whether it says that it is the pod's own node."""
    source, target, port = one.ends()
    done = subprocess.run([np2nft, "explain", "--format", "json", "--from", source, "--to", target, "--port", port,
                           folder], capture_output=True, text=True, check=False, timeout=judge.TIME_TO_COMPILE)
    if not done.stdout:
        raise judge.Failure(done.stderr)
    answers = [answer for answer in json.loads(done.stdout)["answers"]
               if f"IPv{one.version}" in answer["families"]]
    return answers[0]["allowed"], answers[0].get("own_node")


def tested(np2nft, folder, found):
    """What `np2nft test` prints if it does not confirm what was found."""
    table = [dict(zip(("from", "to", "ports", "allow"), (*one.ends()[:2], [one.ends()[2]], passed)))
             for one, passed in found]
    (folder / "expectations.yaml").write_text(yaml.dump(
        {"apiVersion": "np2nft/v1", "kind": "Expectations", "metadata": {"name": "found"}, "expectations": table}))
    done = subprocess.run([np2nft, "test", folder], capture_output=True, text=True, check=False,
                          timeout=judge.TIME_TO_COMPILE)
    return [done.stdout + done.stderr] if done.returncode else []


def check(np2nft, cluster, files):
    """Try everything under the policies: what differs, and how many connections there were."""
    with tempfile.TemporaryDirectory(prefix="np2nft-own-node-") as name:
        folder = pathlib.Path(name)
        for file in files:
            (folder / file.name).write_bytes(file.read_bytes())
        cluster.ends["node"].namespace.run(["nft", "-f", "-"], judge.ruleset(np2nft, folder))
        found = list(connections(cluster))
        wrong = tested(np2nft, folder, found)
        for one, passed in found:
            said, node = explained(np2nft, folder, one)
            is_own = "node" in (one.source.name, one.target.name)
            if said != passed or (node == "own") != is_own:
                wrong.append(f"{one.text()}: the kernel says {passed}, explain {said}, own node {node}")
    return wrong, found


def main():
    """Try all files of policies."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER")
    arguments = parser.parse_args()
    judge.end_tidily()
    objects = yaml.safe_load((arguments.folder / "cluster.yaml").read_text())["items"]
    pods = {item["metadata"]["name"]: addresses_of(item) for item in objects if item["kind"] == "Pod"}
    tried = denied = 0
    wrong = []
    with topology.Topology("routed", pods, next(iter(pods))) as cluster:
        for file in sorted(arguments.folder.glob("*.yaml")):
            if file.stem == "cluster":
                continue
            faults, found = check(arguments.np2nft, cluster, [arguments.folder / "cluster.yaml", file])
            wrong += [f"{file.name}: {fault}" for fault in faults]
            tried += len(found)
            denied += sum(not passed for _, passed in found)
    print(*wrong, f"{tried} connections, {denied} denied, {len(wrong)} wrong", sep="\n")
    sys.exit(1 if wrong or not 0 < denied < tried else 0)


if __name__ == "__main__":
    main()
