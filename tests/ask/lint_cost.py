#!/usr/bin/python3
"""Check that the cost of lint grows with its input, and not with the square of it.

    lint_cost.py NP2NFT

Each input is one that a check once compared with itself, place by place. Lint gets much more memory and
processor time than it needs, which is far less (10 to 100 times) than the square would take.
"""

import pathlib
import resource
import subprocess
import sys
import tempfile

SECONDS = 60
MEGABYTES = 64


def policy(name, spec, namespace="shop"):
    """A NetworkPolicy in one line."""
    return ("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, "
            f"metadata: {{name: {name}, namespace: {namespace}}}, spec: {spec}}}")


def pod(name, labels, number, namespace="shop"):
    """Return a pod that runs."""
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return (f"{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: {namespace}, "
            f"labels: {labels}}}, status: {{phase: Running, podIP: {address}}}}}")


def blocks(count):
    """One rule with many ipBlocks."""
    peers = ", ".join(f"{{ipBlock: {{cidr: 172.{16 + (i >> 16)}.{i >> 8 & 255}.{i & 255}/32}}}}"
                      for i in range(count))
    return [pod("web", "{}", 1), policy("p", f"{{podSelector: {{}}, ingress: [{{from: [{peers}]}}]}}")]


def rules(count):
    """One policy with many rules."""
    made = ", ".join(f"{{from: [{{podSelector: {{matchLabels: {{app: a{i}}}}}}}], "
                     f"ports: [{{port: {i + 1}}}]}}" for i in range(count))
    return [pod("web", "{app: web}", 1), policy("p", f"{{podSelector: {{}}, ingress: [{made}]}}")]


def policies(count):
    """Many pods in one namespace, and a policy for every tenth."""
    entries = "{ingress: [{from: [{namespaceSelector: {}}]}], egress: [{to: [{namespaceSelector: {}}]}], "
    return ([pod(f"w{i}", f"{{app: a{i // 10}}}", i + 1) for i in range(count)] +
            [policy(f"p{i}", entries + f"policyTypes: [Ingress, Egress], podSelector: "
                                       f"{{matchLabels: {{app: a{i}}}}}}}")
             for i in range(count // 10)])


def namespaces(count):
    """Many namespaces, each with a pod and a policy that names a neighbour."""
    made = []
    for i in range(count):
        made += [f"{{apiVersion: v1, kind: Namespace, metadata: {{name: n{i}, labels: {{team: t{i}}}}}}}",
                 pod("web", "{app: web}", i + 1, f"n{i}"),
                 policy("p", "{podSelector: {matchLabels: {app: web}}, ingress: [{from: "
                             f"[{{namespaceSelector: {{matchLabels: {{team: t{(i + 1) % count}}}}}}}]}}]}}",
                        f"n{i}")]
    return made


def bound(bytes_):
    """Before the program starts: its processor time, and its memory where no sanitizer needs more."""
    def set_limits():
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        if bytes_:
            resource.setrlimit(resource.RLIMIT_AS, (bytes_, bytes_))
    return set_limits


def is_sanitized(np2nft):
    """A sanitizer reserves more addresses than any limit would leave."""
    done = subprocess.run([np2nft, "--version"], preexec_fn=bound(256 << 20), check=False,
                          capture_output=True)
    return done.returncode != 0


def main():
    """All inputs."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    np2nft, failed = sys.argv[1], 0
    sanitized = is_sanitized(np2nft)
    for make, count, megabytes in ((blocks, 10_000, MEGABYTES), (rules, 20_000, 4 * MEGABYTES),
                                   (policies, 20_000, 4 * MEGABYTES), (namespaces, 4_000, 4 * MEGABYTES)):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "input.yaml"
            file.write_text("\n---\n".join(make(count)))
            done = subprocess.run([np2nft, "lint", "-q", file], check=False, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE,
                                  preexec_fn=bound(0 if sanitized else megabytes << 20))
        if done.returncode not in (0, 1):
            failed += 1
            print(f"{make.__name__}: exit status {done.returncode}: {done.stderr.decode()[:300]}")
    print(f"4 inputs, {failed} failed" + (", memory not looked at" if sanitized else ""))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
