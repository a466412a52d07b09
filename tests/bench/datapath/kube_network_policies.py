"""The shape of kube-network-policies' ruleset: new connections of isolated pods go to a program.

In iptables, because not every kernel that has NFQUEUE has it for nft. The program judges nothing
here, and the label that the real rules keep to know what was judged is left out: this is the least
that the way through userspace costs.
"""

from ruleset import Ruleset

RULES = """*mangle
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -p udp --dport 53 -j ACCEPT
-A POSTROUTING -m owner --uid-owner 0 -j ACCEPT
-A POSTROUTING -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A POSTROUTING -m set --match-set podips src -j NFQUEUE --queue-num 100 --queue-bypass
-A POSTROUTING -m set --match-set podips dst -j NFQUEUE --queue-num 100 --queue-bypass
COMMIT
"""


def pod_addresses(cluster):
    """The set, as `ipset restore` takes it."""
    yield "create podips hash:ip family inet"
    for address in cluster.pods.values():
        yield f"add podips {address}"


NFQUEUE = Ruleset("kube-network-policies, accepting all", lambda cluster, _: [
    (["ipset", "restore"], "\n".join(pod_addresses(cluster)) + "\n"),
    (["iptables-legacy-restore"], RULES)], judges=False, queue=True)
