#!/usr/bin/env python3
"""Check the agent on a whole node of Kubernetes with real pods, judged by packets all the time.

In: the program, and a node that ../shared/tools/kube-node has started, in whose network namespace this runs;
or, with --programs, a node with real containers alone (containers.py), which is ready sooner. Out: whether
pods reach each other as the API reference says (tests/opinion/api.py) while pods come, change, move and end,
policies and namespaces change, and agent, API server and container runtime are killed. Connections that a
change does not concern must have the right answer at all times, and all others soon after. At the end it
tells what a new pod gets through with its first packets, and checks the agent of deploy/base, which runs in a
pod.
"""

import argparse
import contextlib
import ctypes
import fcntl
import glob
import os
import pathlib
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "opinion")]

import api as opinion  # noqa: E402 pylint: disable=wrong-import-position
import containers  # noqa: E402 pylint: disable=wrong-import-position
from cluster import Api, Failure, Trouble, restart, token_of, wait_for  # noqa: E402 pylint: disable=wrong-import-position

BOUND = 120
WORLD = "10.99.0.2"
PORTS = (8080, 9090)
CLONE_NEWNET = 0x40000000
SIOCGIFADDR = 0x8915
libc = ctypes.CDLL(None, use_errno=True)
SENDER = r"""
#include <arpa/inet.h>
#include <time.h>
#include <unistd.h>
int main(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9999), .sin_addr = {inet_addr("10.99.0.2")}};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (unsigned i = 0; i < 4000; i++) {
		sendto(fd, &i, sizeof(i), 0, (void *)&to, sizeof(to));
		nanosleep(&(struct timespec){.tv_nsec = 500000}, 0);
	}
	for (;;)
		pause();
}
"""


@contextlib.contextmanager
def inside(path):
    """While this context lasts, new sockets belong to the network namespace at @path."""
    home, there = os.open("/proc/thread-self/ns/net", os.O_RDONLY), os.open(path, os.O_RDONLY)
    try:
        if libc.setns(there, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), path)
        yield
    finally:
        libc.setns(home, CLONE_NEWNET)
        os.close(there)
        os.close(home)


def address_inside(path):
    """The address of eth0 there; None: there is none."""
    try:
        with inside(path), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            answer = fcntl.ioctl(asker, SIOCGIFADDR, struct.pack("256s", b"eth0"))
            return socket.inet_ntoa(answer[20:24])
    except OSError:
        return None


class Node:  # pylint: disable=too-many-instance-attributes
    """The node, with random objects that come, change and go."""

    def __init__(self, arguments):
        self.np2nft, self.tool, self.name, self.state = arguments.np2nft, arguments.tool, arguments.name, arguments.state
        self.containers = None
        if arguments.programs:
            self.containers = containers.Containers(self.state, self.name, arguments.programs)
            self.api = containers.StandIn(self.state, self.name, self.containers)
        else:
            self.api = Api(self.state)
        self.nri = f"{self.state}/nri/nri.sock" if arguments.programs else f"{self.state}/nri.sock"
        mounts = pathlib.Path(self.state, "mounts.pid").read_text(encoding="ascii").strip()
        self.on_node = ["nsenter", f"--net=/run/netns/{self.name}", f"--mount=/proc/{mounts}/ns/mnt"]
        self.dice = random.Random(arguments.seed)
        self.agent = None
        self.count = 0
        self.probes = 0
        self.log = pathlib.Path(self.state, "np2nft.log")
        self.world = f"/run/netns/{self.name}-world"
        with inside(self.world):
            self.servers = [socket.create_server((WORLD, port), backlog=1024) for port in PORTS]
        for server in self.servers:
            threading.Thread(target=self.serve, args=(server,), daemon=True).start()

    @staticmethod
    def serve(server):
        """Take connections, and end them at once."""
        with contextlib.suppress(OSError):
            while True:
                server.accept()[0].close()

    def begin(self, *options):
        """An agent, with the rights of deploy/base and no others."""
        folder = pathlib.Path(self.state, "np2nft")
        folder.mkdir(exist_ok=True)
        (folder / "ca.crt").write_bytes(pathlib.Path(self.state, "ca.crt").read_bytes())
        (folder / "token").write_text(token_of(self.api, "np2nft", "np2nft"), encoding="ascii")
        (folder / "kubeconfig").write_text(
            f"current-context: a\ncontexts: [{{name: a, context: {{cluster: a, user: a}}}}]\n"
            f"clusters: [{{name: a, cluster: {{server: 'https://{self.api.server}', certificate-authority: ca.crt}}}}]\n"
            "users: [{name: a, user: {tokenFile: token}}]\n", encoding="ascii")
        with open(self.log, "ab") as log:
            self.agent = subprocess.Popen(
                [*self.on_node, self.np2nft, "agent", "-v", "--node", self.name, "--listen", f"{WORLD[:-1]}1:9109",
                 "--kubeconfig", str(folder / "kubeconfig"), *options], stderr=log)

    def end(self, number=signal.SIGKILL):
        """Send the agent a signal, SIGKILL if no other is given, and wait for its end."""
        if self.agent:
            self.agent.send_signal(number)
            self.agent.wait()
        self.agent = None

    # Objects

    def post(self, path, body):
        """Create an object."""
        return self.api.must("POST", path, body)

    def change(self, path, alter):
        """An object, changed; again if somebody else was faster."""
        for _ in range(20):
            status, item = self.api.ask("GET", path)
            if status != 200:
                return
            alter(item)
            status, answer = self.api.ask("PUT", path, item)
            if status == 200:
                return
            if status != 409:
                raise Trouble(f"PUT {path}: {status} {answer}")

    def drop(self, path):
        """Delete an object without a grace period."""
        self.api.ask("DELETE", path, {"gracePeriodSeconds": 0})

    def put_pod(self, namespace, name, labels, image="local/busybox:1", command=None):
        """Create a pod that serves on both ports."""
        serve = f"httpd -f -p {PORTS[0]} & exec httpd -f -p {PORTS[1]}"
        self.post(f"/api/v1/namespaces/{namespace}/pods", {
            "metadata": {"name": name, "labels": labels},
            "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [{
                "name": "c", "image": image, "imagePullPolicy": "Never",
                "command": command or ["/bin/sh", "-c", serve],
                "ports": [{"name": "web", "containerPort": PORTS[0]}, {"name": "admin", "containerPort": PORTS[1]}]}]}})

    def held(self):
        """All that the API server holds, as the opinion wants it."""
        items = [self.api.must("GET", path)["items"] for path in (
            "/apis/networking.k8s.io/v1/networkpolicies", "/api/v1/pods", "/api/v1/namespaces")]
        return opinion.Cluster(*items)

    def path_of(self, address):
        """The network namespace of the pod with that address."""
        mounts = pathlib.Path(self.state, "mounts.pid").read_text(encoding="ascii").strip()
        for path in glob.glob(f"/proc/{mounts}/root{self.state}/run/io.containerd.grpc.v1.cri/netns/*"):
            if address_inside(path) == address:
                return path
        return None

    # Packets

    @staticmethod
    def serving(cluster):
        """Return the names of the pods that run, by address."""
        return {pod["status"]["podIP"]: f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
                for pod in cluster.pods
                if pod["metadata"]["namespace"] in ("a", "b") and not pod["metadata"].get("deletionTimestamp")
                and (pod.get("status") or {}).get("phase") == "Running" and pod["status"].get("podIP")
                and all(one.get("ready") for one in pod["status"].get("containerStatuses") or [{}])}

    def opinions(self, cluster):
        """Who reaches whom: (from, to, port) to yes or no."""
        pods = list(self.serving(cluster))
        ends = pods + [WORLD]
        return {(source, target, port): opinion.allowed(cluster, opinion.Probe(source, target, "TCP", port), self.name)
                for source in ends for target in ends for port in PORTS
                if source != target and (source in pods or target in pods)}

    def reaches(self, wanted):
        """The same, tried. What is to be refused has a second for it, what is to be allowed three."""
        found, waits = {}, {}
        poll = select.poll()
        for source in sorted({key[0] for key in wanted}):
            path = self.world if source == WORLD else self.path_of(source)
            if not path:
                continue
            with inside(path):
                for key in (key for key in wanted if key[0] == source):
                    one = socket.socket()
                    one.setblocking(False)
                    one.connect_ex(key[1:])
                    waits[one.fileno()] = (key, one)
                    poll.register(one, select.POLLOUT)
        began = time.monotonic()
        while waits:
            passed = time.monotonic() - began
            if passed > (3 if any(wanted[key] for key, _ in waits.values()) else 1):
                break
            for number, _ in poll.poll(100):
                key, one = waits.pop(number)
                poll.unregister(number)
                found[key] = one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in (0, 111)
                one.close()
        for key, one in waits.values():
            found[key] = False
            one.close()
        self.probes += len(found)
        return found

    def differences(self, wanted, but=()):
        """Return a line for each connection that is not as it should be."""
        found = self.reaches(wanted)
        return sorted(f"{key[0]} to {key[1]}:{key[2]} {'reaches' if found[key] else 'does not reach'} it"
                      for key in found if found[key] != wanted[key] and key not in but)

    def settle(self, what):
        """Until who reaches whom is what the API reference says."""
        wrong = []

        def is_right():
            nonlocal wrong
            before = self.opinions(self.held())
            wrong = self.differences(before)
            # Whoever was on the way out meanwhile does not count.
            return not wrong or self.opinions(self.held()) != before and None

        try:
            wait_for(is_right, what, BOUND)
        except Failure as failure:
            raise Failure(f"{failure}: {wrong[:5]}") from failure
        if self.agent and self.agent.poll() is not None:
            raise Failure(f"{what}: the agent ended")

    def throughout(self, what, step):
        """The step, while what it is not about is tried; then all."""
        before = self.opinions(self.held())
        step()
        cluster = self.held()
        after = self.opinions(cluster)
        same = {key: answer for key, answer in before.items() if after.get(key) == answer}
        for _ in range(2):
            wrong = self.differences(same)
            now = self.opinions(self.held())
            wrong = [one for one in wrong if any(one.startswith(f"{key[0]} to {key[1]}:{key[2]} ") and
                                                 now.get(key) == answer for key, answer in same.items())]
            if wrong:
                raise Failure(f"{what}, which is not about them: {wrong[:5]}")
        self.settle(what)

    # Steps

    def wait_running(self, namespace, name):
        """Wait until a pod runs."""
        def runs():
            _, pod = self.api.ask("GET", f"/api/v1/namespaces/{namespace}/pods/{name}")
            return isinstance(pod, dict) and any(
                one["type"] == "Ready" and one["status"] == "True"
                for one in (pod.get("status") or {}).get("conditions") or [])
        wait_for(runs, f"{namespace}/{name} runs", BOUND, Trouble)

    def new_pod(self):
        """Create one more pod, and wait until it runs."""
        self.count += 1
        namespace = self.dice.choice("ab")
        self.put_pod(namespace, f"p{self.count}", {"app": self.dice.choice("xyz")})
        self.wait_running(namespace, f"p{self.count}")

    def any_pod(self):
        """Return the path of a random pod that runs."""
        namespace, name = self.dice.choice(sorted(self.serving(self.held()).values())).split("/")
        return f"/api/v1/namespaces/{namespace}/pods/{name}"

    def relabel(self):
        """Give a pod another label."""
        label = self.dice.choice("xyz")
        self.change(self.any_pod(), lambda pod: pod["metadata"].update(labels={"app": label}))

    def replace(self):
        """Delete a pod, and create another one."""
        self.drop(self.any_pod())
        self.new_pod()

    def finish(self):
        """End the program of a pod."""
        pod = self.api.must("GET", self.any_pod())
        inode = os.stat(self.path_of(pod["status"]["podIP"])).st_ino
        for process in glob.glob("/proc/[0-9]*"):
            with contextlib.suppress(OSError):
                if os.stat(f"{process}/ns/net").st_ino == inode and \
                        pathlib.Path(process, "cmdline").read_bytes().startswith(b"httpd"):
                    os.kill(int(process[6:]), signal.SIGKILL)
        self.new_pod()

    def policy(self):
        """Delete a policy, and mostly create another one of its name."""
        namespace, name = self.dice.choice("ab"), f"n{self.dice.randrange(3)}"
        path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies"
        self.drop(f"{path}/{name}")
        if self.dice.randrange(4) == 0:
            return
        self.post(path, {"metadata": {"name": name}, "spec": self.dice.choice([
            {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
            {"podSelector": {"matchLabels": {"app": "x"}}, "ingress": [
                {"from": [{"podSelector": {"matchLabels": {"app": "y"}}}], "ports": [{"port": "web"}]}]},
            {"podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["z"]}]},
             "policyTypes": ["Egress"], "egress": [
                 {"to": [{"namespaceSelector": {"matchLabels": {"team": "b"}}},
                         {"ipBlock": {"cidr": "10.99.0.0/24", "except": ["10.99.0.128/25"]}}]}]},
            {"podSelector": {}, "ingress": [
                {"from": [{"ipBlock": {"cidr": f"{WORLD}/32"}}], "ports": [{"port": PORTS[1]}]},
                {"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "z"}}}]}]}])})

    def namespace(self):
        """Give a namespace another label."""
        team, name = self.dice.choice("bc"), self.dice.choice("ab")
        self.change(f"/api/v1/namespaces/{name}", lambda item: item["metadata"].setdefault("labels", {}).update(team=team))

    def run(self, seconds):
        """Random steps, and in between each kind of kill."""
        kills = [self.kill_agent, self.kill_server, self.kill_runtime]
        until, done = time.monotonic() + seconds, 0
        while time.monotonic() < until or kills:
            step = self.dice.choice([self.relabel] * 4 + [self.policy] * 6 + [self.namespace, self.replace, self.finish])
            if kills and time.monotonic() > until - seconds * len(kills) / 4:
                step = kills.pop()
            done += 1
            self.throughout(f"step {done}, {step.__name__}", step)
        print(f"{done} random steps, {self.probes} connections tried: all as the policies say", flush=True)

    def kill_agent(self):
        """Kill the agent, change a policy, and start it again."""
        self.end()
        self.policy()
        self.begin(f"--nri={self.nri}")

    def kill_server(self):
        """Kill the API server, start it again, and wait until it is ready."""
        if self.containers:
            self.api.serving.stop()
            self.api.serving.start()
        else:
            restart(self.state, "apiserver")
        wait_for(lambda: self.api.ask("GET", "/readyz")[0] == 200, "the API server is back", BOUND, Trouble)
        self.policy()

    def kill_runtime(self):
        """Kill the container runtime and start it again; pods go on."""
        restart(self.state, "containerd", lambda command: [*self.on_node, *command])
        self.policy()
        self.new_pod()

    # A new pod's first packets

    def make_sender(self):
        """An image whose program sends as soon as it runs."""
        folder = pathlib.Path(self.state, "sender")
        (folder / "root" / "bin").mkdir(parents=True)
        (folder / "sender.c").write_text(SENDER, encoding="ascii")
        subprocess.run(["cc", "-O1", "-static", "-o", folder / "root/bin/sender", folder / "sender.c"], check=True)
        self.make_image("local/sender:1", folder / "root", "/bin/sender")

    def make_image(self, name, root, command):
        """Make an image of a folder."""
        if self.containers:
            self.containers.make_image(name, root, command)
            return
        tar = f"{root}.tar"
        subprocess.run(["tar", "-C", root, "--owner=0", "--group=0", "-cf", tar, "."], check=True)
        subprocess.run([self.tool, "image", name, tar, command], check=True)

    def count_first(self, pods):
        """Of new pods that may send to nobody: packets that came through, by pod."""
        counts = []
        with inside(self.world):
            listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind((WORLD, 9999))
        # Room for all that one pod sends.
        listener.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
        for i in range(pods):
            self.put_pod("late", f"first{i}", {"app": "sender"}, "local/sender:1", ["/bin/sender"])
            self.wait_running("late", f"first{i}")
            listener.setblocking(False)
            time.sleep(3)  # it sends for about two seconds
            count = 0
            with contextlib.suppress(BlockingIOError):
                while listener.recv(64):
                    count += 1
            counts.append(count)
            self.drop(f"/api/v1/namespaces/late/pods/first{i}")
            wait_for(lambda: self.api.ask("GET", f"/api/v1/namespaces/late/pods/first{i}")[0] == 404, "it is gone", BOUND, Trouble)  # pylint: disable=cell-var-from-loop
        listener.close()
        return counts

    def first_packets(self, ways, pods):
        """Count the first packets of new pods, with and without the runtime's word."""
        self.make_sender()
        self.post("/api/v1/namespaces", {"metadata": {"name": "late"}})
        wait_for(lambda: self.api.ask("GET", "/api/v1/namespaces/late/serviceaccounts/default")[0] == 200, "late", BOUND, Trouble)
        self.post("/apis/networking.k8s.io/v1/namespaces/late/networkpolicies", {
            "metadata": {"name": "none"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}})
        for options in ways:
            self.end()
            said = self.log.stat().st_size
            self.begin(*options)
            wait_for(self.is_ready, "the agent is ready", BOUND)
            counts = self.count_first(pods)
            way = " ".join(options).replace(f"={self.nri}", "") or "no option"
            print(f"first packets of {pods} new pods that may send none, {way}: {counts} of 4000 each", flush=True)
            # The runtime holds a container for two seconds at most, within which a slow machine may do nothing for us.
            slow = self.log.read_bytes()[said:].count(b"containers run before the kernel has their policies")
            if slow:
                print(f"the runtime did not wait any longer for {slow} of them", flush=True)
            if options and sum(map(bool, counts)) > slow:
                raise Failure(f"packets before policy: {counts}")

    def is_ready(self):
        """Does the agent say that it is ready?"""
        try:
            with socket.create_connection((f"{WORLD[:-1]}1", 9109), timeout=5) as one:
                one.sendall(b"GET /readyz HTTP/1.1\r\n\r\n")
                return b" 200 " in one.recv(100)
        except OSError:
            return False

    # In a pod

    def in_container(self):
        """The image, with the rights and mounts that deploy/nri gives it; the kubelet replaces its token."""
        root, account = pathlib.Path(self.state, "image"), pathlib.Path(self.state, "account")
        library = [os.environ["LIBCURL"]] if os.environ.get("LIBCURL") else []
        subprocess.run([ROOT / "deploy/gather", self.np2nft, root, *library], check=True, capture_output=True)
        self.make_image("local/np2nft:1", root, "/usr/bin/np2nft")
        service_account(account, "secret")
        records = pathlib.Path(self.state, "records")
        records.mkdir()
        socket_folder = pathlib.Path(self.state, "nri")
        self.end(signal.SIGTERM)
        self.log = pathlib.Path(self.state, "agent.log")
        spaces = self.containers.spaces
        sandbox = self.containers.run_alone(
            "agent", "local/np2nft:1",
            ["/usr/bin/np2nft", "agent", "-v", "--node", self.name, "--listen", f"[{WORLD[:-1]}1]:9109",
             f"--nri={socket_folder}/nri.sock"],
            {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": self.api.server.split(":")[1]},
            [{"container_path": "/var/run/secrets/kubernetes.io/serviceaccount", "host_path": str(account), "readonly": True},
             {"container_path": "/run/np2nft", "host_path": str(records)},
             {"container_path": str(socket_folder), "host_path": str(socket_folder)},
             {"container_path": spaces, "host_path": spaces, "readonly": True,
              "propagation": containers.HOST_TO_CONTAINER}])
        wait_for(self.is_ready, "the agent in a container is ready", BOUND)
        for _ in range(2):
            self.throughout("the agent in a container", self.policy)
        # The old token is no longer good; the agent finds the new one by itself.
        self.api.serving.tokens = {"another"}
        self.api.serving.drop()
        service_account(account, "another")
        self.throughout("a new token", self.policy)
        self.throughout("a new pod", self.new_pod)
        counts = self.count_first(3)
        if any(counts):
            raise Failure(f"packets before policy, by the agent in a container: {counts}")
        self.containers.end_alone(sandbox)
        print(f"the agent in a container, an image of {image_size(root)} MB, with CAP_NET_ADMIN alone: all as the policies "
              f"say, of 3 new pods' first packets {counts} came through", flush=True)

    def kubectl(self, *arguments, given=None):
        """Run the real kubectl with the rights of an administrator, and return its output."""
        done = subprocess.run([os.environ["KUBECTL"], "--kubeconfig", f"{self.state}/kubeconfig", *arguments], check=False,
                              input=given, capture_output=True, text=True)
        if done.returncode:
            raise Trouble(f"kubectl {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def in_pod(self):
        """The DaemonSet of deploy/, with the runtime's socket, as it is but for the image."""
        root = pathlib.Path(self.state, "image")
        library = [os.environ["LIBCURL"]] if os.environ.get("LIBCURL") else []
        subprocess.run([ROOT / "deploy/gather", self.np2nft, root, *library], check=True, capture_output=True)
        self.make_image("local/np2nft:1", root, "/usr/bin/np2nft")
        text = self.kubectl("kustomize", str(ROOT / "deploy/base")).replace("np2nft:0.1.0", "local/np2nft:1")
        text = text.replace("image: local/np2nft:1", "image: local/np2nft:1\n        imagePullPolicy: Never\n"
                            "        command: [/usr/bin/np2nft]")
        self.end(signal.SIGTERM)
        self.kubectl("apply", "-f", "-", given=text)
        self.kubectl("-n", "np2nft", "rollout", "status", "daemonset/np2nft", f"--timeout={BOUND}s")
        for _ in range(3):
            self.throughout("the agent in a pod", self.policy)
        self.throughout("the agent in a pod", self.replace)
        self.kubectl("delete", "-n", "np2nft", "daemonset", "np2nft", "--wait")
        print(f"the agent in a pod, of deploy/base, an image of {image_size(root)} MB: all as the policies say", flush=True)


def service_account(folder, token):
    """The folder that a pod has, as the kubelet keeps it: what changes is behind a link that is replaced as a whole."""
    made = f"..{time.monotonic_ns()}"
    (folder / made).mkdir(parents=True)
    (folder / made / "token").write_text(token, encoding="ascii")
    (folder / made / "ca.crt").write_bytes((folder.parent / "ca.crt").read_bytes())
    (folder / made / "namespace").write_text("kube-system", encoding="ascii")
    os.symlink(made, folder / "..data_tmp")
    os.rename(folder / "..data_tmp", folder / "..data")
    for name in ("token", "ca.crt", "namespace"):
        if not (folder / name).is_symlink():
            os.symlink(f"..data/{name}", folder / name)


def image_size(root):
    """Return the size of all files in the folder, in MB."""
    return round(sum(path.stat().st_size for path in pathlib.Path(root).rglob("*") if path.is_file() and
                     not path.is_symlink()) / 1e6, 1)


def main():
    """Change a whole node at random and compare it, then count first packets and run the agent in a pod."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--np2nft", required=True, type=os.path.abspath)
    parser.add_argument("--tool", type=os.path.abspath)
    parser.add_argument("--programs", type=os.path.abspath)
    parser.add_argument("--name", required=True)
    parser.add_argument("--state", required=True)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pods", type=int, default=6)
    arguments = parser.parse_args()
    node = Node(arguments)
    began = time.monotonic()
    try:
        for name in "ab":
            node.post("/api/v1/namespaces", {"metadata": {"name": name, "labels": {"team": name}}})
        if not node.containers:
            node.kubectl("apply", "-f", f"{ROOT}/deploy/base/namespace.yaml")
            rbac = (ROOT / "deploy/base/rbac.yaml").read_text(encoding="utf-8")
            node.kubectl("apply", "-n", "np2nft", "-f", "-", given=rbac)
        for name in "ab":
            wait_for(lambda: node.api.ask("GET", f"/api/v1/namespaces/{name}/serviceaccounts/default")[0] == 200,  # pylint: disable=cell-var-from-loop
                     "service accounts", BOUND, Trouble)
        node.begin(f"--nri={node.nri}")
        for _ in range(arguments.pods):
            node.new_pod()
        node.settle("the first pods")
        node.run(arguments.seconds)
        node.first_packets([[], ["--closed=10.244.0.0/24"], [f"--nri={node.nri}"]], 5)
        if node.containers:
            node.in_container()
        else:
            node.in_pod()
        print(f"a whole node: {time.monotonic() - began:.0f} s")
    except (Failure, Trouble, OSError, subprocess.CalledProcessError) as failure:
        verdict = isinstance(failure, Failure)
        print(f"{'FAILED' if verdict else 'TROUBLE'} {failure} {getattr(failure, 'stderr', '')}")
        if node.log.exists():
            print(node.log.read_text(encoding="utf-8")[-4000:])
        return 1 if verdict else 3
    finally:
        node.end()
        if node.containers:
            node.containers.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
