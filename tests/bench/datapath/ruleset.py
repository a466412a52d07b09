"""What every kind of ruleset is to the benchmark."""

import dataclasses
import hashlib
from collections.abc import Callable

NODE, POD = "node", "pod"


@dataclasses.dataclass(frozen=True)
class Ruleset:
    """A kind of ruleset, and how to make it for a cluster."""
    name: str
    commands: Callable  # of a Cluster and a Path: commands to run, each with its input
    place: str = NODE  # the namespace that they belong to
    judges: bool = True  # whether it stops what no policy allows
    queue: bool = False  # whether it asks a program about packets


def digest(*words):
    """Sixteen characters that stand for words, as agents put them into names."""
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16].upper()


def nft(text):
    """The command that loads a text of nft."""
    return [(["nft", "-f", "-"], text)]


def elements(values):
    """Elements of a set as nft takes them."""
    return "elements = { " + ", ".join(values) + " }"
