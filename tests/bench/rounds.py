"""Run and time programs, and make tables of the values of several rounds.

In: commands; values, one for each round. Out: rows of text. A ratio is made of two values of the same round;
the rows show the median with the least and the greatest.
"""

import contextlib
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "release"
FOLDER = ROOT / "build" / "bench"


class Trouble(Exception):
    """Nothing could be measured; the text says why."""


class Run:
    """A command run to its end: seconds, peak bytes, what it printed.

    Linux starts a child's peak at that of the process that forked it, which is why this process
    keeps small and reads no cluster.
    """

    def __init__(self, *command):
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as messages:
            start = time.perf_counter()
            child = subprocess.Popen([str(word) for word in command], stdout=output,
                                     stderr=messages)
            _, status, usage = os.wait4(child.pid, 0)
            self.seconds = time.perf_counter() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            self.output, self.messages = (self.text(file) for file in (output, messages))
        self.bytes = usage.ru_maxrss * 1024
        if child.returncode != 0:
            raise Trouble(f"exit status {child.returncode}: {' '.join(map(str, command))}\n"
                          f"{self.messages}")

    @staticmethod
    def text(file):
        """All that was written to the file."""
        file.seek(0)
        return file.read().decode(errors="replace")


@contextlib.contextmanager
def one_processor():
    """What is started meanwhile is bound to one processor, and sees no other."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


class Spread:
    """Values of one thing, a round each."""

    def __init__(self, values):
        self.values = list(values)
        self.median = statistics.median(self.values)

    def __truediv__(self, other):
        return Spread(a / b for a, b in zip(self.values, other.values))

    def __str__(self):
        least, most = (short(value) for value in (min(self.values), max(self.values)))
        return f"{short(self.median)} ({least}–{most})"


def short(value):
    """A number with three digits that matter, or all of those before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


class Goals:
    """What should be reached, and whether it was."""

    def __init__(self):
        self.rows = []

    def most(self, what, spread, limit, unit=""):
        """The median should be at most the limit."""
        reached = spread.median <= limit
        self.rows.append([what, f"at most {limit}{unit}", f"{spread}{unit}",
                          "reached" if reached else "missed"])

    def reached(self):
        """All of them."""
        return all(row[-1] == "reached" for row in self.rows)


def machine():
    """What it was measured on."""
    name = platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    return f"{name}, {os.cpu_count()} processors, Linux {platform.release().partition('-')[0]}"


def progress(text):
    """Where it stands, for who waits."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def program(name):
    """A program of the release build."""
    path = BUILD / "np2nft" if name == "np2nft" else BUILD / "tests" / "bench" / name
    if not os.access(path, os.X_OK):
        raise Trouble(f"the release build makes no {path.relative_to(ROOT)}")
    return path


def cluster(pods, namespaces, policies):
    """The path of the generated cluster; a file older than its generator is made anew."""
    generator = ROOT / "scripts" / "generate-cluster"
    path = FOLDER / f"cluster-{pods}-{namespaces}-{policies}.yaml"
    if not path.exists() or path.stat().st_mtime < generator.stat().st_mtime:
        progress(f"generating {pods:,} pods")
        FOLDER.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        with open(unfinished, "wb") as file:
            subprocess.run([generator, f"--pods={pods}", f"--namespaces={namespaces}",
                            f"--policies={policies}"], stdout=file, check=True)
        unfinished.rename(path)
    return path
