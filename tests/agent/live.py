#!/usr/bin/env python3
"""Check the agent with a server of our own, which behaves well or badly as the check demands.

In: the program. Out: whether, after each thing that happens, the table in the kernel is what compiling the
server's objects gives, or unchanged if nothing may change. Everything happens in a network namespace of its
own; every wait is for a condition, and has a limit.
"""

import argparse
import base64
import contextlib
import http.client
import json
import os
import pathlib
import queue
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))

from namespace import FORWARDING, Namespace, become_root, own_run  # noqa: E402 pylint: disable=wrong-import-position
import conntrack  # noqa: E402 pylint: disable=wrong-import-position
import server as api  # noqa: E402 pylint: disable=wrong-import-position

BOUND = 30  # seconds for anything that is waited for
NODE = "here"
NODE_MAC = "02:00:00:00:00:fe"  # of its end of each pod's link


class Failure(Exception):
    """What was waited for did not come."""


def pod(name, address, labels=None, namespace="shop", node=NODE, phase="Running", **spec):
    """A pod as the API server has it."""
    status = {"phase": phase}
    if address:
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    return {"metadata": {"name": name, "namespace": namespace, "labels": labels or {}, "annotations": {"a": "b" * 40}},
            "spec": {"nodeName": node, "containers": [{"name": "c", "ports": [
                {"name": "web", "containerPort": 8080, "protocol": "TCP"}]}], **spec},
            "status": status}


def namespace(name, labels=None):
    """A namespace."""
    return {"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name, **(labels or {})}}}


def policy(name, spec, namespace_="shop"):
    """A policy."""
    return {"metadata": {"name": name, "namespace": namespace_}, "spec": spec}


ALLOW_FRONT = {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"],
               "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "front"}}}],
                            "ports": [{"protocol": "TCP", "port": 5432}, {"protocol": "TCP", "port": "web"}]}]}
DENY_ALL = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


class Agent:
    """The agent, running in the test's namespace, and its log."""

    def __init__(self, test, *options):
        self.test = test
        with test.node.entered():
            self.process = subprocess.Popen(
                [test.program, "agent", "-v", "--force", "--node", NODE,
                 *(["--kubeconfig", test.kubeconfig] if test.kubeconfig else []), *options],
                stderr=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.log = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        """Each line of the log, as it comes."""
        for line in self.process.stderr:
            self.lines.put(line)
        self.lines.put(None)

    def next_line(self, until):
        """One more line; None if none came in time."""
        try:
            line = self.lines.get(timeout=max(0.001, until - time.monotonic()))
        except queue.Empty:
            return None
        if line is None:
            raise Failure(f"the agent ended: {self.process.wait()}")
        self.log.append(line)
        return json.loads(line) if line.startswith("{") else {"message": line}

    def wait_for(self, condition, what, bound=BOUND):
        """Until the condition holds, looked at after each line of the log."""
        until = time.monotonic() + bound
        while not condition():
            if time.monotonic() > until:
                raise Failure(f"{what}: not within {bound} s")
            self.next_line(min(until, time.monotonic() + 0.2))

    def wait_to_say(self, text, bound=BOUND):
        """Until a line says this."""
        until = time.monotonic() + bound
        while True:
            line = self.next_line(until)
            if line is None:
                raise Failure(f"the agent did not say \"{text}\" within {bound} s")
            if text in line["message"]:
                return line

    def end(self):
        """End it, whatever it takes: with its own end first, which is what tells of what it has reached."""
        for end in (self.process.terminate, self.process.kill):
            if self.process.poll() is None:
                end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(BOUND)

    def stop(self, number=signal.SIGTERM):
        """End it; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(BOUND)


class Test:
    """A namespace with a server in it."""

    def __init__(self, np2nft, folder):
        self.np2nft, self.program, self.folder = np2nft, np2nft, folder
        self.node = None
        self.server = None
        self.agents = []
        self.kubeconfig = os.path.join(folder, "kubeconfig")

    @contextlib.contextmanager
    def serving(self, **options):
        """A new namespace, with a server and a few objects in it."""
        self.node = Namespace()
        self.node.run(["ip", "link", "set", "lo", "up"])
        self.node.configure(FORWARDING)
        with self.node.entered():
            self.server = api.Server(self.folder, **options)
        self.write_kubeconfig(token="secret")
        for name in ("shop", "other"):
            self.server.put("Namespace", namespace(name, {"team": name}))
        self.server.put("Pod", pod("db-0", "10.1.0.1", {"app": "db"}))
        self.server.put("Pod", pod("front-0", "10.1.0.2", {"app": "front"}))
        self.server.put("Pod", pod("front-1", "10.2.0.2", {"app": "front"}, node="there"))
        self.server.put("NetworkPolicy", policy("allow-front", ALLOW_FRONT))
        try:
            yield self.server
        except Failure as failure:
            log = "".join("".join(agent.log[-15:]) for agent in self.agents)
            raise Failure(f"{failure}\n{log}") from failure
        finally:
            for agent in self.agents:
                agent.end()
            self.agents = []
            self.server.stop()
            self.node.close()

    def write_kubeconfig(self, name="kubeconfig", server=None, cluster="", **user):
        """A kubeconfig for the server."""
        text = f"""apiVersion: v1
kind: Config
current-context: test
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
clusters:
- name: test
  cluster: {{server: "{server or f'https://127.0.0.1:{self.server.port}'}", certificate-authority: ca.crt{cluster}}}
users:
- name: test
  user: {json.dumps({key.replace('_', '-'): value for key, value in user.items()})}
"""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def begin(self, *options):
        """An agent."""
        self.agents.append(Agent(self, *options))
        return self.agents[-1]

    def is_true(self):
        """Is the table what a compile of the server's objects says?"""
        with self.node.entered():
            done = subprocess.run([self.np2nft, "diff", "-q", "--node", NODE, "-"], input=self.server.held(),
                                  capture_output=True, text=True, check=False)
        self.difference = done.stdout + done.stderr
        return done.returncode == 0

    def table(self):
        """The table as nft lists it; "" if there is none."""
        with self.node.entered():
            return subprocess.run(["nft", "list", "table", "inet", "np2nft"], capture_output=True, text=True,
                                  check=False).stdout

    def wait_true(self, agent, what):
        """Until the table is true."""
        try:
            agent.wait_for(self.is_true, what)
        except Failure as failure:
            raise Failure(f"{failure}\n{self.difference}") from failure


def changes(test, agent):
    """One of each kind of change."""
    server = test.server
    steps = [
        ("a pod comes", lambda: server.put("Pod", pod("front-2", "10.2.0.3", {"app": "front"}, node="there"))),
        ("a pod gets an address", lambda: [server.put("Pod", pod("front-3", "", {"app": "front"}, phase="Pending")),
                                           server.put("Pod", pod("front-3", "10.1.0.9", {"app": "front"}))]),
        ("a pod changes its labels", lambda: server.put("Pod", pod("front-2", "10.2.0.3", {"app": "db"}, node="there"))),
        ("a pod is finished", lambda: server.put("Pod", pod("front-3", "10.1.0.9", {"app": "front"}, phase="Failed"))),
        ("a pod goes", lambda: server.delete("Pod", "shop", "front-0")),
        ("a policy comes", lambda: server.put("NetworkPolicy", policy("deny", DENY_ALL))),
        ("a policy changes", lambda: server.put("NetworkPolicy", policy("deny", {**DENY_ALL, "policyTypes": ["Egress"]}))),
        ("a policy by namespace", lambda: server.put("NetworkPolicy", policy("by-team", {
            "podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "x"}}}]}]}))),
        ("a pod elsewhere", lambda: server.put("Pod", pod("o", "10.3.0.1", namespace="other", node="there"))),
        ("a namespace changes", lambda: server.put("Namespace", namespace("other", {"team": "x"}))),
        ("policies go", lambda: [server.delete("NetworkPolicy", "shop", "deny"),
                                 server.delete("NetworkPolicy", "shop", "by-team")]),
    ]
    for what, step in steps:
        step()
        test.wait_true(agent, what)


def check_changes(test):
    """Each kind of change, in each encoding, with watch lists, without, and with a server that ignores the wish."""
    for encoding in ("protobuf", "json"):
        for how in ({"watch_list": True}, {"watch_list": False, "selectors": False}):
            with test.serving(encoding=encoding, **how):
                agent = test.begin()
                agent.wait_to_say("synced")
                test.wait_true(agent, f"first lists, {encoding}, {how}")
                changes(test, agent)
    with test.serving(watch_list=False) as server:
        server.plain_watch = True
        agent = test.begin("--json")
        agent.wait_to_say("synced")
        test.wait_true(agent, "a watch in the stead of a watch list")


def check_order(test):
    """Nothing changes before all lists are whole; SIGTERM leaves the table, --cleanup does not."""
    with test.serving(watch_list=False) as server:
        for _ in range(3):
            server.spoil("NetworkPolicy", status=503)
        agent = test.begin()
        agent.wait_to_say("status 503")
        if test.table():
            raise Failure("there is a table before the lists are whole")
        agent.wait_to_say("synced")
        test.wait_true(agent, "first lists")
        before = test.table()
        if agent.stop() != 0 or test.table() != before:
            raise Failure("SIGTERM does not leave the table as it is")
        # One that comes when the API server says that there is nothing.
        for kind in ("Pod", "NetworkPolicy", "Namespace"):
            server.spoil(kind, empty=True)
        agent = test.begin("--cleanup")
        agent.wait_to_say("empty")
        if test.table() != before:
            raise Failure("an empty list was believed at once")
        agent.wait_to_say("synced")
        test.wait_true(agent, "after empty lists")
        if agent.stop() != 0 or test.table():
            raise Failure("--cleanup leaves the table")


def check_carrier(test):
    """Without the process that speaks to the kernel for it, it ends and says so, and the table stays."""
    with test.serving():
        agent = test.begin()
        agent.wait_to_say("synced")
        test.wait_true(agent, "first lists")
        before, pid = test.table(), agent.process.pid
        (carrier,) = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(carrier), signal.SIGTERM)  # which it outlives, as systemd sends it to both
        test.wait_true(agent, "after SIGTERM to the carrier")
        os.kill(int(carrier), signal.SIGKILL)
        status = agent.process.wait(BOUND)
        said = "".join(iter(agent.lines.get, None))
        if status != 2 or "the process that speaks to the kernel has ended" not in said or test.table() != before:
            raise Failure(f"status {status} without a carrier: {said}")


def check_stopped_carrier(test):
    """If that process is stopped, the agent does not wait for ever: it ends, and the next one can go on."""
    with test.serving() as server:
        agent = test.begin()
        agent.wait_to_say("synced")
        test.wait_true(agent, "first lists")
        before, pid = test.table(), agent.process.pid
        (carrier,) = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(carrier), signal.SIGSTOP)
        server.put("NetworkPolicy", policy("deny", DENY_ALL))
        status = agent.process.wait(2 * BOUND)
        said = "".join(iter(agent.lines.get, None))
        if status != 2 or "does not answer" not in said or test.table() != before:
            raise Failure(f"status {status} with a carrier that is stopped: {said}")
        agent = test.begin()
        agent.wait_to_say("synced")
        test.wait_true(agent, "the next agent")


def check_second_agent(test):
    """Two agents never keep one table: another one waits, and ends if the first does not."""
    with test.serving():
        agent = test.begin()
        agent.wait_to_say("synced")
        test.wait_true(agent, "first lists")
        before = test.table()
        other = test.begin("--no-guard")
        status = other.process.wait(BOUND)
        said = "".join(iter(other.lines.get, None))
        if status != 2 or "another agent keeps the table inet np2nft" not in said or test.table() != before:
            raise Failure(f"status {status} of a second agent: {said}")
        other = test.begin("--no-guard")
        agent.stop()
        other.wait_to_say("synced")


def check_empty(test):
    """An empty cluster is believed in the end."""
    with test.serving(watch_list=False) as server:
        agent = test.begin("--silence", "3")
        agent.wait_to_say("synced")
        server.delete("NetworkPolicy", "shop", "allow-front")
        server.expire()
        server.drop()
        agent.wait_to_say("empty")
        test.wait_true(agent, "no policies any more")


def check_lost(test):
    """A server that goes, comes back, and has forgotten versions."""
    with test.serving() as server:
        agent = test.begin()
        agent.wait_to_say("synced")
        before = test.table()
        server.stop()
        agent.wait_to_say("onnect")
        server.put("Pod", pod("late", "10.2.0.8", {"app": "front"}, node="there"))
        server.expire()
        if test.table() != before:
            raise Failure("the table changed while the server was gone")
        with test.node.entered():
            server.start()
        test.wait_true(agent, "the server is back")
        changes(test, agent)


def check_faults(test):
    """What a server can do wrong in one answer."""
    faults = [{"expired": True}, {"status": 410}, {"status": 429, "retry_after": 1}, {"status": 500}, {"status": 403},
              {"status": 504}, {"begin": b"\x00\x00\x02garbage"}, {"begin": b"\xff\xff\xff\xff"},
              {"begin": b"{\"type\": \"ADDED\"}\n"}, {"crawl": True}, {"twice": True}, {"backwards": True},
              {"cut": 0}, {"empty": True, "lists_only": True}]
    for encoding in ("protobuf", "json"):
        with test.serving(encoding=encoding) as server:
            agent = test.begin()
            agent.wait_to_say("synced")
            for number, fault in enumerate(faults):
                for kind in ("Pod", "NetworkPolicy"):
                    server.spoil(kind, **fault)
                server.put("Pod", pod(f"x{number}", f"10.2.1.{number}", {"app": "front"}, node="there"))
                server.drop()
                server.put("Pod", pod(f"y{number}", f"10.2.2.{number}", {"app": "front"}, node="there"))
                test.wait_true(agent, f"{encoding}, {fault}")
                server.put("Pod", pod(f"z{number}", f"10.2.3.{number}", {"app": "front"}, node="there"))
                server.delete("Pod", "shop", f"y{number}")
                test.wait_true(agent, f"{encoding}, behind {fault}")
                server.faults.clear()


def check_other_lists(test):
    """A part of a list, or a list of something else, is not believed."""
    for encoding in ("protobuf", "json"):
        with test.serving(encoding=encoding, watch_list=False) as server:
            server.put("NetworkPolicy", policy("deny", DENY_ALL))
            # It waits for less than two seconds before it asks again.
            agent = test.begin("--silence", "6")
            agent.wait_to_say("synced")
            before = test.table()
            for kind, fault, words in (("NetworkPolicy", {"part": True}, "only a part of a list"),
                                       ("Pod", {"part": True}, "only a part of a list"),
                                       ("NetworkPolicy", {"other": "Namespace"}, "a list of something else"),
                                       ("Namespace", {"other": "Pod"}, "a list of something else")):
                server.spoil(kind, lists_only=True, **fault)
                server.expire()
                server.drop()
                agent.wait_to_say(words)
                if test.table() != before:
                    raise Failure(f"{encoding}, {kind}, {fault}: the table has changed")
                test.wait_true(agent, f"{encoding}, behind {kind}, {fault}")


def check_cuts(test):
    """Answers that end at every byte, lists and watches."""
    for encoding in ("protobuf", "json"):
        for watch_list in (True, False):
            with test.serving(encoding=encoding, watch_list=watch_list) as server:
                agent = test.begin("--silence", "1")
                for cut in range(0, 1200, 97):
                    # Whichever answer it is: a list or a watch, which has an event to send.
                    server.spoil("Pod", cut=cut)
                    server.expire()
                    server.drop()
                    server.put("Pod", pod(f"p{cut % 7}", f"10.2.{cut // 200 + 1}.{cut % 200 + 10}", {"app": "front"}))
                    agent.wait_for(lambda: not server.faults, f"cut {cut}")
                    test.wait_true(agent, f"{encoding}, cut at {cut}")


def check_silence(test):
    """A connection that says nothing any more is noticed."""
    with test.serving() as server:
        agent = test.begin("--silence", "2")
        agent.wait_to_say("synced")
        server.spoil("Pod", silent=True)
        server.drop()
        server.put("Pod", pod("p", "10.2.0.77", {"app": "front"}))
        agent.wait_to_say("nothing came for too long")
        test.wait_true(agent, "after silence")


def check_credentials(test):
    """Tokens that change, certificates, names, and what is refused."""
    with test.serving() as server:
        token = os.path.join(test.folder, "token")
        with open(token, "w", encoding="ascii") as file:
            file.write("secret\n")
        test.write_kubeconfig(tokenFile="token")
        agent = test.begin()
        agent.wait_to_say("synced")
        server.tokens = {"new"}
        server.drop()
        agent.wait_to_say("status 401")
        with open(token + ".new", "w", encoding="ascii") as file:
            file.write("new")
        os.rename(token + ".new", token)
        server.put("Pod", pod("p", "10.2.0.77", {"app": "front"}))
        test.wait_true(agent, "a new token")
        agent.stop()
        test.write_kubeconfig(client_certificate="client.crt", client_key="client.key",
                              server=f"https://localhost:{server.port}", cluster=", tls-server-name: api.test")
        agent = test.begin()
        agent.wait_to_say("synced")
        agent.stop()
        test.write_kubeconfig(token="new", server=f"https://localhost:{server.port}")
        agent = test.begin()
        agent.wait_to_say("certificate")
        agent.stop()
        for user, words in (({"exec": {"command": "aws"}}, "for people"), ({"username": "me"}, "no longer take")):
            test.write_kubeconfig(**user)
            agent = test.begin()
            agent.process.wait(BOUND)
            with contextlib.suppress(Failure):
                agent.wait_to_say("never said")
            if words not in "".join(agent.log) or agent.process.returncode != 2:
                raise Failure(f"{user}: {agent.log}")


def check_embedded(test):
    """A kubeconfig with all in it, as kubeadm writes it; and a pod's service account, without one."""
    def read(name):
        return pathlib.Path(test.folder, name).read_bytes()

    with test.serving() as server:
        lines = base64.encodebytes(read("client.key")).decode()
        test.write_kubeconfig(client_certificate_data=base64.b64encode(read("client.crt")).decode(), client_key_data=lines)
        agent = test.begin()
        agent.wait_to_say("synced")
        agent.stop()
        account = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount")  # the test has a /run of its own
        account.mkdir(parents=True)
        (account / "ca.crt").write_bytes(read("ca.crt"))
        test.kubeconfig = None
        os.environ |= {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(server.port)}
        try:
            agent = test.begin()
            if agent.process.wait(BOUND) != 2:
                raise Failure("an account without a token is taken")
            (account / "token").write_text("secret\n", encoding="ascii")
            agent = test.begin()
            agent.wait_to_say("synced")
            test.wait_true(agent, "by the pod's service account")
        finally:
            for name in ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
                del os.environ[name]


def check_objects(test):
    """What one object does wrong stays with it."""
    with test.serving() as server:
        bad = policy("bad", {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"],
                             "ingress": [{"from": [{"ipBlock": {"cidr": "nonsense"}}]}]})
        server.put("NetworkPolicy", bad)
        agent = test.begin()
        agent.wait_to_say("cannot be read")
        agent.wait_to_say("synced")
        # The policy allows nothing, and isolates; all else is as it was.
        bad["spec"]["ingress"] = []
        server.objects["NetworkPolicy"][("shop", "bad")] = bad
        test.wait_true(agent, "a policy that cannot be read")
        server.put("NetworkPolicy", bad)
        agent.wait_to_say("can be read again, or")
        test.wait_true(agent, "a policy that can be read again")


def cluster_policy(name, priority, rules, tier="Admin"):
    """A ClusterNetworkPolicy for all pods."""
    return {"metadata": {"name": name}, "spec": {"tier": tier, "priority": priority, "subject": {"namespaces": {}}, **rules}}


def check_tiers(test):
    """Cluster policies and nodes come, change and go, once they are known; what is not known is closed.

    Nodes are asked for from the moment on when a policy names some.
    """
    deny = {"ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}]}
    accept = {"ingress": [{"action": "Accept", "from": [{"namespaces": {}}]}]}
    to_nodes = {"egress": [{"action": "Deny", "to": [{"nodes": {"matchLabels": {"role": "control"}}}]}]}

    def node(labels):
        return {"metadata": {"name": "control-1", "labels": labels},
                "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"},
                                         {"type": "Hostname", "address": "control-1"}]}}

    with test.serving() as server:
        agent = test.begin()
        agent.wait_to_say("synced")
        server.missing.clear()
        steps = [
            ("a kind that comes late", lambda: server.put("ClusterNetworkPolicy", cluster_policy("a", 10, deny))),
            ("another before it", lambda: server.put("ClusterNetworkPolicy", cluster_policy("b", 5, accept))),
            ("a priority changes", lambda: server.put("ClusterNetworkPolicy", cluster_policy("b", 50, accept))),
            ("a tier changes", lambda: server.put("ClusterNetworkPolicy", cluster_policy("a", 10, deny, "Baseline"))),
            ("nodes as peers", lambda: server.put("ClusterNetworkPolicy", cluster_policy("c", 7, to_nodes))),
            ("a node comes", lambda: server.put("Node", node({"role": "control"}))),
            ("a node changes", lambda: server.put("Node", node({"role": "worker"}))),
            ("a policy goes", lambda: server.delete("ClusterNetworkPolicy", "", "b")),
        ]
        for what, step in steps:
            if what == "nodes as peers" and any(kind == "Node" for kind, _ in server.requests):
                raise Failure("nodes are asked for although no policy names any")
            step()
            test.wait_true(agent, what)
        server.put("ClusterNetworkPolicy", cluster_policy("new", 1, {
            "ingress": [{"action": "Deny", "from": [{"services": {}}]}]}))
        agent.wait_to_say("a part of a cluster policy is not enforced")
        server.objects["ClusterNetworkPolicy"][("", "new")] = cluster_policy("new", 1, deny)
        agent.wait_for(lambda: "Admin" in test.table(), "a rule that is closed")
        server.delete("ClusterNetworkPolicy", "", "new")
        test.wait_true(agent, "a rule that is closed is gone")


def processor_seconds(process):
    """The processor time that it has taken."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def check_late_nodes(test):
    """While nodes are not listed yet, although a policy names some, only that policy waits, and the agent has no haste."""
    with test.serving() as server:
        server.missing.clear()
        agent = test.begin("--verify-every", "1")
        agent.wait_to_say("verified")
        for _ in range(4):
            server.spoil("Node", status=500)
        server.put("Node", {"metadata": {"name": "control-1", "labels": {"role": "control"}},
                            "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]}})
        server.put("ClusterNetworkPolicy", cluster_policy("c", 7, {"egress": [{"action": "Deny", "to": [
            {"nodes": {"matchLabels": {"role": "control"}}}]}]}))
        agent.wait_to_say("status 500")
        server.put("NetworkPolicy", policy("meanwhile", DENY_ALL))
        agent.wait_for(lambda: "meanwhile" in test.table(), "a policy that has nothing to do with nodes")
        if "admin.c" in test.table():
            raise Failure("a policy is enforced before the nodes that it names are known")
        began, used = time.monotonic(), processor_seconds(agent.process)
        for _ in range(3):
            agent.wait_to_say("status 500")
        used, took = processor_seconds(agent.process) - used, time.monotonic() - began
        if used > took / 5:
            raise Failure(f"{used:.2f} s of a processor within {took:.2f} s of waiting")
        test.wait_true(agent, "nodes are there")
        if "admin.c" not in test.table():
            raise Failure("the policy that names nodes is not enforced")


def check_forbidden(test):
    """An account that may not list cluster policies and nodes has the rest enforced, and these once it may."""
    with test.serving() as server:
        server.missing.clear()
        server.forbidden = {"ClusterNetworkPolicy", "Node"}
        agent = test.begin()
        agent.wait_to_say("we may not list and watch them, so none is enforced")
        agent.wait_to_say("synced")
        test.wait_true(agent, "the kinds that it may list")
        server.forbidden.clear()
        server.put("ClusterNetworkPolicy", cluster_policy("a", 10, {
            "ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}]}))
        test.wait_true(agent, "a kind that it may list later")


def status(test):
    """What `np2nft status` says."""
    with test.node.entered():
        return subprocess.run([test.np2nft, "status"], capture_output=True, text=True, check=False).stdout


def faulty(test, cause):
    """How many faulty objects the metric tells, by cause."""
    text = ask(test, 9108, "/metrics")[1]
    return text.partition(f'np2nft_faulty_objects{{cause="{cause}"}} ')[2].partition("\n")[0]


def check_refused_tier(test, server):
    """A chain that groups of pods share, since a tier is asked there, is known for what its policies made."""
    server.delete("ClusterNetworkPolicy", "", "outside")
    server.put("NetworkPolicy", policy("front", ALLOW_FRONT))
    server.put("Pod", pod("guest", "203.0.113.9", {"app": "guest"}, "other", "there"))
    server.put("ClusterNetworkPolicy", cluster_policy("inside", 5, {
        "ingress": [{"action": "Deny", "from": [{"pods": {
            "namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "guest"}}}}]}]}))
    os.environ["REFUSE"] = "cb007109"  # 203.0.113.9
    del os.environ["REFUSE_WHILE"]
    agent = test.begin()
    line = agent.wait_to_say("the kernel refuses a policy")
    if (line["kind"], line["name"]) != ("clusternetworkpolicies", "inside"):
        raise Failure(line)


def check_refused(test):
    """A policy that the kernel refuses closes its own pods; all else goes on, and it is told."""
    more = [f"198.51.100.{32 * i}/28" for i in range(5)]  # so many that they are elements of a set

    def block(name, cidr, label):
        return policy(name, {"podSelector": {"matchLabels": {"app": label}}, "policyTypes": ["Ingress"],
                             "ingress": [{"from": [{"ipBlock": {"cidr": one}} for one in (cidr, *more)]}]})

    def closed(*names):
        """The policies, as the table should take them, without a word to the agent."""
        for name in names:
            held = server.objects["NetworkPolicy"][("shop", name)]
            server.objects["NetworkPolicy"][("shop", name)] = {**held, "spec": {**held["spec"], "ingress": []}}

    test.program = test.refused
    os.environ["REFUSE"] = "cb007100"  # 203.0.113.0
    try:
        with test.serving() as server:
            agent = test.begin("--listen", "127.0.0.1:9108")
            agent.wait_to_say("synced")
            # Beside another policy of the same pod, with another that is refused at once.
            server.put("NetworkPolicy", block("bad", "203.0.113.0/24", "db"))
            server.put("NetworkPolicy", block("worse", "203.0.113.0/25", "front"))
            closed("bad", "worse")
            agent.wait_to_say("the kernel refuses a policy")
            test.wait_true(agent, "two policies that are refused")
            server.put("Pod", pod("front-9", "10.2.0.9", {"app": "front"}, node="there"))
            test.wait_true(agent, "an event beside policies that are refused")
            agent.wait_for(lambda: faulty(test, "refused_by_kernel") == "2", "the metric")
            agent.wait_for(lambda: "networkpolicies shop/bad: the kernel refused" in status(test), "status")
            server.put("NetworkPolicy", block("bad", "198.51.100.0/24", "db"))
            agent.wait_to_say("a refused policy has changed")
            test.wait_true(agent, "a policy that is no longer refused")
            server.delete("NetworkPolicy", "shop", "worse")
            agent.wait_for(lambda: faulty(test, "refused_by_kernel") == "0", "no more refused")
            test.wait_true(agent, "none that is refused")
            # A cluster policy closes its own pods as well, and what is taken later is tried again.
            server.missing.clear()
            server.put("ClusterNetworkPolicy", cluster_policy("outside", 5, {
                "egress": [{"action": "Deny", "to": [{"networks": ["203.0.113.0/24", *more]}]}]}))
            line = agent.wait_to_say("the kernel refuses a policy")
            if (line["kind"], line["name"]) != ("clusternetworkpolicies", "outside"):
                raise Failure(line)
            agent.wait_for(lambda: "clusternetworkpolicies outside: the kernel refused" in status(test), "status")
            agent.stop()
            with tempfile.NamedTemporaryFile(delete=False) as reason:
                os.environ["REFUSE_WHILE"] = reason.name
            agent = test.begin("--silence", "3")
            agent.wait_to_say("the kernel refuses a policy")
            os.unlink(reason.name)
            agent.wait_to_say("a refused policy has changed")
            agent.wait_for(lambda: "203.0.113.0/24" in test.table(), "a policy that is taken when it is tried again")
            agent.stop()
            check_refused_tier(test, server)
    finally:
        del os.environ["REFUSE"]
        os.environ.pop("REFUSE_WHILE", None)


def ask(test, port, path):
    """GET a path of the agent's: status and text."""
    with test.node.entered():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
        connection.connect()
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def check_seen(test):
    """Metrics, probes, and what systemd hears."""
    with test.serving() as server, tempfile.TemporaryDirectory() as folder:
        heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        heard.bind(f"{folder}/notify")
        words = queue.Queue()

        def listen():
            with contextlib.suppress(OSError):
                while True:
                    words.put(heard.recv(100))

        threading.Thread(target=listen, daemon=True).start()
        os.environ |= {"NOTIFY_SOCKET": f"{folder}/notify", "WATCHDOG_USEC": "400000"}
        server.spoil("NetworkPolicy", silent=True)
        agent = test.begin("--listen", "127.0.0.1:9108", "--silence", "3")
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC"):
            del os.environ[name]
        agent.wait_to_say("begins")
        word = words.get(timeout=BOUND)
        if word != b"WATCHDOG=1":
            raise Failure(f"systemd hears {word}, not WATCHDOG=1")
        if ask(test, 9108, "/livez")[0] != 200 or ask(test, 9108, "/readyz")[0] != 503:
            raise Failure("probes before the lists are whole")
        agent.wait_to_say("synced")
        until = time.monotonic() + BOUND
        while not words.get(timeout=BOUND).startswith(b"READY=1"):
            if time.monotonic() > until:
                raise Failure("systemd does not hear READY=1")
        if ask(test, 9108, "/readyz") != (200, "ok\n") or ask(test, 9108, "/x")[0] != 404:
            raise Failure("probes when the table is true")
        # Who asks and says nothing, and many at a time, hold nobody up.
        idle = []
        with test.node.entered():
            for _ in range(12):
                idle.append(socket.create_connection(("127.0.0.1", 9108)))
        started = pod("p", "10.2.0.77", {"app": "front"})
        started["status"]["startTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 20))
        server.put("Pod", started)
        test.wait_true(agent, "with idle clients")
        status, text = ask(test, 9108, "/metrics")
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        wanted = {"np2nft_synced": "1", 'np2nft_objects{kind="pods"}': "4", 'np2nft_faulty_objects{cause="unreadable"}': "0",
                  "np2nft_event_to_commit_seconds_count": "1",
                  "np2nft_pod_start_to_commit_seconds_count": "1",
                  'np2nft_pod_start_to_commit_seconds_bucket{le="5"}': "0",
                  'np2nft_pod_start_to_commit_seconds_bucket{le="30"}': "1",
                  'np2nft_denied_packets_total{direction="ingress",namespace="shop",policies="allow-front/web.tcp.8080"}': "0"}
        for name, value in wanted.items():
            if values.get(name) != value:
                raise Failure(f"{status} {name}: {values.get(name)}, not {value}\n{text}")
        for one in idle:
            one.close()


def check_pipe(test):
    """A kubeconfig may be a pipe: it is read when somebody writes to it, and until then SIGTERM ends the agent."""
    with test.serving():
        kubeconfig, pipe = test.kubeconfig, os.path.join(test.folder, "pipe")
        os.mkfifo(pipe)
        test.kubeconfig = pipe
        waiting, writers = test.begin(), []

        def is_read():
            with contextlib.suppress(OSError):  # nobody reads yet
                writers.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
            return writers

        waiting.wait_for(is_read, "the kubeconfig is opened")
        if waiting.stop() != -signal.SIGTERM:
            raise Failure(f"it ends with {waiting.process.returncode}")
        os.close(writers[0])
        agent = test.begin()
        with open(pipe, "w", encoding="ascii") as to:
            to.write(pathlib.Path(kubeconfig).read_text(encoding="ascii"))
        agent.wait_to_say("synced")
        test.kubeconfig = kubeconfig


def check_clients(test):
    """The agent's own server is bounded: whoever asks too much, too slowly, or beside too many others."""
    def client(data=b""):
        with test.node.entered():
            one = socket.create_connection(("127.0.0.1", 9108), timeout=BOUND)
        one.sendall(data)
        return one

    def answer(one):
        try:
            return one.recv(100)
        except ConnectionResetError:  # it ends with bytes that nobody has read
            return b""

    with test.serving():
        agent = test.begin("--listen", "127.0.0.1:9108")
        agent.wait_to_say("synced")
        for data, wanted in ((b"POST /metrics HTTP/1.1\r\n\r\n", b"HTTP/1.1 405 "), (b"GET /livez?x HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 "),
                             (b"GET /" + b"x" * 4000 + b" HTTP/1.1\r\n\r\n", b"HTTP/1.1 404 "), (b"GET /" + b"x" * 4091, b"")):
            with client(data) as one:
                got = answer(one)
                if not got.startswith(wanted) or bool(got) != bool(wanted):
                    raise Failure(f"{data[:20]}, {len(data)} bytes, is answered with {got}")
        idle = [client(b"GET /") for _ in range(16)]
        with client(b"GET /livez HTTP/1.1\r\n\r\n") as late:
            if not answer(late).startswith(b"HTTP/1.1 200 "):
                raise Failure("who came when there was no room is not answered")
        idle[1].setblocking(False)
        with contextlib.suppress(BlockingIOError):
            raise Failure(f"more clients than the first one had to go: {idle[1].recv(100)}")
        idle[1].setblocking(True)
        for one in idle:
            if answer(one):
                raise Failure("half a request is answered")
            one.close()
        for _ in range(400):
            idle.append(client(b"GET /"))
            with client(b"GET /livez HTTP/1.1\r\n\r\n") as late:
                if not answer(late).startswith(b"HTTP/1.1 200 "):
                    raise Failure("who came behind many is not answered")
        for one in idle:
            one.close()


def check_status(test):
    """What `np2nft status` says of the agent, while it runs and when it is gone."""
    with test.serving():
        agent = test.begin()
        agent.wait_to_say("synced")
        agent.wait_for(lambda: "agent     keeps the table true to https://127.0.0.1" in status(test), "status")
        agent.stop(signal.SIGKILL)
        if "agent     has ended; the table stays" not in status(test):
            raise Failure(status(test))


def check_table(test):
    """A table of another name."""
    with test.serving():
        agent = test.begin("--table", "other")
        agent.wait_to_say("synced")
        test.server.delete("NetworkPolicy", "shop", "allow-front")
        with test.node.entered():
            agent.wait_for(lambda: not subprocess.run(
                [test.np2nft, "diff", "-q", "--table", "other", "--node", NODE, "-"], input=test.server.held(),
                capture_output=True, text=True, check=False).returncode, "the table `other` is true")
        if test.table():
            raise Failure("there is a table np2nft")


def check_verified(test):
    """What the kernel holds is compared with the policies now and then; what it never was told is found and put right."""
    def counted(name):
        return int(next(line.split()[1] for line in ask(test, 9108, "/metrics")[1].splitlines()
                        if line.startswith(f"np2nft_{name}_total ")))

    test.program = test.refused
    with tempfile.TemporaryDirectory() as folder:
        alters = pathlib.Path(folder, "alters")
        alters.touch()
        os.environ.update(REFUSE="0a020009", REFUSE_WHILE=str(alters), REFUSE_ALTERS="1")  # 10.2.0.9
        try:
            with test.serving() as server:
                agent = test.begin("--listen", "127.0.0.1:9108", "--verify-every", "1", "-v")
                agent.wait_to_say("verified")
                if not counted("verified_packets") or counted("verified_differences"):
                    raise Failure("a right table is found wrong")
                agent.wait_for(lambda: "the table judges all as they do" in status(test), "status")
                server.put("Pod", pod("front-9", "10.2.0.9", {"app": "front"}, node="there"))
                line = agent.wait_to_say("the table does not do what the policies say")
                if "10.2.0.8" not in line["first"] or "10.2.0.9" not in line["first"]:
                    raise Failure(line)
                agent.wait_for(lambda: "the table judges some in another way" in status(test), "status")
                if not counted("verified_differences"):
                    raise Failure("differences are not counted")
                alters.unlink()
                agent.wait_for(lambda: "the table judges all as they do" in status(test), "it is put right")
                test.wait_true(agent, "what was altered is put right")
        finally:
            for name in ("REFUSE", "REFUSE_WHILE", "REFUSE_ALTERS"):
                os.environ.pop(name, None)


def check_heals(test):
    """Who alters the table finds it put right; other tables are nobody's business."""
    with test.serving() as server:
        agent = test.begin()
        agent.wait_to_say("synced")
        for command in ("flush chain inet np2nft forward", "delete table inet np2nft",
                        "add element inet np2nft pods/shop/app_front.v4 { 1.2.3.4 }",
                        "add chain inet np2nft foreign"):
            test.node.run(["nft", command])
            agent.wait_to_say("put right")
            test.wait_true(agent, command)
        # Another apply which was killed left a part of the table altered, and the mark that it had begun.
        (running,) = pathlib.Path("/run/np2nft").glob("*%agent")
        mark = running.with_name(running.name.replace("%agent", "%begun"))
        mark.touch()
        if "cut short" not in status(test):
            raise Failure(f"no mark: {status(test)}")
        test.node.run(["nft", "flush set inet np2nft pods/shop/app_front.v4"])
        agent.wait_to_say("put right")
        test.wait_true(agent, "after an apply that was killed")
        agent.wait_for(lambda: "cut short" not in status(test), "all is whole, and status says so")
        test.node.run(["nft", "add table inet other"])
        test.node.run(["nft", "add chain inet other c"])
        server.put("Pod", pod("p", "10.2.0.77", {"app": "front"}))
        test.wait_true(agent, "beside another table")
        if sum("put right" in line for line in agent.log) != 5:
            raise Failure("another table's change was taken for one of ours")


def check_shared(test):
    """Two pods on one address get what both allow; all else goes on."""
    def is_front(address):
        return address in test.node.run(["nft", "list", "set", "inet", "np2nft", "pods/shop/app_front.v4"])

    with test.serving() as server:
        agent = test.begin("--listen", "127.0.0.1:9108")
        agent.wait_to_say("synced")
        server.put("Pod", pod("x", "10.1.0.2", {"app": "x"}))
        agent.wait_for(lambda: not is_front("10.1.0.2"), "one of two is no peer")
        line = agent.wait_to_say("several pods have one address")
        if (line["address"], line["pods"]) != ("10.1.0.2", "shop/front-0, shop/x"):
            raise Failure(line)
        agent.wait_for(lambda: faulty(test, "shared_address") == "1", "the metric")
        agent.wait_for(lambda: "10.1.0.2: shop/front-0, shop/x" in status(test), "status")
        server.put("Pod", pod("x", "10.1.0.2", {"app": "front", "more": "y"}))
        agent.wait_for(lambda: is_front("10.1.0.2"), "both are peers")
        server.put("Pod", pod("x", "10.1.0.2", {"app": "db"}))
        agent.wait_for(lambda: not is_front("10.1.0.2"), "one of two is another's target")
        if "10.1.0.2" not in test.node.run(["nft", "list", "map", "inet", "np2nft", "ingress.v4"]):
            raise Failure("an address that one of two pods isolates is not isolated")
        # All else goes on meanwhile.
        server.put("Pod", pod("y", "10.1.0.7", {"app": "front"}))
        agent.wait_for(lambda: is_front("10.1.0.7"), "another pod")
        server.delete("Pod", "shop", "front-0")
        test.wait_true(agent, "one is gone")
        agent.wait_to_say("one pod alone has the address again")


def add_link(test, name, address, peer):
    """A link of the node that leads to a pod's address alone, in a namespace of its own."""
    run = test.node.run
    run(["ip", "link", "add", name, "address", NODE_MAC, "type", "veth", "peer", "name", "eth0", "netns", peer.path()])
    run(["ip", "link", "set", name, "up"])
    run(["ip", "route", "add", address, "dev", name])
    for command in (f"address add {address} dev eth0", "link set eth0 up", "link set lo up",
                    "route add default via 169.254.1.1 dev eth0 onlink",
                    f"neighbour add 169.254.1.1 lladdr {NODE_MAC} dev eth0"):
        peer.run(["ip", *command.split()])


def check_guard(test):
    """Pods send in nobody else's name, whatever links come and go, and what an apply put in for that stays."""
    def lists(word):
        return word in test.table()

    def spoofed():
        """How many packets the guard has stopped; -1: there is none."""
        lines = test.table().partition("chain links/spoofed {")[2].partition("}")[0].split()
        return int(lines[lines.index("packets") + 1]) if lines else -1

    with test.serving() as server, contextlib.closing(Namespace()) as peer, contextlib.closing(Namespace()) as other:
        add_link(test, "pod1", "10.1.0.1", peer)
        with test.node.entered():
            subprocess.run([test.np2nft, "apply", "-q", "--node", NODE, "-"], input=server.held(), text=True, check=True)
        before = test.table()
        agent = test.begin()
        agent.wait_to_say("synced")
        test.wait_true(agent, "an apply's guard")
        if test.table() != before or spoofed() != 0:
            raise Failure("the agent took off what an apply had put in")
        # A local event rewrites the base chain, in which the guard has a rule.
        server.put("NetworkPolicy", policy("deny", DENY_ALL))
        test.wait_true(agent, "a policy beside the guard")
        # The pod is known before its link is: the link alone is news.
        add_link(test, "pod2", "10.1.0.2", other)
        agent.wait_for(lambda: lists('"pod2"'), "a link comes")
        test.wait_true(agent, "a link comes")
        peer.run(["ip", "address", "add", "10.66.0.1", "dev", "lo"])
        with peer.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("10.66.0.1", 0))
            sender.sendto(b"x", ("10.1.0.2", 9))
        agent.wait_for(lambda: spoofed() == 1, "a made-up source")
        test.node.run(["ip", "link", "add", "tunnel", "type", "vxlan", "id", "1", "local", "127.0.0.1", "dstport", "8472"])
        test.node.run(["ip", "link", "set", "tunnel", "up"])
        agent.wait_for(lambda: lists("udp dport 8472"), "a tunnel comes")
        test.node.run(["ip", "link", "delete", "pod2"])
        agent.wait_for(lambda: not lists('"pod2"'), "a link goes")
        server.delete("Pod", "shop", "db-0")
        agent.wait_for(lambda: not lists("links"), "a link leads to no pod any more")
        server.put("Pod", pod("db-0", "10.1.0.1", {"app": "db"}))
        agent.wait_for(lambda: lists('"pod1"'), "and again to one")
        test.wait_true(agent, "and again to one")
        agent.stop()
        agent = test.begin("--no-guard")
        agent.wait_to_say("synced")
        agent.wait_for(lambda: not lists("links"), "--no-guard")


def check_closed(test):
    """A pod that is not known yet gets nothing with --closed, but from and to its own node; all it wants without."""
    new = "10.1.0.50"

    def counted():
        """Packets that were denied because a pod is not known; -1: nothing is closed."""
        words = test.table().partition("chain closed/deny {")[2].partition("}")[0].split()
        return int(words[words.index("packets") + 1]) if words else -1

    def datagram(source, target, address):
        """One from a namespace to an address; what arrives at the target."""
        with source.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x", (address, 5000))
        try:
            return target.recv(10)
        except TimeoutError:
            return b""

    def receiver(namespace_):
        with namespace_.entered():
            opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind(("0.0.0.0", 5000))
        opened.settimeout(BOUND)
        return opened

    with test.serving() as server, contextlib.closing(Namespace()) as fresh, contextlib.closing(Namespace()) as world:
        add_link(test, "fresh", new, fresh)
        add_link(test, "world", "10.99.0.1", world)
        test.node.run(["ip", "address", "add", "10.0.0.1", "dev", "lo"])
        with contextlib.closing(receiver(fresh)) as at_pod, contextlib.closing(receiver(world)) as at_world, \
                contextlib.closing(receiver(test.node)) as at_node:
            agent = test.begin()
            agent.wait_to_say("synced")
            if not datagram(world, at_pod, new) or not datagram(fresh, at_world, "10.99.0.1") or counted() != -1:
                raise Failure("without --closed, a pod that is not known is cut off")
            agent.stop()
            agent = test.begin("--closed", "10.1.0.0/24,fd00:1::/64", "--verify-every", "1", "-v")
            agent.wait_to_say("synced")
            agent.wait_to_say("verified")
            before = counted()
            for number in range(5):
                with world.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    sender.sendto(b"x", (new, 5000))
                with fresh.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    sender.sendto(b"x", ("10.99.0.1", 5000))
                agent.wait_for(lambda number=number: counted() == before + 2 * (number + 1), "first packets")
            for one in (at_pod, at_world):
                one.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    raise Failure(f"the first packets of a pod that is not known: {one.recv(10)}")
                one.settimeout(BOUND)
            if not datagram(test.node, at_pod, new) or not datagram(fresh, at_node, "10.0.0.1"):
                raise Failure("a pod that is not known is cut off from its own node")
            # Under its policies as soon as it is known; one beside it that is under none gets all.
            server.put("Pod", pod("fresh", new, {"app": "x"}))
            agent.wait_for(lambda: f"{new} comment" in test.node.run(["nft", "list", "set", "inet", "np2nft", "known.v4"]),
                           "the pod is known")
            if not datagram(world, at_pod, new) or not datagram(fresh, at_world, "10.99.0.1"):
                raise Failure("a pod that is known is cut off")
            # A pod of another node in the range is as well known as one of this.
            server.put("Pod", pod("far", "10.1.0.60", node="there"))
            agent.wait_for(lambda: "10.1.0.60" in test.node.run(["nft", "list", "set", "inet", "np2nft", "known.v4"]),
                           "a pod of another node")
            if "altered" in status(test):
                raise Failure(status(test))
            server.delete("Pod", "shop", "fresh")
            agent.wait_for(lambda: new not in test.node.run(["nft", "list", "set", "inet", "np2nft", "known.v4"]),
                           "the pod is gone")
            if not subprocess.run([test.np2nft, "compile", "--closed=10.1.0.0/24", "--node", NODE, "-"], text=True,
                                  input=server.held(), capture_output=True, check=True).stdout.count("jump closed\n") == 1:
                raise Failure("compile does not close")


def check_closed_by_node(test):
    """With --closed node the ranges are those of the node's own object, as it is, and stay when it is gone."""
    def node(name, **spec):
        return {"metadata": {"name": name}, "spec": spec, "status": {"addresses": []}}

    for encoding in ("protobuf", "json"):
        with test.serving(encoding=encoding) as server:
            server.missing.clear()
            server.put("Node", node("there", podCIDRs=["10.9.0.0/24"]))
            agent = test.begin("--closed", "node")
            agent.wait_to_say("nothing is closed yet")
            server.put("Node", node(NODE, podCIDR="10.1.0.0/24", podCIDRs=["10.1.0.0/24", "fd00:1::/64"]))
            agent.wait_for(lambda: "10.1.0.0/24" in test.table() and "fd00:1::/64" in test.table(), "the node's ranges")
            if "10.9.0.0/24" in test.table():
                raise Failure(test.table())
            server.put("Node", node(NODE, podCIDR="10.1.0.0/16"))
            agent.wait_for(lambda: "10.1.0.0/16" in test.table() and "fd00:1::/64" not in test.table(), "other ranges")
            server.delete("Node", "", NODE)
            server.put("Pod", pod("more", "10.2.0.98", {"app": "front"}, node="there"))
            agent.wait_for(lambda: "10.2.0.98" in test.table(), "an event behind it")
            if "10.1.0.0/16" not in test.table():
                raise Failure(test.table())
            agent.stop()


def check_log_denied(test):
    """Denied packets have lines in the log, and no more of them than the kernel may tell of."""
    with test.serving() as server, contextlib.closing(Namespace()) as db, contextlib.closing(Namespace()) as front:
        add_link(test, "db", "10.1.0.1", db)
        add_link(test, "front", "10.1.0.2", front)
        server.put("NetworkPolicy", policy("more", {"podSelector": {"matchLabels": {"app": "db"}}}))
        agent = test.begin("--log-denied")
        agent.wait_to_say("synced")
        with front.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x", ("10.1.0.1", 5432))
        line = agent.wait_to_say("denied")
        wanted = {"from": "10.1.0.2", "from_pod": "shop/front-0", "to": "10.1.0.1", "to_pod": "shop/db-0",
                  "port": "5432/UDP", "direction": "ingress", "policies": "shop/allow-front, shop/more"}
        if any(line.get(key) != value for key, value in wanted.items()) or not line["chain"].startswith("ingress/shop/"):
            raise Failure(line)
        server.put("NetworkPolicy", policy("out", {"podSelector": {"matchLabels": {"app": "front"}},
                                                   "policyTypes": ["Egress"]}))
        agent.wait_for(lambda: "egress/shop/out" in test.table(), "another policy")
        with front.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x", ("10.99.0.9", 53))
            sender.sendto(b"x", ("10.1.0.1", 53))
        line = agent.wait_to_say("denied")
        if (line["direction"], line["policies"], line["to_pod"], line["port"]) != ("egress", "shop/out", "shop/db-0", "53/UDP"):
            raise Failure(line)
        # Many at once: all are counted, few are told.
        with front.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(1000):
                sender.sendto(b"x", ("10.1.0.1", 53))
        server.put("Pod", pod("last", "10.2.0.99", {"app": "front"}, node="there"))
        agent.wait_for(lambda: "10.2.0.99" in test.table(), "an event behind the packets")
        told = sum('"denied"' in one for one in [*agent.log, *agent.lines.queue])
        if not 10 <= told <= 500:
            raise Failure(f"{told} of 1000 packets are told")
        # The table reads back as it was sent: nothing is repaired, and a restart changes nothing.
        if any("put right" in one for one in agent.log):
            raise Failure("the agent repairs what it made itself")
        agent.stop()
        agent = test.begin("--log-denied")
        line = agent.wait_to_say("synced")
        if line["changes"] != "0":
            raise Failure(line)


def audited(value, made):
    """The object with the annotation that asks for audit."""
    return {**made, "metadata": {**made["metadata"], "annotations": {"np2nft/audit": value}}}


def check_audit(test):
    """What an audited policy would deny passes, is counted and told; asked for wrongly, it is enforced, and told."""
    with test.serving() as server, contextlib.closing(Namespace()) as db, contextlib.closing(Namespace()) as front:
        add_link(test, "db", "10.1.0.1", db)
        add_link(test, "front", "10.1.0.2", front)
        server.delete("NetworkPolicy", "shop", "allow-front")
        server.put("NetworkPolicy", audited("true", policy("tried", ALLOW_FRONT)))
        agent = test.begin()
        agent.wait_to_say("synced")
        test.wait_true(agent, "an audited policy")
        agent.stop()
        agent = test.begin("--log-denied", "--listen", "127.0.0.1:9108")
        agent.wait_to_say("synced")
        with db.entered():
            receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            receiver.bind(("10.1.0.1", 5432))
            receiver.settimeout(BOUND)
        with front.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, contextlib.closing(receiver):
            sender.sendto(b"passes", ("10.1.0.1", 5432))
            if receiver.recv(100) != b"passes":
                raise Failure("what is audited does not pass")
        line = agent.wait_to_say("would be denied, but is audited")
        wanted = {"from_pod": "shop/front-0", "to_pod": "shop/db-0", "port": "5432/UDP", "direction": "ingress",
                  "policies": "shop/tried"}
        if any(line.get(key) != value for key, value in wanted.items()) or not line["chain"].endswith("/audit"):
            raise Failure(line)
        text = ask(test, 9108, "/metrics")[1]
        if not re.search('np2nft_audited_packets_total{direction="ingress",namespace="shop",policies="tried[^}]*} 1\n', text):
            raise Failure(text)
        if "1 packet that policies would deny" not in status(test):
            raise Failure(status(test))
        server.put("NetworkPolicy", audited("yes", policy("tried", ALLOW_FRONT)))
        agent.wait_to_say("a policy is enforced, though it asks for audit")
        agent.wait_for(lambda: "/deny" in test.table() and "/audit" not in test.table(), "a policy that is enforced")
        server.missing.clear()
        server.put("ClusterNetworkPolicy", audited("true", cluster_policy("all", 10, {
            "egress": [{"action": "Deny", "to": [{"networks": ["10.1.0.1/32"]}]}]})))
        agent.wait_to_say("a policy is enforced, though it asks for audit")
        # A cluster policy that denies is named in the log.
        with front.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            agent.wait_for(lambda: "Admin/deny" in test.table(), "a cluster policy")
            sender.sendto(b"x", ("10.1.0.1", 5432))
        line = agent.wait_to_say("denied")
        if (line["direction"], line["policies"]) != ("egress", "all"):
            raise Failure(line)


def check_connections(test):
    """Connections that a change denies end, and only where something may be denied they are looked at."""
    def connection(source, destination, port=5432):
        return (6, source, 40000, destination, port)

    def tracked():
        """All but those of this test's own programs."""
        return {entry for entry in conntrack.listed(table) if entry[1] != "127.0.0.1"}

    def metric(name):
        text = ask(test, 9108, "/metrics")[1]
        return text.partition(f"\n{name} ")[2].partition("\n")[0]

    with test.serving() as server, contextlib.closing(conntrack.open_socket(test.node)) as table:
        server.put("Pod", pod("front-2", "10.2.0.3", {"app": "front"}, node="there"))
        agent = test.begin("--listen", "127.0.0.1:9108")
        agent.wait_to_say("synced")
        agent.wait_for(lambda: metric("np2nft_connections_check_seconds_count") == "1", "a look when it begins")
        kept = [connection("10.2.0.2", "10.1.0.1"), connection("10.1.0.2", "10.1.0.1"), connection("10.8.0.1", "10.9.0.1")]
        ends = connection("10.2.0.3", "10.1.0.1")
        # What nobody allowed, but nothing touches: it is there to show that it is not looked at.
        denied = connection("10.77.0.1", "10.1.0.1")
        for one in (*kept, ends):
            conntrack.insert(table, one)
        server.put("Pod", pod("front-9", "10.2.0.9", {"app": "front"}, node="there"))
        test.wait_true(agent, "more is allowed")
        server.delete("Pod", "shop", "front-2")
        agent.wait_to_say("connections that are denied now were ended")
        if tracked() != set(kept):
            raise Failure(f"a pod is gone: {tracked()}")
        if metric("np2nft_connections_check_seconds_count") != "2":
            raise Failure("connections were looked at when nothing could be denied")
        conntrack.insert(table, denied)
        server.delete("Pod", "shop", "front-1")
        agent.wait_to_say("connections that are denied now were ended")
        if tracked() != {*kept[1:], denied}:
            raise Failure(f"another is gone: {tracked()}")
        # Many changes at once: what they deny ends, however seldom it is looked at.
        for number in range(20):
            server.put("Pod", pod(f"many-{number}", f"10.3.0.{number}", {"app": "front"}, node="there"))
            conntrack.insert(table, connection(f"10.3.0.{number}", "10.1.0.1"))
        test.wait_true(agent, "many come")
        for number in range(20):
            server.delete("Pod", "shop", f"many-{number}")
        agent.wait_for(lambda: tracked() == {*kept[1:], denied}, "many are gone")
        # So many that they are not looked at in one piece; what is denied meanwhile ends as well.
        some = {connection("10.8.0.2", "10.9.0.1", port) for port in range(1, 20000)}
        conntrack.insert_many(table, sorted(some))
        for number in range(20):
            server.put("Pod", pod(f"many-{number}", f"10.3.0.{number}", {"app": "front"}, node="there"))
            conntrack.insert(table, connection(f"10.3.0.{number}", "10.1.0.1"))
        test.wait_true(agent, "many come again")
        for number in range(20):
            server.delete("Pod", "shop", f"many-{number}")
        agent.wait_for(lambda: tracked() == {*kept[1:], denied, *some}, "many are gone among more")
        server.put("NetworkPolicy", policy("deny", DENY_ALL))
        server.delete("NetworkPolicy", "shop", "allow-front")
        agent.wait_for(lambda: tracked() == {kept[2], *some}, "all is denied")
        conntrack.empty(table)
        conntrack.insert(table, kept[2])
        agent.stop()
        agent = test.begin("--no-revoke")
        agent.wait_to_say("synced")
        conntrack.insert(table, denied)
        server.put("NetworkPolicy", policy("more", DENY_ALL))
        test.wait_true(agent, "with --no-revoke")
        if tracked() != {kept[2], denied}:
            raise Failure("--no-revoke ends connections")


def check_random(test):
    """Anything, in any order, with breaks in between."""
    dice = random.Random(7)
    with test.serving() as server:
        agent = test.begin()
        agent.wait_to_say("synced")
        for round_ in range(12):
            for _ in range(20):
                number = dice.randrange(12)
                app = dice.choice(["front", "db", "x"])
                where = dice.choice(["shop", "other"])
                address = f"10.{2 if where == 'shop' else 3}.{number}.{dice.randrange(1, 250)}" \
                    if dice.randrange(4) else ""
                what = dice.randrange(10)
                if what < 6:
                    server.put("Pod", pod(f"r{number}", address, {"app": app}, where, dice.choice([NODE, "there"])))
                elif what < 8:
                    server.put("NetworkPolicy", policy(f"p{number % 3}", dice.choice([DENY_ALL, ALLOW_FRONT])))
                elif server.objects["Pod"]:
                    server.delete("Pod", *dice.choice(sorted(server.objects["Pod"])))
            if dice.randrange(3) == 0:
                server.expire()
            if dice.randrange(2) == 0:
                server.drop()
            test.wait_true(agent, f"round {round_}")


CHECKS = [check_changes, check_order, check_empty, check_lost, check_faults, check_other_lists, check_cuts, check_silence,
          check_credentials, check_embedded, check_objects, check_tiers, check_late_nodes, check_forbidden, check_refused, check_seen, check_clients, check_pipe, check_status, check_table, check_verified, check_heals,
          check_shared, check_carrier, check_stopped_carrier, check_second_agent, check_guard, check_closed, check_closed_by_node, check_log_denied, check_audit,
          check_connections, check_random]


def main():
    """Those whose names are given, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--np2nft", required=True, type=os.path.abspath)
    parser.add_argument("--refused", type=os.path.abspath, help="the program with refuse.c in it")
    parser.add_argument("checks", nargs="*")
    arguments = parser.parse_args()
    become_root()
    own_run()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        api.certificates(folder)
        for check in CHECKS:
            if arguments.checks and check.__name__.removeprefix("check_") not in arguments.checks:
                continue
            began = time.monotonic()
            try:
                test = Test(arguments.np2nft, folder)
                test.refused = arguments.refused
                check(test)
                print(f"{check.__name__.removeprefix('check_')}: {time.monotonic() - began:.1f} s", flush=True)
            except Failure as failure:
                failed += 1
                print(f"FAILED {check.__name__.removeprefix('check_')}: {failure}", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
