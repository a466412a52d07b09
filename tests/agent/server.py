"""Play an API server over TLS, which behaves well or badly as it is told.

In: objects that the test puts and deletes, and faults, each of which spoils one answer. Out: lists and
watches, in protobuf or JSON, with streamed lists or without, as a real server sends them.
"""

import collections
import copy
import json
import os
import socket
import ssl
import subprocess
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import encode

KINDS = {
    "/api/v1/pods": ("Pod", "v1"),
    "/api/v1/namespaces": ("Namespace", "v1"),
    "/apis/networking.k8s.io/v1/networkpolicies": ("NetworkPolicy", "networking.k8s.io/v1"),
    "/api/v1/nodes": ("Node", "v1"),
    "/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies":
        ("ClusterNetworkPolicy", "policy.networking.k8s.io/v1alpha2"),
}
PROTOBUF = "application/vnd.kubernetes.protobuf"
END = {"k8s.io/initial-events-end": "true"}


class Fault:  # pylint: disable=too-few-public-methods
    """Says how one answer is spoilt."""

    def __init__(self, status=0, retry_after=None, cut=None, begin=None, expired=False, empty=False,
                 silent=False, crawl=False, twice=False, backwards=False, lists_only=False,
                 part=False, other=None):
        self.status, self.retry_after = status, retry_after
        self.cut = cut  # so many bytes, then the connection ends
        self.begin = begin  # bytes that stand in front of all
        self.expired = expired  # 410 within an answer that begins with 200
        self.empty = empty  # a list without items
        self.silent = silent  # headers, and no more
        self.crawl = crawl  # a byte at a time
        self.twice = twice  # each event of a watch
        self.backwards = backwards  # a watch sends an old event after a new one
        self.part = part  # a list has one item, and a token to continue by
        self.other = other  # objects of another kind
        self.lists_only = lists_only  # spares requests that follow


class Cut(Exception):
    """The answer ends here."""


def certificates(folder):
    """An authority, a server for 127.0.0.1 and api.test, and a client."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=authority", "-days", "2")
    for name, extension in (("server", "subjectAltName=IP:127.0.0.1,DNS:api.test"),
                            ("client", "extendedKeyUsage=clientAuth")):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        with open(os.path.join(folder, f"{name}.ext"), "w", encoding="ascii") as file:
            file.write(extension)
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", "2", "-out", f"{name}.crt", "-extfile", f"{name}.ext")


class Server:  # pylint: disable=too-many-instance-attributes
    """Serves on 127.0.0.1 in the network namespace in which it is made."""

    def __init__(self, folder, encoding="protobuf", watch_list=True, selectors=True):
        self.encoding, self.watch_list, self.selectors = encoding, watch_list, selectors
        self.plain_watch = False  # a watch list is answered with a watch like any other
        self.folder = folder
        self.tokens = {"secret"}
        self.missing = {"ClusterNetworkPolicy"}  # kinds that are not installed
        self.forbidden = set()  # kinds that nobody may list
        self.objects = {kind: {} for kind, _ in KINDS.values()}
        self.history = []  # (version, kind, type, object)
        self.version = 100
        self.oldest = 0  # versions before are too old
        self.changed = threading.Condition()
        self.faults = collections.deque()  # (kind or None, Fault)
        self.requests = []  # (kind, query) in the order in which they came
        self.wakes = 0
        self.sockets = set()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/server.crt", f"{folder}/server.key")
        context.load_verify_locations(f"{folder}/ca.crt")
        context.verify_mode = ssl.CERT_OPTIONAL
        self.context = context
        self.http = None
        self.port = 0
        self.start()

    def start(self):
        """Begin to serve, on the port of before."""
        handler = type("Handler", (Handler,), {"server_": self})
        self.http = Threads(("127.0.0.1", self.port), handler, self)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        """Serve no more; connections break."""
        self.http.shutdown()
        self.http.server_close()
        self.drop()

    def drop(self):
        """Break all connections."""
        with self.changed:
            for one in list(self.sockets):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.sockets.clear()
            self.wakes += 1
            self.changed.notify_all()

    def put(self, kind, value):
        """Create or change an object."""
        with self.changed:
            value = copy.deepcopy(value)
            self.version += 1
            value["metadata"]["resourceVersion"] = str(self.version)
            key = (value["metadata"].get("namespace", ""), value["metadata"]["name"])
            known = key in self.objects[kind]
            self.objects[kind][key] = value
            self.history.append((self.version, kind, "MODIFIED" if known else "ADDED", value))
            self.changed.notify_all()

    def delete(self, kind, namespace, name):
        """Delete an object."""
        with self.changed:
            value = copy.deepcopy(self.objects[kind].pop((namespace, name)))
            self.version += 1
            value["metadata"]["resourceVersion"] = str(self.version)
            self.history.append((self.version, kind, "DELETED", value))
            self.changed.notify_all()

    def spoil(self, kind, **fault):
        """The next answer about this kind (None: whichever) has a fault."""
        with self.changed:
            self.faults.append((kind, Fault(**fault)))

    def expire(self):
        """No watch can be taken up where it was."""
        with self.changed:
            self.oldest = self.version + 1
            self.version += 1

    def fault_of(self, kind, is_list):
        """The fault that the request takes with it; one that is none."""
        for i, (of, fault) in enumerate(self.faults):
            if of in (None, kind) and (is_list or not fault.lists_only):
                del self.faults[i]
                return fault
        return Fault()

    def held(self):
        """All objects as a list, for a compile."""
        with self.changed:
            items = []
            for kind, version in KINDS.values():
                for value in self.objects[kind].values():
                    items.append({"apiVersion": version, "kind": kind, **value})
            return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


class Threads(ThreadingHTTPServer):
    """A thread for each connection, TLS in it."""

    daemon_threads = True

    def __init__(self, address, handler, server):
        self.server_ = server
        super().__init__(address, handler)

    def finish_request(self, request, client_address):
        """Shake hands in the connection's own thread."""
        try:
            with self.server_.context.wrap_socket(request, server_side=True) as wrapped:
                with self.server_.changed:
                    self.server_.sockets.add(wrapped)
                super().finish_request(wrapped, client_address)
        except OSError:
            pass

    def handle_error(self, request, client_address):
        """A connection that broke is no fault of the test."""


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    server_ = None

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        """Say nothing."""

    def do_GET(self):  # pylint: disable=invalid-name
        """Answer with a list or a watch."""
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        kind, version = KINDS.get(url.path, (None, None))
        server = self.server_
        with server.changed:
            server.requests.append((kind, query))
            is_list = "watch" not in query or "sendInitialEvents" in query
            unknown = "sendInitialEvents" in query and not server.watch_list and not server.plain_watch
            self.fault = Fault() if unknown else server.fault_of(kind, is_list)
            server.changed.notify_all()
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not kind or kind in server.missing:
            self.refuse(404)
        elif token not in server.tokens and not self.connection.getpeercert():
            self.refuse(401)
        elif kind in server.forbidden:
            self.refuse(403)
        elif self.fault.status:
            self.refuse(self.fault.status)
        elif "fieldSelector" in query and not server.selectors:
            self.refuse(400)
        elif unknown:
            self.refuse(422)
        else:
            self.answer(kind, version, query)

    def refuse(self, status):
        """Answer with a status that refuses the request."""
        self.send_response(status)
        if self.fault.retry_after is not None:
            self.send_header("Retry-After", str(self.fault.retry_after))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, kind, version, query):
        """An answer in pieces; what breaks it off ends the connection."""
        self.protobuf = (self.server_.encoding == "protobuf" and PROTOBUF in self.headers.get("Accept", "")
                         and kind in encode.FORMS)
        self.kind, self.version = self.fault.other or kind, version
        self.sent = 0
        self.send_response(200)
        watch = ";stream=watch" if "watch" in query else ""
        self.send_header("Content-Type", (PROTOBUF if self.protobuf else "application/json") + watch)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self.wfile.flush()
            if self.fault.silent:
                self.wait_for(lambda: False)
            if self.fault.begin:
                self.write(self.fault.begin)
            if "watch" in query:
                self.watch(query)
            else:
                self.list_()
            self.wfile.write(b"0\r\n\r\n")
        except (Cut, OSError):
            self.close_connection = True

    def write(self, data):
        """Some bytes of the answer, as far as the fault lets them."""
        if self.fault.cut is not None and self.sent + len(data) > self.fault.cut:
            data, is_cut = data[:self.fault.cut - self.sent], True
        else:
            is_cut = False
        for i in range(0, len(data), 1 if self.fault.crawl else max(len(data), 1)):
            part = data[i:i + 1] if self.fault.crawl else data
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()
        self.sent += len(data)
        if is_cut:
            raise Cut

    def wait_for(self, condition):
        """Until it holds, or the connection is to break."""
        wakes = self.server_.wakes
        with self.server_.changed:
            self.server_.changed.wait_for(lambda: condition() or self.server_.wakes != wakes)
            if self.server_.wakes != wakes:
                raise Cut

    def selected(self, value, query):
        """Does the field selector take it?"""
        if self.kind != "Pod" or "fieldSelector" not in query:
            return True
        return value.get("status", {}).get("phase") not in ("Succeeded", "Failed") \
            and not value.get("spec", {}).get("hostNetwork")

    def list_(self):
        """Answer with all objects."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        with self.server_.changed:
            version = str(self.server_.version)
            items = [value for value in self.server_.objects[self.kind].values() if self.selected(value, query)]
        if self.fault.empty:
            items = []
        if self.fault.part:
            items = items[:1]
        metadata = {"resourceVersion": version, **({"continue": "token"} if self.fault.part else {})}
        if self.protobuf:
            self.write(encode.encode_list(self.kind, self.version, metadata, items))
        else:
            self.write(json.dumps({"kind": self.kind + "List", "apiVersion": self.version, "metadata": metadata,
                                   "items": items}).encode())

    def event(self, type_, value, kind=None):
        """Send an event of a watch."""
        kind, version = (kind, "v1") if kind else (self.kind, self.version)
        if self.protobuf:
            self.write(encode.encode_event(type_, kind, version, value))
        else:
            value = {"kind": kind, "apiVersion": version, **value}
            self.write(json.dumps({"type": type_, "object": value}).encode() + b"\n")

    def bookmark(self, version, annotations=None):
        """Send a bookmark, which says that everything up to @version has been sent."""
        self.event("BOOKMARK", {"metadata": {"resourceVersion": str(version), "annotations": annotations}})

    def expired(self):
        """The version is too old."""
        self.event("ERROR", {"status": "Failure", "message": "too old resource version", "reason": "Expired",
                             "code": 410}, "Status")
        raise Cut

    def watch(self, query):
        """Events from a version on, behind the list if it is asked for."""
        server = self.server_
        at = int(query.get("resourceVersion") or 0)
        known = set()
        if self.fault.expired:
            self.expired()
        with server.changed:
            if at and at < server.oldest:
                stale = True
            else:
                stale = False
            if "sendInitialEvents" in query or not at:
                at = server.version
                first = [v for v in server.objects[self.kind].values() if self.selected(v, query)]
            else:
                first = []
        if stale:
            self.expired()
        for value in [] if self.fault.empty else first:
            self.event("ADDED", value)
        if "sendInitialEvents" in query and server.watch_list:
            self.bookmark(at, END)
        elif server.plain_watch and "sendInitialEvents" in query:
            self.bookmark(at)
        self.follow(at, query, known)

    def follow(self, at, query, last):
        """Send each change that is later than a version."""
        server = self.server_
        last = None
        while True:
            self.wait_for(lambda: any(v > at and k == self.kind for v, k, _, _ in server.history))
            with server.changed:
                news = [entry for entry in server.history if entry[0] > at and entry[1] == self.kind]
            for version, _, type_, value in news:
                at = version
                if not self.selected(value, query):
                    type_ = "DELETED"
                for _ in range(2 if self.fault.twice else 1):
                    self.event(type_, value)
                if self.fault.backwards and last:
                    self.event(*last)
                last = (type_, value)
