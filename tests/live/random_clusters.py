#!/usr/bin/python3
"""Check made-up clusters with packets against the API's words.

    random_clusters.py --np2nft PATH --seeds A-B [--seconds N]

Each seed's objects (tests/opinion/generate.py) are written in two shapes and orders, which must
compile to the same bytes. The ruleset is loaded, and what the node does with each probe must be
what the API's words say. Prints what differs and where the input is kept; exit status 1 then.
"""

import argparse
import itertools
import math
import pathlib
import shutil
import sys
import tempfile
import time

import judge
import generate
import objects
import packets
from node import Node, NodeError

SHOWN = 5  # mismatches of one seed


def check(seed, node, np2nft, folder):
    """Raise Failure if anything is not as it should be."""
    made = generate.generate(seed)
    node.load(ruleset(made, seed, np2nft, folder))
    return check_packets(made, node)


def check_packets(made, node):
    """The same of packets alone, whatever is loaded; how many probes there were."""
    probes = [probe for probe in made["probes"]
              if packets.routable(probe.source) and packets.routable(probe.destination)]
    cluster = objects.cluster(made["objects"], made["namespace"] or "default")
    both = judge.verdicts(node, cluster, probes, made["node"])
    wrong = [f"{judge.described(probe)}: expected {said}, the node says {live}"
             for probe, (live, said) in zip(probes, both) if live != said]
    if wrong:
        raise judge.Failure("\n".join([f"{len(wrong)} of {len(probes)} probes"] + wrong[:SHOWN]))
    return len(probes)


def ruleset(made, seed, np2nft, folder):
    """What the objects compile to, if both ways to write them compile to it."""
    texts = []
    for number in (1, 2):
        written = folder / str(number)
        generate.write(made["objects"], written, f"{seed} {number}")
        texts.append(judge.ruleset(np2nft, written, options(made)))
    if texts[0] != texts[1]:
        raise judge.Failure("two orders of the same objects compile to different rulesets")
    return texts[0]


def options(made):
    """The options that a seed is to be compiled with."""
    return [*(["--node", made["node"]] if made["node"] else []),
            *(["-n", made["namespace"]] if made["namespace"] else [])]


def checked(seed, node, np2nft):
    """How many probes agreed; on failure None, and the input is kept."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"np2nft-seed-{seed}-"))
    keep = False
    try:
        return check(seed, node, np2nft, folder)
    except (judge.Failure, NodeError) as failure:
        keep = True
        print(f"seed {seed}: {failure}\nthe input is in {folder}", flush=True)
        return None
    finally:
        if not keep:
            shutil.rmtree(folder)


def seeds(text):
    """A-B, both included, or one."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main():
    """Check all seeds on one node, or as many as there is time for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--seeds", required=True, type=seeds, metavar="A-B")
    parser.add_argument("--seconds", type=float, default=math.inf, metavar="N")
    arguments = parser.parse_args()
    judge.end_tidily()
    end = time.monotonic() + arguments.seconds
    with Node() as node:
        counts = [checked(seed, node, arguments.np2nft) for seed
                  in itertools.takewhile(lambda _: time.monotonic() < end, arguments.seeds)]
    failed, probes = counts.count(None), sum(filter(None, counts))
    print(f"{len(counts) - failed} seeds passed ({probes} probes), {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
