"""The results as text for a terminal, and as a part of docs/benchmarks.md with its plots."""

import dataclasses

import document
import plot
from cluster import Size
from goals import DIMENSIONS, limits, margins
from measure import ESTABLISHED, RULES, TCP, UDP

HEADINGS = {
    RULES: ("The rules alone", "a packet that meets the rules, tracking switched off in all cases"),
    ESTABLISHED: ("Established flows", "a packet of a UDP flow that has been answered"),
    UDP: ("New UDP flows", "the first packet of a UDP flow, tracking included"),
    TCP: ("New TCP connections", "a connection opened and reset, both ends' work included"),
}
AGAINST = {
    RULES: "no ruleset at all", ESTABLISHED: "forwarding with tracking, without a ruleset",
    UDP: "no ruleset at all", TCP: "no ruleset at all",
}

INTRODUCTION = """## The data path

A client, a node and a pod are in network namespaces. {rulesets} rulesets for the same policies are compared, each loaded
into a node of its own. All local pods of the node are under all the policies, and the pod that gets the packets is the middle
one of them. Each policy lets its share of the peers in on a port of its own, over TCP and UDP. Packets come from all the
peers in turn.

A figure says how many times as long a packet or a connection takes as without a ruleset. It is the median of {rounds}
rounds, in each of which all rulesets take turns; the quartiles stand in brackets. Below it stands how long it took on this
machine, on one processor, and with the time to send and to receive ({machine}).

np2nft's ruleset is compiled. The others have the shape that those programs install, without what these programs do besides.
All are checked to let through what is allowed and to stop the rest. The ruleset of multi-networkpolicy-nftables stands in
the pod; the time that the way into the pod takes is measured without it, and left out. In the place of
kube-network-policies' program there is one that accepts whatever it is asked about, in the sender's own thread; the real
program can only take longer.

`scripts/bench-datapath` does all this, and wrote this part.

"""


def rate(nanoseconds):
    """How many a second."""
    return f"{1e9 / nanoseconds:,.0f}/s"


def cell(results, kind, size, name, line=", "):
    """A ruleset's ratio and absolute figures."""
    cost = results.cost(kind, size, name).median
    return f"{results.times(kind, size, name)}{line}{cost:,.0f} ns, {rate(cost)}"


def shown_sizes(results):
    """The smallest, the middle and the largest size."""
    axes = [results.axis(dimension) for dimension in DIMENSIONS]
    return (results.smallest, Size(*(axis[len(axis) // 2] for axis in axes)), results.largest)


def console(results):
    """Everything in lines."""
    lines = [results.data["machine"], f"{results.data['rounds']} rounds; times no ruleset: median"
             " (quartiles); absolute figures are this machine's"]
    for kind, (title, words) in HEADINGS.items():
        lines += ["", f"{title}: {words}; over {AGAINST[kind]}"]
        for size in results.cells:
            lines.append(f"  {size}")
            lines += [f"    {name:38} {cell(results, kind, size, name)}" for name in results.rulesets]
    lines += ["", "Goals, each at its worst"]
    lines += [f"  {verdict(goal)} {goal.text}: {goal.figure}, at most {goal.limit} [{goal.where}]"
              for goal in limits(results)]
    lines += [f"  {verdict(margin)} {HEADINGS[margin.kind][0]}: {margin.peer}, times ours: least"
              f" {margin.least} [{margin.where}], smallest size {margin.smallest}, largest"
              f" {margin.largest}" for margin in margins(results)]
    return "\n".join(lines) + "\n"


def verdict(goal):
    """In a word."""
    return "reached" if goal.reached else "MISSED "


def markdown(results):
    """The part of the document."""
    parts = [INTRODUCTION.format(rulesets=len(results.rulesets), **results.data), goals_tables(results)]
    for kind, (title, words) in HEADINGS.items():
        parts.append(f"\n### {title}\n\nThis is the time of {words}, compared with {AGAINST[kind]}.\n\n"
                     f"![{title}: time over {AGAINST[kind]}, by size](benchmarks/{file_name(kind)})\n\n"
                     + few_sizes(results, kind) + all_sizes(results, kind))
    return "".join(parts) + loading(results)


def goals_tables(results):
    """What was to be reached."""
    rows = [[goal.text, f"{goal.limit:.2f}", f"{goal.figure}", f"{goal.where}", mark(goal.reached)]
            for goal in limits(results)]
    text = document.table(["goal, at the size where it is worst", "at most", "measured", "where", ""], rows)
    rows = [[f"{HEADINGS[margin.kind][0]}: {margin.peer}", f"{margin.least}<br>{margin.where}",
             f"{margin.smallest}", f"{margin.largest}", mark(margin.reached)]
            for margin in margins(results)]
    return (f"{text}\nThe next table says how many times np2nft's time the other rulesets take for new packets and"
            " connections. The goal is that np2nft is faster than each of them everywhere, and that its lead grows with"
            " the size.\n\n"
            + document.table(["", "at least", "smallest size", "largest size", ""], rows))


def mark(reached):
    """In a word, strong where it must be seen."""
    return "reached" if reached else "**missed**"


def few_sizes(results, kind):
    """A table of some sizes."""
    sizes = shown_sizes(results)
    return document.table(
        [""] + [str(size) for size in sizes],
        [[name] + [cell(results, kind, size, name, "<br>") for size in sizes]
         for name in results.rulesets])


def all_sizes(results, kind):
    """The whole grid, folded."""
    rows = [[f"{size.pods} / {size.policies} / {size.peers:,}"]
            + [f"{results.times(kind, size, name)}<br>{results.cost(kind, size, name).median:,.0f} ns"
               for name in results.rulesets] for size in results.cells]
    return ("\n<details><summary>All sizes: pods / policies / peers</summary>\n\n"
            + document.table(["", *results.rulesets], rows) + "\n</details>\n")


def loading(results):
    """What it takes to load the largest."""
    seconds = results.cells[results.largest]["seconds"]
    words = "; ".join(f"{name} {seconds[name]:.2f} s" for name in results.rulesets)
    return f"\nLoading the largest ({results.largest}) took: {words}.\n"


def file_name(kind):
    """A plot's file."""
    return f"datapath-{kind.slug}.svg"


def figure(results, kind):
    """A plot: one size changes, the others are in the middle."""
    middle = shown_sizes(results)[1]
    panels = []
    for dimension, words in DIMENSIONS.items():
        sizes = [dataclasses.replace(middle, **{dimension: value}) for value in results.axis(dimension)]
        fixed = ", ".join(f"{getattr(middle, other):,} {other}" for other in DIMENSIONS
                          if other != dimension)
        panels.append(plot.Panel(fixed, words, {
            name: [(getattr(size, dimension), results.times(kind, size, name).median) for size in sizes]
            for name in results.rulesets}))
    title, words = HEADINGS[kind]
    return plot.figure(f"{title}: {words}", f"time over {AGAINST[kind]} (1 = as fast)", panels)


def write(results, docs):
    """The part of docs/benchmarks.md, and its plots beside it."""
    (docs / "benchmarks").mkdir(exist_ok=True)
    for kind in HEADINGS:
        (docs / "benchmarks" / file_name(kind)).write_text(figure(results, kind), encoding="utf-8")
    document.replace_part(docs / "benchmarks.md", "datapath", markdown(results))
