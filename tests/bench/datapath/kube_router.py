"""The shape of kube-router's rulesets: iptables with ipset, and its nft mode.

Each local pod has a chain that its packets are sent through, found by rules gone through one by one;
in it, each policy's chain is asked in turn, and marks what it allows. That a packet belongs to an
established connection is asked there, too.
"""

from ruleset import Ruleset, digest, elements, nft

ALLOWED, CHECKED = "0x10000/0x10000", "0x20000/0x20000"
HOOKS = ("INPUT", "FORWARD", "OUTPUT")
SERVICES = "10.96.0.0/12"
TABLE = "kube-router-filter-ipv4"


def pod_chain(name):
    """The name of a pod's chain."""
    return f"KUBE-POD-FW-{digest(name)}"


def policy_chain(policy):
    """The name of a policy's chain."""
    return f"KUBE-NWPLCY-{digest(policy.name)}"


def policy_sets(policy):
    """The names of the sets of a policy's peers, and of its pods."""
    return f"KUBE-SRC-{digest(policy.name)}", f"KUBE-DST-{digest(policy.name)}"


def ipsets(cluster):
    """The sets, as `ipset restore` takes them."""
    for policy in cluster.policies:
        for name, addresses in zip(policy_sets(policy), (policy.peers, cluster.pods.values())):
            yield f"create {name} hash:ip family inet hashsize 1024 maxelem 65536 timeout 0"
            for address in addresses:
                yield f"add {name} {address} timeout 0"


def iptables_dispatch(name, address):
    """The rules that send a pod's packets to its chain."""
    chain = pod_chain(name)
    bridged = "-m physdev --physdev-is-bridged"
    yield f"-A KUBE-ROUTER-FORWARD -d {address} -j {chain}"
    yield f"-A KUBE-ROUTER-OUTPUT -d {address} -j {chain}"
    yield f"-A KUBE-ROUTER-FORWARD {bridged} -d {address} -j {chain}"
    for hook in HOOKS:
        yield f"-A KUBE-ROUTER-{hook} -s {address} -j {chain}"
    yield f"-A KUBE-ROUTER-FORWARD {bridged} -s {address} -j {chain}"


def iptables_pod(name, address, policies):
    """A pod's chain."""
    rules = ["-j KUBE-NWPLCY-COMMON", f"-d {address} -m addrtype --src-type LOCAL -j ACCEPT",
             f"-s {address} -j KUBE-NWPLCY-DEFAULT"]
    rules += [f"-d {address} -j {policy_chain(policy)}" for policy in policies]
    rules += [f"-m mark ! --mark {ALLOWED} -m limit --limit 10/minute --limit-burst 10"
              " -j NFLOG --nflog-group 100",
              f"-m mark ! --mark {ALLOWED} -j REJECT",
              "-j MARK --set-mark 0/0x10000", f"-j MARK --set-mark {CHECKED}"]
    return [f"-A {pod_chain(name)} {rule}" for rule in rules]


def iptables_policy(policy):
    """A policy's chain."""
    source, destination = policy_sets(policy)
    for protocol in ("tcp", "udp"):
        match = (f"-A {policy_chain(policy)} -m comment --comment \"rule to ACCEPT traffic from source pods"
                 f" to dest pods selected by policy name {policy.name} namespace default\""
                 f" -m set --match-set {source} src -m set --match-set {destination} dst"
                 f" -p {protocol} --dport {policy.port}")
        yield f"{match} -j MARK --set-xmark {ALLOWED}"
        yield f"{match} -m mark --mark {ALLOWED} -j RETURN"


def iptables_rules(cluster):
    """The filter table, as `iptables-restore` takes it."""
    own = [f"KUBE-ROUTER-{hook}" for hook in HOOKS]
    own += ["KUBE-NWPLCY-COMMON", "KUBE-NWPLCY-DEFAULT", "KUBE-ROUTER-TAIL"]
    own += map(policy_chain, cluster.policies)
    own += map(pod_chain, cluster.pods)
    yield "*filter"
    yield from (f":{chain} - [0:0]" for chain in own)
    yield from (f"-A {hook} -j KUBE-ROUTER-{hook}" for hook in HOOKS)
    yield f"-A KUBE-ROUTER-INPUT -d {SERVICES} -j RETURN"
    for protocol in ("tcp", "udp", "sctp"):
        yield (f"-A KUBE-ROUTER-INPUT -p {protocol} -m addrtype --dst-type LOCAL"
               " -m multiport --dports 30000:32767 -j RETURN")
    common = ["-m conntrack --ctstate INVALID -j DROP",
              "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"]
    common += [f"-p icmp --icmp-type {kind} -j ACCEPT"
               for kind in ("echo-request", "destination-unreachable", "time-exceeded")]
    yield from (f"-A KUBE-NWPLCY-COMMON {rule}" for rule in common)
    yield f"-A KUBE-NWPLCY-DEFAULT -j MARK --set-xmark {ALLOWED}"
    yield f"-A KUBE-ROUTER-TAIL -m mark --mark {CHECKED} -j ACCEPT"
    for policy in cluster.policies:
        yield from iptables_policy(policy)
    for name, address in cluster.pods.items():
        yield from iptables_dispatch(name, address)
        yield from iptables_pod(name, address, cluster.policies)
    for hook in HOOKS:
        yield f"-A KUBE-ROUTER-{hook} -j KUBE-ROUTER-TAIL"
        yield f"-A KUBE-ROUTER-{hook} -m mark --mark {CHECKED} -j ACCEPT"
    yield "COMMIT"


def nft_pod(name, address, policies):
    """A pod's chain."""
    yield f"chain {pod_chain(name)} {{"
    yield "jump KUBE-NWPLCY-COMMON"
    yield f"ip daddr {address} fib saddr type local accept"
    yield f"ip saddr {address} jump KUBE-NWPLCY-DEFAULT"
    yield from (f"ip daddr {address} jump {policy_chain(policy)}" for policy in policies)
    yield "meta mark and 0x10000 != 0x10000 limit rate 10/minute burst 10 packets log group 100"
    yield "meta mark and 0x10000 != 0x10000 reject"
    yield "meta mark set meta mark and 0xfffeffff"
    yield "meta mark set meta mark or 0x20000"
    yield "}"


def nft_policy(policy):
    """A policy's chain."""
    source, destination = policy_sets(policy)
    yield f"chain {policy_chain(policy)} {{"
    for protocol in ("tcp", "udp"):
        yield (f"ip saddr @{source} ip daddr @{destination} {protocol} dport {policy.port}"
               " counter meta mark set meta mark or 0x10000 return")
    yield "}"


def nft_base(hook, pods):
    """A base chain: which pod is it?"""
    yield f"chain KUBE-ROUTER-{hook} {{"
    yield f"type filter hook {hook.lower()} priority filter; policy accept;"
    if hook == "INPUT":
        yield f"ip daddr {SERVICES} return"
        yield "meta l4proto { tcp, udp, sctp } fib daddr type local th dport 30000-32767 return"
    for name, address in pods.items():
        if hook != "INPUT":
            yield f"ip daddr {address} jump {pod_chain(name)}"
        yield f"ip saddr {address} jump {pod_chain(name)}"
    yield "jump KUBE-ROUTER-TAIL"
    yield "meta mark and 0x20000 == 0x20000 accept"
    yield "}"


def nft_rules(cluster):
    """The table, as `nft -f` takes it."""
    yield f"table ip {TABLE} {{"
    for policy in cluster.policies:
        for name, addresses in zip(policy_sets(policy), (policy.peers, cluster.pods.values())):
            yield f"set {name} {{"
            yield "type ipv4_addr"
            yield elements(addresses)
            yield "}"
    yield """chain KUBE-NWPLCY-COMMON {
ct state invalid drop
ct state related,established accept
icmp type { echo-request, destination-unreachable, time-exceeded } accept
}
chain KUBE-NWPLCY-DEFAULT {
meta mark set meta mark or 0x10000
}
chain KUBE-ROUTER-TAIL {
meta mark and 0x20000 == 0x20000 accept
}"""
    for policy in cluster.policies:
        yield from nft_policy(policy)
    for name, address in cluster.pods.items():
        yield from nft_pod(name, address, cluster.policies)
    for hook in HOOKS:
        yield from nft_base(hook, cluster.pods)
    yield "}"


def lines(each):
    """One text of many lines."""
    return "\n".join(each) + "\n"


IPTABLES = Ruleset("kube-router, iptables and ipset", lambda cluster, _: [
    (["ipset", "restore"], lines(ipsets(cluster))),
    (["iptables-legacy-restore"], lines(iptables_rules(cluster)))])
NFT = Ruleset("kube-router, nft mode", lambda cluster, _: nft(lines(nft_rules(cluster))))
