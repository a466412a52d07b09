#!/usr/bin/python3
"""Check that lint and test write reports that code hosts take, whatever names the files have and whatever is
in them.

    forms_checked.py NP2NFT

The files have odd names, are named relatively and in full, and hold policies with findings, expectations,
nothing, or no YAML; there are also a path that does not exist, and an empty folder. Each report must be as
report_forms.py demands. Prints what is not so. Exit status: 0 if all is so, 1 if not.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import report_forms

NAMES = [b"plain.yaml", b"with space.yaml", "\u00fcmlaut.yaml".encode(), b"a#b?c.yaml", b"100%25.yaml", b"a:b.yaml",
         b"new\nline.yaml", b"q\"uote'.yaml", b"back\\slash.yaml", b"<x>&.yaml", "\u202egnp.yaml".encode(), b"\xff\xfe.yaml"]
POLICY = b"""apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: {podSelector: {matchLabels: {app: x}}, ingress: [{from: [{podSelector: {matchLabels: {app: y}}}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop, labels: {app: z}}
spec: {containers: [{name: c}]}
status: {phase: Running, podIPs: [{ip: 10.0.0.1}]}
"""
EXPECTATIONS = b"""---
apiVersion: np2nft/v1
kind: Expectations
metadata: {name: e}
expectations:
- {from: shop/a, to: shop/b, ports: [80], allow: true}
- {from: shop/a, to: 192.0.2.1, ports: [80], allow: true}
"""
CONTENTS = [POLICY, POLICY + EXPECTATIONS, b"", b"kind: [\n"]


def faults_of(np2nft, path):
    """What is wrong with the reports about a path."""
    found = []
    for command, form in (("lint", "sarif"), ("test", "junit")):
        run = subprocess.run([np2nft, command, "--format", form, path], capture_output=True, check=False)
        try:
            found += (report_forms.sarif_faults(json.loads(run.stdout)) if form == "sarif"
                      else report_forms.junit_faults(run.stdout))
        except (ValueError, SyntaxError) as error:
            found.append(f"{command}: {error}")
    return found


def main():
    """All names and contents."""
    np2nft, failed = os.path.abspath(sys.argv[1]), 0
    with tempfile.TemporaryDirectory(prefix="np2nft-forms-") as folder:
        os.chdir(folder)
        pathlib.Path("empty").mkdir()
        for path in [b"empty", b"none.yaml", *NAMES]:
            for content in CONTENTS if path in NAMES else [None]:
                if content is not None:
                    pathlib.Path(os.fsdecode(path)).write_bytes(content)
                for named in (path, b"./" + path, os.path.join(folder.encode(), path)):
                    for fault in faults_of(np2nft, named):
                        failed += 1
                        print(f"{named!r}: {fault}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
