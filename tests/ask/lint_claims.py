#!/usr/bin/python3
"""Check with the API's words that what lint says about made-up clusters is true.

    lint_claims.py --np2nft PATH --seeds A-B

Each seed's objects (tests/opinion/generate.py) are written with every rule and every entry of `from` and
`to` on a line of its own. A finding must be true: what never passes is denied on every port, what adds
nothing can go and no probe's verdict changes, and so on. Every code is explained in docs/lint.md.
Prints what is not so; exit status 1 then.
"""

import argparse
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "opinion"))

import api  # pylint: disable=wrong-import-position
import generate  # pylint: disable=wrong-import-position
import objects  # pylint: disable=wrong-import-position

SIDE = {"Ingress": "from", "Egress": "to"}
SECONDS = 60


class Text:
    """Objects as text, and what stands in each line."""

    def __init__(self):
        self.lines, self.at = [], {}

    def add(self, text, what=None):
        """One more line."""
        self.lines.append(text)
        self.at[len(self.lines)] = what

    def add_object(self, item):
        """As JSON, which is YAML too; a policy's rules and entries on lines of their own."""
        if item["kind"] != "NetworkPolicy" or not item.get("spec"):
            self.add(json.dumps(item), (item, None, None, None))
        else:
            self.add_policy(item)
        self.add("---")

    def add_policy(self, policy):
        """Rules are numbered, and so are their entries."""
        plain = {key: value for key, value in policy.items() if key != "spec"}
        spec = {key: value for key, value in policy["spec"].items()
                if key not in ("ingress", "egress")}
        self.add(json.dumps(plain)[:-1] + ', "spec": ' + json.dumps(spec)[:-1],
                 (policy, None, None, None))
        between = ", " if spec else ""
        for direction, side in SIDE.items():
            rules = policy["spec"].get(direction.lower())
            if not isinstance(rules, list):
                continue
            self.add(f'{between}"{direction.lower()}": [')
            between = ", "
            for number, rule in enumerate(rules):
                self.add_rule((policy, direction, number), side, rule, number == len(rules) - 1)
            self.add("]")
        self.add("}}")

    def add_rule(self, place, side, rule, last):
        """A rule begins its line, and so does each of its entries."""
        comma = "" if last else ","
        if not isinstance(rule, dict) or not rule.get(side):
            self.add(json.dumps(rule) + comma, (*place, None))
            return
        rest = {key: value for key, value in rule.items() if key != side}
        self.add(json.dumps(rest)[:-1] + (", " if rest else "") + f'"{side}": [', (*place, None))
        for number, entry in enumerate(rule[side]):
            self.add(json.dumps(entry) + ("" if number == len(rule[side]) - 1 else ","),
                     (*place, number))
        self.add("]}" + comma)


def findings(np2nft, text, namespace):
    """What lint says; it must neither fail nor say anything else."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "objects.yaml"
        file.write_text("\n".join(text.lines))
        done = subprocess.run([np2nft, "lint", "-q", "-n", namespace, "--format", "json", file], check=False,
                              capture_output=True, text=True, timeout=SECONDS)
    if done.returncode not in (0, 1) or done.stderr:
        raise ValueError(f"exit status {done.returncode}: {done.stderr}")
    found = json.loads(done.stdout)["findings"]
    if done.returncode != any(finding["severity"] == "warning" for finding in found):
        raise ValueError(f"exit status {done.returncode} with {len(found)} findings")
    return found


class Claims:
    """What findings say of one cluster; each method is true if it holds."""

    def __init__(self, cluster, probes):
        self.cluster, self.probes = cluster, probes
        self.pods = [pod for pod in cluster.pods if api.counts(pod) and api.pod_addresses(pod)]
        self.numbers = sorted({number for probe in probes for number in (probe.port, 1, 65535)
                               if number})

    def selected(self, policy):
        """Pods under the policy."""
        return [pod for pod in self.pods if api.selects(self.cluster, policy, pod)]

    def addresses(self, place):
        """Of the pods that an entry means."""
        policy, direction, number, entry = place
        peer = api.rules(policy, direction)[number][SIDE[direction]][entry]
        return [address for pod in self.pods for address in map(str, api.pod_addresses(pod))
                if api.peer_matches(self.cluster, policy, peer, address)]

    def nobody(self, place, _):
        """Neither the policy nor the entry matches a pod."""
        return not (self.addresses(place) if place[3] is not None else self.selected(place[0]))

    def somebody(self, place, _):
        """The entry matches the address of a pod."""
        return bool(self.addresses(place))

    def never(self, place, _):
        """Of all that the rule allows, nothing passes between two different pods."""
        policy, direction, number, _entry = place
        rule = api.rules(policy, direction)[number]
        own = [address for pod in self.selected(policy) for address in map(str, api.pod_addresses(pod))]
        pairs = [(here, there) for here in own for there in self.addresses(place)
                 if (":" in here) == (":" in there)
                 and api.pod_at(self.cluster, here) is not api.pod_at(self.cluster, there)]
        for here, there in pairs:
            ends = (here, there) if direction == "Egress" else (there, here)
            if any(api.allowed(self.cluster, probe) for probe in self.on_ports(ends, rule)):
                return False
        return True if pairs else None  # a pod that is not there yet cannot be asked

    def on_ports(self, ends, rule):
        """Probes between two ends on the ports that the rule names."""
        destination = api.pod_at(self.cluster, ends[1])
        probes = [api.Probe(*ends, protocol, number) for protocol in ("TCP", "UDP", "SCTP")
                  for number in self.numbers]
        return [probe for probe in probes
                if api.ports_match(rule.get("ports"), probe, destination)]

    def pointless(self, places):
        """Without all of them together every probe's verdict is the same."""
        less = {id(policy): copy.deepcopy(policy) for policy in self.cluster.policies}
        # From the last to the first, so that numbers stay; entries before their rules.
        for policy, direction, number, entry in sorted(places, reverse=True, key=lambda place: (
                place[3] is not None, place[2], place[3] or 0)):
            spec = less[id(policy)]["spec"]
            spec["policyTypes"] = list(api.policy_types(policy))
            if entry is None:
                del spec[direction.lower()][number]
            else:
                del spec[direction.lower()][number][SIDE[direction]][entry]
        without = self.cluster._replace(policies=list(less.values()))
        return all(api.allowed(without, probe) == api.allowed(self.cluster, probe)
                   for probe in self.probes)

    def nameless(self, place, finding):
        """No pod that is called has the port."""
        policy, direction, number, _entry = place
        rule = api.rules(policy, direction)[number]
        name, protocol = next(word for word in finding["reason"].split()
                              if "/" in word).rstrip(":").split("/")
        called = self.selected(policy)
        if direction == "Egress":
            called = [pod for pod in self.pods for address in map(str, api.pod_addresses(pod))
                      if api.peers_match(self.cluster, policy, rule.get("to"), address)]
        return not any(api.named_ports(pod, name, protocol) for pod in called)

    def check(self, finding, place):
        """Is it true?  None: it is not judged here."""
        claims = {
            "selector-contradicts-itself": self.nobody, "selects-no-pods": self.nobody,
            "peer-without-namespace": self.nobody, "peer-without-pods": self.nobody,
            "only-host-network": self.nobody, "except-leaves-nothing": self.nobody,
            "block-covers-pods": self.somebody, "other-end-denies": self.never,
            "port-name-unknown": self.nameless,
        }
        claim = claims.get(finding["code"])
        return claim(place, finding) if claim else None


def check(seed, np2nft, counts):
    """What is not true of one seed."""
    made, text = generate.generate(seed), Text()
    for item in made["objects"]:
        text.add_object(item)
    namespace = made["namespace"] or "default"
    claims, wrong = Claims(objects.cluster(made["objects"], namespace), made["probes"]), []
    found = findings(np2nft, text, namespace)
    for finding in found:
        truth = claims.check(finding, text.at[finding["line"]])
        if truth is not None:
            counts[finding["code"]] = counts.get(finding["code"], 0) + 1
        if truth is False:
            wrong.append(f"{finding['line']}: {finding['reason']} [{finding['code']}]")
    pointless = [finding["line"] for finding in found if finding["code"].startswith("pointless-")]
    counts["pointless"] = counts.get("pointless", 0) + len(pointless)
    if not claims.pointless([text.at[line] for line in pointless]):
        wrong.append(f"not pointless together: lines {pointless}")
    return wrong


def unexplained(np2nft):
    """Codes that docs/lint.md does not have, that no case in tests/ask is about, or that lack help."""
    here = pathlib.Path(__file__).resolve().parent
    done = subprocess.run([np2nft, "lint", "--format", "sarif", here / "lint-clean"], check=True,
                          capture_output=True, timeout=SECONDS)
    text = (here.parents[1] / "docs/lint.md").read_text()
    for rule in json.loads(done.stdout)["runs"][0]["tool"]["driver"]["rules"]:
        code = rule["id"]
        section = text.partition(f"\n### {code}\n\n")[2].partition("\n\n### ")[0].partition("\n\n## ")[0]
        if (not section or rule["help"] != {"text": section.strip(), "markdown": section.strip()}
                or rule["fullDescription"]["text"].split()[0] != section.split()[0].strip("`*")
                or not rule["helpUri"].endswith(f"/lint.md#{code}")
                or not (here / f"lint-{code}/command").exists()):
            yield code


def main():
    """All seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True)
    parser.add_argument("--seeds", required=True)
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    counts, missing = {}, list(unexplained(arguments.np2nft))
    failed = len(missing)
    for code in missing:
        print(f"{code}: not in docs/lint.md, without help, or without a case")
    for seed in range(first, last + 1):
        try:
            wrong = check(seed, arguments.np2nft, counts)
        except ValueError as error:
            wrong = [str(error)]
        failed += bool(wrong)
        for line in wrong:
            print(f"seed {seed}: {line}")
    print(f"{last - first + 1} seeds, {failed} failed;",
          ", ".join(f"{count} {code}" for code, count in sorted(counts.items())))
    sys.exit(1 if failed or not counts else 0)


if __name__ == "__main__":
    main()
