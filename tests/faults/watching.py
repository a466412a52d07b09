"""Run the agent for a short time, in which a system call fails or is its last.

In: the program, a node on which packets flow, and an act for one of the agent's system calls. The agent
begins on a node with an older table, lists what the test's API server holds, is told of two changes, and then
told to end. Out: what is wrong. After a fault the agent may end with an error: then it must have said why (the
signal to end may meet it in its very last moment, and kill it after it has said so), and the table must be as
after one of the steps, or midway through a step that takes several transactions. Or it goes on: then the table
must be what the objects say after each step. If it is killed, the next apply must make the right table of what
is left. No packet may pass meanwhile that the objects deny at every step.

The hard part is that the agent does not make the same calls each time: a fault is for the Nth call, whichever
that is, and is one that this call can have.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "agent"))

import server as api  # noqa: E402 pylint: disable=wrong-import-position
import traced  # noqa: E402 pylint: disable=wrong-import-position

NODE = "here"
BOUND = 120  # seconds until a step is in force: the longest time until something is tried again, and a slow machine
PAUSE = 0.05  # seconds between two looks at the table


def on_node(text):
    """Objects as text, all pods of which are on the node."""
    listed = json.loads(text)
    for item in listed["items"]:
        item["metadata"].setdefault("namespace", "default")
        if item["kind"] == "Pod":
            item["spec"] = {"nodeName": NODE}
            item["status"] = {"phase": "Running", "podIP": item["status"]["podIP"],
                              "podIPs": [{"ip": item["status"]["podIP"]}]}
    return listed["items"]


class Life:
    """An agent's way from one state of the cluster to another and back."""

    def __init__(self, np2nft, node, folder, before, after):
        """@before and @after: objects as text. @node: packets flow through its namespace."""
        self.np2nft, self.node, self.folder = np2nft, node, folder
        api.certificates(folder)
        self.states = [folder / "agent-before.json", folder / "agent-after.json"]
        for path, text in zip(self.states, (before, after)):
            path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": on_node(text)}), encoding="utf-8")
        self.objects = [on_node(before), on_node(after)]
        node.namespace.run(["ip", "link", "set", "lo", "up"])
        self.whole = self.fresh()
        self.acted = 0  # how often the act came about

    def plain(self, *command, given=None):
        """Run the program without a fault."""
        with self.node.namespace.entered():
            return subprocess.run([self.np2nft, *command], input=given, capture_output=True, text=True, check=False)

    def apply(self, number):
        """Apply one of the states by hand; return what went wrong, or None."""
        done = self.plain("apply", "-q", "--node", NODE, str(self.states[number]))
        return f"an apply by hand fails: {done.stderr[:300]}" if done.returncode else None

    def listing(self):
        """The table's chains and sets as nft lists them, whatever came first."""
        return sorted(self.node.namespace.run(["nft", "-s", "list", "table", "inet", "np2nft"]).split("\n\t}\n"))

    def fresh(self):
        """What an apply of the state of before makes of nothing."""
        self.plain("delete")
        fault = self.apply(0)
        if fault:
            sys.exit(f"without a fault, {fault}")
        return self.listing()

    def put(self, server, number, kinds):
        """The objects of a state, in this order of kinds."""
        for kind in kinds:
            for item in self.objects[number]:
                if item["kind"] == kind:
                    server.put(kind, item)

    def serve(self):
        """A server with the state of after."""
        with self.node.namespace.entered():
            server = api.Server(self.folder)
        server.put("Namespace", {"metadata": {"name": "default", "labels": {"kubernetes.io/metadata.name": "default"}}})
        self.put(server, 1, ["Pod", "NetworkPolicy"])
        (self.folder / "kubeconfig").write_text(
            "current-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n"
            f"clusters: [{{name: a, cluster: {{server: 'https://127.0.0.1:{server.port}', "
            "certificate-authority: ca.crt}}]\n"
            "users: [{name: a, user: {token: secret}}]\n", encoding="ascii")
        return server

    def run(self, act):
        """(what became of the agent, after how many steps the table was right)."""
        server = self.serve()
        steps = Steps(self, server)
        command = [self.np2nft, "agent", "-v", "--force", "--node", NODE, "--kubeconfig", str(self.folder / "kubeconfig"),
                   "--silence", "15"]
        try:
            with self.node.namespace.entered():
                outcome = traced.run(command, act, patience=4 * BOUND, begun=steps.begin)
        finally:
            steps.end()
            server.stop()
        return outcome, steps

    def judge(self, act):
        """What is wrong with what a fault leaves."""
        self.apply(0)
        outcome, steps = self.run(act)
        self.acted += outcome.acted
        killed = act and act.kind == "kill" and outcome.status == -signal.SIGKILL
        if steps.late:
            return f"{outcome.cause}: {steps.late}: {outcome.complaints[-600:]!r}"
        was_ending = outcome.status == -signal.SIGTERM and b"np2nft: error" in outcome.complaints
        if not killed and not was_ending and (outcome.status < 0 or outcome.status > 2):
            return f"{outcome.cause}: status {outcome.status}, {outcome.complaints[-300:]!r}"
        if not killed and not steps.is_done and not (outcome.complaints and (outcome.status == 2 or was_ending)):
            return f"{outcome.cause}: it ended by itself, status {outcome.status}, {outcome.complaints[-300:]!r}"
        if not killed and not self.is_one_of(steps.held) and (steps.is_done or not self.is_midway()):
            return f"{outcome.cause}: the table is none of those that it should have been: {outcome.complaints[-300:]!r}"
        fault = self.apply(0)
        return fault or ("the next apply makes another table than one of nothing" if self.listing() != self.whole
                         else None)

    def is_true_to(self, held):
        """Is the table what these objects say?"""
        return self.plain("diff", "-q", "--node", NODE, "-", given=held).returncode == 0

    def is_one_of(self, held):
        """Is the table one of what the server held from time to time, the last first; or that of before?"""
        return any(map(self.is_true_to, reversed(held))) or self.is_true_to(self.states[0].read_text(encoding="utf-8"))

    def is_midway(self):
        """Does the table hold the rules of before and those that come next? The packets tell whether both are asked."""
        return "\tchain next/" in self.node.namespace.run(["nft", "list", "table", "inet", "np2nft"])


class Steps:
    """What is done while the agent runs, by a thread of its own."""

    def __init__(self, life, server):
        self.life, self.server, self.over = life, server, threading.Event()
        self.held = []  # all that the server held, from time to time
        self.late, self.is_done = None, False
        self.thread = None

    def begin(self, pid):
        """Begin to watch the agent that has this process id."""
        self.thread = threading.Thread(target=self.run, args=(pid,), daemon=True)
        self.thread.start()

    def end(self):
        """End the watching, because the agent is gone."""
        self.over.set()
        if self.thread:
            self.thread.join()

    def wait_for(self, what):
        """Until the table is what the server holds; False if it does not come to that."""
        self.held.append(self.server.held())
        until = time.monotonic() + BOUND
        while not self.over.is_set():
            if self.life.is_true_to(self.held[-1]):
                return True
            if time.monotonic() > until:
                self.late = f"{what} is not in force after {BOUND} s"
                return False
            self.over.wait(PAUSE)
        return False

    def run(self, pid):
        """First what the server held from the beginning, then two changes, then the end."""
        policies = {item["metadata"]["name"]: item for item in self.life.objects[0] if item["kind"] == "NetworkPolicy"}
        steps = [("the first list", lambda: None),
                 *((f"policy {name}", lambda item=item: self.server.put("NetworkPolicy", item))
                   for name, item in policies.items() if name != "both")]
        for what, step in steps:
            step()
            if not self.wait_for(what):
                break
        self.is_done = not self.late and not self.over.is_set()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL if self.late else signal.SIGTERM)
