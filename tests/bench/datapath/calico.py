"""The shape of Calico's rulesets in nftables mode.

A map by the name of the interface finds a pod's chain; in it, each policy's chain is asked in turn
until one of them has marked the packet.
"""

from ruleset import Ruleset, digest, elements, nft

ACCEPT, PASS, SCRATCH = 0x10000, 0x20000, 0x40000
CLEAR = "meta mark set meta mark and 0x%08x" % (0xFFFFFFFF & ~(ACCEPT | PASS | SCRATCH))
ACCEPTED, UNDECIDED = "meta mark and 0x10000 == 0x10000", "meta mark and 0x20000 == 0x0"
TRACKED = ["ct state established,related accept", "ct state invalid drop"]

BASE = {
    "raw-PREROUTING": ["prerouting priority raw", "counter jump cali-raw-PREROUTING"],
    "mangle-PREROUTING": ["prerouting priority mangle", "counter jump cali-mangle-PREROUTING"],
    "mangle-POSTROUTING": ["postrouting priority mangle", "counter jump cali-mangle-POSTROUTING"],
    "filter-FORWARD": ["forward priority filter", "counter jump cali-FORWARD",
                       f"{ACCEPTED} counter accept", "meta mark set meta mark or 0x10000"],
}
CHAINS = {
    "cali-raw-PREROUTING": [CLEAR],
    "cali-mangle-PREROUTING": ["ct state established,related accept"],
    "cali-mangle-POSTROUTING": [f"{ACCEPTED} counter return"],
    "cali-FORWARD": [CLEAR, "jump cali-from-hep-forward",
                     'iifname "cali*" counter jump cali-from-wl-dispatch',
                     'oifname "cali*" counter jump cali-to-wl-dispatch',
                     "jump cali-to-hep-forward", "jump cali-cidr-block"],
    "cali-from-hep-forward": [],
    "cali-to-hep-forward": [],
    "cali-cidr-block": [],
    "cali-from-wl-dispatch": ["iifname vmap @cali-from-wl-dispatch", "counter drop"],
    "cali-to-wl-dispatch": ["oifname vmap @cali-to-wl-dispatch", "counter drop"],
}


def set_name(policy):
    """The name of the set of a policy's peers."""
    return f"cali40s-{digest(policy.name)}"


def policy_chain(policy):
    """The name of a policy's chain."""
    return f"cali-pi-{digest('policy', policy.name)}"


def workload_chains(link, policies):
    """The chains to a pod, which its policies isolate, and from it."""
    start = [*TRACKED, CLEAR]
    inward = list(start)
    for policy in policies:
        inward += [f"{UNDECIDED} counter jump {policy_chain(policy)}", f"{ACCEPTED} counter return"]
    inward.append(f"{UNDECIDED} counter drop")
    outward = [*start, "udp dport 4789 counter drop", "meta l4proto 4 counter drop",
               f"meta mark set meta mark or {ACCEPT}", f"{ACCEPTED} counter return"]
    return {f"cali-tw-{link}": inward, f"cali-fw-{link}": outward}


def policy_rules(policy):
    """The rules of a policy's chain."""
    rules = []
    for protocol in ("tcp", "udp"):
        rules += [f"meta l4proto {protocol} ip saddr @{set_name(policy)}"
                  f" {protocol} dport {{ {policy.port} }} counter meta mark set meta mark or {ACCEPT}",
                  f"{ACCEPTED} counter return"]
    return rules


def dispatch(direction, links):
    """The map that finds a pod's chain."""
    chain = {"from": "cali-fw", "to": "cali-tw"}[direction]
    yield f"map cali-{direction}-wl-dispatch {{"
    yield "type ifname : verdict"
    yield elements(f'"{link}" : goto {chain}-{link}' for link in links)
    yield "}"


def table(cluster, path):
    """The table, as `nft -f` takes it."""
    links = {name: f"cali{digest(name)[:11].lower()}" for name in cluster.pods}
    links[cluster.tested] = path.pod_link
    chains = dict(CHAINS)
    for policy in cluster.policies:
        chains[policy_chain(policy)] = policy_rules(policy)
    for link in links.values():
        chains.update(workload_chains(link, cluster.policies))
    yield "table ip calico {"
    for policy in cluster.policies:
        yield f"set {set_name(policy)} {{"
        yield "type ipv4_addr; flags interval"
        yield elements(policy.peers)
        yield "}"
    yield from dispatch("from", links.values())
    yield from dispatch("to", links.values())
    for name, rules in chains.items():
        yield "\n".join([f"chain {name} {{", *rules, "}"])
    for name, (hook, *rules) in BASE.items():
        yield "\n".join([f"chain {name} {{", f"type filter hook {hook}; policy accept;", *rules, "}"])
    yield "}"


NFT = Ruleset("Calico, nftables mode",
              lambda cluster, path: nft("\n".join(table(cluster, path)) + "\n"))
