/*
 * Kubernetes' protobuf to the trees that YAML and JSON become (read/tree.h), so that one decoder and one
 * validation serves all three.
 *
 * In:  the bytes of one message, whole.
 * Out: a tree of what its form names; everything else is stepped over by its length.
 *
 * The hard idea: a message says neither the names nor the types of its fields.  A form (a table below) says
 * both, for the fields that matter.  Where a field that is not named might change what an object means, as in
 * the spec of a policy, the form is `strict`: such a field is kept under its number, and the decoder refuses it as
 * an unknown one, as it would in YAML.
 *
 * Kubernetes writes an empty string where JSON has no field: such a field is left out.
 */
#ifndef NP2NFT_READ_PROTOBUF_H
#define NP2NFT_READ_PROTOBUF_H

#include "read/tree.h"

struct proto_form {
	const struct proto_field *fields; /* ends with one that has no name */
	bool strict;
};

extern const struct proto_form proto_pod, proto_namespace, proto_policy, proto_node, proto_status;

/* Of a container runtime: what a call and an event are about, all sandboxes of pods, and the runtime itself. */
extern const struct proto_form proto_sandbox_call, proto_sandbox_event, proto_sandboxes,
	proto_runtime;

/*
 * The message as a mapping, in the arena; strings are copied.  NULL if it is none: cut off, a wrong type, a field
 * twice that may be there once, a key twice.
 */
struct node *proto_read(struct arena *arena, const struct proto_form *form, const uint8_t *bytes,
			size_t len);

/* Some bytes of a message. */
struct proto_bytes {
	const uint8_t *at;
	size_t len;
};

/* One field of a message, as it is on the wire. */
struct proto_value {
	uint32_t field;
	enum { PROTO_VARINT = 0, PROTO_FIXED64 = 1, PROTO_LENGTH = 2, PROTO_FIXED32 = 5 } wire;
	uint64_t number;          /* PROTO_VARINT */
	struct proto_bytes bytes; /* PROTO_LENGTH */
};

/*
 * Takes the next field off @rest.  1: there it is; 0: nothing is left; -1: this is no message, or (of bytes that
 * are not there yet) not whole.
 */
int proto_next(struct proto_bytes *rest, struct proto_value *value);

/* A number off @rest: 7 bits to a byte.  False if it does not end there. */
bool proto_varint(struct proto_bytes *rest, uint64_t *number);

/*
 * What Kubernetes wraps each object in: four bytes that say so, and runtime.Unknown.  *object gets the object's
 * own bytes.  False if it is something else.
 */
bool proto_unwrap(struct proto_bytes wrapped, struct proto_bytes *object);

/* A WatchEvent: what happened ("ADDED" …), and the bytes of the object, unwrapped. */
bool proto_event(struct proto_bytes bytes, struct proto_bytes *type, struct proto_bytes *object);

#endif
