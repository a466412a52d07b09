#!/usr/bin/env python3
"""What the agent costs, beside a server of our own: memory, the first lists, and the time from an event to its commit.

In: the program, and numbers of pods. Out: a line for each number. The server is Python: what it needs to send is no
measure of anything, so times of the agent are its own processor time, and its own clock from an event, as it was read,
to the kernel's commit of it.
"""

import argparse
import os
import pathlib
import re
import ssl
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "agent"))

import delays  # noqa: E402 pylint: disable=wrong-import-position
import live  # noqa: E402 pylint: disable=wrong-import-position
import server as api  # noqa: E402 pylint: disable=wrong-import-position

PORT = 9108
EVENTS = 30
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


class Measured:
    """An agent that is asked how it does."""

    def __init__(self, test):
        self.test = test
        self.agent = test.begin("--listen", f"127.0.0.1:{PORT}")
        self.agent.wait_to_say("synced", 600)

    def number(self, name):
        """A metric."""
        return float(re.search("^" + re.escape(name) + r" (\S+)$", live.ask(self.test, PORT, "/metrics")[1], re.M)[1])

    def processor(self):
        """Seconds of it so far."""
        fields = pathlib.Path(f"/proc/{self.agent.process.pid}/stat").read_text(encoding="ascii").split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def resident(self):
        """MB of memory."""
        return self.number("process_resident_memory_bytes") / 1e6

    def commits(self, put):
        """The mean time from an event to its commit, in ms."""
        total, count = "np2nft_event_to_commit_seconds_sum", "np2nft_event_to_commit_seconds_count"
        began = self.number(total), self.number(count)
        for i in range(EVENTS):
            want = self.number(count) + 1
            put(i)
            self.agent.wait_for(lambda: self.number(count) >= want, "a commit")  # noqa: B023 pylint: disable=cell-var-from-loop
        return (self.number(total) - began[0]) / (self.number(count) - began[1]) * 1000

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


def measure(np2nft, folder, count):
    """One number of pods."""
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
        print(f"        {beside(test, server)}", flush=True)


def main():
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--np2nft", type=os.path.abspath, default="build/release/np2nft")
    parser.add_argument("counts", nargs="*", type=int, default=[1000, 10000])
    arguments = parser.parse_args()
    live.become_root()
    live.own_run()
    with tempfile.TemporaryDirectory() as folder:
        api.certificates(folder)
        for count in arguments.counts:
            measure(arguments.np2nft, folder, count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
