"""What ClusterNetworkPolicies and blocks cost a packet, and the compiler: the goals, each as a ratio within one run.

All rulesets are np2nft's own, each in a path of its own, and all take turns in each round. The packets are UDP packets
of untracked flows, as in the part about the rules alone.
"""

import json
import re
import resource
import statistics
import subprocess

import document
import measure
import rounds as bench
from cluster import NODE_NAME, Cluster, Size, hosts, network_policy, pod
from namespace import NodeError
from results import quotient
from ruleset import NODE, Ruleset
from subject import FEW

MANY, ONE = Size(10, 100, 10000), Size(10, 1, 10000)
GENERATED = (10000, 100, 1000)
COMPILES = 9
BOUND = re.compile(r"bound: (\d+) elements for (\d+) peers that rules name")
INTRODUCTION = """## Tiers and blocks

These are the goals for ClusterNetworkPolicies and for blocks of addresses. The clusters are those of the data path: {size},
unless a row says otherwise. Each figure is the median of {rounds} rounds, in each of which all rulesets take turns; the
quartiles stand in brackets ({machine}).

The packets are UDP packets of a peer that 100 policies of tier Admin are about, each of which has peers and a port of its
own. Admin accepts the *accepted* packets and denies the *denied* ones. It passes on the *passed* ones, which one NetworkPolicy
then lets in. The goals are about a hundred peers that send, whose elements stay in the processor's nearest memory. The next
column is for all peers that send in turn, so that the time of the memory is measured as well. Packets end at the pod's link,
so that the time that they take there does not hide that of the rules; only the *delivered* ones come to the pod's socket.
`scripts/bench-datapath --tiers` wrote this part.

"""


FROM_ALL = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "from-all"},
            "spec": {"podSelector": {"matchLabels": {"app": "server"}}, "ingress": [{"from": [{"podSelector": {}}]}]}}


class Tiers(Cluster):
    """The same pods and peers, under cluster policies of tier Admin, a rule each; and a NetworkPolicy, or none."""

    def __init__(self, size, action, with_policy=False):
        super().__init__(size)
        self.action, self.with_policy = action, with_policy

    def objects(self):
        """The pods, the cluster policies, and the NetworkPolicy or a last one that denies all pods the rest."""
        made = json.loads(super().objects())
        made["items"] = [item for item in made["items"] if item["kind"] == "Pod"]
        last = {"action": "Deny", "from": [{"namespaces": {}}]}
        made["items"] += [admin(policy.name, number, self.rule(policy))
                          for number, policy in enumerate(self.policies)]
        made["items"].append(FROM_ALL if self.with_policy else admin("rest", 1000, last))
        return json.dumps(made)

    def rule(self, policy):
        """What stands for the NetworkPolicy."""
        return {"action": self.action, "from": [{"pods": {"podSelector": {"matchLabels": {"app": policy.name}}}}],
                "protocols": [{protocol: {"destinationPort": {"number": policy.port}}}
                              for protocol in ("tcp", "udp")]}


def admin(name, priority, rule):
    """A cluster policy about the local pods."""
    return cluster_policy(name, "Admin", priority, {"pods": {"podSelector": {"matchLabels": {"app": "server"}}}},
                          ingress=[rule])


def cluster_policy(name, tier, priority, subject, **rules):
    """A ClusterNetworkPolicy."""
    return {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
            "metadata": {"name": name}, "spec": {"tier": tier, "priority": priority, "subject": subject, **rules}}


class Peers(Cluster):
    """Two peers, or many, by pods or by blocks of which each has one of them."""

    def __init__(self, count, as_blocks):
        super().__init__(Size(10, 1, count))
        self.as_blocks = as_blocks
        # Every other address: neighbours would be one block.
        self.policies[0].peers[:] = hosts("10.64.0.0/10", 2 * count)[::2]

    def objects(self):
        """The pods, and the policy about labels or blocks."""
        policy = self.policies[0]
        made = [pod("server", name, address, NODE_NAME) for name, address in self.pods.items()]
        peers = [{"ipBlock": {"cidr": f"{peer}/32"}} for peer in policy.peers]
        text = network_policy(policy)
        rule = text["spec"]["ingress"][0]
        if self.as_blocks:
            rule["from"] = peers
        else:
            # Two sets, as two blocks are two comparisons.
            rule["from"] = [{"podSelector": {"matchLabels": {"app": f"peer-{number}"}}}
                            for number in range(len(peers))]
            made += [pod(f"peer-{number}", f"peer-{number}", peer, "node-2")
                     for number, peer in enumerate(policy.peers)]
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": [*made, text]})


HUNDRED, ALL = "a hundred peers", "all peers"
NONE, DELIVERED, POLICIES, ACCEPTED, DENIED = "none", "none, delivered", "policies", "accepted", "denied"
PASSED, PASSED_BY_ONE, BLOCKS, PODS = "passed", "passed by one", "2 blocks", "2 pods"
FEW_BLOCKS, MANY_BLOCKS = "25 blocks", "2,500 blocks"
CLUSTERS = {
    NONE: lambda: Cluster(MANY), DELIVERED: lambda: Cluster(MANY), POLICIES: lambda: Cluster(MANY),
    ACCEPTED: lambda: Tiers(MANY, "Accept"), DENIED: lambda: Tiers(MANY, "Deny"),
    PASSED: lambda: Tiers(MANY, "Pass", True), PASSED_BY_ONE: lambda: Tiers(ONE, "Pass", True),
    BLOCKS: lambda: Peers(2, True), PODS: lambda: Peers(2, False),
    FEW_BLOCKS: lambda: Peers(25, True), MANY_BLOCKS: lambda: Peers(2500, True),
}
GOALS = (
    ("100 Admin policies × 10,000 peers, accepted, over the same NetworkPolicies", ACCEPTED, POLICIES, 1.05),
    ("passed on by Admin to a NetworkPolicy, 100 policies over 1", PASSED, PASSED_BY_ONE, 1.03),
    ("a packet that Admin denies, over no ruleset, where it comes to the pod", DENIED, DELIVERED, 1.08),
    ("2 blocks as peers, over 2 pods", BLOCKS, PODS, 1.00),
    ("2,500 blocks over 25", MANY_BLOCKS, FEW_BLOCKS, 1.05),
)


def packet_costs(ours, rounds, milliseconds, programs):
    """Nanoseconds of a packet by who calls, name and round."""
    wanted = {name: (measure.BARE[NODE] if name in (NONE, DELIVERED) else Ruleset(name, ours.commands), make())
              for name, make in CLUSTERS.items()}
    costs = {callers: {name: [] for name in wanted} for callers in (HUNDRED, ALL)}
    with measure.loaded(wanted, programs, check=False) as subjects:
        for subject in subjects.values():
            subject.track(False)
        subjects[DELIVERED].deliver_udp(True)
        for number in range(rounds):
            bench.progress(f"tiers, round {number + 1} of {rounds}")
            turn = number % len(subjects)
            for name in (*list(subjects)[turn:], *list(subjects)[:turn]):
                for callers, of_name in costs.items():
                    flows = subjects[name].flows[:FEW if callers == HUNDRED else None]
                    of_name[name].append(burst(name, subjects[name], flows, milliseconds))
    return costs


def burst(name, subject, flows, milliseconds):
    """Nanoseconds of a packet of the flows, all of which must pass; or none, where they are denied."""
    if name != DENIED:
        return subject.all_passing(flows, "--milliseconds", str(milliseconds))
    passed, _, cost = subject.send(flows, "--milliseconds", str(milliseconds))
    if passed:
        raise NodeError(f"{passed} denied packets passed")
    return cost


def elements(np2nft):
    """The elements of the rulesets over what their rules name, at most, and of which."""
    found = {name: bound(np2nft, CLUSTERS[name]()) for name in (ACCEPTED, DENIED, PASSED)}
    return max((ratio, name) for name, ratio in found.items())


def bound(np2nft, cluster):
    """Elements over what rules name, as -v says."""
    done = subprocess.run([np2nft, "compile", "-v", "--node", NODE_NAME, "-o", "/dev/null", "-"],
                          input=cluster.objects(), text=True, capture_output=True, check=True)
    made, named = map(int, BOUND.search(done.stderr).groups())
    return made / named


def is_untouched(np2nft):
    """Does a cluster policy about pods elsewhere change nothing on the node, byte for byte?"""
    cluster = Cluster(MANY)
    texts = []
    elsewhere = cluster_policy("elsewhere", "Admin", 1, {"pods": {"podSelector": {"matchLabels": {"app": "none"}}}},
                               ingress=[{"action": "Deny", "from": [{"namespaces": {}}]}])
    for more in ([], [elsewhere]):
        made = json.loads(cluster.objects())
        made["items"] += more
        texts.append(subprocess.run([np2nft, "compile", "--quiet", "--node", NODE_NAME, "-"], input=json.dumps(made),
                                    text=True, capture_output=True, check=True).stdout)
    return texts[0] == texts[1]


def hundred():
    """100 cluster policies about the pods of a generated cluster."""
    envs, apps = ["prod", "staging", "test", "dev"], ["web", "api", "auth", "worker", "orders", "kafka", "redis"]
    actions = ["Accept", "Deny", "Pass"]
    for number in range(100):
        def app(add, number=number):
            return {"pods": {"podSelector": {"matchLabels": {"app": apps[(number + add) % len(apps)]}}}}
        port = [{"tcp": {"destinationPort": {"number": 8000 + number % 50}}}]
        subject = {"namespaces": {"matchLabels": {"env": envs[number % 4]}} if number % 2 else {}}
        yield cluster_policy(f"c{number}", "Baseline" if number >= 70 else "Admin", number, subject,
                             ingress=[{"action": actions[(number + rule) % 3], "from": [app(rule)], "protocols": port}
                                      for rule in range(3)],
                             egress=[{"action": actions[number % 3], "to": [app(3)], "protocols": port},
                                     {"action": "Deny", "to": [{"networks": [f"192.0.2.{number}/32"]}]}])


def compile_seconds(np2nft):
    """Seconds of processor of compiling a generated cluster, by round: without, and with 100 cluster policies more."""
    plain = bench.cluster(*GENERATED)
    more = plain.with_name("cluster-policies.json")
    more.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(hundred())}), encoding="utf-8")
    found = ([], [], [])
    for _ in range(COMPILES + 1):
        for seconds, paths in zip(found, ([plain], [plain, more], [more])):
            seconds.append(processor_seconds([np2nft, "compile", "--quiet", "-o", "/dev/null", *paths]))
    return [seconds[1:] for seconds in found]


def processor_seconds(command):
    """Of a command that must succeed."""
    before = children_seconds()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return children_seconds() - before


def children_seconds():
    """What ended children took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rows(costs, np2nft):
    """The goals: words, limit, figure, the figure when all peers call, whether it is reached."""
    for words, name, over, limit in GOALS:
        few, every = (quotient(costs[callers][name], costs[callers][over]) for callers in (HUNDRED, ALL))
        yield [words, f"{limit:.2f}", str(few), str(every), mark(few.median <= limit)]
    most, name = elements(np2nft)
    yield [f"elements over what the rules name, the most of these clusters ({name})", "1.50", f"{most:.2f}", "",
           mark(most <= 1.5)]
    untouched = is_untouched(np2nft)
    yield ["a node whose pods are under no cluster policy: the same ruleset byte for byte", "yes",
           "yes" if untouched else "no", "", mark(untouched)]
    plain, more, alone = compile_seconds(np2nft)
    found = quotient(more, plain)
    yield ["compiling 10,000 pods for all nodes, with 100 cluster policies more over without (seconds of processor)",
           "1.15", str(found), "", mark(found.median <= 1.15)]
    yield ["reading and compiling the 100 cluster policies without the pods, over the same", "",
           str(quotient(alone, plain)), "", ""]


def mark(reached):
    """In a word, strong where it must be seen."""
    return "reached" if reached else "**missed**"


def run(ours, np2nft, machine, rounds, milliseconds, programs):
    """Measure all: the section, and whether all goals are reached."""
    costs = packet_costs(ours, rounds, milliseconds, programs)
    table = list(rows(costs, np2nft))
    text = INTRODUCTION.format(size=MANY, rounds=rounds, machine=machine)
    text += document.table(["goal", "at most", "measured", "when all peers call", ""], table) + "\n"
    times = [[name, *(f"{statistics.median(costs[callers][name]):,.0f} ns, "
                      f"{quotient(costs[callers][name], costs[callers][NONE])}" for callers in (HUNDRED, ALL))]
             for name in CLUSTERS]
    text += document.table(["a packet, and times no ruleset", "a hundred peers call", "all peers call"], times)
    return text, all("missed" not in row[-1] for row in table)
