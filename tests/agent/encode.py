"""Encode objects of Kubernetes in its protobuf.

In: objects as JSON has them. Out: bytes, by the field numbers of Kubernetes' generated.proto, with the fields
that a policy enforcer may see and some that it must step over. This was written for the tests, and shares no
code with the program.
"""

import datetime
import struct

STRING, BOOL, NUMBER, MAP, INT_OR_STRING, TIME = "string", "bool", "number", "map", "int-or-string", "time"


class Form:
    """The fields of a message: name to (number, type); a type is one of the above, a Form, or a list of one."""

    def __init__(self, **fields):
        self.fields = fields


META = Form(name=(1, STRING), generateName=(2, STRING), namespace=(3, STRING), uid=(5, STRING),
            resourceVersion=(6, STRING), generation=(7, NUMBER), creationTimestamp=(8, TIME),
            deletionTimestamp=(9, TIME), labels=(11, MAP), annotations=(12, MAP))
LIST_META = Form(resourceVersion=(2, STRING), **{"continue": (3, STRING)})
CONTAINER_PORT = Form(name=(1, STRING), hostPort=(2, NUMBER), containerPort=(3, NUMBER), protocol=(4, STRING))
CONTAINER = Form(name=(1, STRING), image=(2, STRING), ports=(6, [CONTAINER_PORT]), restartPolicy=(24, STRING))
POD_SPEC = Form(containers=(2, [CONTAINER]), restartPolicy=(3, STRING), nodeName=(10, STRING),
                hostNetwork=(11, BOOL), initContainers=(20, [CONTAINER]))
POD_IP = Form(ip=(1, STRING))
POD_STATUS = Form(phase=(1, STRING), hostIP=(5, STRING), podIP=(6, STRING), startTime=(7, TIME),
                  podIPs=(12, [POD_IP]))
REQUIREMENT = Form(key=(1, STRING), operator=(2, STRING), values=(3, [STRING]))
SELECTOR = Form(matchLabels=(1, MAP), matchExpressions=(2, [REQUIREMENT]))
BLOCK = Form(cidr=(1, STRING), **{"except": (2, [STRING])})
PEER = Form(podSelector=(1, SELECTOR), namespaceSelector=(2, SELECTOR), ipBlock=(3, BLOCK))
PORT = Form(protocol=(1, STRING), port=(2, INT_OR_STRING), endPort=(3, NUMBER))
INGRESS = Form(ports=(1, [PORT]), **{"from": (2, [PEER])})
EGRESS = Form(ports=(1, [PORT]), to=(2, [PEER]))
POLICY_SPEC = Form(podSelector=(1, SELECTOR), ingress=(2, [INGRESS]), egress=(3, [EGRESS]),
                   policyTypes=(4, [STRING]), future=(9, STRING))
NODE_SPEC = Form(podCIDR=(1, STRING), podCIDRs=(7, [STRING]))
NODE_ADDRESS = Form(type=(1, STRING), address=(2, STRING))
NODE_STATUS = Form(phase=(3, STRING), addresses=(5, [NODE_ADDRESS]))
FORMS = {
    "Pod": Form(metadata=(1, META), spec=(2, POD_SPEC), status=(3, POD_STATUS)),
    "Namespace": Form(metadata=(1, META), status=(3, Form(phase=(1, STRING)))),
    "NetworkPolicy": Form(metadata=(1, META), spec=(2, POLICY_SPEC)),
    "Node": Form(metadata=(1, META), spec=(2, NODE_SPEC), status=(3, NODE_STATUS)),
    "Status": Form(status=(2, STRING), message=(3, STRING), reason=(4, STRING), code=(6, NUMBER),
                   details=(5, Form(retryAfterSeconds=(5, NUMBER)))),
}
# Kubernetes writes these also when they are empty.
ALWAYS = {"name", "namespace", "resourceVersion", "nodeName", "hostNetwork", "podIP", "phase", "protocol"}


def varint(number):
    """Encode a number as a varint, with seven bits in each byte."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def length(field, data):
    """Encode a field whose value is bytes."""
    return varint(field << 3 | 2) + varint(len(data)) + data


def whole(field, number):
    """Encode a field whose value is a number."""
    return varint(field << 3) + varint(number)


def encode_value(field, kind, value):
    """Encode one field with one value."""
    if isinstance(kind, list):
        return b"".join(encode_value(field, kind[0], item) for item in value)
    if isinstance(kind, Form):
        return length(field, encode_message(kind, value))
    if kind == STRING:
        return length(field, value.encode())
    if kind in (BOOL, NUMBER):
        return whole(field, int(value))
    if kind == TIME:
        return length(field, whole(1, int(datetime.datetime.fromisoformat(value).timestamp())))
    if kind == MAP:
        return b"".join(length(field, length(1, key.encode()) + length(2, (text or "").encode()))
                        for key, text in value.items())
    if isinstance(value, str):
        return length(field, whole(1, 1) + whole(2, 0) + length(3, value.encode()))
    return length(field, whole(1, 0) + whole(2, value) + length(3, b""))


def encode_message(form, value):
    """A message; what JSON has as null is not there."""
    out = b""
    for name, (field, kind) in form.fields.items():
        if (value or {}).get(name) is not None:
            out += encode_value(field, kind, value[name])
        elif name in ALWAYS and kind in (STRING, BOOL):
            out += length(field, b"") if kind == STRING else whole(field, 0)
    return out


def wrap(kind, version, data):
    """Put around an object what the API server puts around each."""
    return b"k8s\0" + length(1, length(1, version.encode()) + length(2, kind.encode())) + length(2, data) \
        + length(3, b"") + length(4, b"")


def encode(kind, version, value):
    """Encode an object, and wrap it."""
    return wrap(kind, version, encode_message(FORMS[kind], value))


def encode_list(kind, version, metadata, items):
    """Encode a list, and wrap it."""
    data = length(1, encode_message(LIST_META, metadata))
    data += b"".join(length(2, encode_message(FORMS[kind], item)) for item in items)
    return wrap(kind + "List", version, data)


def encode_event(type_, kind, version, value):
    """An event of a watch, with its length in front."""
    data = length(1, type_.encode()) + length(2, length(1, encode(kind, version, value)))
    return struct.pack(">I", len(data)) + data
