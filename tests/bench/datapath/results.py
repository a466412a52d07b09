"""What was measured, and the figures that are made of it.

Everything is kept as JSON: the machine, the cells of the grid (a size, the seconds of loading, and
nanoseconds by kind of traffic, name and round), and the growth of our own ruleset (the like by size).
"""

import dataclasses
import statistics
import subprocess

import rounds
from cluster import Size
from ruleset import NODE

OURS = "np2nft"


@dataclasses.dataclass(frozen=True)
class Figure:
    """A median, and the quartiles below and above."""
    median: float
    low: float
    high: float

    def __str__(self):
        return f"{short(self.median)} ({short(self.low)}–{short(self.high)})"


def figure(values):
    """The Figure of some values."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return Figure(middle, low, high)


def quotient(values, others):
    """The Figure of the quotients of what was measured in the same round."""
    return figure([value / other for value, other in zip(values, others)])


def short(value):
    """A ratio with about three digits."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


class Results:
    """Access to the figures."""

    def __init__(self, data):
        self.data = data
        self.cells = {Size(*cell["size"]): cell for cell in data["cells"]}
        self.rulesets = list(data["places"])
        self.peers = [name for name in self.rulesets if name != OURS]
        self.smallest, *_, self.largest = sorted(self.cells, key=dataclasses.astuple)

    def axis(self, dimension):
        """The sizes in one dimension."""
        return sorted({getattr(size, dimension) for size in self.cells})

    def costs(self, kind, size, name):
        """Nanoseconds of a packet or connection, by round.

        Where a ruleset stands in the pod, that is without what the way on from the node's link into
        the pod takes, which is on none of the others' accounts.
        """
        costs = self.cells[size]["costs"][kind.slug]
        own_end, node_end = (costs[kind.reference[place].name] for place in (self.place(name), NODE))
        return [cost - own + node for cost, own, node in zip(costs[name], own_end, node_end)]

    def place(self, name):
        """Where a ruleset stands."""
        return self.data["places"].get(name, NODE)

    def cost(self, kind, size, name):
        """Nanoseconds of a packet or connection."""
        return figure(self.costs(kind, size, name))

    def times(self, kind, size, name):
        """How many times as long as without a ruleset it takes."""
        return quotient(self.costs(kind, size, name),
                        self.costs(kind, size, kind.reference[NODE].name))

    def margin(self, kind, size, peer):
        """How many times as long as with our ruleset it takes with a peer's."""
        return quotient(self.costs(kind, size, peer), self.costs(kind, size, OURS))

    def growth(self, kind, larger, smaller):
        """How many times as long ours takes for the larger of two sizes."""
        costs = self.data["growth"][kind.slug]
        return quotient(costs[larger.key], costs[smaller.key])


def machine():
    """This machine in a line."""
    nft = subprocess.run(["nft", "--version"], capture_output=True, text=True, check=True).stdout
    return f"{rounds.machine()}, nft {nft.split()[1].lstrip('v')}"
