/*
 * Numbers identities by their bytes: the namespace, the labels that some selector asks for, and the
 * named ports.  Pods with the same bytes get the same number.
 */
#include "resolve/identity.h"

#include "base/arena.h"

void identities_init(struct identities *identities, struct arena *arena)
{
	*identities = (struct identities){
		.arena = arena,
		.namespace_names.arena = arena,
		.asked_ports.arena = arena,
		.keys.arena = arena,
	};
}

uint32_t identities_namespace(struct identities *identities, const char *name, bool *added)
{
	bool fresh;
	uint32_t number = table_add(&identities->namespace_names, name, strlen(name), &fresh);

	if (fresh)
		arena_push(identities->arena, identities->namespaces, identities->namespace_count,
			   ((struct labelled_namespace){
				   .name = identities->namespace_names.keys[number].bytes}));
	if (added)
		*added = fresh;
	return number;
}

bool identities_ask(struct identities *identities, const struct selector *pods)
{
	bool more = false;

	for (size_t i = 0; i < pods->count; i++) {
		const uint32_t key = pods->requirements[i].key;

		while (identities->asked_key_count <= key)
			arena_push(identities->arena, identities->asked_keys,
				   identities->asked_key_count, false);
		more |= !identities->asked_keys[key];
		identities->asked_keys[key] = true;
	}
	return more;
}

bool identities_ask_port(struct identities *identities, const char *name)
{
	bool added;

	table_keep(&identities->asked_ports, name, strlen(name), &added);
	return added;
}

static bool ask_peers(struct identities *identities, const struct peer *peers, size_t count)
{
	bool more = false;

	for (size_t i = 0; i < count; i++)
		if (peers[i].kind == PEER_PODS)
			more |= identities_ask(identities, peers[i].pods);
	return more;
}

static bool ask_ports(struct identities *identities, const struct port *ports, size_t count)
{
	bool more = false;

	for (size_t i = 0; i < count; i++)
		if (ports[i].name)
			more |= identities_ask_port(identities, ports[i].name);
	return more;
}

bool identities_ask_policy(struct identities *identities, const struct policy *policy)
{
	bool more = identities_ask(identities, policy->pods);

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		for (size_t i = 0; i < policy->rule_count[direction]; i++) {
			const struct policy_rule *rule = &policy->rules[direction][i];

			more |= ask_peers(identities, rule->peers, rule->peer_count);
			more |= ask_ports(identities, rule->ports, rule->port_count);
		}
	}
	return more;
}

bool identities_ask_cluster_policy(struct identities *identities,
				   const struct cluster_policy *policy)
{
	bool more = identities_ask(identities, policy->pods);

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		for (size_t i = 0; i < policy->rule_count[direction]; i++) {
			const struct tier_rule *rule = &policy->rules[direction][i];

			more |= ask_peers(identities, rule->peers, rule->peer_count);
			more |= ask_ports(identities, rule->ports, rule->port_count);
		}
	}
	return more;
}

/* Makes room for a pod's bytes: three numbers, and two more for each label and port. */
static void make_room(struct identities *identities, const struct pod *pod)
{
	const size_t most = 2 + 2 * pod->label_count + 2 * pod->port_count;

	if (most <= identities->room_size)
		return;
	identities->room_size = 2 * most;
	identities->room = arena_array(identities->arena, identities->room_size, sizeof(uint32_t));
}

static uint32_t *put_labels(const struct identities *identities, const struct pod *pod,
			    uint32_t *end)
{
	for (size_t i = 0; i < pod->label_count; i++) {
		const struct label *label = &pod->labels[i];

		if (label->key >= identities->asked_key_count ||
		    !identities->asked_keys[label->key])
			continue;
		*end++ = label->key;
		*end++ = label->value;
	}
	return end;
}

static uint32_t *put_ports(const struct identities *identities, const struct pod *pod,
			   uint32_t *end)
{
	for (size_t i = 0; identities->asked_ports.count && i < pod->port_count; i++) {
		const struct pod_port *port = &pod->ports[i];
		uint32_t name =
			table_find(&identities->asked_ports, port->name, strlen(port->name));

		if (name == TABLE_NONE)
			continue;
		*end++ = name;
		*end++ = (uint32_t)port->protocol << 16 | port->number;
	}
	return end;
}

/* Decodes the bytes of a key: a namespace, the number of labels, the labels, and then the ports. */
static struct identity read_key(const struct identities *identities, const uint32_t *key,
				const uint32_t *end)
{
	struct identity identity = {.namespace = key[0], .label_count = key[1]};
	struct label *labels =
		arena_array(identities->arena, identity.label_count, sizeof(*labels));
	struct pod_port *ports;

	key += 2;
	for (size_t i = 0; i < identity.label_count; i++, key += 2)
		labels[i] = (struct label){key[0], key[1]};
	ports = arena_array(identities->arena, (size_t)(end - key) / 2, sizeof(*ports));
	for (; key < end; key += 2)
		ports[identity.port_count++] = (struct pod_port){
			.name = identities->asked_ports.keys[key[0]].bytes,
			.protocol = (enum protocol)(key[1] >> 16),
			.number = (uint16_t)key[1],
		};
	identity.labels = labels;
	identity.ports = ports;
	return identity;
}

/*
 * Is it the identity that was looked up last? Pods that stand side by side in a list often belong
 * to one workload.
 */
static bool is_last(const struct identities *identities, const uint32_t *key, size_t bytes)
{
	const struct table_key *last;

	if (!identities->count)
		return false;
	last = &identities->keys.keys[identities->last];
	return last->len == bytes && !memcmp(last->bytes, key, bytes);
}

uint32_t identities_of(struct identities *identities, uint32_t namespace, const struct pod *pod)
{
	uint32_t *key, *end;
	size_t bytes;
	bool added;

	make_room(identities, pod);
	key = identities->room;
	key[0] = namespace;
	end = put_labels(identities, pod, key + 2);
	key[1] = (uint32_t)(end - key - 2) / 2;
	end = put_ports(identities, pod, end);
	bytes = (size_t)((char *)end - (char *)key);
	if (is_last(identities, key, bytes))
		return identities->last;
	identities->last = table_add(&identities->keys, key, bytes, &added);
	if (added)
		arena_push(identities->arena, identities->items, identities->count,
			   read_key(identities, key, end));
	return identities->last;
}

/*
 * Returns the number of the namespace, with the labels of its object, or with the one label that
 * every namespace has.
 */
static uint32_t find_namespace(struct identities *identities, const struct objects *objects,
			       const char *name)
{
	bool added;
	uint32_t number = identities_namespace(identities, name, &added);
	struct labelled_namespace *namespace = &identities->namespaces[number];

	if (added) {
		struct label *own = arena_alloc(identities->arena, sizeof(*own));

		namespace->labels =
			objects_namespace_labels(objects, name, own, &namespace->label_count);
	}
	return number;
}

uint32_t *identities_of_pods(struct identities *identities, const struct objects *objects)
{
	uint32_t *identity_of =
		arena_array(identities->arena, objects->pod_count, sizeof(*identity_of));
	const char *name = NULL;
	uint32_t namespace = 0;

	for (size_t i = 0; i < objects_enforced(objects); i++)
		identities_ask_policy(identities, &objects->policies[i]);
	for (size_t i = 0; i < objects->cluster_policy_count; i++)
		identities_ask_cluster_policy(identities, &objects->cluster_policies[i]);
	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];

		if (!name || strcmp(pod->namespace, name) != 0)
		namespace = find_namespace(identities, objects, pod->namespace);
		name = pod->namespace;
		identity_of[i] = identities_of(identities, namespace, pod);
	}
	return identity_of;
}
