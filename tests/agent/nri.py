#!/usr/bin/env python3
"""Check the agent as a plugin of a container runtime: no container runs before the kernel has its pod's
policies.

In: the program. Out: whether a pod's address is in the table when the runtime gets its answer, whatever the
runtime and the API server say and in whatever order; and whether the table is what compiling the API server's
objects gives in the end.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))

from namespace import Namespace, become_root, own_run  # noqa: E402 pylint: disable=wrong-import-position
import live  # noqa: E402 pylint: disable=wrong-import-position
import runtime as nri  # noqa: E402 pylint: disable=wrong-import-position
import server as api  # noqa: E402 pylint: disable=wrong-import-position

Failure = live.Failure


def pod(name, uid, address, labels=None, **more):
    """A pod of this node, with a uid."""
    made = live.pod(name, address, labels or {"app": "front"}, phase="Running" if address else "Pending", **more)
    made["metadata"]["uid"] = uid
    return made


class Test(live.Test):
    """A namespace with an API server and a runtime in it."""

    @contextlib.contextmanager
    def serving(self, **options):
        path = os.path.join(self.folder, "nri.sock")
        with super().serving(**options) as server:
            self.runtime = nri.Runtime(path, live.BOUND)
            self.runtime.start()
            try:
                yield server
            except nri.Gone as gone:
                log = "".join("".join(agent.log[-15:]) for agent in self.agents)
                raise Failure(f"the plugin has gone\n{log}") from gone
            finally:
                self.runtime.stop()

    def begin_plugin(self, *options, **synchronize):
        """An agent that has synced, and is the runtime's plugin."""
        agent = self.begin(f"--nri={self.runtime.path}", "--silence", "3", "--listen", "127.0.0.1:9108", *options)
        events = self.runtime.take_plugin(**synchronize)
        if events != 0b1111:
            raise Failure(f"the plugin wants the events {events:b}")
        agent.wait_to_say("synced")
        return agent

    def has(self, address, where="pods/shop/app_front.v4"):
        """Is the address in that set of the table?"""
        return address in self.node.run(["nft", "list", "set", "inet", "np2nft", where])

    def must_have(self, address, what):
        """Fail unless the address is in the table by now."""
        if not self.has(address):
            raise Failure(f"{what}: {address} is not in the table when the runtime has its answer")

    def runs(self, sandbox):
        """A sandbox runs, and the plugin has answered."""
        self.runtime.answer(self.runtime.change(nri.RUNS, sandbox))

    def stops(self, sandbox):
        """Tell the agent that the sandbox stops."""
        self.runtime.answer(self.runtime.change(nri.STOPS, sandbox))


def check_before(test):
    """The API server has told of the pod, but not of its address."""
    with test.serving() as server:
        agent = test.begin_plugin()
        server.put("Pod", pod("front-8", "u8", ""))
        agent.wait_for(lambda: counted(test, "pods") == 4, "the pod is heard of")
        sandbox = nri.sandbox("front-8", "u8", {"app": "front"}, ["10.1.0.8", "fd00::8"])
        test.runs(sandbox)
        test.must_have("10.1.0.8", "a pod with an address")
        if not test.has("fd00::8", "pods/shop/app_front.v6"):
            raise Failure("the second family is missing")
        # It is a target as well, with the ports that only the API server knows.
        server.put("Pod", pod("db-8", "v8", "", {"app": "db"}))
        agent.wait_for(lambda: counted(test, "pods") == 5, "the pod is heard of")
        test.runs(nri.sandbox("db-8", "v8", {"app": "db"}, ["10.1.0.9"]))
        # What the API server says meanwhile changes nothing.
        server.put("Pod", pod("front-8", "u8", "", {"app": "front", "more": "x"}))
        agent.wait_for(lambda: counted(test, "pods") == 6, "the pod is heard of again")
        test.must_have("10.1.0.8", "a pod that is told again")
        both = pod("front-8", "u8", "10.1.0.8", {"app": "front", "more": "x"})
        both["status"]["podIPs"].append({"ip": "fd00::8"})
        server.put("Pod", both)
        server.put("Pod", pod("db-8", "v8", "10.1.0.9", {"app": "db"}))
        test.wait_true(agent, "the API server has caught up")
        test.stops(sandbox)
        server.delete("Pod", "shop", "front-8")
        test.wait_true(agent, "it is gone")
        # One that runs again, elsewhere, while the API server still has its old address.
        test.runs(nri.sandbox("db-8", "v8", {"app": "db"}, ["10.1.0.66"], id_="another"))
        if "10.1.0.66" not in test.node.run(["nft", "list", "map", "inet", "np2nft", "ingress.v4"]):
            raise Failure("a pod's new address is not isolated")
        server.put("Pod", pod("db-8", "v8", "10.1.0.66", {"app": "db"}))
        test.wait_true(agent, "a new address")


def counted(test, kind):
    """How many objects of that kind the agent has heard of since it began."""
    status, text = live.ask(test, 9108, "/metrics")
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return int(values.get(f'np2nft_events_total{{kind="{kind}"}}', 0)) if status == 200 else -1


def check_after(test):
    """The runtime tells of a pod of which the API server has not."""
    with test.serving() as server:
        agent = test.begin_plugin()
        early = nri.sandbox("front-9", "u9", {"app": "front"}, ["10.1.0.9"])
        test.runs(early)
        test.must_have("10.1.0.9", "a pod that nobody else knows")
        if "io.kubernetes" in test.table():
            raise Failure("the kubelet's labels are taken for the pod's")
        server.put("Pod", pod("front-9", "u9", "", {"app": "front"}))
        server.put("Pod", pod("front-9", "u9", "10.1.0.9", {"app": "front"}))
        test.wait_true(agent, "the API server has caught up")
        # Another of the same name, before the end of the first is heard of.
        test.stops(early)
        test.runs(nri.sandbox("front-9", "u10", {"app": "front"}, ["10.1.0.10"]))
        test.must_have("10.1.0.10", "another pod of the same name")
        server.delete("Pod", "shop", "front-9")
        server.put("Pod", pod("front-9", "u10", "10.1.0.10", {"app": "front"}))
        test.wait_true(agent, "another pod of the same name")
        # One that the API server never tells of goes when it stops.
        never = nri.sandbox("never", "u11", {"app": "front"}, ["10.1.0.11"])
        test.runs(never)
        test.must_have("10.1.0.11", "a pod")
        test.stops(never)
        test.wait_true(agent, "it has stopped")
        # On its node's network, and without a name: nobody's pods.
        test.runs(nri.sandbox("host", "u12", {"app": "front"}, ["10.1.0.12"], path=None))
        test.wait_true(agent, "a pod on its node's network")


def check_ended(test):
    """A sandbox that has ended is listed like one that runs, but has no namespaces; whatever address it had is free."""
    with test.serving() as server:
        running = nri.sandbox("front-7", "u7", {"app": "front"}, ["10.1.0.7"])
        left = [nri.ended("job-1", "u1", labels={"app": "front"}, ips=["10.1.0.81"]),
                nri.ended("job-2", "u2", labels={"app": "front"})]
        agent = test.begin_plugin(sandboxes=[running, *left])
        agent.wait_for(lambda: test.has("10.1.0.7"), "a sandbox that runs")
        if test.has("10.1.0.81"):
            raise Failure("a pod that has ended has an address")
        if any("cannot be read" in line for line in agent.log):
            raise Failure("the agent warns of a pod that has ended")
        # Another has the address now, and is not taken for two.
        test.runs(nri.sandbox("front-8", "u8", {"app": "front"}, ["10.1.0.81"]))
        test.must_have("10.1.0.81", "who has the address of one that has ended")
        # Those of the list have run for long; one is new.
        found = [starts(test, "pod_start"), starts(test, "sandbox")]
        if found != [1, 1]:
            raise Failure(f"{found} pods have started")
        for name, uid, address in (("front-7", "u7", "10.1.0.7"), ("front-8", "u8", "10.1.0.81")):
            told = pod(name, uid, address)
            told["status"]["startTime"] = "2024-01-02T03:04:05Z"
            server.put("Pod", told)
        test.wait_true(agent, "the API server has caught up")
        if starts(test, "pod_start") != 1:
            raise Failure("a pod that the runtime told of starts again when the API server does")
        # A call for a pod of which the runtime says nothing at all.
        test.runs(nri.ended("front-9", "u9", labels={"app": "front"}))
        agent.wait_to_say("address cannot be read")
        if not any("tells neither the address nor the network namespace" in line for line in agent.log):
            raise Failure("the agent does not say why")


def starts(test, what):
    """How many starts of pods the histogram has, all of them within a minute."""
    text = live.ask(test, 9108, "/metrics")[1]
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    name = f"np2nft_{what}_to_commit_seconds"
    if float(values[f"{name}_sum"]) > 60 * int(values[f"{name}_count"]):
        raise Failure(text)
    return int(values[f"{name}_count"])


def mounted(space, name):
    """A network namespace where runtimes have it: on a file."""
    path = pathlib.Path("/run", name)
    path.touch()
    subprocess.run(["mount", "--bind", space.path(), path], check=True)
    return str(path)


def check_namespace(test):
    """A runtime that does not tell the address: it is read in the pod's network namespace."""
    inside, other = Namespace(), Namespace()
    for space, address in ((inside, "10.1.0.77"), (other, "10.1.0.78")):
        space.run(["ip", "link", "add", "eth0", "type", "veth", "peer", "name", "x"])
        space.run(["ip", "address", "add", f"{address}/24", "dev", "eth0"])
        space.run(["ip", "address", "add", "192.0.2.1/24", "dev", "x"])
        space.run(["ip", "-6", "address", "add", f"fd00::{address[-2:]}/64", "dev", "eth0", "nodad"])
        space.run(["ip", "link", "set", "eth0", "up"])
    with test.serving() as server:
        agent = test.begin_plugin()
        for i, space in enumerate((inside, other)):
            name, uid, last = f"front-{i + 4}", f"u{i + 4}", 77 + i
            test.runs(nri.sandbox(name, uid, {"app": "front"}, path=mounted(space, name)))
            test.must_have(f"10.1.0.{last}", "a pod with a namespace")
            if test.has("192.0.2.1") or test.has("fe80") or not test.has(f"fd00::{last}", "pods/shop/app_front.v6"):
                raise Failure("not the addresses of eth0 alone, or not all of them")
            both = pod(name, uid, f"10.1.0.{last}")
            both["status"]["podIPs"].append({"ip": f"fd00::{last}"})
            server.put("Pod", both)
        test.wait_true(agent, "the API server has caught up")
        test.runs(nri.sandbox("front-6", "u6", {"app": "front"}, path="/nowhere"))
        agent.wait_to_say("address cannot be read")
        test.wait_true(agent, "a namespace that is not there")
    inside.close()
    other.close()


def check_late(test):
    """Whatever keeps the answer up, the runtime has it before it throws us out; and the next call, too."""
    with test.serving() as server:
        server.spoil("NetworkPolicy", silent=True)
        agent = test.begin(f"--nri={test.runtime.path}", "--listen", "127.0.0.1:9108")
        test.runtime.take_plugin(timeout=400)
        test.runs(nri.sandbox("front-8", "u8", {"app": "front"}, ["10.1.0.8"]))
        if test.table():
            raise Failure("the table is made before the lists are whole")
        test.runs(nri.sandbox("front-9", "u9", {"app": "front"}, ["10.1.0.9"]))
        text = live.ask(test, 9108, "/metrics")[1]
        agent.wait_to_say("containers run before the kernel has their policies")
        if "\nnp2nft_containers_not_held_total 2\n" not in text or "\nnp2nft_runtime_connected 1\n" not in text:
            raise Failure(text)
        agent.stop()


def check_held(test):
    """So many calls are held until the table has their pods; one more is answered at once, and counted."""
    with test.serving() as server:
        server.spoil("NetworkPolicy", silent=True)
        agent = test.begin(f"--nri={test.runtime.path}", "--listen", "127.0.0.1:9108")
        test.runtime.take_plugin(timeout=60000)
        numbers = [test.runtime.change(nri.RUNS, nri.sandbox(f"front-{i}", f"u{i}", {"app": "front"}, [f"10.1.1.{i}"]))
                   for i in range(65)]
        test.runtime.answer(numbers[64])
        if test.table():
            raise Failure("the table is made before the lists are whole")
        text = live.ask(test, 9108, "/metrics")[1]
        if "\nnp2nft_containers_not_held_total 1\n" not in text:
            raise Failure(text)
        server.drop()  # the list is asked for again, and is there
        for number in numbers[:64]:
            test.runtime.answer(number)
        test.must_have("10.1.1.63", "a call that was held")
        agent.stop()


def check_restarts(test):
    """A runtime that is not there yet, goes, and comes back with other pods; an agent that does."""
    with test.serving() as server:
        test.runtime.stop()
        agent = test.begin(f"--nri={test.runtime.path}", "--silence", "3")
        agent.wait_to_say("does not tell of pods")
        agent.wait_to_say("synced")
        test.wait_true(agent, "without a runtime")
        one = nri.sandbox("front-8", "u8", {"app": "front"}, ["10.1.0.8"])
        two = nri.sandbox("front-9", "u9", {"app": "front"}, ["10.1.0.9"])
        test.runtime.start()
        test.runtime.take_plugin([one, two], split=True, pieces=3)
        agent.wait_for(lambda: test.has("10.1.0.8") and test.has("10.1.0.9"), "sandboxes that are there")
        test.runtime.stop()
        agent.wait_to_say("does not tell of pods")
        if not test.has("10.1.0.8"):
            raise Failure("what is known is forgotten with the connection")
        test.runtime.start()
        test.runtime.take_plugin([two])
        agent.wait_for(lambda: not test.has("10.1.0.8"), "a sandbox that is there no more")
        server.put("Pod", pod("front-9", "u9", "10.1.0.9"))
        test.wait_true(agent, "the API server has caught up")
        agent.stop(signal.SIGKILL)
        agent = test.begin_plugin(sandboxes=[two])
        test.wait_true(agent, "a new agent")
        # A list that has never heard of it does not make the pod go when it comes in between.
        test.runs(one)
        server.put("Pod", pod("front-8", "u8", ""))
        server.expire()
        server.drop()
        test.runs(nri.sandbox("front-7", "u7", {"app": "front"}, ["10.1.0.7"]))
        test.must_have("10.1.0.7", "behind a list")
        agent.wait_for(lambda: test.has("10.1.0.8"), "behind a list")


def check_wrong(test):
    """What a runtime can say wrong: the agent tries again, and nothing else of it is touched."""
    huge = struct.pack(">II", 1, 1 << 30)
    wrong = [b"\0" * 64, b"\xff" * 64, huge, struct.pack(">II", 7, 10), b"GET / HTTP/1.1\r\n\r\n",
             struct.pack(">IIIIBB", 1, 10, 1 << 31, 1, 1, 0), struct.pack(">IIIIBB", 1, 10, 0, 1, 9, 0),
             struct.pack(">IIIIBB", 1, 12, 2, 1, 1, 0) + b"\x07\x07", b""]
    with test.serving() as server:
        agent = test.begin_plugin()
        for i, data in enumerate(wrong):
            with contextlib.suppress(nri.Gone):
                if not data:
                    test.runtime.drop()
                    raise nri.Gone
                test.runtime.send(data)
                test.runtime.next()
                raise Failure(f"{data}: the plugin answers")
            test.runtime.take_plugin()
            test.runs(nri.sandbox(f"front-{20 + i}", f"u{i}", {"app": "front"}, [f"10.1.0.{20 + i}"]))
            test.must_have(f"10.1.0.{20 + i}", f"behind {data}")
            server.put("Pod", pod(f"front-{20 + i}", f"u{i}", f"10.1.0.{20 + i}"))
        if test.runtime.call("SomethingNew", b"") is not None:
            raise Failure("a method that it cannot know is answered")
        test.wait_true(agent, "after all")


def check_cuts(test):
    """Connections that end at every so many bytes of a conversation."""
    with test.serving() as server:
        agent = test.begin(f"--nri={test.runtime.path}", "--silence", "1")
        agent.wait_to_say("synced")
        one = nri.sandbox("front-8", "u8", {"app": "front"}, ["10.1.0.8"])
        for cut in range(0, 700, 41):
            test.runtime.rest = cut
            with contextlib.suppress(nri.Gone):
                test.runtime.take_plugin([one], pieces=2)
                test.runs(one)
            test.runtime.rest = None
        test.runtime.take_plugin([one])
        server.put("Pod", pod("front-8", "u8", "10.1.0.8"))
        test.wait_true(agent, "after all")


def check_deaf(test):
    """A runtime that takes no answers, and one that takes no connections."""
    with test.serving() as server:
        agent = test.begin_plugin()
        test.runtime.plugin.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        test.runtime.plugin.settimeout(0.2)
        with contextlib.suppress(nri.Gone):
            for i in range(100000):
                test.runtime.ask("SomethingNew", b"")
        agent.wait_to_say("does not tell of pods")
        server.put("Pod", pod("front-8", "u8", "10.1.0.8"))
        test.wait_true(agent, "beside a runtime that is deaf")


CHECKS = [check_before, check_after, check_ended, check_namespace, check_late, check_held, check_restarts, check_wrong, check_cuts, check_deaf]


def main():
    """Those whose names are given, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--np2nft", required=True, type=os.path.abspath)
    parser.add_argument("checks", nargs="*")
    arguments = parser.parse_args()
    become_root()
    own_run()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        api.certificates(folder)
        for check in CHECKS:
            name = check.__name__.removeprefix("check_")
            if arguments.checks and name not in arguments.checks:
                continue
            began = time.monotonic()
            try:
                check(Test(arguments.np2nft, folder))
                print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)
            except Failure as failure:
                failed += 1
                print(f"FAILED {name}: {failure}", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
