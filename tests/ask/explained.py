#!/usr/bin/python3
"""Check that explain gives the verdicts of the API's words for many connections, with the right reasons.

    explained.py --questions PROGRAM --seeds A-B RULES-FOLDER

The connections are those of RULES-FOLDER/*/expectations.yaml, by name, and the probes of made-up clusters
(tests/opinion/generate.py), by address, whose packets tests/live sends. Checked are the verdict of each
answer; for each direction, which policies isolate the pod; for each rule that is shown, whether it matches,
and if not, whether its peers or its ports do not; and for each tier, whether it is asked, what it says, and
which rule of which policy decides. PROGRAM is questions.c. Prints what differs, then how many connections
were asked about. Exit status: 0 if all agreed, 1 if not.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "live"), str(TESTS / "opinion")]

import yaml

import api
import cases
import generate
import judge
import objects
import tiers
from random_clusters import seeds

SHOWN = 5  # mismatches of one cluster
TIME = 300  # seconds for one cluster
MISSES = {(True, True): None, (True, False): "port", (False, True): "peer",
          (False, False): "port and peer"}


def answers(program, namespace, folder, questions):
    """What explain says to each (from, to, port); a text where it says what is wrong."""
    lines = "".join(" ".join(question) + "\n" for question in questions)
    done = subprocess.run([program, namespace, str(folder)], input=lines, capture_output=True,
                          text=True, timeout=TIME, check=False)
    found = done.stdout.splitlines()
    if done.returncode != 0 or len(found) != len(questions):
        raise judge.Failure(f"{folder}: status {done.returncode}: {done.stderr.strip()}")
    return [text if text.startswith("error: ") else json.loads(text) for text in found]


def wrong_verdict(answer, allowed):
    """What is wrong with the whole answer."""
    if isinstance(answer, str):
        return [answer]
    if answer["allowed"] != allowed:
        return [f"explain says {judge.word(answer['allowed'])}, the API's words {judge.word(allowed)}"]
    return [f"its reasons say {judge.word(not one['allowed'])}" for one in answer["answers"]
            if one["allowed"] != (one["egress"]["allowed"] and one["ingress"]["allowed"])]


def wrong_reasons(cluster, answer, probe):
    """What is wrong with the reasons of a connection between two addresses."""
    source = api.pod_at(cluster, probe.source)
    destination = api.pod_at(cluster, probe.destination)
    said = answer["answers"][0]
    is_own = api.goes_to_own_node(cluster, probe) or api.comes_from_own_node(cluster, probe)
    pod = source or destination
    if said.get("own_node") != (api.spec(pod).get("nodeName") if is_own else None):
        return [f"own node {said.get('own_node')}"]
    if is_own and destination is not None and said["ingress"]["tiers"]:
        return ["a tier is asked about what comes from the pod's own node"]
    if is_own:
        return wrong_tiers(cluster, said["egress"], "Egress", source, probe, destination)
    return (wrong_direction(cluster, said["egress"], "Egress", source, probe, destination)
            + wrong_direction(cluster, said["ingress"], "Ingress", destination, probe, destination))


def wrong_direction(cluster, said, direction, pod, probe, destination):
    """Policies and rules of one direction."""
    isolating = api.isolating(cluster, pod, direction) if pod else []
    named = {(policy["namespace"], policy["name"]): policy["rules"] for policy in said["policies"]}
    expected = {(api.namespace_of(cluster, policy), policy["metadata"]["name"]): policy
                for policy in isolating}
    if named.keys() != expected.keys():
        return [f"{direction}: {sorted(named)} isolate it, not {sorted(expected)}"]
    return [text for name, policy in expected.items()
            for text in wrong_policy(cluster, named[name], policy, direction, probe, destination)] + \
        wrong_tiers(cluster, said, direction, pod, probe, destination)


def wrong_tiers(cluster, said, direction, pod, probe, destination):
    """What is wrong with what is said of Admin and Baseline."""
    if pod is None:
        return [f"{direction}: a tier is about an address"] if said["tiers"] else []
    found = {tier["tier"]: tier for tier in said["tiers"]}
    admin = tiers.says(cluster, "Admin", probe, direction, pod, destination)
    asked = {"Admin": True, "Baseline": admin == "Pass" and not api.isolating(cluster, pod, direction)}
    return [f"{direction}: {tier}: explain says {got}, the API's words {meant}"
            for tier in asked
            for got, meant in [(told(found.get(tier)), words(cluster, tier, asked[tier], probe, direction, pod,
                                                             destination))] if got != meant]


def told(tier):
    """What explain says of a tier: whether it is asked, its answer, and the rule that decides; None if nothing."""
    if tier is None:
        return None
    rule = tier.get("decided_by")
    return tier["asked"], tier["says"], rule and (rule["policy"], rule["priority"], rule["rule"], rule["action"])


def words(cluster, tier, is_asked, probe, direction, pod, destination):
    """The same by the API's words."""
    policies = [policy for policy in tiers.ordered(cluster, tier)
                if tiers.selects(cluster, policy, pod) and tiers.rules(policy, direction)]
    if not policies:
        return None
    if not is_asked:
        return False, None, None
    for policy in policies:
        for number, rule in enumerate(tiers.rules(policy, direction), 1):
            if tiers.rule_matches(cluster, rule, direction, probe, destination):
                return (True, "Deny" if tiers.is_closed(rule) else rule["action"],
                        (policy["metadata"]["name"], policy["spec"]["priority"], number, rule["action"]))
    return True, "Pass", None


def wrong_policy(cluster, said, policy, direction, probe, destination):
    """All rules that let it in, or one that does not."""
    letting = sum(api.rule_allows(cluster, policy, direction, rule, probe, destination)
                  for rule in api.rules(policy, direction))
    shown = letting or min(1, len(api.rules(policy, direction)))
    wrong = [] if len(said) == shown else [f"{len(said)} rules are shown, not {shown}"]
    for rule in said:
        (as_shown,) = yaml.load(rule["yaml"], objects.Loader)
        peers = as_shown.get("from" if direction == "Ingress" else "to")
        other = probe.source if direction == "Ingress" else probe.destination
        miss = MISSES[api.peers_match(cluster, policy, peers, other),
                      api.ports_match(as_shown.get("ports"), probe, destination)]
        if rule["misses_by"] != miss or rule["allows"] != (miss is None) or (rule["why"] is None) != (miss is None):
            wrong.append(f"{direction}: misses by {rule['misses_by']} ({rule['why']}), not by {miss}: "
                         f"{rule['yaml']}")
    return wrong


def port_of(probe):
    """A probe's port in the words of a command line."""
    return "ICMP" if probe.protocol.startswith("ICMP") else f"{probe.port}/{probe.protocol}"


def check_case(program, folder):
    """A folder of rules/, by the names in its table."""
    case = cases.Case(folder)
    questions = [columns[:3] for _, columns in case.table]
    wrong = []
    for question, answer in zip(questions, answers(program, case.cluster.default_namespace, folder,
                                                   questions)):
        allowed = all(api.passes(case.cluster, probe) for probe in case.probes([*question, "allow"]))
        wrong += [f"{folder.name}: {' '.join(question)}: {text}"
                  for text in wrong_verdict(answer, allowed)]
    return len(questions), wrong


def check_seed(program, seed):
    """A made-up cluster, by those of its probes' addresses that np2nft answers about."""
    made = generate.generate(seed)
    namespace = made["namespace"] or "default"
    cluster = objects.cluster(made["objects"], namespace)
    probes = [probe for probe in made["probes"]
              if all(api.is_sent(api.parsed_address(end)) for end in (probe.source, probe.destination))]
    questions = [(str(api.parsed_address(probe.source)), str(api.parsed_address(probe.destination)),
                  port_of(probe)) for probe in probes]
    wrong = []
    with tempfile.TemporaryDirectory(prefix="np2nft-explained-") as folder:
        generate.write(made["objects"], pathlib.Path(folder), f"{seed} 1")
        said = answers(program, namespace, folder, questions)
    for probe, answer in zip(probes, said):
        found = wrong_verdict(answer, api.passes(cluster, probe))
        wrong += [f"seed {seed}: {judge.described(probe)}: {text}"
                  for text in found or wrong_reasons(cluster, answer, probe)]
    return len(probes), wrong


def main():
    """All tables and all seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", required=True, metavar="PROGRAM")
    parser.add_argument("--seeds", required=True, type=seeds, metavar="A-B")
    parser.add_argument("rules", type=pathlib.Path, metavar="RULES-FOLDER")
    arguments = parser.parse_args()
    asked = failed = 0
    folders = cases.folders_below(arguments.rules)
    for check, what in [(check_case, folder) for folder in folders] + [
            (check_seed, seed) for seed in arguments.seeds]:
        count, wrong = check(arguments.questions, what)
        asked, failed = asked + count, failed + bool(wrong)
        print("".join(f"{text}\n" for text in wrong[:SHOWN]), end="")
        if len(wrong) > SHOWN:
            print(f"... {len(wrong) - SHOWN} more")
    print(f"{asked} connections asked about, {failed} clusters failed")
    sys.exit(1 if failed or not asked else 0)


if __name__ == "__main__":
    main()
