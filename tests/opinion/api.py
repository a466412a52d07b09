"""Say what the Kubernetes API reference says about one connection, sentence by sentence.

In: a Cluster (NetworkPolicy, Pod and Namespace objects as YAML parses them: dicts, lists, strings,
numbers, None) and a Probe, the first packet of a connection that the node forwards. Out: whether
the policies allow it. The input is taken to be valid.

It is slow on purpose: it has a function for each sentence, and no groups, sets, indexes or other
preparations. So it has no idea in common with the compiler with which it is compared.
"""

import functools
import ipaddress
import typing

import tiers

NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name"
IPV4_MAPPED = ipaddress.ip_network("::ffff:0:0/96")


class Cluster(typing.NamedTuple):
    """The objects, and the namespace of those that name none."""
    policies: list
    pods: list
    namespaces: list
    default_namespace: str = "default"
    cluster_policies: list = []
    nodes: list = []


class Probe(typing.NamedTuple):
    """Addresses as text; protocol TCP, UDP, SCTP, ICMP or ICMPV6; the port is unused for ICMP."""
    source: str
    destination: str
    protocol: str
    port: int


def allowed(cluster, probe, node=None):
    """Pod to pod needs both ends' yes. With a node, only the pods of that node are enforced."""
    source = pod_at(cluster, probe.source)
    destination = pod_at(cluster, probe.destination)
    return (direction_allows(cluster, probe, node, "Egress", source, source is destination, destination)
            and direction_allows(cluster, probe, node, "Ingress", destination, source is destination, destination))


def passes(cluster, probe):
    """What a question is answered: what a pod sends to itself never leaves it, unless a Service leads it back."""
    source, destination = pod_at(cluster, probe.source), pod_at(cluster, probe.destination)
    if source is not None and source is destination:
        return True
    if goes_to_own_node(cluster, probe):
        return own_node_decision(cluster, probe, source)[0]
    return comes_from_own_node(cluster, probe) or allowed(cluster, probe)


def goes_to_own_node(cluster, probe):
    """Whether a pod connects to the node on which it runs."""
    source = pod_at(cluster, probe.source)
    return (source is not None and pod_at(cluster, probe.destination) is None
            and parsed_address(probe.destination) in own_node_addresses(cluster, source))


def comes_from_own_node(cluster, probe):
    """Whether a node connects to a pod that it runs."""
    return goes_to_own_node(cluster, probe._replace(source=probe.destination, destination=probe.source))


def own_node_addresses(cluster, pod):
    """Those of the pod's Node, and those of pods on its network."""
    name = spec(pod).get("nodeName")
    nodes = [node for node in cluster.nodes if node["metadata"]["name"] == name]
    on_it = [other for other in cluster.pods if name and spec(other).get("nodeName") == name
             and spec(other).get("hostNetwork") and not has_ended(other)]
    return ([address for node in nodes for address in tiers.node_addresses(node)]
            + [address for other in on_it for address in pod_addresses(other)])


def own_node_decision(cluster, probe, pod):
    """"Traffic to and from the node where a Pod is running is always allowed", says the API of NetworkPolicies; that
    of ClusterNetworkPolicy says no such thing. Whether it is allowed, and who decides."""
    admin = tiers.says(cluster, "Admin", probe, "Egress", pod, None)
    if admin != "Pass":
        return admin == "Accept", "Admin"
    if isolating(cluster, pod, "Egress"):
        return True, "default"
    baseline = tiers.says(cluster, "Baseline", probe, "Egress", pod, None)
    return baseline != "Deny", "default" if baseline == "Pass" else "Baseline"


def direction_allows(cluster, probe, node, direction, pod, is_itself, destination):
    """If the pod is enforced, what decides about it."""
    if pod is None or not enforced_here(pod, node):
        return True
    return decision(cluster, probe, direction, pod, is_itself, destination)[0]


def decision(cluster, probe, direction, pod, is_itself, destination):
    """Admin first; then, if the pod is isolated, what at least one rule of its policies allows; if not, Baseline.
    Whether that allows the connection, and which of them says so."""
    if pod is None:
        return True, "default"
    admin = tiers.says(cluster, "Admin", probe, direction, pod, destination)
    if admin != "Pass":
        return admin == "Accept", "Admin"
    policies = isolating(cluster, pod, direction)
    if not policies:
        baseline = tiers.says(cluster, "Baseline", probe, direction, pod, destination)
        return baseline != "Deny", "default" if baseline == "Pass" else "Baseline"
    # "A pod cannot block access to itself." What a Service leads back does meet the tiers.
    return is_itself or any(rule_allows(cluster, policy, direction, rule, probe, destination)
                            for policy in policies for rule in rules(policy, direction)), "NetworkPolicy"


def isolating(cluster, pod, direction):
    """The policies that select the pod, apply to the direction and are enforced."""
    return [policy for policy in cluster.policies
            if direction in policy_types(policy) and selects(cluster, policy, pod) and not audited(policy)]


def audited(policy):
    """An audited policy denies nothing: it is as if it were not there."""
    return (policy["metadata"].get("annotations") or {}).get("np2nft/audit") == "true"


def enforced_here(pod, node):
    """All pods, or those whose spec.nodeName is the given one."""
    return node is None or spec(pod).get("nodeName") == node


# Objects

def spec(item):
    """An absent spec, or a null one, is an empty one."""
    return item.get("spec") or {}


def namespace_of(cluster, item):
    """An object that names no namespace lives in the default one."""
    return item["metadata"].get("namespace") or cluster.default_namespace


def labels(item):
    """A label that is null is the empty string."""
    given = item["metadata"].get("labels") or {}
    return {key: text(value) for key, value in given.items()}


def text(value):
    """Null reads as the empty string."""
    return "" if value is None else value


def namespace_labels(cluster, name):
    """Every namespace has the label of its name, also one that only pods or policies mention."""
    for namespace in cluster.namespaces:
        if namespace["metadata"]["name"] == name:
            return {**labels(namespace), NAMESPACE_NAME_LABEL: name}
    return {NAMESPACE_NAME_LABEL: name}


# Pods

def pod_at(cluster, address):
    """The pod that counts and has this address, or None: the address is outside the cluster."""
    for pod in cluster.pods:
        if counts(pod) and parsed_address(address) in pod_addresses(pod):
            return pod
    return None


def counts(pod):
    """Policies see no pod on its node's network and none that has ended."""
    return not spec(pod).get("hostNetwork") and not has_ended(pod)


def has_ended(pod):
    """Whether none of its containers will run again."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def pod_addresses(pod):
    """All of status.podIPs, and status.podIP too. A pod without any is not there yet."""
    status = pod.get("status") or {}
    written = [entry["ip"] for entry in status.get("podIPs") or []] + [status.get("podIP")]
    return [parsed_address(address) for address in written if address]


def named_ports(pod, name, protocol):
    """The numbers that the pod's containers give to a port name, under one protocol."""
    return [port["containerPort"]
            for container in serving_containers(pod)
            for port in container.get("ports") or []
            if port.get("name") == name and (port.get("protocol") or "TCP") == protocol]


def serving_containers(pod):
    """Containers, and init containers that keep running beside them."""
    sidecars = [container for container in spec(pod).get("initContainers") or []
                if container.get("restartPolicy") == "Always"]
    return (spec(pod).get("containers") or []) + sidecars


# Policies

def policy_types(policy):
    """Missing or empty: Ingress always, and Egress too if there is an egress rule."""
    given = spec(policy).get("policyTypes")
    if given:
        return given
    return ["Ingress", "Egress"] if spec(policy).get("egress") else ["Ingress"]


def selects(cluster, policy, pod):
    """A policy selects pods of its own namespace, by a selector of which an empty one takes all."""
    return (namespace_of(cluster, policy) == namespace_of(cluster, pod)
            and matches(spec(policy).get("podSelector"), labels(pod)))


def rules(policy, direction):
    """No list and an empty list hold no rules. A null rule is an empty one."""
    return [rule or {} for rule in spec(policy).get(direction.lower()) or []]


def rule_allows(cluster, policy, direction, rule, probe, destination):
    """A rule allows what matches both its peers and its ports."""
    ends = {"Ingress": ("from", probe.source), "Egress": ("to", probe.destination)}
    field, peer = ends[direction]
    return (peers_match(cluster, policy, rule.get(field), peer)
            and ports_match(rule.get("ports"), probe, destination))


# Peers

def peers_match(cluster, policy, peers, address):
    """No peers, or none listed: any address, also outside the cluster. Otherwise one must match."""
    return not peers or any(peer_matches(cluster, policy, peer, address) for peer in peers)


def peer_matches(cluster, policy, peer, address):
    """A peer is an ipBlock, or else selectors."""
    if peer.get("ipBlock"):
        return block_matches(peer["ipBlock"], address)
    return selectors_match(cluster, policy, peer, address)


def block_matches(block, address):
    """An ipBlock matches the address in the packet, whosever it is; its excepts cut only itself."""
    return (in_cidr(block["cidr"], address)
            and not any(in_cidr(cidr, address) for cidr in block.get("except") or []))


def selectors_match(cluster, policy, peer, address):
    """No namespaceSelector: pods of the policy's namespace. No podSelector: all its pods."""
    pod = pod_at(cluster, address)
    if pod is None:
        return False
    namespace = namespace_of(cluster, pod)
    if peer.get("namespaceSelector") is None:
        right_namespace = namespace == namespace_of(cluster, policy)
    else:
        right_namespace = matches(peer["namespaceSelector"], namespace_labels(cluster, namespace))
    return right_namespace and matches(peer.get("podSelector"), labels(pod))


def matches(selector, have):
    """All of matchLabels and matchExpressions must hold, so an empty selector matches all."""
    selector = selector or {}
    wanted = selector.get("matchLabels") or {}
    return (all(have.get(key) == text(value) for key, value in wanted.items())
            and all(expression_holds(expression, have)
                    for expression in selector.get("matchExpressions") or []))


def expression_holds(expression, have):
    """NotIn and DoesNotExist hold for an object that lacks the key."""
    key, operator = expression["key"], expression["operator"]
    values = [text(value) for value in expression.get("values") or []]
    return {"In": key in have and have[key] in values,
            "NotIn": key not in have or have[key] not in values,
            "Exists": key in have,
            "DoesNotExist": key not in have}[operator]


# Ports

def ports_match(ports, probe, destination):
    """No ports, or none listed: every port of every protocol. Otherwise one must match."""
    return not ports or any(port_matches(port or {}, probe, destination) for port in ports)


def port_matches(entry, probe, destination):
    """The protocol, TCP unless told, and in it every port, one, a range, or those of a name."""
    protocol, port = entry.get("protocol") or "TCP", entry.get("port")
    if protocol != probe.protocol:
        return False
    if port is None:
        return True
    if isinstance(port, str):
        return destination is not None and probe.port in named_ports(destination, port, protocol)
    return port <= probe.port <= (entry.get("endPort") or port)


# Addresses

def is_sent(address):
    """Whether packets between machines or pods may have an address: all but "no address" and loopback."""
    return not (address.is_unspecified or address.is_loopback)


@functools.cache
def parsed_address(written):
    """IPv4 that is written as IPv6 (::ffff:10.0.0.1) is IPv4."""
    return parsed_cidr(written + ("/128" if ":" in written else "/32")).network_address


@functools.cache
def parsed_cidr(written):
    """Host bits are masked, leading zeros are decimal, and IPv4 written as IPv6 is IPv4."""
    address, length = written.split("/")
    if ":" not in address:
        address = ".".join(str(int(part)) for part in address.split("."))
    network = ipaddress.ip_network(f"{address}/{int(length)}", strict=False)
    if network.version == 6 and network.subnet_of(IPV4_MAPPED):
        return ipaddress.ip_network((network.network_address.ipv4_mapped, network.prefixlen - 96))
    return network


def in_cidr(cidr, address):
    """An address is never in a cidr of the other family."""
    return parsed_address(address) in parsed_cidr(cidr)
