"""Measure what a ruleset costs the packets: np2nft's, beside rulesets in the shapes that other programs install.

    scripts/bench-datapath [--quick] [--report] [--parts] [--tiers] [--rounds N] [--milliseconds N]

Installs what is missing, builds the release preset, measures in network namespaces, and prints the figures. It needs
root, or the right to make user namespaces. Without options it measures all sizes, which takes a quarter of an hour, and
writes the part "datapath" of docs/benchmarks.md, with pictures beside it. The figures are also kept in build/bench.

--quick (two minutes) measures only the smallest and largest sizes, and does not write to docs/. --parts measures and prints
how much of a packet's time each part of np2nft's ruleset takes, and nothing else. --tiers (five minutes) measures only
cluster policies and blocks; without --quick it writes the part "datapath-tiers". --report measures nothing, and reports the
figures that were kept. Exit status: 0 all goals are reached, 1 one is missed, 2 nothing could be measured.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys

import calico
import kube_network_policies
import kube_router
import multi_networkpolicy
import ours
import parts
import report
import tiers
from cluster import Size
from document import replace_part
from goals import limits, margins
from measure import measure, measure_growth
from namespace import NodeError, become_root, own_run
from results import Results, machine

PACKAGES = ["gcc", "libc6-dev", "make", "cmake", "pkg-config", "libyaml-dev", "libcurl4-openssl-dev",
            "libmnl-dev",
            "libnftnl-dev", "nftables", "iptables", "ipset", "iproute2"]
PEERS = [kube_router.IPTABLES, kube_router.NFT, calico.NFT, multi_networkpolicy.NFT,
         kube_network_policies.NFQUEUE]
GRID = ((10, 110, 500), (1, 10, 100), (100, 1000, 10000))  # local pods, policies, peers
CORNERS = [(axis[0], axis[-1]) for axis in GRID]
FULL = {"rounds": 9, "milliseconds": 30}
QUICK = {"rounds": 7, "milliseconds": 10}
PARTS = {"rounds": 31, "milliseconds": 10}


def main(root):
    """Measure, keep, report; root is the repository's."""
    arguments = parse()
    kept = root / "build" / "bench" / f"datapath{'-quick' if arguments.quick else ''}.json"
    try:
        if arguments.parts:
            programs, rulesets = prepare(root)
            for line in parts.tables(rulesets[0], arguments.rounds, arguments.milliseconds, programs):
                print(line)
            return 0
        if arguments.tiers:
            return measure_tiers(root, arguments)
        if not arguments.report:
            data = measure_all(root, arguments)
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(data), encoding="utf-8")
        results = Results(json.loads(kept.read_text(encoding="utf-8")))
    except (NodeError, OSError, subprocess.CalledProcessError) as error:
        print(f"bench-datapath: {error}", file=sys.stderr)
        return 2
    print(report.console(results), end="")
    if set(results.cells) == set(sizes(GRID)):
        report.write(results, root / "docs")
    return 0 if all(goal.reached for goal in (*limits(results), *margins(results))) else 1


def parse():
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="measure only the smallest and the largest sizes")
    parser.add_argument("--report", action="store_true", help="measure nothing, and report the figures that were kept")
    parser.add_argument("--parts", action="store_true", help="measure what each part of np2nft's ruleset takes")
    parser.add_argument("--tiers", action="store_true", help="measure cluster policies and blocks")
    for option, unit in (("rounds", "of bursts, at least 7"), ("milliseconds", "of a burst")):
        parser.add_argument(f"--{option}", type=int, metavar="N",
                            help=f"{unit}; default {FULL[option]}, quick {QUICK[option]}, "
                                 f"parts {PARTS[option]}")
    arguments = parser.parse_args()
    for option, value in (PARTS if arguments.parts else QUICK if arguments.quick else FULL).items():
        if getattr(arguments, option) is None:
            setattr(arguments, option, value)
    if arguments.rounds < 7 or arguments.milliseconds < 1:
        parser.error("needs at least 7 rounds, and time")
    return arguments


def sizes(axes):
    """All combinations."""
    return [Size(*numbers) for numbers in itertools.product(*axes)]


def prepare(root):
    """Install and build what is missing: the programs, and all rulesets, ours first."""
    for command in (["scripts/need", *PACKAGES], ["scripts/build", "release"]):
        subprocess.run(command, cwd=root, check=True)
    become_root()
    own_run()  # for the lock of iptables
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # and so for all that is started
    build = root / "build" / "release"
    programs = {name: str(build / "tests" / "bench" / f"datapath_{name}") for name in ("send", "connect")}
    return programs, [ours.of(str(build / "np2nft")), *PEERS]


def measure_all(root, arguments):
    """Measure everything: what Results takes."""
    programs, rulesets = prepare(root)
    options = (programs, arguments.rounds, arguments.milliseconds)
    cells = []
    wanted = sizes(CORNERS if arguments.quick else GRID)
    for number, size in enumerate(wanted, 1):
        tell(f"{number} of {len(wanted)}: {size}")
        cells.append({"size": [size.pods, size.policies, size.peers],
                      **measure(size, rulesets, *options)})
    tell("growth")
    growth = measure_growth(sizes(CORNERS), rulesets[0], *options)
    tell("")
    return {"machine": machine(), "rounds": arguments.rounds, "cells": cells, "growth": growth,
            "places": {ruleset.name: ruleset.place for ruleset in rulesets}}


def measure_tiers(root, arguments):
    """Measure cluster policies and blocks, print and keep it: the exit status."""
    programs, rulesets = prepare(root)
    text, reached = tiers.run(rulesets[0], str(root / "build" / "release" / "np2nft"), machine(), arguments.rounds,
                              arguments.milliseconds, programs)
    print(text)
    if not arguments.quick:
        replace_part(root / "docs" / "benchmarks.md", "datapath-tiers", text)
    return 0 if reached else 1


def tell(words):
    """Tell a terminal how far we are."""
    if sys.stderr.isatty():
        print(f"\r\033[K{words}", end="", file=sys.stderr, flush=True)
