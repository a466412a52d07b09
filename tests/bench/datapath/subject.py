"""One ruleset, loaded for one cluster into a path of its own; and the packets that are sent there.

In: a cluster and a ruleset. Out: how long it took to load, that it does what it should, and the
nanoseconds of a packet or a connection.
"""

import time

from cluster import PEER_BLOCK, STRANGER
from namespace import NodeError
from ruleset import POD
from spaces import MAC_NODE, UPLINK, Path

POD_LINK = "cali0123456789a"
UNTRACKED = """table ip instrument {
	chain before {
		type filter hook prerouting priority raw; policy accept;
		notrack
	}
}
"""
TRACKED = "table ip instrument\ndelete table ip instrument\n"
FLOWS, FEW = 256, 100  # established ones, and those of a few callers
WRONG_PORT, SOURCE_PORT = 7, 10000


class Subject:
    """A ruleset under measurement."""

    def __init__(self, ruleset, cluster, programs):
        self.ruleset, self.cluster, self.programs = ruleset, cluster, programs
        self.path = Path(cluster.pods[cluster.tested], POD_LINK, PEER_BLOCK)
        self.flows = cluster.flows()
        self.texts = {}
        self.place = self.path.pod if ruleset.place == POD else self.path.node
        start = time.perf_counter()
        for command, given in ruleset.commands(cluster, self.path):
            self.place.run(command, given)
        self.load_seconds = time.perf_counter() - start
        ports = {port for _, port in self.flows} | {WRONG_PORT}
        self.sinks = self.path.serve(ports)

    def close(self):
        """Forget all of it."""
        self.path.close()

    def deliver_udp(self, wanted=False):
        """Take UDP packets as far as the ruleset, and no further; or, if wanted, all packets."""
        self.path.deliver(wanted or self.ruleset.place == POD)

    def track(self, wanted):
        """Whether connections are tracked, so that the ruleset may know them again."""
        self.place.run(["nft", "-f", "-"], TRACKED if wanted else UNTRACKED)

    def passed(self):
        """UDP packets that the ruleset has let through."""
        return self.path.received() if self.ruleset.place == POD else self.path.arrived()

    def check(self):
        """NodeError unless an allowed packet passes, and a denied one only where nothing is judged."""
        peer, port = self.flows[0]
        for flow, wanted in (((peer, port), True), ((STRANGER, port), False), ((peer, WRONG_PORT), False)):
            passed = self.send([flow], "--packets", "1")[0]
            if passed != (wanted or not self.ruleset.judges):
                raise NodeError(f"{self.ruleset.name}: {flow} {'passes' if passed else 'is stopped'}")

    def send(self, flows, *options, asked=True):
        """Send UDP packets: how many passed, how many were sent, nanoseconds of one.

        A ruleset with a queue asks about them, unless they are known not to be asked about.
        """
        before = self.passed()
        sent, cost = self.run("send", flows, "--mac", MAC_NODE, "--interface", UPLINK,
                              "--source-port", str(SOURCE_PORT), *options, asked=asked)
        return self.passed() - before, sent, cost

    def packets(self, milliseconds, *options):
        """Send packets of all flows, or of connections begun anew (--fresh): nanoseconds of one."""
        return self.all_passing(self.flows, "--milliseconds", str(milliseconds), *options)

    def packets_of_few(self, milliseconds):
        """Send packets of a few flows: nanoseconds of one."""
        return self.all_passing(self.flows[:FEW], "--milliseconds", str(milliseconds))

    def established(self, milliseconds):
        """Begin some flows and answer them, then send their packets: nanoseconds of one."""
        flows = self.flows[:FLOWS]
        self.path.forget_connections()
        self.all_passing(flows, "--packets", str(len(flows)))
        for peer, port in flows:
            self.sinks[port].sendto(b"", (peer, SOURCE_PORT))
        return self.all_passing(flows, "--milliseconds", str(milliseconds), asked=False)

    def new_flows(self, milliseconds):
        """Send first packets of UDP flows: nanoseconds of one."""
        self.path.forget_connections()
        return self.packets(milliseconds, "--fresh")

    def connections(self, milliseconds):
        """Open and end TCP connections: nanoseconds of one."""
        self.path.forget_connections()
        _, cost = self.run("connect", self.flows, "--server", self.path.pod.path(),
                           "--milliseconds", str(milliseconds))
        return cost

    def all_passing(self, flows, *options, asked=True):
        """Send packets that must all pass: nanoseconds of one."""
        passed, sent, cost = self.send(flows, *options, asked=asked)
        if passed != sent:
            raise NodeError(f"{self.ruleset.name}: of {sent} allowed packets {passed} passed")
        return cost

    def run(self, program, flows, *options, asked=True):
        """Run a program in the client's namespace: how much it sent, nanoseconds of one."""
        queue = ["--queue", self.path.node.path()] if self.ruleset.queue and asked else []
        command = [self.programs[program], "--pod", self.path.pod_address, *options, *queue]
        sent, cost = self.path.client.run(command, self.text(flows)).split()
        return int(sent), float(cost)

    def text(self, flows):
        """Flows as the programs read them."""
        key = (len(flows), flows[0])
        if key not in self.texts:
            self.texts[key] = "".join(f"{peer} {port}\n" for peer, port in flows)
        return self.texts[key]
