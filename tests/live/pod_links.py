#!/usr/bin/python3
"""Check which links the guard takes for links of pods, where the input has many pods.

    pod_links.py --np2nft PATH

A namespace has every kind of route that tells one address of a prefix from another: to one address alone,
through another table that a rule chooses by destination, to a part of a prefix, and to nowhere. If there are
many pods, np2nft does not ask for the route of each; still, it must find the links of just the pods that have
one. Then a route comes for an address that had none of its own, which the next apply must know. Exit status:
0 if all is so, 1 if not.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from namespace import become_root

MANY = 400  # pods; more than are asked about one by one
NODE = """
set -e
ip link set lo up
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for i in 1 2 3 4 5 6; do ip link add p$i type veth peer name q$i; ip link set p$i up; ip link set q$i up; done
ip addr add 192.168.0.2/24 dev p6; ip route add default via 192.168.0.1
ip route add 10.2.0.1/32 dev p1                          # a pod
ip route add 10.3.0.0/16 via 192.168.0.7                 # another node
ip route add 10.3.4.0/25 dev p2 scope link               # a part of it, with others than pods
ip rule add to 10.4.4.4/32 table 77                      # a pod, by a rule
ip route add 10.4.4.4/32 dev p3 table 77
ip route add 10.4.5.5/32 dev p4 table 77                 # a pod's route that no rule chooses
ip route add blackhole 10.5.0.0/16
"$NP2NFT" apply -q "$INPUT"
nft -j list set inet np2nft links
ip route add 10.3.0.9/32 dev p5                          # a pod where another node's were
"$NP2NFT" apply -q "$INPUT"
nft -j list set inet np2nft links
"""
PODS = ["10.2.0.1", "10.3.0.9", "10.3.0.10", "10.3.4.5", "10.4.4.4", "10.4.5.5", "10.5.1.1",
        *(f"10.9.{i >> 8}.{i & 255}" for i in range(MANY))]
EXPECTED = [{"p1", "p3"}, {"p1", "p3", "p5"}]


def objects():
    """Make the pods, which are all isolated."""
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
              "metadata": {"namespace": "shop", "name": "all"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}
    return {"apiVersion": "v1", "kind": "List", "items": [policy, *(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": f"p{i}"},
         "status": {"podIPs": [{"ip": address}]}} for i, address in enumerate(PODS))]}


def links_of(line):
    """The elements of a set, as nft says it in JSON."""
    found = next(item["set"] for item in json.loads(line)["nftables"] if "set" in item)
    return set(found.get("elem", []))


def main():
    """Check both applies."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    arguments = parser.parse_args()
    become_root()
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        path = pathlib.Path(folder) / "all.json"
        path.write_text(json.dumps(objects()), encoding="ascii")
        done = subprocess.run(["unshare", "-n", "bash", "-c", NODE], stdout=subprocess.PIPE, text=True, check=False,
                              env={**os.environ, "NP2NFT": os.path.abspath(arguments.np2nft), "INPUT": str(path)})
    if done.returncode:
        sys.exit(f"the node could not be made, or apply failed: {done.returncode}")
    found = [links_of(line) for line in done.stdout.splitlines() if '"set"' in line]
    if found != EXPECTED:
        print(f"links {found}, expected {EXPECTED}")
    sys.exit(found != EXPECTED)


if __name__ == "__main__":
    main()
