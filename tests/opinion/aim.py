"""Choose probes near the boundaries of rules.

In: a cluster. Out: connections from and to addresses just inside and outside each cidr and except, on ports
at and beside each number and each end of a range, of every protocol. A probe shows something only if nothing
else decides about it, so while one of its ends is put to the test, the other is one that policies let
through.
"""

import api
import tiers

AIMED, STRAY = 1500, 100  # how many at all rules, and how many anywhere
ELSEWHERE = ["1.0.0.0", "8.8.8.8", "203.0.113.9", "240.0.0.1", "1::", "2001:db8:ffff::9", "fe00::1"]
OPPOSITE = {"Ingress": "Egress", "Egress": "Ingress"}
PROTOCOLS = ["TCP", "UDP", "SCTP"]


def probes(dice, cluster):
    """The probes for a cluster, each once, the same number at each rule."""
    pods = [pod for pod in cluster.pods if api.pod_addresses(pod)]
    rules = [(policy, direction, rule) for policy in cluster.policies
             for direction in ("Ingress", "Egress") for rule in api.rules(policy, direction)]
    rules += [(policy, direction, rule) for policy in cluster.cluster_policies
              for direction in ("Ingress", "Egress") for rule in tiers.rules(policy, direction)]
    everywhere = endpoints(pods) + ELSEWHERE
    found = between(dice, STRAY, everywhere, [everywhere], [beside(pods, {})])
    for policy, direction, rule in rules:
        at = at_rule if policy["kind"] == "NetworkPolicy" else at_tier_rule
        found += at(dice, AIMED // len(rules) + 1, cluster, pods, policy, direction, rule)
    return list(dict.fromkeys(found))


def at_rule(dice, count, cluster, pods, policy, direction, rule):
    """Half of them between a selected pod and a peer, on any port; half the other way round."""
    selected = endpoints([pod for pod in pods if api.selects(cluster, policy, pod)])
    peers = rule.get("from" if direction == "Ingress" else "to") or []
    near = [edge for peer in peers for edge in block_edges(peer.get("ipBlock"))]
    matching = [address for address in endpoints(pods) + near + ELSEWHERE
                if api.peers_match(cluster, policy, peers, address)]
    free = [address for address in matching if not isolated(cluster, address, OPPOSITE[direction])]
    entries = [entry or {} for entry in rule.get("ports") or [{}]]
    named = [exactly(pods, entry) for entry in entries]
    tried = [beside(pods, entry) for entry in entries]
    own = selected or endpoints(pods) or ELSEWHERE
    found = (between(dice, count // 2, own, [free, free, matching], named + tried)
             + between(dice, count // 2, own, [near, endpoints(pods), ELSEWHERE, own], named))
    if direction == "Egress":
        return found
    return [api.Probe(there, here, protocol, port) for here, there, protocol, port in found]


def at_tier_rule(dice, count, cluster, pods, policy, direction, rule):
    """From and to pods that the policy selects, on ports of the rule, to what it means and what lies beside."""
    selected = endpoints([pod for pod in pods if tiers.selects(cluster, policy, pod)])
    peers = rule.get("from" if direction == "Ingress" else "to")
    networks = [cidr for peer in peers for cidr in peer.get("networks") or []]
    near = [edge for cidr in networks for edge in network_edges(api.parsed_cidr(cidr))]
    nodes = [str(address) for node in cluster.nodes for address in tiers.node_addresses(node)]
    matching = [address for address in endpoints(pods) + near + nodes
                if any(tiers.peer_matches(cluster, peer, address) for peer in peers)]
    tried = [tier_ports(pods, entry) for entry in rule.get("protocols") or [{}]]
    found = between(dice, count, selected or endpoints(pods) or ELSEWHERE,
                    [matching, matching, near + nodes, endpoints(pods), ELSEWHERE], tried)
    if direction == "Egress":
        return found
    return [api.Probe(there, here, protocol, port) for here, there, protocol, port in found]


def tier_ports(pods, entry):
    """Ports at and beside those of an entry of protocols."""
    if entry.get("destinationNamedPort") is not None:
        return beside(pods, {"port": entry["destinationNamedPort"]})
    for protocol, ports in entry.items():
        span = ports["destinationPort"].get("range") or {}
        first = ports["destinationPort"].get("number") or span["start"]
        return beside(pods, {"port": first, "endPort": span.get("end"), "protocol": protocol.upper()})
    return beside(pods, {})


def between(dice, count, here, there, ports):
    """From here to there, which is several lists, within a family. Some are echo requests."""
    by_family = {family: [addresses for addresses in (of_family(list_, family) for list_ in there)
                          if addresses] or [of_family(ELSEWHERE, family)] for family in (4, 6)}
    found = []
    for _ in range(count):
        source, (protocol, port) = dice.choice(here), dice.choice(dice.choice(ports))
        family = family_of(source)
        if dice.chance(0.05):
            protocol, port = {4: ("ICMP", 0), 6: ("ICMPV6", 0)}[family]
        found.append(api.Probe(source, dice.choice(dice.choice(by_family[family])), protocol, port))
    return found


def family_of(address):
    """4 or 6."""
    return 6 if ":" in address else 4


def of_family(addresses, family):
    """Those of one family."""
    return [address for address in addresses if family_of(address) == family]


def isolated(cluster, address, direction):
    """Whether any policy isolates the pod at an address."""
    pod = api.pod_at(cluster, address)
    return pod is not None and bool(api.isolating(cluster, pod, direction))


def endpoints(pods):
    """The addresses of pods, also of those that do not count."""
    return [str(address) for pod in pods for address in api.pod_addresses(pod)]


def block_edges(block):
    """The first and last addresses of the cidr and the excepts, and those before and after."""
    cidrs = [block["cidr"], *(block.get("except") or [])] if block else []
    return [edge for cidr in cidrs for edge in network_edges(api.parsed_cidr(cidr))]


def network_edges(network):
    """The addresses on both sides of a network's two boundaries, where there are any."""
    first, last, kind = int(network[0]), int(network[-1]), type(network[0])
    return [str(kind(number)) for number in (first - 1, first, last, last + 1)
            if 0 <= number < 1 << network.max_prefixlen]


def exactly(pods, entry):
    """Pairs of protocol and port that an entry names."""
    return [(entry.get("protocol") or "TCP", number) for number in numbers_of(pods, entry)]


def beside(pods, entry):
    """The same and the numbers before and after, of every protocol."""
    near = sorted({number + step for number in numbers_of(pods, entry) for step in (-1, 0, 1)})
    return [(protocol, number) for number in near if 1 <= number <= 65535 for protocol in PROTOCOLS]


def numbers_of(pods, entry):
    """The ends of an entry's range, or all numbers that containers give to its name, or any two."""
    port = entry.get("port")
    if isinstance(port, str):
        return [given["containerPort"] for pod in pods for kind in ("containers", "initContainers")
                for container in pod["spec"][kind] for given in container["ports"]
                if given.get("name") == port] or [80, 443]
    return [port, entry.get("endPort") or port] if port else [80, 65535]
