#!/usr/bin/env python3
"""Check that objects in protobuf compile to the same ruleset as in YAML.

In: the examples in rules/. Out: whether each example's objects, encoded here and decoded by the program,
compile to the same ruleset; and whether the program refuses messages that were cut off or damaged, without
doing harm.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys

import yaml

import encode


def documents(folder):
    """The objects of an example, lists taken apart."""
    for file in sorted(folder.glob("*.yaml")):
        for document in yaml.load_all(file.read_text(), Loader=yaml.CBaseLoader):
            yield from (document or {}).get("items", [document]) if document else []


def numbers(value, key=""):
    """What BaseLoader leaves as text where JSON has something else."""
    if isinstance(value, dict):
        return {k: numbers(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [numbers(v, key) for v in value]
    if key in ("port", "endPort", "containerPort", "hostPort") and value.isdigit():
        return int(value)
    if key == "hostNetwork":
        return value == "true"
    return value


def told(program, kind, data):
    """The object as the program reads it, as JSON; None if it does not."""
    done = subprocess.run([program, kind], input=data, capture_output=True, check=False)
    if done.returncode not in (0, 1) or (done.returncode and done.stdout):
        sys.exit(f"{program} {kind}: {done.returncode} {done.stderr.decode()}")
    return json.loads(done.stdout) if done.returncode == 0 else None


def compiled(np2nft, objects, options):
    """The ruleset, or the complaint."""
    given = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    done = subprocess.run([np2nft, "compile", "-q", *options, "-"], input=given, capture_output=True, text=True,
                          check=False)
    return done.stdout or done.stderr


def check_example(arguments, folder):
    """One example's objects, both ways."""
    plain, decoded = [], []
    options = (folder / "options").read_text().split() if (folder / "options").exists() else []
    for value in documents(folder):
        kind = value.get("kind")
        if kind not in ("Pod", "Namespace", "NetworkPolicy"):
            continue
        value = numbers(value)
        again = told(arguments.decode, kind, encode.encode_message(encode.FORMS[kind], value))
        if again is None:
            return f"{folder.name}: {kind} {value['metadata']['name']} is not read"
        plain.append(value)
        decoded.append({"kind": kind, "apiVersion": value["apiVersion"], **again})
    if compiled(arguments.np2nft, plain, options) != compiled(arguments.np2nft, decoded, options):
        return f"{folder.name}: compiles to something else"
    return None


def check_damage(arguments):
    """Cut off at every byte, and with bytes changed: refused, or read as something; never worse."""
    pod = {"metadata": {"name": "a", "namespace": "b", "labels": {"x": "y"}},
           "spec": {"containers": [{"ports": [{"name": "web", "containerPort": 80, "protocol": "TCP"}]}]},
           "status": {"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]}}
    data = encode.encode_message(encode.FORMS["Pod"], pod)
    dice = random.Random(1)
    for i in range(len(data)):
        told(arguments.damaged or arguments.decode, "Pod", data[:i])
    for _ in range(200):
        damaged = bytearray(data)
        damaged[dice.randrange(len(data))] = dice.randrange(256)
        told(arguments.damaged or arguments.decode, "Pod", bytes(damaged))
    twice = data + encode.length(1, encode.length(1, b"c"))
    if told(arguments.damaged or arguments.decode, "Pod", twice) is not None:
        return "a field that is there twice is taken"
    if told(arguments.damaged or arguments.decode, "Pod", b"\x0b\x0c") is not None:
        return "a group is taken"
    return None


def check_future(arguments):
    """A field of a policy that nobody knows yet is not passed over."""
    policy = {"metadata": {"name": "p", "namespace": "n"}, "spec": {"podSelector": {}, "future": "x"}}
    again = told(arguments.decode, "NetworkPolicy", encode.encode_message(encode.FORMS["NetworkPolicy"], policy))
    told_ = compiled(arguments.np2nft, [{"kind": "NetworkPolicy", "apiVersion": "networking.k8s.io/v1", **again}], [])
    return None if "unknown field" in told_ else "a field of tomorrow is passed over: " + told_


def main():
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--np2nft", required=True)
    parser.add_argument("--decode", required=True, help="tests/agent/decode.c, built")
    parser.add_argument("--damaged", help="the same, for messages that are damaged (default: that of --decode)")
    parser.add_argument("rules", type=pathlib.Path)
    arguments = parser.parse_args()
    faults = [check_example(arguments, folder) for folder in sorted(arguments.rules.iterdir()) if folder.is_dir()]
    faults += [check_damage(arguments), check_future(arguments)]
    faults = [fault for fault in faults if fault]
    print("\n".join(faults), end="\n" if faults else "")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
