"""Play a container runtime, as a plugin sees it over its socket (NRI), which behaves well or badly as it is
told.

In: sandboxes that run and stop, as the test says. Out: the plugin's answers, and when they came. This was
written for the tests, and shares no code with the program.
"""

import itertools
import os
import socket
import struct

import encode

OS_NAMESPACE = encode.Form(type=(1, encode.STRING), path=(2, encode.STRING))
SANDBOX = encode.Form(id=(1, encode.STRING), name=(2, encode.STRING), uid=(3, encode.STRING),
                      namespace=(4, encode.STRING), labels=(5, encode.MAP), annotations=(6, encode.MAP),
                      linux=(8, encode.Form(namespaces=(5, [OS_NAMESPACE]))), ips=(10, [encode.STRING]))
CALL = encode.Form(pod=(1, SANDBOX))
EVENT = encode.Form(event=(1, encode.NUMBER), pod=(2, SANDBOX))
ALL = encode.Form(pods=(1, [SANDBOX]), more=(3, encode.BOOL))
CONFIGURE = encode.Form(name=(2, encode.STRING), version=(3, encode.STRING), registration=(4, encode.NUMBER),
                        timeout=(5, encode.NUMBER))
RUNS, STOPS = 1, 2
THEIRS, OURS = 1, 2  # connections: on which we call the plugin, on which it calls us


class Gone(Exception):
    """The plugin has ended its connection."""


def fields(data):
    """The fields of a message: number to value; bytes or a number."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if not byte & 128:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 0:
            found[key >> 3] = number()
        else:
            size = number()
            found[key >> 3] = data[at:at + size]
            at += size
    return found


def sandbox(name, uid, labels=None, ips=(), path="", namespace="shop", id_=None):  # pylint: disable=too-many-arguments,too-many-positional-arguments
    """A sandbox as containerd tells of it; with None for a path it has no network namespace of its own."""
    spaces = [{"type": "pid", "path": ""}] + ([{"type": "network", "path": path}] if path is not None else [])
    return {"id": id_ or f"sandbox-{uid}", "name": name, "uid": uid, "namespace": namespace, "annotations": {"a": "b"},
            "labels": {**(labels or {}), "io.kubernetes.pod.name": name, "io.kubernetes.pod.namespace": namespace,
                       "io.kubernetes.pod.uid": uid}, "linux": {"namespaces": spaces}, "ips": list(ips)}


def ended(name, uid, **more):
    """One that has ended, and is listed until the kubelet removes it."""
    return {**sandbox(name, uid, **more), "linux": {"namespaces": []}}


class Runtime:
    """One at a time; a plugin that comes is configured when it is asked for."""

    def __init__(self, path, bound):
        self.path, self.bound = path, bound
        self.listening = None
        self.plugin = None
        self.inboxes = {}
        self.numbers = itertools.count(1, 2)
        self.rest = None  # so many bytes more are sent to the plugin, then its connection ends

    def start(self):
        """Listen, so that plugins can come."""
        with_name = socket.socket(socket.AF_UNIX)
        with_name.bind(self.path)
        with_name.listen(8)
        with_name.settimeout(self.bound)
        self.listening = with_name

    def stop(self):
        """End as a killed runtime does."""
        self.drop()
        if self.listening:
            self.listening.close()
            os.unlink(self.path)
        self.listening = None

    def drop(self):
        """Close the plugin's connection."""
        if self.plugin:
            self.plugin.close()
        self.plugin = None

    def send(self, data):
        """Bytes to the plugin; Gone if it does not take them."""
        if self.rest is not None:
            cut, self.rest = data[:self.rest], self.rest - len(data)
            if self.rest < 0:
                self.plugin.sendall(cut)
                self.drop()
                raise Gone
        try:
            self.plugin.sendall(data)
        except OSError as error:
            raise Gone from error

    def message(self, connection, number, type_, data, pieces=1):
        """Send a message in @pieces frames."""
        data = struct.pack(">IIBB", len(data), number, type_, 0) + data
        step = -(-len(data) // pieces)
        for at in range(0, len(data), step):
            self.send(struct.pack(">II", connection, len(data[at:at + step])) + data[at:at + step])

    def receive(self, size):
        """Read exactly @size bytes from the plugin."""
        data = b""
        while len(data) < size:
            try:
                more = self.plugin.recv(size - len(data))
            except OSError as error:
                raise Gone from error
            if not more:
                raise Gone
            data += more
        return data

    def next(self):
        """The next message: connection, number, type and fields."""
        while True:
            for connection, inbox in self.inboxes.items():
                if len(inbox) >= 10:
                    size, number, type_, _ = struct.unpack(">IIBB", inbox[:10])
                    if len(inbox) >= 10 + size:
                        self.inboxes[connection] = inbox[10 + size:]
                        return connection, number, type_, fields(inbox[10:10 + size])
            connection, size = struct.unpack(">II", self.receive(8))
            self.inboxes[connection] = self.inboxes.get(connection, b"") + self.receive(size)

    def ask(self, method, data, pieces=1):
        """Calls the plugin, and returns the call's number."""
        number = next(self.numbers)
        request = encode.length(1, b"nri.pkg.api.v1alpha1.Plugin") + encode.length(2, method.encode()) + \
            encode.length(3, data)
        self.message(THEIRS, number, 1, request, pieces)
        return number

    def answer(self, number):
        """The plugin's answer: its payload's fields; None if it has no such method."""
        connection, got, type_, answer = self.next()
        if (connection, got, type_) != (THEIRS, number, 2):
            raise AssertionError(f"call {number} is answered by {connection}, {got}, {type_}")
        return None if fields(answer.get(1, b"")).get(1) else fields(answer.get(2, b""))

    def call(self, method, data, pieces=1):
        """Calls the plugin, and waits for its answer."""
        return self.answer(self.ask(method, data, pieces))

    def take_plugin(self, sandboxes=(), timeout=2000, split=False, pieces=1):
        """A plugin comes, and is told of all sandboxes: the events that it wants."""
        self.drop()
        self.plugin, _ = self.listening.accept()
        self.plugin.settimeout(self.bound)
        self.inboxes = {}
        connection, number, type_, request = self.next()
        if (connection, type_, request[2]) != (OURS, 1, b"RegisterPlugin"):
            raise AssertionError(f"the plugin begins with {connection}, {type_}, {request}")
        plugin = fields(request[3])
        if not plugin[1].isalnum() or len(plugin[2]) != 2 or not plugin[2].isdigit():
            raise AssertionError(f"the plugin is named {plugin}")
        self.message(OURS, number, 2, encode.length(2, b""), pieces)
        events = self.call("Configure", encode.encode_message(
            CONFIGURE, {"name": "stand-in", "version": "1", "registration": 5000, "timeout": timeout}), pieces)[2]
        parts = [[one] for one in sandboxes] if split else [list(sandboxes)]
        for i, part in enumerate(parts):
            more = i + 1 < len(parts)
            answer = self.call("Synchronize", encode.encode_message(ALL, {"pods": part, "more": more}), pieces)
            if bool(answer.get(2)) != more:
                raise AssertionError(f"the plugin does not wait for the rest: {answer}")
        return events

    def change(self, event, pod):
        """An event as containerd 1.7 tells it; the call's number."""
        return self.ask("StateChange", encode.encode_message(EVENT, {"event": event, "pod": pod}))
