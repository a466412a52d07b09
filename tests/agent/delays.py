"""Measure how much later than a mere client of the API server the kernel knows of a change.

In: something that changes a pod. Out: the time from there to the event at a watch that only reads, and to the
kernel's notification of a commit to nf_tables, as medians in milliseconds; and how much later the second is.
"""

import contextlib
import http.client
import queue
import socket
import statistics
import threading
import time

NETLINK_NETFILTER, SOL_NETLINK, ADD_MEMBERSHIP, NFTABLES_GROUP = 12, 270, 1, 7


class Commits:
    """The kernel's notifications, each with the time when it came; of this network namespace."""

    def __init__(self):
        self.times = queue.Queue()
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.bind((0, 0))
        self.socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, NFTABLES_GROUP)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        """Note the time of each event, as it comes."""
        with contextlib.suppress(OSError):
            while self.socket.recv(1 << 16):
                self.times.put(time.monotonic())


class Watch:
    """A watch of pods that only notes the time of each event."""

    def __init__(self, server, context, version, headers=None):
        self.times = queue.Queue()
        self.connection = http.client.HTTPSConnection(server, context=context, timeout=60)
        self.connection.request("GET", f"/api/v1/pods?watch=1&resourceVersion={version}", headers=headers or {})
        self.answer = self.connection.getresponse()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        """Note the time of each line, as it comes."""
        with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            while self.answer.readline():
                self.times.put(time.monotonic())


def drain(times):
    """Forget the times of what came before."""
    while not times.empty():
        times.get()


def compare(prepare, change, watch, commits, rounds):
    """A line of text; @prepare(i) is not measured, @change(i) is, and changes both the cluster and the table."""
    events, commits_ = [], []
    for i in range(rounds):
        prepare(i)
        time.sleep(0.2)  # what that brought about is over
        drain(watch.times)
        drain(commits.times)
        began = time.monotonic()
        change(i)
        events.append((watch.times.get(timeout=60) - began) * 1000)
        commits_.append((commits.times.get(timeout=60) - began) * 1000)
    event, commit = statistics.median(events), statistics.median(commits_)
    return (f"change to a bare client's event {event:.1f} ms, to the kernel's commit {commit:.1f} ms (medians of {rounds}): "
            f"{commit - event:.1f} ms later, {commit / event:.2f} times")
