#!/usr/bin/python3
"""Check that apply ends with what the policies say, whatever somebody else does to the table between two phases.

    disturbed.py --np2nft PATH --disturbed PATH

One change moves a client from one set of peers to another, so that only elements change, in phases. Another
one changes rules, so that copies are made beside. disturbed.c runs the command in between. Then `diff` must
find nothing, and no copy may be left. Exit status: 0 if all is so, 1 if not.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import judge
from namespace import FORWARDING, Namespace, NodeError, become_root, own_run

DISTURBANCES = [
    "nft -f {saved}",
    "nft delete table inet np2nft",
    "nft flush ruleset",
    "nft flush map inet np2nft ingress.v4",
    "nft flush chain inet np2nft forward",
    "nft insert rule inet np2nft forward accept",
    "nft add table inet others",
]


def cluster(app, *ports):
    """Two pods, the client labelled so; the server takes these ports from each of two kinds of clients."""
    pods = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": label}},
             "status": {"podIP": address}}
            for name, label, address in (("client", app, "10.0.0.1"), ("server", "server", "10.0.0.2"))]
    rules = [{"from": [{"podSelector": {"matchLabels": {"app": kind}}}],
              "ports": [{"port": port} for port in ports]} for kind in ("one", "two")]
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "a"},
              "spec": {"podSelector": {"matchLabels": {"app": "server"}}, "ingress": rules}}
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [*pods, policy]})


CHANGES = [(cluster("one", 80), cluster("two", 80)), (cluster("one", 80), cluster("one", 81, 82))]


def check(arguments, folder, before, after, disturbance):
    """One change, one disturbance."""
    old, new, saved = (folder / name for name in ("old.json", "new.json", "saved.nft"))
    old.write_text(before, encoding="utf-8")
    new.write_text(after, encoding="utf-8")
    namespace = Namespace()
    try:
        namespace.configure(FORWARDING)
        namespace.run([arguments.np2nft, "apply", "-q", str(old)])
        saved.write_text("flush ruleset\n" + namespace.run(["nft", "list", "ruleset"]), encoding="utf-8")
        with namespace.entered():
            done = subprocess.run([arguments.disturbed, disturbance.format(saved=saved), str(new)],
                                  text=True, capture_output=True, check=False)
        if done.returncode:
            raise judge.Failure(f"exits with {done.returncode}: {done.stderr}")
        namespace.run([arguments.np2nft, "diff", str(new)])
        if "next/" in namespace.run(["nft", "list", "ruleset"]):
            raise judge.Failure("copies are left")
    finally:
        namespace.close()


def main():
    """All of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--disturbed", required=True, metavar="PATH")
    arguments = parser.parse_args()
    judge.end_tidily()
    become_root()
    own_run()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for before, after in CHANGES:
            for disturbance in DISTURBANCES:
                try:
                    check(arguments, pathlib.Path(folder), before, after, disturbance)
                except (judge.Failure, NodeError) as failure:
                    failed += 1
                    print(f"{disturbance}: {failure}")
    print(f"{len(CHANGES) * len(DISTURBANCES) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
