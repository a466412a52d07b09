"""The shape of multi-networkpolicy-nftables' rulesets, which stand in the pod's own namespace.

However many other pods there are, a packet meets only this pod's policies, one after the other, until
one accepts it.
"""

from ruleset import POD, Ruleset, digest, elements, nft
from spaces import INSIDE


def policy_chain(policy):
    """The name of a policy's chain."""
    return f"cnp-{digest(policy.name)}"


def peers_set(policy):
    """The name of the set of a policy's peers."""
    return f"snp-{digest(policy.name)}"


def links_set(policy):
    """The name of the set of the links that a policy is about."""
    return f"smi-{digest(policy.name)}"


def table(cluster, path):
    """The table, as `nft -f` takes it."""
    yield "table inet multi_networkpolicy {"
    for policy in cluster.policies:
        yield f"set {links_set(policy)} {{\ntype ifname\n{elements([chr(34) + INSIDE + chr(34)])}\n}}"
        yield f"set {peers_set(policy)} {{\ntype ipv4_addr\n{elements(policy.peers)}\n}}"
    yield "chain common {"
    yield "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"
    yield "}"
    for policy in cluster.policies:
        yield f"chain {policy_chain(policy)} {{"
        yield f'iifname "{INSIDE}" ip saddr {path.pod_address} accept'
        for protocol in ("tcp", "udp"):
            yield (f'iifname "{INSIDE}" ip saddr @{peers_set(policy)}'
                   f" meta l4proto {protocol} th dport {{ {policy.port} }} accept")
        yield "}"
    yield "chain ingress {"
    yield "ct state established,related accept"
    yield "jump common"
    yield from (f"jump {policy_chain(policy)}" for policy in cluster.policies)
    yield "drop"
    yield "}"
    yield "chain input {"
    yield "type filter hook input priority filter; policy accept;"
    yield from (f"iifname @{links_set(policy)} jump ingress" for policy in cluster.policies)
    yield "}"
    yield "chain output {"
    yield "type filter hook output priority filter; policy accept;"
    yield "}"
    yield "}"


NFT = Ruleset("multi-networkpolicy-nftables",
              lambda cluster, path: nft("\n".join(table(cluster, path)) + "\n"), place=POD)
