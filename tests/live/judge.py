"""Functions that the live checks share: they run the compiler, and compare three verdicts.

In: a compiler, a cluster's files, probes. Out: the ruleset's text; for each probe what the node did
and what the API's words say (tests/opinion), as text to compare and to print.
"""

import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "opinion"))

import api

TIME_TO_COMPILE = 60  # seconds


class Failure(Exception):
    """A check that failed; the text says how."""


def ruleset(np2nft, folder, options=()):
    """What `np2nft compile` prints for a folder."""
    command = [np2nft, "compile", *options, str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=TIME_TO_COMPILE)
    except subprocess.TimeoutExpired as error:
        raise Failure(str(error)) from error
    if done.returncode != 0:
        complaints = [line for line in done.stderr.splitlines() if ": warning: " not in line]
        raise Failure("\n".join([f"{' '.join(command)}: status {done.returncode}", *complaints]))
    return done.stdout


def verdicts(node, cluster, probes, enforced_node=None):
    """For each probe what the node does and what the API's words say, each 'allow' or 'deny'."""
    by_node = node.send(probes)
    by_words = [api.allowed(cluster, probe, enforced_node) for probe in probes]
    return [(word(live), word(said)) for live, said in zip(by_node, by_words)]


def word(allowed):
    """A verdict as it is written."""
    return "allow" if allowed else "deny"


def described(probe):
    """A probe as it is printed."""
    port = "" if probe.protocol.startswith("ICMP") else f"{probe.port}/"
    return f"{probe.source} -> {probe.destination} {port}{probe.protocol}"


def end_tidily():
    """SIGTERM ends the process as an exception does, so that temporary folders go."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
