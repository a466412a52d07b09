"""Make a node that has no Kubernetes, but real pods: containerd and CNI's bridge, with the tests' own
programs instead of API server, scheduler and kubelet.

In: the folder of ../shared/tools/kube-node with the programs (containerd, runc, CNI plugins, busybox), and a
network namespace for the node, in which this runs. Out: an API server with the functions of cluster.Api. Pods
that are created there run soon, and have their addresses in the API as late as in Kubernetes.
"""

import contextlib
import json
import os
import pathlib
import re
import struct
import subprocess
import threading
import time

import encode
import runtime
import server as api
from cluster import Failure, wait_for
from encode import BOOL, MAP, NUMBER, STRING

LATE = 0.35  # seconds from a container's start to its pod's address at the API server, as measured in Kubernetes
META = encode.Form(name=(1, STRING), uid=(2, STRING), namespace=(3, STRING))
SPACES = encode.Form(network=(1, NUMBER))
NODES_NETWORK = 2
SANDBOX = encode.Form(metadata=(1, META), log_directory=(3, STRING), labels=(6, MAP), linux=(8, encode.Form(
    cgroup_parent=(1, STRING), security=(2, encode.Form(spaces=(1, SPACES))))))
MOUNT = encode.Form(container_path=(1, STRING), host_path=(2, STRING), readonly=(3, BOOL), propagation=(5, NUMBER))
HOST_TO_CONTAINER = 1
SECURITY = encode.Form(capabilities=(1, encode.Form(add=(1, [STRING]), drop=(2, [STRING]))), spaces=(3, SPACES),
                       run_as_user=(5, encode.Form(value=(1, NUMBER))), readonly_rootfs=(7, BOOL), no_new_privs=(11, BOOL),
                       seccomp=(15, encode.Form(type=(1, NUMBER))))
CONTAINER = encode.Form(metadata=(1, encode.Form(name=(1, STRING))), image=(2, encode.Form(image=(1, STRING))),
                        command=(3, [STRING]), envs=(6, [encode.Form(key=(1, STRING), value=(2, STRING))]),
                        mounts=(7, [MOUNT]), log_path=(11, STRING), linux=(15, encode.Form(security=(2, SECURITY))))
RUN = encode.Form(config=(1, SANDBOX))
CREATE = encode.Form(sandbox=(1, STRING), config=(2, CONTAINER), sandbox_config=(3, SANDBOX))
ID = encode.Form(id=(1, STRING))
EXITED = 2
APPLETS = ["sh", "sleep", "httpd"]


class Refused(Exception):
    """The container runtime does not do it."""


class Containers:
    """Runs containerd, and calls it."""

    def __init__(self, state, node, programs):
        self.state, self.node, self.programs = state, node, programs
        self.mounts = subprocess.Popen(["unshare", "-m", "--propagation", "private", "sleep", "infinity"])
        pathlib.Path(state, "mounts.pid").write_text(str(self.mounts.pid), encoding="ascii")
        wait_for(lambda: os.readlink("/proc/self/ns/mnt") != os.readlink(f"/proc/{self.mounts.pid}/ns/mnt"), "mounts")
        self.on_node = ["nsenter", f"--net=/run/netns/{node}", f"--mount=/proc/{self.mounts.pid}/ns/mnt"]
        self.configure()
        # What containerd mounts here is seen in containers that have this folder, as it is on nodes.
        self.spaces = f"{state}/run/io.containerd.grpc.v1.cri/netns"
        os.makedirs(self.spaces)
        for option in ("--bind", "--make-shared"):
            subprocess.run([*self.on_node, "mount", option, *[self.spaces] * (2 if option == "--bind" else 1)], check=True)
        variables = {**os.environ, "PATH": f"{programs}/usr/bin:{programs}/usr/sbin:{os.environ['PATH']}"}
        with open(f"{state}/containerd.log", "ab") as log:
            process = subprocess.Popen([*self.on_node, f"{programs}/usr/bin/containerd", "-c", f"{state}/containerd.toml"],
                                       stdout=log, stderr=log, env=variables, start_new_session=True)
        pathlib.Path(state, "containerd.pid").write_text(str(process.pid), encoding="ascii")
        self.ctr = [*self.on_node, f"{programs}/usr/bin/ctr", "-a", f"{state}/containerd.sock", "-n", "k8s.io"]
        wait_for(lambda: subprocess.run([*self.ctr, "version"], capture_output=True, check=False).returncode == 0,
                 "containerd answers", 60)
        root = pathlib.Path(state, "busybox", "bin")
        root.mkdir(parents=True)
        found = [path for path in (f"{programs}/usr/bin/busybox", f"{programs}/bin/busybox") if os.path.exists(path)]
        subprocess.run(["cp", found[0], root / "busybox"], check=True)
        for applet in APPLETS:
            os.symlink("busybox", root / applet)
        self.make_image("local/busybox:1", root.parent, "/bin/sleep")

    def configure(self):
        """Write the configuration of containerd and of its networks, as kube-node does it."""
        state = self.state
        cni = pathlib.Path(state, "cni")
        cni.mkdir()
        (cni / "10-pods.conflist").write_text(json.dumps({"cniVersion": "0.4.0", "name": "pods", "plugins": [{
            "type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "ipMasq": False, "ipam": {
                "type": "host-local", "dataDir": f"{state}/ipam", "ranges": [[{"subnet": "10.244.0.0/24"}]],
                "routes": [{"dst": "0.0.0.0/0"}]}}]}), encoding="ascii")
        pathlib.Path(state, "containerd.toml").write_text(f"""
version = 2
root = "{state}/containerd"
state = "{state}/run"
[grpc]
  address = "{state}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "local/busybox:1"
  disable_apparmor = true
  disable_hugetlb_controller = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{self.programs}/usr/lib/cni"
  conf_dir = "{cni}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.nri.v1.nri"]
  disable = false
  socket_path = "{state}/nri/nri.sock"
  plugin_path = "{state}/nri-plugins"
  plugin_config_path = "{state}/nri-conf"
""", encoding="ascii")

    def make_image(self, name, root, command):
        """Make an image of a folder."""
        work = pathlib.Path(f"{root}.image")
        work.mkdir()
        subprocess.run(["tar", "-C", root, "--owner=0", "--group=0", "-cf", work / "layer.tar", "."], check=True)
        digest = subprocess.run(["sha256sum", work / "layer.tar"], check=True, capture_output=True, text=True).stdout.split()[0]
        (work / "config.json").write_text(json.dumps({
            "architecture": "amd64", "os": "linux", "config": {"Cmd": [command, "1000000"], "Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}}), encoding="ascii")
        (work / "manifest.json").write_text(json.dumps([
            {"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]), encoding="ascii")
        subprocess.run(["tar", "-C", work, "-cf", f"{work}.tar", "manifest.json", "config.json", "layer.tar"], check=True)
        subprocess.run([*self.ctr, "images", "import", f"{work}.tar"], check=True, capture_output=True)

    def ask(self, method, form, value):
        """A call of the runtime's interface (CRI), which is gRPC: the answer's fields, or Refused."""
        body = encode.encode_message(form, value)
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "60", "--unix-socket", f"{self.state}/containerd.sock",
             "--http2-prior-knowledge", "-H", "content-type: application/grpc", "-H", "te: trailers", "--data-binary", "@-",
             "-D", "/dev/stderr", f"http://localhost/runtime.v1.RuntimeService/{method}"],
            input=b"\0" + struct.pack(">I", len(body)) + body, capture_output=True, check=False)
        if done.returncode or not re.search(rb"grpc-status: 0\r", done.stderr):
            raise Refused(f"{method}: {done.stderr.decode()[-300:]}")
        return runtime.fields(done.stdout[5:])

    def stop(self):
        """End containerd and everything that it has started."""
        pid = pathlib.Path(self.state, "containerd.pid").read_text(encoding="ascii")
        for end in ("-TERM", "-KILL"):
            subprocess.run(["kill", end, pid], check=False, capture_output=True)
            time.sleep(0.5)
        # Shims name the socket, and their containers are their children.
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"{self.state}/containerd.sock".encode() in (path / "cmdline").read_bytes():
                    children = (path / f"task/{path.name}/children").read_text(encoding="ascii").split()
                    subprocess.run(["kill", "-KILL", path.name, *children], check=False, capture_output=True)
        self.mounts.kill()
        self.mounts.wait()


    def run_alone(self, name, image, command, variables, mounts):
        """A pod with what deploy/ gives the agent: the node's network, CAP_NET_ADMIN, and nothing to write to."""
        config = {"metadata": {"name": name, "uid": name, "namespace": "kube-system"}, "log_directory": self.state,
                  "linux": {"cgroup_parent": f"/np2nft-{self.node}", "security": {"spaces": {"network": NODES_NETWORK}}}}
        sandbox = self.ask("RunPodSandbox", RUN, {"config": config})[1].decode()
        container = self.ask("CreateContainer", CREATE, {"sandbox": sandbox, "sandbox_config": config, "config": {
            "metadata": {"name": name}, "image": {"image": image}, "command": command, "log_path": f"{name}.log",
            "envs": [{"key": key, "value": value} for key, value in variables.items()], "mounts": mounts,
            "linux": {"security": {
                "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}, "spaces": {"network": NODES_NETWORK},
                "run_as_user": {"value": 0}, "readonly_rootfs": True, "no_new_privs": True, "seccomp": {"type": 0}}}}})[1]
        self.ask("StartContainer", ID, {"id": container.decode()})
        return sandbox

    def end_alone(self, sandbox):
        """Stop a pod that run_alone() has started, and remove it."""
        for method in ("StopPodSandbox", "RemovePodSandbox"):
            self.ask(method, ID, {"id": sandbox})


class Pod:  # pylint: disable=too-few-public-methods
    """What the kubelet of ours knows of one."""

    def __init__(self, value):
        self.value, self.sandbox, self.container, self.is_over = value, None, None, False


class StandIn:
    """Api's words, for the tests' own API server, with a scheduler and a kubelet behind them."""

    def __init__(self, state, node, containers):
        self.state, self.node, self.containers = state, node, containers
        api.certificates(state)
        self.serving = api.Server(state)
        self.server = f"127.0.0.1:{self.serving.port}"
        self.pods = {}
        self.count = 0
        threading.Thread(target=self.look_after, daemon=True).start()

    def must(self, method, path, body=None):
        """Send a request that has to succeed, and return its answer."""
        status, answer = self.ask(method, path, body)
        if status not in (200, 201):
            raise Failure(f"{method} {path}: {status}")
        return answer

    def ask(self, method, path, body=None):
        """Answer a request as an API server does: return the status and the answer."""
        if path == "/readyz" or path.endswith("/serviceaccounts/default"):
            return 200, None
        if path.endswith("/token"):
            return 201, {"status": {"token": "secret"}}
        found = re.fullmatch(r"/apis?/(?:networking\.k8s\.io/)?v1(?:/namespaces/([^/]+))?/(pods|namespaces|networkpolicies)"
                             r"(?:/([^/]+))?", path)
        kind = {"pods": "Pod", "namespaces": "Namespace", "networkpolicies": "NetworkPolicy"}[found[2]]
        namespace, name = found[1] or "", found[3]
        if method == "POST":
            return self.create(kind, namespace, json.loads(json.dumps(body)))
        if not name:
            with self.serving.changed:
                return 200, {"items": json.loads(json.dumps(list(self.serving.objects[kind].values())))}
        with self.serving.changed:
            held = self.serving.objects[kind].get((namespace, name))
            held = held and json.loads(json.dumps(held))
        if not held:
            return 404, None
        if method == "GET":
            return 200, held
        if method == "DELETE":
            self.delete(kind, namespace, name)
        else:
            self.serving.put(kind, body)
        return 200, held

    def create(self, kind, namespace, value):
        """A new object; a pod is this node's at once."""
        if namespace:
            value["metadata"]["namespace"] = namespace
        if kind == "Namespace":
            value["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = value["metadata"]["name"]
        if kind == "Pod":
            self.count += 1
            value["metadata"]["uid"] = f"uid-{self.count}"
            value["spec"]["nodeName"] = self.node
            value["status"] = {"phase": "Pending"}
        self.serving.put(kind, value)
        if kind == "Pod":
            pod = self.pods[value["metadata"]["uid"]] = Pod(value)
            threading.Thread(target=self.run, args=(pod,), daemon=True).start()
        return 201, value

    def delete(self, kind, namespace, name):
        """It goes; a pod when its sandbox has."""
        if kind != "Pod":
            self.serving.delete(kind, namespace, name)
            return
        with self.serving.changed:
            uid = self.serving.objects[kind][namespace, name]["metadata"]["uid"]
        pod = self.pods.pop(uid, None)
        if pod:
            threading.Thread(target=self.end, args=(pod,), daemon=True).start()

    def tell(self, pod, **status):
        """The pod's status, if it is still there."""
        with self.serving.changed:
            meta = pod.value["metadata"]
            held = self.serving.objects["Pod"].get((meta["namespace"], meta["name"]))
            if held and held["metadata"]["uid"] == meta["uid"]:
                self.serving.put("Pod", {**held, "status": {**held["status"], **status}})

    def config_of(self, pod):
        """The sandbox, as the kubelet describes it."""
        meta = pod.value["metadata"]
        return {"metadata": {key: meta[key] for key in ("name", "uid", "namespace")}, "log_directory": self.state,
                "labels": {**meta.get("labels", {}), "io.kubernetes.pod.name": meta["name"],
                           "io.kubernetes.pod.namespace": meta["namespace"], "io.kubernetes.pod.uid": meta["uid"]},
                "linux": {"cgroup_parent": f"/np2nft-{self.node}"}}

    def run(self, pod):
        """As the kubelet does, again and again until it runs or goes."""
        while pod.value["metadata"]["uid"] in self.pods:
            try:
                self.run_once(pod)
                return
            except Refused:
                self.remove(pod)
                time.sleep(1)

    def run_once(self, pod):
        """Sandbox, container, and what is to be told."""
        config, container = self.config_of(pod), pod.value["spec"]["containers"][0]
        pod.sandbox = self.containers.ask("RunPodSandbox", RUN, {"config": config})[1].decode()
        pod.container = self.containers.ask("CreateContainer", CREATE, {
            "sandbox": pod.sandbox, "sandbox_config": config, "config": {
                "metadata": {"name": container["name"]}, "image": {"image": container["image"]},
                "command": container["command"]}})[1].decode()
        self.containers.ask("StartContainer", ID, {"id": pod.container})
        status = self.containers.ask("PodSandboxStatus", ID, {"id": pod.sandbox})
        address = runtime.fields(runtime.fields(status[1])[5])[1].decode()
        time.sleep(LATE)
        self.tell(pod, phase="Running", podIP=address, podIPs=[{"ip": address}], containerStatuses=[{"ready": True}],
                  conditions=[{"type": "Ready", "status": "True"}])

    def remove(self, pod):
        """Remove the pod's sandbox, and try again until that succeeds."""
        for method in ("StopPodSandbox", "RemovePodSandbox"):
            while pod.sandbox:
                try:
                    self.containers.ask(method, ID, {"id": pod.sandbox})
                    break
                except Refused:
                    time.sleep(1)
        pod.sandbox = pod.container = None

    def end(self, pod):
        """Remove the sandbox and the object of a pod that was deleted."""
        self.remove(pod)
        meta = pod.value["metadata"]
        with self.serving.changed:
            held = self.serving.objects["Pod"].get((meta["namespace"], meta["name"]))
        if held and held["metadata"]["uid"] == meta["uid"]:
            self.serving.delete("Pod", meta["namespace"], meta["name"])

    def look_after(self):
        """Pods whose program has ended have failed."""
        while True:
            time.sleep(0.5)
            for pod in list(self.pods.values()):
                if not pod.container or pod.is_over:
                    continue
                with contextlib.suppress(Refused, KeyError):
                    status = self.containers.ask("ContainerStatus", ID, {"id": pod.container})
                    if runtime.fields(status[1]).get(3) == EXITED:
                        pod.is_over = True
                        self.tell(pod, phase="Failed", containerStatuses=[{"ready": False}], conditions=[])
