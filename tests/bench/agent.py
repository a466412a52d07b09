#!/usr/bin/env python3
"""What the agent costs: memory, processor time, and the time from an event to its commit, each figure with its goal.

In: the program, and numbers of pods. Out: lines of figures, and a table of goals. The API server is one of our own in Python,
whose own time must not count. So a time of the agent is either its processor time (with that of its carrier), or by its own
clock the time from when it had read an event until the kernel had committed it. events.c measures without a server how much
longer an event takes than to send its transaction. Exit status: 0 all goals are reached, 1 one is missed.
"""

import argparse
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "agent"))

import delays  # noqa: E402 pylint: disable=wrong-import-position
import live  # noqa: E402 pylint: disable=wrong-import-position
import server as api  # noqa: E402 pylint: disable=wrong-import-position

PORT = 9108
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EVENTS = 30
CHURN = 20  # seconds, in each of which so many pods come and go:
CHURNED = 100
LABELS = 200  # different ones, each of some pods


def labels(number):
    """Those of a pod of a workload."""
    return {"app": f"a{number % LABELS}", "pod-template-hash": f"h{number % LABELS}", "tier": "web"}


def one_of_many(number):
    """A pod as large as real ones, on the node or elsewhere."""
    address = f"10.{number // 60000 + 4}.{number // 250 % 240}.{number % 250 + 1}"
    value = live.pod(f"w{number}", address, labels(number), node=live.NODE if number < 50 else f"n{number // 50}")
    value["metadata"] |= {"resourceVersion": "50", "annotations": {"managed": "b" * 4000}}
    return value


def fill(server, count):
    """So many pods, and a tenth as many policies."""
    for i in range(count):
        server.objects["Pod"][("shop", f"w{i}")] = one_of_many(i)
    for i in range(count // 10):
        spec = {"podSelector": {"matchLabels": {"app": f"a{i % LABELS}"}},
                "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": f"a{(i + 1) % LABELS}"}}}]}]}
        server.objects["NetworkPolicy"][("shop", f"np{i}")] = live.policy(f"np{i}", spec)


def processor(process):
    """Seconds of processor time of a process."""
    return int(pathlib.Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def own_memory(process):
    """MB of memory that a process shares with no other."""
    text = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    return sum(int(size) for size in re.findall(r"^Private_\w+: +(\d+) kB$", text, re.M)) / 1e3


def carrier_of(process):
    """The process that sends for it."""
    return int(pathlib.Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()[0])


class Measured:
    """An agent that is asked how it does."""

    def __init__(self, test):
        self.test = test
        self.agent = test.begin("--listen", f"127.0.0.1:{PORT}")
        self.agent.wait_to_say("synced", 600)
        self.processes = [self.agent.process.pid, carrier_of(self.agent.process.pid)]

    def number(self, name):
        """A metric."""
        return float(re.search("^" + re.escape(name) + r" (\S+)$", live.ask(self.test, PORT, "/metrics")[1], re.M)[1])

    def processor(self):
        """Seconds of it and its carrier so far."""
        return sum(processor(number) for number in self.processes)

    def resident(self):
        """MB of memory, with what only the carrier has."""
        return self.number("process_resident_memory_bytes") / 1e6 + own_memory(self.processes[1])

    def commits(self, put):
        """The mean time from an event to its commit, in ms."""
        total, count = "np2nft_event_to_commit_seconds_sum", "np2nft_event_to_commit_seconds_count"
        began = self.number(total), self.number(count)
        for i in range(EVENTS):
            want = self.number(count) + 1
            put(i)
            self.agent.wait_for(lambda: self.number(count) >= want, "a commit")  # noqa: B023 pylint: disable=cell-var-from-loop
        return (self.number(total) - began[0]) / (self.number(count) - began[1]) * 1000

    def churn(self, server):
        """The part of a processor that it takes, and the MB by which it grows, while pods come and go all the time."""
        began, memory, clock = self.processor(), self.resident(), time.monotonic()
        for i in range(CHURN * CHURNED):
            server.put("Pod", live.pod(f"c{i % 200}", f"10.202.0.{i % 200 + 1}", labels(1), node="there"))
            if i >= 100:
                server.delete("Pod", "shop", f"c{(i + 100) % 200}")
            time.sleep(max(0, clock + (i + 1) / CHURNED - time.monotonic()))
        return (self.processor() - began) / (time.monotonic() - clock), self.resident() - memory

    def idle(self, server, events):
        """Processor time of an event that changes nothing, in ms."""
        name = 'np2nft_events_total{kind="pods"}'
        began, want = self.processor(), self.number(name) + events
        for i in range(events):
            server.put("Pod", one_of_many(60 + i % 30))
        self.agent.wait_for(lambda: self.number(name) >= want, "events")
        return (self.processor() - began) / events * 1000


def beside(test, server):
    """A bare client of the same server, against the kernel's commit."""
    with test.node.entered():
        commits = delays.Commits()
        context = ssl.create_default_context(cafile=f"{test.folder}/ca.crt")
        watch = delays.Watch(f"127.0.0.1:{server.port}", context, server.version, {"Authorization": "Bearer secret"})
    return delays.compare(lambda i: None, lambda i: server.put("Pod", live.pod(f"b{i}", f"10.201.0.{i + 1}", labels(1))),
                          watch, commits, 40)


class Goals:
    """What is to be reached, with what was measured."""

    def __init__(self):
        self.rows = []

    def most(self, what, measured, most, unit):
        """At most so much."""
        self.rows.append((what, f"at most {most:.3g} {unit}", f"{measured:.3g} {unit}", measured <= most))

    def end(self):
        """Prints them; how many are missed."""
        for what, goal, measured, reached in self.rows:
            print(f"{'reached' if reached else 'MISSED':8} {what}: {measured} ({goal})")
        return sum(not row[3] for row in self.rows)


def over_bare(np2nft, folder, count, goals):
    """From an object to the kernel's commit, over what the kernel takes for the transaction alone."""
    cluster = pathlib.Path(folder, "cluster.yaml")
    made = subprocess.run([ROOT / "scripts/generate-cluster", "--pods", str(count), "--policies", str(count // 10)],
                          check=True, capture_output=True, text=True)
    cluster.write_text(made.stdout, encoding="utf-8")
    program = pathlib.Path(np2nft).parent / "tests/bench/events"
    done = subprocess.run([program, "--kernel", "node-0001", cluster], check=True, capture_output=True, text=True)
    print(done.stdout, end="", flush=True)
    for what, most in (("a remote pod", 3), ("a local pod", 5), ("a policy", 5)):
        pairs = re.search(rf"^{what} (\S+) .*?kernel's ([\d.]+), back (\S+) .*?kernel's ([\d.]+)$", done.stdout, re.M)
        for way, all_, kernel in (("comes", pairs[1], pairs[2]), ("goes", pairs[3], pairs[4])):
            goals.most(f"{count} pods, {what} {way}: event to commit over the bare send", float(all_) / float(kernel), most,
                       "times")


def measure(np2nft, folder, count, goals):
    """One number of pods; returns the processor time of an event that changes nothing."""
    test = live.Test(np2nft, folder)
    with test.serving(watch_list=False) as server:
        fill(server, count)
        measured = Measured(test)
        first, memory = measured.processor(), measured.resident()
        remote = measured.commits(lambda i: server.put(
            "Pod", live.pod(f"r{i}", f"10.200.0.{i + 1}", labels(1), node="there")))
        local = measured.commits(lambda i: server.put("Pod", live.pod(f"l{i}", f"10.200.1.{i + 1}", labels(1))))
        print(f"{count:7} pods, {count // 10} policies: first lists {first:.2f} s of a processor, {memory:.1f} MB; "
              f"event to commit {remote:.1f} ms (a pod elsewhere), {local:.1f} ms (a pod here); "
              f"an event that changes nothing {measured.idle(server, 2000):.3f} ms", flush=True)
        goals.most(f"{count} pods: resident memory", memory, 12 + 250e-6 * count, "MB")
        busy, grown = measured.churn(server)
        goals.most(f"{count} pods: part of a processor while {CHURNED} pods a second come and go, for {CHURN} s", busy, 0.05, "")
        print(f"        while pods come and go it grows by {grown:.1f} MB", flush=True)
        print(f"        {beside(test, server)}", flush=True)
        return measured.idle(server, 2000)


def main():
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--np2nft", type=os.path.abspath, default="build/release/np2nft")
    parser.add_argument("counts", nargs="*", type=int, default=[1000, 10000])
    arguments = parser.parse_args()
    live.become_root()
    live.own_run()
    goals, idle = Goals(), {}
    with tempfile.TemporaryDirectory() as folder:
        api.certificates(folder)
        for count in arguments.counts:
            over_bare(arguments.np2nft, folder, count, goals)
            idle[count] = measure(arguments.np2nft, folder, count, goals)
    least, most = min(idle), max(idle)
    if least != most:
        goals.most(f"an event that changes nothing, among {most} pods over {least}", idle[most] / idle[least], 1.2, "times")
    return goals.end() > 0


if __name__ == "__main__":
    sys.exit(main())
