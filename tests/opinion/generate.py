#!/usr/bin/python3
"""Make small clusters, with policies that favour the edges of what may be written.

In: a seed. Out: objects that are valid and always the same for this seed, options to compile them with, and
probes near the boundaries of every rule; and the same cluster at a later time. `generate.py SEED FOLDER`
writes a seed's objects to that folder.
"""

import pathlib
import sys

import aim
import api
import make_cluster
import make_tiers
import objects
import shapes
from dice import Dice
from make_policies import PolicyMaker


TIERS = True  # Draw cluster policies, too?


def generate(seed):
    """Objects, the node and the namespace to compile them for (or None), and probes."""
    dice = Dice(seed)
    node = dice.choice([None, None, *make_cluster.NODES])
    namespace = dice.choice([None, None, None, "prod"])
    return with_probes(dice, make_objects(dice, namespace or "default"), node, namespace)


def later(made, seed):
    """The same cluster, some of whose pods have other labels, policies other rules, or are gone."""
    dice = Dice(f"{seed} later")
    changed = []
    for item in made["objects"]:
        other = dice.choice([each for each in made["objects"] if each["kind"] == item["kind"]])
        if item["kind"] == "Pod" and dice.chance(0.3):
            item = {**item, "metadata": {**item["metadata"], "labels": api.labels(other)}}
        elif item["kind"] == "NetworkPolicy":
            rules = {field: api.spec(other).get(field) for field in ("ingress", "egress")
                     if dice.chance(0.3)}
            item = {**item, "spec": {**api.spec(item), **rules}}
        elif item["kind"] == "ClusterNetworkPolicy" and dice.chance(0.5):
            kept = {field: api.spec(item)[field] for field in ("tier", "priority", "subject") if dice.chance(0.7)}
            item = {**item, "spec": {**api.spec(other), **kept}}
        if item["kind"] == "Namespace" or dice.chance(0.85):
            changed.append(item)
    return with_probes(dice, changed, made["node"], made["namespace"])


def with_probes(dice, made, node, namespace):
    """What generate() gives."""
    return {"objects": made, "node": node, "namespace": namespace,
            "probes": aim.probes(dice, objects.cluster(made, namespace or "default"))}


def make_objects(dice, default_namespace):
    """Namespaces, pods, policies, and at times an object of another kind."""
    names = make_cluster.namespace_names(dice, default_namespace)
    pods = make_cluster.pods(dice, names, default_namespace)
    addresses = [address for pod in pods for address in api.pod_addresses(pod)]
    policy = PolicyMaker(dice, names, default_namespace, addresses).policy
    policies = dice.few(policy, 1, dice.choice([2, 3, 5, 10]))
    other = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
             "spec": {"selector": {"app": "a"}, "ports": [{"port": 80}]}}
    made = [*make_cluster.namespaces(dice, names), *pods, *policies, *[other] * dice.chance(0.3)]
    return [*made, *some_tiers(dice, names, addresses)] if TIERS and dice.chance(0.6) else made


def some_tiers(dice, names, addresses):
    """Cluster policies, and nodes."""
    maker = make_tiers.TierMaker(dice, names, addresses)
    return [*make_tiers.nodes(dice), *dice.few(maker.policy, 1, dice.choice([2, 4, 8]))]


def write(made, folder, seed):
    """Write objects as files of a folder, in an order and in shapes that the seed decides."""
    shapes.write(Dice(seed), made, pathlib.Path(folder))


if __name__ == "__main__":
    write(generate(int(sys.argv[1]))["objects"], sys.argv[2], int(sys.argv[1]))
