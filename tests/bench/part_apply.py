"""Measure apply, from the compiled form to the kernel's commit, beside the kernel's own share of it and
beside `nft -f`.

For each cluster, a program (apply_rounds.c) holds the compiled forms. Each round goes through all clusters,
so that a slow moment of the machine hits all of them.
"""

import subprocess

import plot
from document import table
from rounds import FOLDER, Goals, Spread, Trouble, cluster, program, progress, short

INTRODUCTION = """## Applying

`apply` begins with the compiled ruleset: it reads what the kernel has, compares, and sends what differs, until the kernel
has committed it. It is compared with four other things. *Sent bare* are the same transactions, made beforehand and sent by
one `sendmsg` each, and nothing else. *Sent at once* is all of them as one transaction. *Bare dump* are the same questions to
the kernel, of which nobody looks at the answers. `nft -f` gets the same change as text. A transaction locks nf_tables as
long as it lasts. *One node's* means `--node`: the pods of the whole cluster are peers, but only the 110 pods of that node
are isolated. `scripts/bench apply` wrote this part.

"""

NODE = "node-0001"

# Pods, namespaces, policies; and the node whose pods are enforced, or None for all.
SMALL, GOAL, LARGE = (1000, 20, 100), (10000, 100, 1000), (100000, 1000, 10000)
CASES = [(SMALL, None), (GOAL, None), (SMALL, NODE), (GOAL, NODE), (LARGE, NODE)]
QUICK = CASES[:4]

CHANGES = [("remote", "one remote pod more"), ("local", "one local pod more"),
           ("policy", "one policy more")]


def title(case):
    """The cluster in words."""
    (pods, _, policies), node = case
    return f"{pods:,} pods, {policies:,} policies, " + ("one node's" if node else "all enforced")


def values(line):
    """NAME=VALUE, as numbers."""
    return {name: float(value) for name, _, value in
            (word.partition("=") for word in line.split())}


class Rounds:
    """A running apply_rounds."""

    def __init__(self, case):
        (pods, namespaces, policies), node = case
        self.folder = FOLDER / f"apply-{pods}-{node or 'all'}"
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.iterdir():
            old.unlink()
        command = [program("apply_rounds"), self.folder, *(["--node", node] if node else []),
                   cluster(pods, namespaces, policies)]
        self.process = subprocess.Popen([str(word) for word in command], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.made = values(self.answer())
        self.rounds = []

    def answer(self):
        """One line; there is none if the program failed, which has said why."""
        line = self.process.stdout.readline()
        if not line:
            raise Trouble(f"apply_rounds ended with status {self.process.wait()}")
        return line

    def measure(self):
        """One round."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.rounds.append(values(self.answer()))

    def check(self):
        """All ways must have led to the same table."""
        for what in {path.name.partition(".")[0] for path in self.folder.glob("*.list")}:
            tables = [blocks(path) for path in self.folder.glob(f"{what}.*.list")]
            if len(tables) < 3 or any(listed != tables[0] for listed in tables):
                raise Trouble(f"{self.folder}: {what} leads to different tables")

    def spread(self, name):
        """The values of all rounds but the first."""
        return Spread(made[name] / 1e3 for made in self.rounds[1:])

    def has(self, what):
        """Was there such a change to measure?"""
        return what in self.rounds[0]

    def end(self):
        """Stop it."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def blocks(path):
    """Chains and sets of a listed table, in an order of their own (nft lists chains as they came)."""
    return sorted(block.strip() for block in
                  path.read_text(encoding="utf-8").rstrip().removesuffix("}").split("\n\n"))


def measure(args, running):
    """Rounds of all cases, the first of which warms up and checks."""
    for case in QUICK if args.quick else CASES:
        progress(f"compiling {title(case)}")
        running[case] = Rounds(case)
    for number in range(args.rounds + 1):
        for case, rounds in running.items():
            progress(f"apply, round {number} of {args.rounds}: {title(case)}")
            rounds.measure()
            if number == 0:
                rounds.check()
    progress("")


def full_rows(running):
    """Into an empty kernel."""
    for case, rounds in running.items():
        full = rounds.spread("full")
        yield [title(case), f"{int(rounds.made['sets']):,}", f"{int(rounds.made['elements']):,}",
               str(full / rounds.spread("full.bare")), str(full / rounds.spread("full.once")),
               str(full / rounds.spread("full.nft")),
               str(full), str(rounds.spread("full.nft")), str(rounds.spread("full.longest")),
               str(int(rounds.rounds[0]["full.transactions"]))]


def nothing_rows(running):
    """What is there already."""
    for case, rounds in running.items():
        nothing, bare = rounds.spread("nothing"), rounds.spread("nothing.bare")
        yield [title(case), str(nothing / bare), str(nothing), str(bare)]


def change_rows(running):
    """One thing more."""
    for what, words in CHANGES:
        for case, rounds in running.items():
            if not rounds.has(what):
                continue
            yield [words, title(case), short(rounds.rounds[0][what + ".bytes"]),
                   str(int(rounds.rounds[0][what + ".transactions"])),
                   str(rounds.spread(what + ".kernel")), str(rounds.spread(what + ".bare")),
                   str(rounds.spread(what)), str(rounds.spread(what + ".nft"))]


def goals(running):
    """The goals, as far as they were measured."""
    made = Goals()
    of_goal = running[GOAL, None]
    full = of_goal.spread("full")
    for way, words in (("bare", "its transactions sent bare"), ("once", "all of it sent at once")):
        made.most(f"full apply / {words}, 10,000 pods", full / of_goal.spread("full." + way), 1.3,
                  " times")
    made.most("full apply / nft -f, 10,000 pods", full / of_goal.spread("full.nft"), 0.5, " times")
    for case, rounds in running.items():
        made.most(f"nothing changed / bare dump, {title(case)}",
                  rounds.spread("nothing") / rounds.spread("nothing.bare"), 1.5, " times")
    return made


def draw(running):
    """Time by size, with the pods of one node enforced."""
    lines = {"one remote pod more, apply": "remote", "nothing changed, apply": "nothing",
             "full, apply": "full", "full, nft -f": "full.nft"}
    panel = plot.Panel("one node's 110 pods enforced", "pods of the cluster", {
        words: [(case[0][0], rounds.spread(name).median)
                for case, rounds in running.items() if case[1]]
        for words, name in lines.items()})
    return plot.figure("Applying", "milliseconds, this machine's", [panel])


def run(args):
    """The section's text, its plot, and whether all goals were reached."""
    running = {}
    try:
        measure(args, running)
    finally:
        for rounds in running.values():
            rounds.end()
    made = goals(running)
    text = INTRODUCTION + table(["full, into an empty kernel", "sets", "elements", "apply / sent bare",
                  "apply / sent at once", "apply / nft -f", "apply, ms", "nft -f, ms", "longest transaction, ms",
                  "transactions"], full_rows(running))
    text += "\n" + table(["nothing changed", "apply / bare dump", "apply, ms", "bare dump, ms"],
                         nothing_rows(running))
    text += "\n" + table(["one more", "cluster", "bytes", "transactions", "kernel, ms", "sent bare, ms",
                          "apply, ms", "nft -f, ms"], change_rows(running))
    text += "\n" + table(["goal", "", "measured", ""], made.rows)
    text += "\n![Applying: time by size](benchmarks/apply.svg)\n"
    return text, draw(running), made.reached()
