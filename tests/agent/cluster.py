#!/usr/bin/env python3
"""Check the agent with a real API server; this must run in the server's network namespace.

In: the program, and the folder in which ../shared/tools/apiserver keeps its keys. Out: whether, after random
changes, kills and restarts of either side, the table is what compiling the server's objects gives; and how
much later than a mere watch the agent knows of a change.
"""

import argparse
import base64
import http.client
import json
import os
import pathlib
import random
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import time

import delays

NODE = "node-1"
BOUND = 60
ACCOUNT = ("kube-system", "np2nft")  # the agent's service account
KINDS = {"Pod": "/api/v1/pods", "Namespace": "/api/v1/namespaces",
         "NetworkPolicy": "/apis/networking.k8s.io/v1/networkpolicies"}


class Failure(Exception):
    """What was waited for did not come."""


class Trouble(Exception):
    """Something else than np2nft does not work, so nothing can be said of np2nft."""


class Api:
    """Sends requests to the API server with the rights of an administrator."""

    def __init__(self, state):
        text = pathlib.Path(state, "kubeconfig").read_text(encoding="ascii")
        self.server = re.search(r"server: *\"?https://([^\s\"]+)", text)[1]
        self.context = ssl.create_default_context(cadata=self.part(text, state, "certificate-authority").decode())
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.part(text, state, "client-certificate") + b"\n" + self.part(text, state, "client-key"))
            file.flush()
            self.context.load_cert_chain(file.name)
        self.connection = None

    @staticmethod
    def part(text, state, name):
        """A certificate or key, by its path or its bytes."""
        data = re.search(name + r"-data: *\"?([A-Za-z0-9+/=]+)", text)
        if data:
            return base64.b64decode(data[1])
        return pathlib.Path(state, re.search(name + r": *\"?([^\s\",}]+)", text)[1]).read_bytes()

    def ask(self, method, path, body=None):
        """Send a request, and return its status and answer."""
        for _ in range(2):
            try:
                if not self.connection:
                    self.connection = http.client.HTTPSConnection(self.server, context=self.context, timeout=BOUND)
                self.connection.request(method, path, json.dumps(body) if body else None,
                                        {"Content-Type": "application/json"} if body else {})
                answer = self.connection.getresponse()
                data = answer.read()
                return answer.status, json.loads(data) if data.startswith(b"{") else data.decode()
            except (OSError, http.client.HTTPException):
                self.connection = None
        return 0, None

    def must(self, method, path, body=None):
        """Send a request that has to succeed, and return its answer."""
        status, answer = self.ask(method, path, body)
        if status not in (200, 201, 202):
            raise Trouble(f"{method} {path}: {status} {answer}")
        return answer

    def held(self):
        """All objects as a list, for a compile."""
        items = []
        for kind, path in KINDS.items():
            answer = self.must("GET", path)
            items += [{"kind": kind, "apiVersion": answer["apiVersion"], **item} for item in answer["items"]]
        return json.dumps({"kind": "List", "apiVersion": "v1", "items": items})


def wait_for(condition, what, bound=BOUND, late=Failure):
    """Wait until the condition holds; raise @late if that takes longer than @bound seconds."""
    until = time.monotonic() + bound
    while not condition():
        if time.monotonic() > until:
            raise late(f"{what}: not within {bound} s")
        time.sleep(0.05)  # it is others' processes that are waited for


def token_of(api, namespace, account, secret=None):
    """A new token of a service account; it is good as long as the secret is there, if one is named."""
    spec = {"expirationSeconds": 3600}
    if secret:
        spec["boundObjectRef"] = {"kind": "Secret", "apiVersion": "v1", "name": secret}
    return api.must("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token", {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})["status"]["token"]


def restart(state, name, around=lambda command: command):
    """Kills one of Kubernetes' programs, and starts it again as it was, in this network namespace or @around it."""
    pid = int(pathlib.Path(state, f"{name}.pid").read_text(encoding="ascii"))
    command = pathlib.Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")[:-1]
    variables = dict(one.split("=", 1) for one in
                     pathlib.Path(f"/proc/{pid}/environ").read_text(encoding="utf-8").split("\0") if "=" in one)
    os.kill(pid, signal.SIGKILL)
    with open(pathlib.Path(state, f"{name}.log"), "ab") as log:
        process = subprocess.Popen(around(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables,
                                   start_new_session=True)
    pathlib.Path(state, f"{name}.pid").write_text(str(process.pid), encoding="ascii")


class Cluster:
    """Random objects on the server, and an agent that follows them."""

    def __init__(self, arguments):
        self.np2nft, self.state = arguments.np2nft, arguments.state
        self.api = Api(arguments.state)
        self.dice = random.Random(arguments.seed)
        self.agent = None
        self.difference = ""
        self.pods = {}
        self.policies = set()
        self.addresses = 0

    def begin(self):
        """An agent, with the rights of a service account and no others."""
        folder = pathlib.Path(self.state, "agent")
        (folder / "kubeconfig").write_text(
            f"current-context: a\ncontexts: [{{name: a, context: {{cluster: a, user: a}}}}]\n"
            f"clusters: [{{name: a, cluster: {{server: 'https://{self.api.server}', certificate-authority: ca.crt}}}}]\n"
            "users: [{name: a, user: {tokenFile: token}}]\n", encoding="ascii")
        with open(pathlib.Path(self.state, "np2nft.log"), "ab") as log:
            self.agent = subprocess.Popen(
                [self.np2nft, "agent", "-v", "--force", "--node", NODE, "--silence", "90", "--listen", "127.0.0.1:9108",
                 "--kubeconfig", str(folder / "kubeconfig")], stderr=log)

    def is_true(self):
        """Is the table what a compile says?"""
        done = subprocess.run([self.np2nft, "diff", "-q", "--node", NODE, "-"], input=self.api.held(), text=True,
                              capture_output=True, check=False)
        self.difference = done.stdout + done.stderr
        return done.returncode == 0

    def check(self, what):
        """Wait until the table is what a compile says."""
        try:
            wait_for(self.is_true, what)
        except Failure as failure:
            raise Failure(f"{failure}\n{self.difference[:2000]}") from failure
        if self.agent.poll() is not None:
            raise Failure(f"{what}: the agent ended")

    def put_pod(self, name):
        """A pod comes, gets another address or other labels, or finishes."""
        namespace = "a" if name[-1] in "02468" else "b"
        path = f"/api/v1/namespaces/{namespace}/pods"
        if name not in self.pods:
            self.api.must("POST", path, {
                "metadata": {"name": name, "labels": {"app": self.dice.choice("xyz")}},
                "spec": {"nodeName": self.dice.choice([NODE, "node-2"]), "automountServiceAccountToken": False,
                         "containers": [{"name": "c", "image": "i", "ports": [
                             {"name": "web", "containerPort": 8080}]}]}})
            self.pods[name] = path
        elif self.dice.randrange(3) == 0:
            pod = self.api.must("GET", f"{path}/{name}")
            pod["metadata"]["labels"] = {"app": self.dice.choice("xyz")}
            self.api.must("PUT", f"{path}/{name}", pod)
            return
        pod = self.api.must("GET", f"{path}/{name}")
        self.addresses += 1
        address = f"10.{1 + self.addresses // 60000}.{self.addresses // 250 % 240}.{self.addresses % 250 + 1}"
        pod["status"] = {"phase": "Running" if self.dice.randrange(8) else "Failed", "podIP": address,
                         "podIPs": [{"ip": address}]}
        self.api.must("PUT", f"{path}/{name}/status", pod)

    def put_policy(self, name):
        """Create a policy, or change it."""
        spec = self.dice.choice([
            {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
            {"podSelector": {"matchLabels": {"app": "x"}},
             "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "y"}}}],
                          "ports": [{"port": "web"}, {"port": 53, "protocol": "UDP"}]}]},
            {"podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["z"]}]},
             "policyTypes": ["Egress"],
             "egress": [{"to": [{"namespaceSelector": {"matchLabels": {"team": "b"}}},
                                {"ipBlock": {"cidr": "10.9.0.0/16", "except": ["10.9.9.0/24"]}}]}]}])
        path = "/apis/networking.k8s.io/v1/namespaces/a/networkpolicies"
        if name in self.policies:
            self.api.must("DELETE", f"{path}/{name}")
        self.api.must("POST", path, {"metadata": {"name": name}, "spec": spec})
        self.policies.add(name)

    def change(self):
        """Make one random change."""
        what = self.dice.randrange(20)
        if what < 13:
            self.put_pod(f"p{self.dice.randrange(30)}")
        elif what < 16 and self.pods:
            name = self.dice.choice(sorted(self.pods))
            self.api.must("DELETE", f"{self.pods.pop(name)}/{name}", {"gracePeriodSeconds": 0})
        elif what < 18:
            self.put_policy(f"n{self.dice.randrange(4)}")
        elif what < 19 and self.policies:
            name = self.dice.choice(sorted(self.policies))
            self.policies.remove(name)
            self.api.must("DELETE", f"/apis/networking.k8s.io/v1/namespaces/a/networkpolicies/{name}")
        else:
            namespace = self.api.must("GET", "/api/v1/namespaces/b")
            namespace["metadata"]["labels"] = {"kubernetes.io/metadata.name": "b",
                                               "team": self.dice.choice(["b", "c"])}
            self.api.must("PUT", "/api/v1/namespaces/b", namespace)

    def restart_server(self):
        """The API server is killed, and comes back."""
        restart(self.state, "apiserver")
        wait_for(lambda: self.api.ask("GET", "/readyz")[0] == 200, "the API server is back", 120, Trouble)


    def connections(self):
        """How many connections the agent has to the API server."""
        port = f":{int(self.api.server.rsplit(':', 1)[1]):04X}"
        open_files = pathlib.Path(f"/proc/{self.agent.pid}/fd")
        own = {os.readlink(one)[len("socket:["):-1] for one in open_files.iterdir() if "socket:[" in os.readlink(one)}
        rows = [line.split() for name in ("tcp", "tcp6")
                for line in pathlib.Path(f"/proc/{self.agent.pid}/net/{name}").read_text(encoding="ascii").splitlines()[1:]]
        return sum(row[2].endswith(port) and row[3] == "01" and row[9] in own for row in rows)

    def token(self, name):
        """A token for the agent that is good as long as a secret of that name is there."""
        made = {"metadata": {"name": name}}
        self.api.must("POST", f"/api/v1/namespaces/{ACCOUNT[0]}/secrets", made)
        pathlib.Path(self.state, "agent/token").write_text(token_of(self.api, *ACCOUNT, name), encoding="ascii")

    def rotate(self):
        """The agent's token is replaced, and the one that it began with is good no more."""
        self.token("second")
        self.api.must("DELETE", f"/api/v1/namespaces/{ACCOUNT[0]}/secrets/first")
        self.restart_server()


def measure(cluster, rounds):
    """From a pod's address at the server to the event at a bare watch, and to the kernel's commit."""
    pods = "/api/v1/namespaces/a/pods"
    cluster.api.must("POST", "/apis/networking.k8s.io/v1/namespaces/a/networkpolicies", {
        "metadata": {"name": "measured"}, "spec": {"podSelector": {"matchLabels": {"app": "measured"}}}})
    version = cluster.api.must("GET", "/api/v1/pods?limit=1")["metadata"]["resourceVersion"]
    bare = Api(cluster.state)
    watch = delays.Watch(bare.server, bare.context, version)
    commits = delays.Commits()

    def prepare(i):
        cluster.api.must("POST", pods, {
            "metadata": {"name": f"measured{i}", "labels": {"app": "measured"}},
            "spec": {"nodeName": NODE, "automountServiceAccountToken": False, "containers": [{"name": "c", "image": "i"}]}})

    def change(i):
        pod = cluster.api.must("GET", f"{pods}/measured{i}")
        pod["status"] = {"phase": "Running", "podIP": f"10.250.0.{i + 1}", "podIPs": [{"ip": f"10.250.0.{i + 1}"}]}
        cluster.api.must("PUT", f"{pods}/measured{i}/status", pod)

    print("beside the real API server: " + delays.compare(prepare, change, watch, commits, rounds), flush=True)
    cluster.check("what was measured")


def main():
    """Change the cluster at random, kill the agent and the API server, and check the table after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--np2nft", required=True, type=os.path.abspath)
    parser.add_argument("--state", required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    cluster = Cluster(arguments)
    for name in "ab":
        cluster.api.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    try:
        cluster.token("first")
        cluster.begin()
        cluster.check("the first lists")
        if cluster.connections() != 1:
            raise Failure(f"{cluster.connections()} connections to the API server carry the watches")
        measure(cluster, 40)
        until, rounds = time.monotonic() + arguments.seconds, 0
        while time.monotonic() < until:
            rounds += 1
            for _ in range(cluster.dice.randrange(1, 25)):
                cluster.change()
            cluster.check(f"round {rounds}")
        print(f"{rounds} rounds of random changes")
        cluster.rotate()
        for _ in range(5):
            cluster.change()
        cluster.check("the token was replaced")
        cluster.agent.kill()
        cluster.agent.wait()
        for _ in range(20):
            cluster.change()
        cluster.begin()
        cluster.check("the agent was killed")
        cluster.restart_server()
        for _ in range(20):
            cluster.change()
        cluster.check("the API server was killed")
    except Failure as failure:
        print(f"FAILED {failure}")
        print(pathlib.Path(arguments.state, "np2nft.log").read_text(encoding="utf-8")[-3000:])
        return 1
    except (Trouble, OSError) as trouble:
        print(f"TROUBLE {trouble}")
        return 3
    finally:
        if cluster.agent:
            cluster.agent.kill()
            cluster.agent.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
