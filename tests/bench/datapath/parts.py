"""What a packet's time is made of: our ruleset put together step by step, and changed one thing at a time.

Everything is made from the text that np2nft compiles, loaded beside the others, and measured in rounds in
which all take turns; a figure is the median over the rounds of what one takes longer than another.
"""

import re
import statistics

import measure
import multi_networkpolicy
from cluster import Cluster, Size
from ruleset import NODE, POD, Ruleset

SIZES = (Size(10, 1, 100), Size(10, 1, 10000), Size(500, 100, 10000))
NONE = measure.BARE[NODE].name
TRACKED = (measure.BARE_TRACKING[NODE], measure.BARE_TRACKING[POD])
TO_GROUP = re.compile(r"(: )goto ingress/[^\s,]+")
GROUP = re.compile(r"(\tchain ingress/[^/\s]+/[^/\s]+ \{\n(?:\t\tcomment [^\n]*\n)?)(.*?)(\t\}\n)", re.S)
PORTS = re.compile(r"goto ingress/\S+/(?:tcp|udp)[^\s,]*")


def base(rules, *others):
    """A table with these rules in its base chain, and other chains."""
    lines = ["type filter hook forward priority filter; policy accept;", *rules]
    chains = "".join(f"chain {name} {{\n{rule}\n}}\n" for name, rule in others)
    return "table inet np2nft {\n" + chains + "chain forward {\n" + "\n".join(lines) + "\n}\n}\n"


STATE = "ct state established,related accept"


def to_accept(text):
    """The maps lead nowhere: what they find is accepted."""
    return TO_GROUP.sub(r"\1accept", text)


def without(line):
    """An edit that leaves the lines out that begin so."""
    return lambda text: re.sub(rf"\t\t{re.escape(line)}.*\n", "", text)


def group(rules):
    """An edit of what the group's chain says."""
    return lambda text: GROUP.sub(lambda found: found[1] + rules(found[2]) + found[3], text)


def as_map(text):
    """Comparisons of ports as the map that more than two would be."""
    found = re.findall(r"\t\t(tcp|udp) dport (\S+) (goto \S+)\n", text)
    elements = ", ".join(f"{protocol} . {port} : {verdict}" for protocol, port, verdict in found)
    if not found:
        return text
    rest = re.sub(r"\t\t(?:tcp|udp) dport .*\n", "", text)
    return group(lambda rules: rules.replace(
        "midstream\n", f"midstream\n\t\tmeta l4proto . th dport vmap {{ {elements} }}\n"))(rest)


def ip_alone(text):
    """A table of the family ip, without what is about IPv6."""
    text = text.replace("table inet", "table ip")
    text = re.sub(r"\t(?:set|map) \S+\.v6 \{.*?\n\t\}\n", "", text, flags=re.S)
    return re.sub(r"\t\t(?:ip6|icmpv6) .*\n", "", text)


def one_set(text, cluster):
    """One set of address, protocol and port in place of the ports and their peers."""
    elements = ", ".join(f"{peer} . {protocol} . {policy.port}" for policy in cluster.policies
                         for peer in policy.peers for protocol in ("tcp", "udp"))
    table = (f"\tset triples {{\n\t\ttype ipv4_addr . inet_proto . inet_service\n\t\tsize 65536\n"
             f"\t\telements = {{ {elements} }}\n\t}}\n")
    text = group(lambda rules: "".join(rules.partition("midstream\n")[:2])
                 + "\t\tip saddr . meta l4proto . th dport @triples accept\n\t\tdrop\n")(text)
    return re.sub(r"(table inet np2nft \{\n)(?=\t)", lambda found: found[1] + table, text)


def sizeless(text):
    """Without the size that maps have."""
    return re.sub(r"(\tmap \S+ \{\n\t\ttype .*\n)\t\tsize \d+\n", r"\1", text)


def sized(text):
    """With room in each set of peers for twice its elements."""
    def add(found):
        return f"{found[1]}\t\tsize {max(96, 2 * (found[2].count(',') + 1))}\n{found[2]}"
    return re.sub(r"(\tset \S+ \{\n\t\ttype ipv4_addr\n)(.*?\n\t\}\n)", add, text, flags=re.S)


# Each with all that stand before it.
STEPS = (
    ("an empty chain on the hook", lambda text: base([])),
    ("the hooks of connection tracking", lambda text: base([], ("unused", STATE))),
    (f"`{STATE}`", lambda text: base([STATE])),
    ("the egress map (a miss)", lambda text: without("ip daddr vmap")(without("ip6 ")(text))),
    ("the ingress map", to_accept),
    ("the check for what is midstream", group(lambda rules: rules.splitlines()[0] + "\n\t\taccept\n")),
    ("the port", group(lambda rules: PORTS.sub("accept", rules))),
    ("the set of peers", lambda text: text),
)
WHOLE = STEPS[-1][0]
CHANGES = (
    ("maps without a size", sizeless),
    ("sets of peers with a size", sized),
    ("ports as a map (where they are at most two)", as_map),
    ("no comments on elements", lambda text: re.sub(r' comment "default/[^"]*"', "", text)),
    ("a table for IPv4 alone", ip_alone),
    ("no check for what is midstream", without("tcp flags")),
    ("no look-up for egress", without("ip saddr vmap")),
    ("one set of address . protocol . port for ports and peers", one_set),
)


def variant(name, edit, ours):
    """A ruleset that is an edit of ours."""
    def commands(cluster, path):
        (command, text), = ours.commands(cluster, path)
        return [(command, edit(text, cluster) if edit is one_set else edit(text))]
    return Ruleset(name, commands, judges=False)


def tables(ours, *options):
    """Measure all, and say it: lines."""
    rulesets = [variant(name, edit, ours) for name, edit in (*STEPS, *CHANGES)]
    measured = {size: run(size, [measure.BARE[NODE], *rulesets], measure.RULES, *options)
                for size in SIZES}
    yield from head("step")
    yield row("no ruleset", [f"{statistics.median(costs[NONE]):,.0f}" for costs in measured.values()])
    before = NONE
    for name, _ in STEPS:
        yield row(f"+ {name}", [difference(costs, name, before) for costs in measured.values()])
        before = name
    yield row("all, over no ruleset",
              [f"{times(costs, WHOLE, NONE):.2f} times" for costs in measured.values()])
    yield from head("change")
    for name, _ in CHANGES:
        yield row(name, [difference(costs, name, WHOLE) for costs in measured.values()])
    bare = (measure.BARE[NODE], measure.BARE[POD])
    costs = run(SIZES[0], [*bare, *TRACKED, ours, multi_networkpolicy.NFT], measure.TCP, *options)
    yield from ("", f"| a TCP connection, {SIZES[0]} | over no ruleset |", "| --- | ---: |")
    for ruleset in (*TRACKED, ours, multi_networkpolicy.NFT):
        reference = measure.BARE[ruleset.place].name
        yield row(ruleset.name, [f"{times(costs, ruleset.name, reference):.3f}"])


def run(size, rulesets, kind, rounds, milliseconds, programs):
    """Nanoseconds by name and round."""
    cluster = Cluster(size)
    wanted = {ruleset.name: (ruleset, cluster) for ruleset in rulesets}
    with measure.loaded(wanted, programs, check=False) as subjects:
        return measure.rounds_of(kind, subjects, rounds, milliseconds)


def head(of):
    """The head of a table, with a line before it."""
    return "", row(f"{of}, ns a packet", map(str, SIZES)), row("---", ["---:"] * len(SIZES))


def row(first, cells):
    """A line of a table."""
    return f"| {first} | {' | '.join(cells)} |"


def difference(costs, name, other):
    """How much longer one takes than another."""
    return f"{statistics.median(a - b for a, b in zip(costs[name], costs[other])):+,.0f}".replace("-", "−")


def times(costs, name, other):
    """How many times as long it takes."""
    return statistics.median(a / b for a, b in zip(costs[name], costs[other]))
