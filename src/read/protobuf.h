/*
 * Turns Kubernetes' protobuf into the trees that YAML and JSON become (read/tree.h), so that one
 * decoder and one validation serve all three.
 *
 * In:  all bytes of one message.  Out: a tree of the fields that its form names; all others are
 * skipped.
 *
 * The hard idea: a message contains neither the names nor the types of its fields.  A form (a
 * table) has both, for the fields that matter.  Where an unnamed field could change the meaning of
 * an object, as in the spec of a policy, the form is `strict`: such a field is kept under its
 * number, and the decoder refuses it as unknown, as it would in YAML.
 *
 * Kubernetes writes an empty string where JSON has no field, so such a field is left out.
 */
#ifndef NP2NFT_READ_PROTOBUF_H
#define NP2NFT_READ_PROTOBUF_H

#include "read/tree.h"

struct proto_form {
	const struct proto_field *fields; /* the last one has no name */
	bool strict;
};

extern const struct proto_form proto_pod, proto_namespace, proto_policy, proto_node, proto_status;

/*
 * Messages of a container runtime: the subjects of calls and events, the list of all pod sandboxes,
 * and the runtime itself.
 */
extern const struct proto_form proto_sandbox_call, proto_sandbox_event, proto_sandboxes,
	proto_runtime;

/*
 * Reads the message as a mapping, in the arena; strings are copied.  Returns NULL if it is not
 * valid: it is cut off, a type is wrong, or a field or key occurs twice that may occur only once.
 */
struct tree_node *proto_read(struct arena *arena, const struct proto_form *form,
			     const uint8_t *bytes, size_t len);

/* A part of a message. */
struct proto_bytes {
	const uint8_t *at;
	size_t len;
};

/* One field of a message, as it was sent. */
struct proto_value {
	uint32_t field;
	enum { PROTO_VARINT = 0, PROTO_FIXED64 = 1, PROTO_LENGTH = 2, PROTO_FIXED32 = 5 } wire;
	uint64_t number;          /* of PROTO_VARINT */
	struct proto_bytes bytes; /* of PROTO_LENGTH */
};

/*
 * Takes the next field from @rest.  Returns 1 if there is one, 0 if nothing is left, and -1 if it
 * is invalid or, in a message that is still arriving, incomplete.
 */
int proto_next(struct proto_bytes *rest, struct proto_value *value);

/*
 * Takes a number from @rest, which has 7 bits in each byte.  Returns false if it is not complete.
 */
bool proto_varint(struct proto_bytes *rest, uint64_t *number);

/*
 * Unwraps an object: Kubernetes puts each into runtime.Unknown, after four magic bytes.  *object
 * gets the object's own bytes.  Returns false if it is something else.
 */
bool proto_unwrap(struct proto_bytes wrapped, struct proto_bytes *object);

/* Reads a WatchEvent: what happened ("ADDED" …), and the bytes of the object, unwrapped. */
bool proto_event(struct proto_bytes bytes, struct proto_bytes *type, struct proto_bytes *object);

#endif
