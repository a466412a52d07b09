"""Measure compile: generated clusters beside libyaml alone, and the workloads for which Antrea publishes
figures.

Each round goes through all clusters, and for each through libyaml's events alone (yaml_scan) and the
compiler, so that a slow moment of the machine hits all of them.
"""

import os
import re

import plot
from document import table
from rounds import Goals, Run, Spread, cluster, one_processor, program, progress, short

INTRODUCTION = """## Compiling

This is the time from files to the ruleset, compared with the time that libyaml alone takes to read the same bytes (its
events are thrown away). Both use all processors; the cluster of the goals is measured once more with both bound to one
processor. *Without reading* is the time from the objects in memory to the text of the ruleset, and *of it compile* is the
part of it that ends with the ruleset in memory.

The second table has the two workloads of [Antrea's own
test](https://github.com/antrea-io/antrea/blob/main/pkg/controller/networkpolicy/networkpolicy_controller_perf_test.go),
built in memory. Antrea's figures are those in its source: they are from another machine, and only for the groups that its
controller computes, while np2nft's figures are for the whole ruleset. `scripts/bench compile` wrote this part.

"""

# Pods, namespaces, policies.
SMALL, GOAL, POLICIES, LARGE = (1000, 20, 100), (10000, 100, 1000), (10000, 100, 10000), \
    (100000, 1000, 10000)
SIZES = [SMALL, (10000, 100, 100), GOAL, POLICIES, LARGE]
QUICK = [SMALL, GOAL]

# The goal's cluster once more, with scan and compiler bound to one processor.
BOUND = "bound"

# Antrea's workloads: name, what it is, its own seconds and megabytes, our goals for both.
ANTREA = [
    ("small-namespaces", "25,000 namespaces, 100,000 pods, 75,000 policies", "5.8–6.4 s",
     "1,522–1,708 MB", 600, 300),
    ("one-namespace", "1 namespace, 10,000 pods, 10,000 policies", "10.7 s", "1,157 MB", 500, 150),
]

TIMES = re.compile(r"time: read ([\d.]+) ms, compile ([\d.]+) ms, emit ([\d.]+) ms")


def title(size):
    """The cluster in words."""
    return f"{size[0]:,} pods, {size[2]:,} policies"


def compile_once(path):
    """One run of the compiler; its milliseconds from objects to ruleset, and from there to text."""
    run = Run(program("np2nft"), "compile", "-v", "-o", "/dev/null", path)
    _, *stages = map(float, TIMES.search(run.messages).groups())
    return run, stages


def measure_cluster(path, swapped):
    """Scan and compilation of one round; neither is always the second."""
    if swapped:
        run, stages = compile_once(path)
        scan = Run(program("yaml_scan"), path)
    else:
        scan = Run(program("yaml_scan"), path)
        run, stages = compile_once(path)
    return {"scan": scan.seconds * 1e3, "total": run.seconds * 1e3, "compile": stages[0],
            "rest": sum(stages), "megabytes": run.bytes / 1e6}


def measure_antrea(name):
    """One run of one of Antrea's workloads."""
    run = Run(program("antrea"), name)
    milliseconds, chains, sets, elements = run.output.split()
    return {"total": float(milliseconds), "megabytes": run.bytes / 1e6,
            "made": f"{int(chains):,} chains, {int(sets):,} sets, {int(elements):,} elements"}


def spreads(rounds):
    """What was measured, thing by thing."""
    return {name: Spread(values[name] for values in rounds)
            for name in rounds[0] if name != "made"}


def measure(args):
    """Rounds of everything, the first of which warms up."""
    sizes = QUICK if args.quick else SIZES
    paths = {size: cluster(*size) for size in sizes}
    rounds = {key: [] for key in [*sizes, BOUND, *(workload[0] for workload in ANTREA)]}
    for number in range(args.rounds + 1):
        progress(f"compile, round {number} of {args.rounds}")
        for size in sizes:
            rounds[size].append(measure_cluster(paths[size], number % 2))
        with one_processor():
            rounds[BOUND].append(measure_cluster(paths[GOAL], number % 2))
        for workload in ANTREA:
            rounds[workload[0]].append(measure_antrea(workload[0]))
    progress("")
    return paths, {key: values[1:] for key, values in rounds.items()}


def cluster_rows(paths, results):
    """A row for each cluster."""
    for size, path in paths.items():
        made = spreads(results[size])
        yield [title(size), short(path.stat().st_size / 1e6), str(made["total"] / made["scan"]),
               str(made["total"]), str(made["scan"]), str(made["rest"]),
               str(made["compile"]), short(made["megabytes"].median)]


def antrea_rows(results):
    """A row for each of Antrea's workloads."""
    for name, words, seconds, megabytes, *_ in ANTREA:
        made = spreads(results[name])
        yield [words, results[name][0]["made"], str(made["total"]), seconds,
               short(made["megabytes"].median), megabytes]


def has_two_processors():
    """The compiler reads large files on two."""
    return len(os.sched_getaffinity(0)) > 1


def goals(results):
    """The goals, as far as they were measured."""
    made = Goals()
    of_goal, bound = spreads(results[GOAL]), spreads(results[BOUND])
    made.most(f"{title(GOAL)}: compile / libyaml alone, both on one processor",
              bound["total"] / bound["scan"], 1.15, " times")
    if has_two_processors():
        made.most(f"{title(GOAL)}: compile / libyaml alone, with all processors",
                  of_goal["total"] / of_goal["scan"], 1, " times")
    made.most(f"peak memory, {title(GOAL)}", of_goal["megabytes"], 64, " MB")
    if LARGE in results:
        made.most("objects to ruleset, 100,000 pods / 10,000 pods",
                  spreads(results[LARGE])["compile"] / of_goal["compile"], 12, " times")
    for name, words, _, _, milliseconds, megabytes in ANTREA:
        of_workload = spreads(results[name])
        made.most(words, of_workload["total"], milliseconds, " ms")
        made.most(f"{words}: peak memory", of_workload["megabytes"], megabytes, " MB")
    return made


def draw(results):
    """Time by size, where policies are a tenth of the pods."""
    sizes = [size for size in (SMALL, GOAL, LARGE) if size in results]
    lines = {"np2nft compile": "total", "libyaml alone": "scan", "of np2nft, objects to ruleset": "compile"}
    panel = plot.Panel("ten pods for each policy", "pods", {
        words: [(size[0], spreads(results[size])[name].median) for size in sizes]
        for words, name in lines.items()})
    return plot.figure("Compiling", "milliseconds, this machine's", [panel])


def run(args):
    """The section's text, its plot, and whether all goals were reached."""
    paths, results = measure(args)
    made = goals(results)
    text = INTRODUCTION + table(["cluster", "MB of YAML", "compile / libyaml alone", "compile, ms", "libyaml alone, ms",
                  "without reading, ms", "of it compile, ms", "peak, MB"], cluster_rows(paths, results))
    text += "\n" + table(["Antrea's workload, in memory", "what it becomes", "compile, ms", "Antrea's own",
                          "peak, MB", "Antrea's own"], antrea_rows(results))
    text += "\n" + table(["goal", "", "measured", ""], made.rows)
    if not has_two_processors():
        text += "\nThere is one processor: the goal for two is left out.\n"
    text += "\n![Compiling: time by size](benchmarks/compile.svg)\n"
    return text, draw(results), made.reached()
