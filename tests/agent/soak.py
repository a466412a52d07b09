#!/usr/bin/env python3
"""A cluster that never rests: pods come and go, policies change, connections break, and the agent must not grow.

    soak.py --np2nft PROGRAM [--seconds N] [--rate PODS]

Each second, RATE pods with names of their own come and as many go, a tenth of them on the agent's node; a policy changes each
second, and from time to time the connection breaks or the watches must begin anew. The agent and its carrier must not have
more memory at the end than after they have warmed up, nor more open files; the table must be true, and the agent must end
with 0. Prints what share of a processor both take, and how long commits take. Exit status: 0, or 1 if something is wrong.
"""

import argparse
import contextlib
import os
import pathlib
import queue
import re
import sys
import tempfile
import time

import live
import server as api

PORT = 9109
ALIVE = 300  # so many of the pods are there at once
GROWTH = 1.05  # memory at the end, over that after the warm-up
SLACK = 0.5  # MB, for memory that is taken in large steps
IDLE = 3  # connections that libcurl may keep for later, whenever some break


class Process:
    """One of the two processes, as /proc shows it."""

    def __init__(self, number):
        self.folder = pathlib.Path(f"/proc/{number}")

    def memory(self):
        """Return how many MB of its memory are resident."""
        return int(re.search(r"VmRSS:\s+(\d+)", (self.folder / "status").read_text(encoding="ascii"))[1]) / 1e3

    def files(self):
        """Return how many files it has open."""
        return len(os.listdir(self.folder / "fd"))

    def processor(self):
        """Return how many seconds it has run on a processor."""
        return int((self.folder / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def churn(server, number):
    """The pod with this number comes, and an old one goes."""
    address = f"10.{64 + number // 62500 % 64}.{number // 250 % 250}.{number % 250 + 1}"
    server.put("Pod", live.pod(f"churned-{number:x}", address, {"app": ("front", "db", "x")[number % 3]},
                               node=live.NODE if number % 10 == 0 else "there"))
    if number >= ALIVE:
        server.delete("Pod", "shop", f"churned-{number - ALIVE:x}")


def disturb(server, second):
    """Change a policy once a second, and now and then disturb the server."""
    server.put("NetworkPolicy", live.policy("changing", live.DENY_ALL if second % 2 else live.ALLOW_FRONT))
    if second % 20 == 7:
        server.drop()
    if second % 50 == 31:
        server.expire()
    # The events of the past are the server's own memory; no watch asks for them after a moment.
    with server.changed:
        del server.history[:-2000]


class Samples:
    """Memory and open files of the two, over time."""

    def __init__(self, processes):
        self.processes = processes
        self.taken = []

    def take(self):
        """Note the memory and the open files of each process; called once a second."""
        self.taken.append([(process.memory(), process.files()) for process in self.processes])

    def parts(self, which, value):
        """One value of one process in the second quarter, and in the last one."""
        quarter = len(self.taken) // 4
        return [[sample[which][value] for sample in part]
                for part in (self.taken[quarter:2 * quarter], self.taken[-quarter:])]

    def faults(self):
        """What has grown. Files that are open for a moment do not count, so the least number of them tells."""
        for which, name in enumerate(("agent", "carrier")):
            memory = [max(part) for part in self.parts(which, 0)]
            files = [min(part) for part in self.parts(which, 1)]
            print(f"{name}: at most {memory[0]:.1f} MB after the warm-up, {memory[1]:.1f} MB at the end; "
                  f"at least {files[0]} open files, then {files[1]}")
            if memory[1] > memory[0] * GROWTH + SLACK:
                yield f"the memory of the {name} has grown"
            if files[1] > files[0] + IDLE:
                yield f"the {name} has left files open"


class Commits:
    """How long each commit took from its first event, by the agent's log."""

    def __init__(self, agent):
        self.agent = agent
        self.milliseconds = []

    def take(self):
        """The lines that came since the last time."""
        with contextlib.suppress(queue.Empty):
            while line := self.agent.lines.get_nowait():
                self.milliseconds += [int(number) / 1e3 for number in re.findall(r'"microseconds": ?"(\d+)"', line)]

    def text(self):
        """The median, the slowest ones, and how they compare."""
        times = sorted(self.milliseconds)
        half, slow, slowest = (times[int(part * (len(times) - 1))] for part in (0.5, 0.99, 1))
        return (f"{len(times)} commits, from their event on: half within {half:.2f} ms, 99 of 100 within {slow:.1f} ms, the "
                f"slowest {slowest:.1f} ms, which is {slowest / half:.0f} times the median")


def soak(test, seconds, rate):
    """Let pods come and go; return a line for everything that was wrong."""
    with test.serving(watch_list=False) as server:
        agent = test.begin("--listen", f"127.0.0.1:{PORT}")
        agent.wait_to_say("synced")
        number = agent.process.pid
        carrier = pathlib.Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii").split()[0]
        commits = Commits(agent)
        samples = Samples([Process(number), Process(carrier)])
        began, busy = time.monotonic(), sum(process.processor() for process in samples.processes)
        for i in range(seconds * rate):
            churn(server, i)
            if i % rate == 0:
                disturb(server, i // rate)
                samples.take()
                commits.take()
            time.sleep(max(0, began + (i + 1) / rate - time.monotonic()))
        commits.take()
        share = (sum(process.processor() for process in samples.processes) - busy) / (time.monotonic() - began)
        test.wait_true(agent, "the end")
        print(f"{seconds} s, {rate} pods a second: {share:.3f} of a processor; {commits.text()}")
        faults = list(samples.faults())
        status = agent.stop()
        return faults + [f"the agent ended with {status}"] * (status != 0)


def main():
    """Run one soak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--np2nft", type=os.path.abspath, required=True)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--rate", type=int, default=100)
    arguments = parser.parse_args()
    live.become_root()
    live.own_run()
    with tempfile.TemporaryDirectory() as folder:
        api.certificates(folder)
        try:
            faults = soak(live.Test(arguments.np2nft, folder), arguments.seconds, arguments.rate)
        except live.Failure as failure:
            faults = [str(failure)]
    for fault in faults:
        print(f"FAILED: {fault}")
    return len(faults) > 0


if __name__ == "__main__":
    sys.exit(main())
