"""Say what the API of ClusterNetworkPolicy says about one connection, in one direction, before and after the
NetworkPolicies.

In: an api.Cluster with ClusterNetworkPolicies and Nodes, an api.Probe, a pod at one of its ends. Out: what a tier says:
"Accept", "Deny", or "Pass" (which is also what it says if no rule matches).

It is slow on purpose, as api.py is.
"""

import api

OPERATORS = {"In": True, "NotIn": True, "Exists": False, "DoesNotExist": False}  # do they take values?


def says(cluster, tier, probe, direction, pod, destination):
    """The first rule that matches decides, of the policies of the tier in their order."""
    for policy in ordered(cluster, tier):
        if selects(cluster, policy, pod):
            for rule in rules(policy, direction):
                if rule_matches(cluster, rule, direction, probe, destination):
                    return "Deny" if is_closed(rule) else rule["action"]
    return "Pass"


def ordered(cluster, tier):
    """By priority; of equal ones by name."""
    of_tier = [policy for policy in cluster.cluster_policies if policy["spec"]["tier"] == tier]
    return sorted(of_tier, key=lambda policy: (policy["spec"]["priority"], policy["metadata"]["name"]))


def rules(policy, direction):
    """Those of a direction, as they are written."""
    return policy["spec"].get(direction.lower()) or []


def selects(cluster, policy, pod):
    """A subject has the words of a peer of pods; one that nobody can understand selects nobody."""
    subject = policy["spec"]["subject"]
    return not is_impossible(subject) and pods_match(cluster, subject, pod)


def rule_matches(cluster, rule, direction, probe, destination):
    """A rule that is closed matches nothing if it accepts, else everything."""
    if is_closed(rule):
        return rule["action"] != "Accept"
    address = probe.source if direction == "Ingress" else probe.destination
    peers = rule["from" if direction == "Ingress" else "to"]
    protocols = rule.get("protocols")
    return (any(peer_matches(cluster, peer, address) for peer in peers)
            and (protocols is None or any(protocol_matches(entry, probe, destination) for entry in protocols)))


# What cannot be understood

def is_closed(rule):
    """A selector that is none, a port without a name, domain names where they would not let in."""
    peers = rule.get("from") or rule.get("to")
    return (any(is_impossible(peer) for peer in peers)
            or any(entry.get("destinationNamedPort") == "" for entry in rule.get("protocols") or [])
            or (rule["action"] != "Accept" and any(peer.get("domainNames") for peer in peers)))


def is_impossible(peer):
    """Has it a selector with an operator that does not exist, or with values where none belong, or none?"""
    pods = peer.get("pods") or {}
    selectors = [peer.get("namespaces"), peer.get("nodes"), pods.get("namespaceSelector"), pods.get("podSelector")]
    return any(expression["operator"] not in OPERATORS
               or OPERATORS[expression["operator"]] != bool(expression.get("values"))
               for selector in selectors for expression in (selector or {}).get("matchExpressions") or [])


# Peers

def peer_matches(cluster, peer, address):
    """Pods, networks (whoever has the address), nodes; no address is known to have a domain name."""
    if peer.get("networks"):
        return any(api.in_cidr(cidr, address) for cidr in peer["networks"])
    if peer.get("nodes") is not None:
        return any(matches(peer["nodes"], api.labels(node)) for node in cluster.nodes
                   if api.parsed_address(address) in node_addresses(node))
    pod = api.pod_at(cluster, address)
    return pod is not None and pods_match(cluster, peer, pod)


def pods_match(cluster, peer, pod):
    """`namespaces`: all of their pods; `pods`: some pods of some namespaces, of all if none are named."""
    labels = api.namespace_labels(cluster, api.namespace_of(cluster, pod))
    if peer.get("namespaces") is not None:
        return matches(peer["namespaces"], labels)
    pods = peer.get("pods")
    return pods is not None and (matches(pods.get("namespaceSelector"), labels)
                                 and matches(pods["podSelector"], api.labels(pod)))


def matches(selector, have):
    """As elsewhere, but a label that is null is dropped by the server, and asks for nothing."""
    if is_impossible({"namespaces": selector}):
        return False
    selector = selector or {}
    wanted = {key: value for key, value in (selector.get("matchLabels") or {}).items() if value is not None}
    return api.matches({**selector, "matchLabels": wanted}, have)


def node_addresses(node):
    """Every address of its status that is one."""
    entries = (node.get("status") or {}).get("addresses") or []
    return [api.parsed_address(entry["address"]) for entry in entries if entry["type"].endswith("IP")]


# Ports

def protocol_matches(entry, probe, destination):
    """A number or a range of a protocol, or what a name means at the destination, in whatever protocol."""
    name = entry.get("destinationNamedPort")
    if name is not None:
        return destination is not None and probe.port in api.named_ports(destination, name, probe.protocol)
    [(protocol, ports)] = [(key, value) for key, value in entry.items() if value is not None]
    port = ports["destinationPort"]
    first, last = (port["number"],) * 2 if port.get("number") else (port["range"]["start"], port["range"]["end"])
    return protocol.upper() == probe.protocol and first <= probe.port <= last
