"""All rulesets side by side: for each size of cluster and each kind of traffic, rounds of short bursts.

A round sends one burst through each ruleset, so that all of them meet the same machine; what is
reported are ratios within a round, and their median and spread over the rounds. Every burst is a
fraction of a second, and its figure is itself a median over small batches, which another program's
turn on the processor moves little.
"""

import contextlib
import dataclasses

from cluster import Cluster
from ruleset import NODE, POD, Ruleset
from subject import Subject


def tracking(_cluster, _path):
    """A rule that makes the kernel track connections, in a chain that no packet meets."""
    yield ["nft", "-f", "-"], "table ip tracking {\n\tchain unused {\n\t\tct state new\n\t}\n}\n"


def nothing(_cluster, _path):
    """No commands."""
    return ()


# What rulesets are measured against, for each place where they may stand.
BARE = {place: Ruleset(f"no ruleset ({place})", nothing, place) for place in (NODE, POD)}
BARE_TRACKING = {place: Ruleset(f"no ruleset, tracking on ({place})", tracking, place)
                 for place in (NODE, POD)}
REFERENCES = (*BARE.values(), *BARE_TRACKING.values())


@dataclasses.dataclass(frozen=True, eq=False)
class Traffic:
    """A kind of traffic: what a burst of it is, and what it is measured against."""
    slug: str
    burst: str  # the method of Subject
    reference: dict
    tracked: bool = True
    delivered: bool = False


RULES = Traffic("rules", "packets", BARE, tracked=False)
ESTABLISHED = Traffic("established", "established", BARE_TRACKING)
UDP = Traffic("udp", "new_flows", BARE)
TCP = Traffic("tcp", "connections", BARE, delivered=True)
KINDS = (RULES, ESTABLISHED, UDP, TCP)
# Many peers' elements do not fit into a processor's nearest memory; those of a few callers do.
FEW_CALLERS = Traffic("few-callers", "packets_of_few", BARE, tracked=False)


def measure(size, rulesets, programs, rounds, milliseconds):
    """Measure rulesets for clusters of a size.

    Returns the seconds that each took to load, by name, and for each kind of traffic the costs, which
    are the nanoseconds of a packet or connection by name and round.
    """
    cluster = Cluster(size)
    subjects = {ruleset.name: (ruleset, cluster) for ruleset in (*REFERENCES, *rulesets)}
    with loaded(subjects, programs) as subjects:
        seconds = {name: subject.load_seconds for name, subject in subjects.items()}
        costs = {kind.slug: rounds_of(kind, subjects, rounds, milliseconds) for kind in KINDS}
        return {"seconds": seconds, "costs": costs}


def measure_growth(sizes, ruleset, programs, rounds, milliseconds):
    """Measure the rules of one ruleset for clusters of several sizes, which take turns: costs."""
    subjects = {size.key: (ruleset, Cluster(size)) for size in sizes}
    with loaded(subjects, programs) as subjects:
        return {kind.slug: rounds_of(kind, subjects, rounds, milliseconds)
                for kind in (RULES, FEW_CALLERS)}


@contextlib.contextmanager
def loaded(wanted, programs, check=True):
    """Subjects by name, checked unless they are not to be, for rulesets and clusters by name."""
    with contextlib.ExitStack() as stack:
        subjects = {name: stack.enter_context(contextlib.closing(Subject(ruleset, cluster, programs)))
                    for name, (ruleset, cluster) in wanted.items()}
        for subject in subjects.values():
            subject.deliver_udp()
            if check and subject.ruleset not in REFERENCES:
                subject.check()
        yield subjects


def rounds_of(kind, subjects, rounds, milliseconds):
    """The rounds for a kind of traffic: nanoseconds by name and round."""
    costs = {name: [] for name in subjects}
    for subject in subjects.values():
        subject.deliver_udp(kind.delivered)
        subject.track(kind.tracked)
    for number in range(rounds):
        turn = number % len(subjects)  # nobody always follows the same
        for name in (*list(subjects)[turn:], *list(subjects)[:turn]):
            costs[name].append(getattr(subjects[name], kind.burst)(milliseconds))
    return costs
