"""What our ruleset is to reach, and whether it does: each goal at its worst."""

import dataclasses
import itertools

from cluster import Size
from measure import ESTABLISHED, FEW_CALLERS, RULES, TCP, UDP
from results import OURS

DIMENSIONS = {"pods": "local pods", "policies": "policies on the pod", "peers": "peers"}


@dataclasses.dataclass(frozen=True)
class Limit:
    """A figure that should not exceed a limit, and where it is the highest."""
    text: str
    limit: float
    figure: object
    where: Size

    @property
    def reached(self):
        """Whether it does not."""
        return self.figure.median <= self.limit


@dataclasses.dataclass(frozen=True)
class Margin:
    """How many times our time a peer takes: the least of all sizes, the smallest's, the largest's."""
    kind: object
    peer: str
    least: object
    where: Size
    smallest: object
    largest: object

    @property
    def reached(self):
        """Whether we are ahead everywhere, and the more the larger."""
        return self.least.median > 1 and self.largest.median > self.smallest.median


def limits(results):
    """What should not exceed a limit."""
    found = [limit(1.20, "a packet that meets the rules, over no ruleset",
                   {size: results.times(RULES, size, OURS) for size in results.cells}),
             limit(1.10, "a packet of an established flow, over tracking alone",
                   {size: results.times(ESTABLISHED, size, OURS) for size in results.cells})]
    for dimension, words in DIMENSIONS.items():
        found.append(growth(results, RULES, dimension, words))
    found.append(growth(results, FEW_CALLERS, "peers", "peers, of whom a hundred call,"))
    return found


def limit(most, text, figures):
    """A limit for the highest of figures by size."""
    where = max(figures, key=lambda size: figures[size].median)
    return Limit(text, most, figures[where], where)


def growth(results, kind, dimension, words):
    """What the rules may cost more when one dimension grows, wherever the others stand."""
    first, *_, last = results.axis(dimension)
    corners = itertools.product(*({axis[0], axis[-1]} for axis in map(results.axis, DIMENSIONS)))
    smaller = [size for size in itertools.starmap(Size, corners) if getattr(size, dimension) == first]
    pairs = {dataclasses.replace(size, **{dimension: last}): size for size in smaller}
    return limit(1.05, f"a packet that meets the rules, {last:,} {words} over {first:,}",
                 {large: results.growth(kind, large, small) for large, small in pairs.items()})


def margins(results):
    """How far ahead of each peer we are when something new begins."""
    for kind in (UDP, TCP):
        for peer in results.peers:
            figures = {size: results.margin(kind, size, peer) for size in results.cells}
            where = min(figures, key=lambda size: figures[size].median)
            yield Margin(kind, peer, figures[where], where, figures[results.smallest],
                         figures[results.largest])
