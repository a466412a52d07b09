#!/usr/bin/python3
"""Check that compare says the difference of two matrices.

    compare_checked.py --np2nft PATH --seeds A-B

Two inputs are made of each made-up cluster (tests/opinion/generate.py). In the second, policies, priorities,
labels and pods differ, and some pods that have an owner have other names: those still count as the same pods.
What `compare OLD NEW` says opened and closed, pod by pod, address range by address range and port by port,
must be the difference of `matrix --pods` of both. Prints what differs, then how many pairs were compared.
Exit status: 0 if all agreed, 1 if not.
"""

import argparse
import copy
import ipaddress
import json
import pathlib
import random
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "live"), str(TESTS / "opinion")]

import api
import generate
import judge
from matrix_checked import SHOWN, ends, ran
from random_clusters import seeds

OTHER_KINDS = {"any other pod", "any other namespace", "none in the input"}


def variants(seed):
    """The same cluster twice, and not quite, and who was called what before; None where names are only
    unique with --namespace."""
    dice = random.Random(seed)
    generated = generate.generate(seed)
    made = generated["objects"]
    if generated["namespace"]:
        return None
    policies = [item for item in made if item.get("kind") in ("NetworkPolicy", "ClusterNetworkPolicy")]
    pods = [item for item in made if item.get("kind") == "Pod"]
    rest = [item for item in made if item not in policies and item not in pods]
    for pod in dice.sample(pods, len(pods) // 3):
        pod["metadata"]["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": dice.choice("xy"), "uid": "u",
             "controller": True}]
    old, new = (varied_pods(dice, pods) for _ in ("old", "new"))
    was = renamed(dice, old, new)
    return [rest + pods + reordered(dice, dice.sample(policies, dice.randint(0, len(policies))))
            for pods in (old, new)], was


def reordered(dice, policies):
    """Some cluster policies with the priority of another one."""
    priorities = [item["spec"]["priority"] for item in policies if item["kind"] == "ClusterNetworkPolicy"]
    return [{**item, "spec": {**item["spec"], "priority": dice.choice(priorities)}}
            if item["kind"] == "ClusterNetworkPolicy" and dice.random() < 0.5 else item for item in policies]


def kind_of(pod):
    """Of a pod that something owns, what policies can tell of it but for its address."""
    metadata = pod["metadata"]
    owner = metadata.get("ownerReferences", [{}])[0].get("name")
    return (metadata.get("namespace", "default"), owner, json.dumps(metadata.get("labels"), sort_keys=True),
            json.dumps(pod["spec"], sort_keys=True))


def renamed(dice, old, new):
    """Other names for pods of owners that have no other such pod in either; by new names the old ones."""
    kinds = [[kind_of(pod) for pod in pods] for pods in (old, new)]
    was = {}
    for pod in new:
        kind = kind_of(pod)
        if kind[1] and kinds[0].count(kind) == kinds[1].count(kind) == 1 and dice.random() < 0.6:
            before = old[kinds[0].index(kind)]["metadata"]["name"]
            pod["metadata"]["name"] += "-again"
            was[f"{kind[0]}/{pod['metadata']['name']}"] = f"{kind[0]}/{before}"
    return was


def varied_pods(dice, pods):
    """Two pods with each other's labels; of those without an owner, perhaps one less."""
    varied = copy.deepcopy(pods)
    if len(varied) > 1:
        one, other = (pod["metadata"] for pod in dice.sample(varied, 2))
        mine, yours = one.pop("labels", None), other.pop("labels", None)
        one.update({"labels": yours} if yours else {})
        other.update({"labels": mine} if mine else {})
    loose = [pod for pod in varied if "ownerReferences" not in pod["metadata"]]
    if loose and dice.random() < 0.5:
        varied.remove(dice.choice(loose))
    return varied


class Said:
    """Rows and connections of an answer, with pods and single addresses for the rows."""

    def __init__(self, answer, *lists):
        self.row_of, self.ranges = {}, []
        for row in answer["rows"]:
            name = row["name"]
            if row["kind"] == "pods":
                self.row_of.update({f"{row['namespace']}/{pod}": name for pod in row["pods"]})
            elif row["kind"] in OTHER_KINDS:
                self.row_of[name] = name
            for written in row.get("ranges", []):
                self.ranges.append((*ends(written), name))
        self.lists = [{(one["from"], one["to"]): one for one in answer[key]} for key in lists]

    def row(self, party):
        """The row of a pod by name, or of an address."""
        if isinstance(party, str):
            return self.row_of.get(party)
        return next((name for first, last, name in self.ranges
                     if first.version == party.version and first <= party <= last), None)

    def ports(self, number, source, destination, family, places):
        """What of a list passes between two parties that lie at two places, if nobody knows where they lie."""
        one = self.lists[number].get((self.row(source), self.row(destination)))
        if one is None:
            return set()
        return {*one["ports"], *one.get(f"ipv{family}_only", []),
                *(port for depends in one.get("if", []) if fulfilled(depends, places)
                  for port in depends["ports"])}


def fulfilled(depends, places):
    """Do the places lie where the condition says?"""
    return all(name not in depends or any(lies_in(place, written) for written in depends[name])
               for name, place in zip(("from_in", "to_in"), places))


def lies_in(place, written):
    """Is the address in the range?"""
    first, last = ends(written)
    return first.version == place.version and first <= place <= last


def stretches(ports):
    """Ranges of (protocol, number) as a list of (protocol, first, last)."""
    found = []
    for text in ports:
        if text == "ICMP" or text.startswith("all "):
            found.append((text.removeprefix("all "), 0, 65535))
        else:
            numbers, protocol = text.split("/")
            first, _, last = numbers.partition("-")
            found.append((protocol, int(first), int(last or first)))
    return found


def passes(found, protocol, number):
    """Is the port in one of the stretches?"""
    return any(protocol == one and first <= number <= last for one, first, last in found)


def differs(old, new, opened, closed):
    """A port at which the four lists do not go together; None if they do everywhere."""
    old, new, opened, closed = (stretches(ports) for ports in (old, new, opened, closed))
    for protocol, first, last in old + new + opened + closed:
        for number in {first, last, max(first - 1, 0), min(last + 1, 65535)}:
            before, after = passes(old, protocol, number), passes(new, protocol, number)
            if passes(opened, protocol, number) != (after and not before) or \
                    passes(closed, protocol, number) != (before and not after):
                return f"{number}/{protocol}"
    return None


def families(party, versions):
    """Of an address its own, of a pod those that it has; what only stands for pods is asked about both."""
    return versions.get(party, {4, 6}) if isinstance(party, str) else {party.version}


def versions_of(inputs):
    """By name of a pod, the families that it has in every input that it is in."""
    found = {}
    for made in inputs:
        for pod in (item for item in made if item.get("kind") == "Pod"):
            name = f"{pod['metadata'].get('namespace', 'default')}/{pod['metadata']['name']}"
            own = {address.version for address in api.pod_addresses(pod)}
            found[name] = found.get(name, own) & own
    return found


def check_seed(np2nft, seed):
    """How many pairs were compared, and what differs."""
    made = variants(seed)
    if not made:
        return 0, []
    inputs, was = made
    with tempfile.TemporaryDirectory(prefix="np2nft-compare-") as folder:
        paths = [str(pathlib.Path(folder) / name) for name in ("old", "new")]
        for number, (path, made) in enumerate(zip(paths, inputs)):
            pathlib.Path(path).mkdir()
            generate.write(made, path, f"{seed} {number}")
        old, new = (Said(json.loads(ran([np2nft, "matrix", "--pods", "--format", "json", path])),
                         "connections") for path in paths)
        said = Said(json.loads(ran([np2nft, "compare", "--format", "json", *paths], (0, 1))),
                    "opened", "closed")
    dice, versions = random.Random(seed), versions_of(inputs)
    edges = {version: sorted({end for one in (old, new, said) for first, last, _ in one.ranges
                              for end in (first, last) if first.version == version})
             for version in (4, 6)}
    parties = sorted(set(old.row_of) | set(new.row_of)) + [
        first for first, *_ in {one[:1] for one in old.ranges + new.ranges + said.ranges}]
    # Who is in one only, and not news, was any other pod of a namespace that the other did not know, or is
    # meant by a selector that the other has not.
    parties = [party for party in parties if said.row(party) is not None and not
               (isinstance(party, str)
                and (party.startswith("any other pod of ") or party.endswith(", none in the input"))
                and (old.row(party) is None or new.row(party) is None))]
    # An input without pods of a family has no row for what is outside in it: what passes there is no news.
    parties = [party for party in parties if isinstance(party, str) or all(
        any(first.version == party.version for first, *_ in one.ranges) for one in (old, new))]
    wrong, asked = [], 0
    for source in parties:
        for destination in parties:
            if source == destination or not isinstance(source, str) and not isinstance(destination, str):
                continue
            for family in families(source, versions) & families(destination, versions):
                if not edges[family]:
                    continue
                asked += 1
                # What nobody knows is tried at some places; what is known does not depend on them.
                places = [dice.choice(edges[family]) for _ in range(2)]
                before = [was.get(end, end) if isinstance(end, str) else end
                          for end in (source, destination)]
                found = differs(old.ports(0, *before, family, places),
                                new.ports(0, source, destination, family, places),
                                said.ports(0, source, destination, family, places),
                                said.ports(1, source, destination, family, places))
                if found:
                    wrong.append(f"seed {seed}: {source} to {destination}, IPv{family}, {found}")
    return asked, wrong


def main():
    """All seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--seeds", required=True, type=seeds, metavar="A-B")
    arguments = parser.parse_args()
    asked = failed = 0
    for seed in arguments.seeds:
        count, wrong = check_seed(arguments.np2nft, seed)
        asked, failed = asked + count, failed + bool(wrong)
        print("".join(f"{text}\n" for text in wrong[:SHOWN]), end="")
    print(f"{asked} pairs compared, {failed} clusters failed")
    sys.exit(1 if failed or not asked else 0)


if __name__ == "__main__":
    main()
