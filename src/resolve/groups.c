/* Groups of pods.  See resolve/groups.h. */
#include "resolve/groups.h"

#include "base/arena.h"
#include "base/numbers.h"

#include <stdlib.h>

/* Policies of one namespace with one selector, and the pods that they select. */
struct class
{
	uint32_t *policies; /* ascending */
	size_t policy_count;
	uint32_t *pods; /* enforced, ascending */
	size_t pod_count;
};

struct selection {
	struct class *classes;
	size_t count;
	uint32_t *class_of; /* by policy */
};

/* Numbers that are the same only for the same selector in the same namespace. */
static uint32_t *class_key(struct arena *arena, const struct selector *selector, size_t namespace,
			   size_t *bytes)
{
	size_t count = 1 + 3 * selector->count, at = 0;
	uint32_t *key;

	for (size_t i = 0; i < selector->count; i++)
		count += selector->requirements[i].count;
	key = arena_array(arena, count, sizeof(*key));
	key[at++] = (uint32_t) namespace;
	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];

		key[at++] = requirement->key;
		key[at++] = requirement->op;
		key[at++] = (uint32_t)requirement->count;
		for (size_t k = 0; k < requirement->count; k++)
			key[at++] = requirement->values[k];
	}
	*bytes = count * sizeof(*key);
	return key;
}

/* The pods that are enforced. */
static struct bits enforced_pods(struct arena *arena, const struct objects *objects,
				 const char *node)
{
	struct bits enforced = bits_new(arena, objects->pod_count);

	for (size_t i = 0; i < objects->pod_count; i++)
		if (pod_is_enforced(&objects->pods[i], node))
			bits_set(&enforced, i);
	return enforced;
}

/* Looks a class's pods up, into @room and then, those that are enforced, into memory of its own. */
static void find_pods(struct arena *arena, const struct match_index *index, size_t namespace,
		      const struct selector *selector, const struct bits *enforced, uint32_t *room,
		      struct class *class)
{
	size_t found = match_pods_in(index, namespace, selector, room), count = 0;

	for (size_t i = 0; i < found; i++)
		if (bits_has(enforced, room[i]))
			room[count++] = room[i];
	class->pods = arena_array(arena, count, sizeof(*room));
	if (count)
		memcpy(class->pods, room, count * sizeof(*room));
	class->pod_count = count;
}

struct selection *select_pods(struct arena *arena, const struct match_index *index,
			      const struct objects *objects, const char *node)
{
	struct selection *selection = arena_alloc(arena, sizeof(*selection));
	struct bits enforced = enforced_pods(arena, objects, node);
	uint32_t *room = arena_array(arena, objects->pod_count, sizeof(*room));
	struct table keys = {.arena = arena};

	selection->class_of = arena_array(arena, objects->policy_count, sizeof(uint32_t));
	for (size_t i = 0; i < objects->policy_count; i++) {
		const struct policy *policy = &objects->policies[i];
		size_t namespace = match_namespace(index, policy->namespace), bytes;
		const uint32_t *key = class_key(arena, policy->pods, namespace, &bytes);
		uint32_t number;
		struct class *class;
		bool added;

		selection->class_of[i] = number = table_add(&keys, key, bytes, &added);
		if (added)
			arena_push(arena, selection->classes, selection->count,
				   ((struct class){0}));
		class = &selection->classes[number];
		if (added)
			find_pods(arena, index, namespace, policy->pods, &enforced, room, class);
		arena_push(arena, class->policies, class->policy_count, (uint32_t)i);
	}
	return selection;
}

bool selects_pods(const struct selection *selection, size_t policy)
{
	return selection->classes[selection->class_of[policy]].pod_count > 0;
}

/* Pods that are in the same classes so far: in this one, and in those of the step before. */
struct step {
	uint32_t before; /* 0: none */
	uint32_t class;
	uint32_t asked_by,
		next;   /* the class that split some off last, plus 1; and where they are now */
	uint32_t group; /* of those whose ports have no numbers, plus 1; 0: none yet */
	bool named;     /* are the ports known? */
	const struct pod_port *ports; /* that the policies name, each once; without numbers */
	size_t port_count;
};

struct grouping {
	struct arena *arena, *scratch;
	const struct selection *selection;
	struct resolved *resolved;
	enum direction direction;
	struct step *steps; /* [0]: in no class */
	size_t step_count;
	uint32_t *step_of; /* by pod */
	struct table keys; /* of groups whose ports have numbers, to: */
	uint32_t *numbered;
	size_t numbered_count;
};

static bool isolates(const struct grouping *grouping, uint32_t policy)
{
	return grouping->resolved->objects->policies[policy].isolates[grouping->direction];
}

/* Splits the pods that a class has from those beside which they stood. */
static void split(struct grouping *grouping, uint32_t class)
{
	const struct class *of = &grouping->selection->classes[class];

	for (size_t i = 0; i < of->pod_count; i++) {
		uint32_t *at = &grouping->step_of[of->pods[i]], from = *at;

		if (grouping->steps[from].asked_by != class + 1) {
			grouping->steps[from].asked_by = class + 1;
			grouping->steps[from].next = (uint32_t)grouping->step_count;
			arena_push(grouping->scratch, grouping->steps, grouping->step_count,
				   ((struct step){.before = from, .class = class}));
		}
		*at = grouping->steps[from].next;
	}
}

static void split_all(struct grouping *grouping)
{
	const struct selection *selection = grouping->selection;

	for (size_t i = 0; i < selection->count; i++) {
		bool any = false;

		for (size_t k = 0; k < selection->classes[i].policy_count && !any; k++)
			any = isolates(grouping, selection->classes[i].policies[k]);
		if (any)
			split(grouping, (uint32_t)i);
	}
}

/* The policies of the classes from a step to the first. */
static void find_policies(struct grouping *grouping, uint32_t step, struct group *group)
{
	const struct class *classes = grouping->selection->classes;
	uint32_t *policies;
	size_t most = 0, count = 0;

	for (uint32_t at = step; at; at = grouping->steps[at].before)
		most += classes[grouping->steps[at].class].policy_count;
	policies = arena_array(grouping->arena, most, sizeof(*policies));
	for (uint32_t at = step; at; at = grouping->steps[at].before) {
		const struct class *class = &classes[grouping->steps[at].class];

		for (size_t i = 0; i < class->policy_count; i++)
			if (isolates(grouping, class->policies[i]))
				policies[count++] = class->policies[i];
	}
	group->policies = policies;
	group->policy_count = numbers_sort(policies, count);
}

static int compare_numbers(const void *a, const void *b)
{
	const struct pod_port *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = (int)x->protocol - (int)y->protocol;
	return order ? order : (int)x->number - (int)y->number;
}

/* Sorts, and leaves each once; returns how many are left. */
static size_t sort_ports(struct pod_port *ports, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(ports, count, sizeof(*ports), compare_numbers);
	for (size_t i = 0; i < count; i++)
		if (!kept || compare_numbers(&ports[i], &ports[kept - 1]))
			ports[kept++] = ports[i];
	return kept;
}

/* The ports that the policies' ingress rules name, each once. */
static void find_ports(struct grouping *grouping, uint32_t number)
{
	struct step *step = &grouping->steps[number];
	struct group group;
	struct pod_port *ports = NULL;
	size_t count = 0;

	find_policies(grouping, number, &group);
	for (size_t i = 0; i < group.policy_count; i++) {
		const struct policy_grants *of =
			&grouping->resolved->grants[INGRESS][group.policies[i]];

		for (size_t k = 0; k < of->count; k++)
			if (of->grants[k].port_name)
				arena_push(grouping->scratch, ports, count,
					   ((struct pod_port){.name = of->grants[k].port_name,
							      .protocol = of->grants[k].protocol}));
	}
	step->named = true;
	step->ports = ports;
	step->port_count = sort_ports(ports, count);
}

/* What numbers they have for a pod, sorted, each once. */
static void find_numbers(struct grouping *grouping, const struct step *step, const struct pod *pod,
			 struct group *group)
{
	struct pod_port *numbers = NULL;
	size_t count = 0;

	for (size_t i = 0; i < step->port_count; i++)
		for (size_t k = 0; k < pod->port_count; k++)
			if (pod->ports[k].protocol == step->ports[i].protocol &&
			    !strcmp(pod->ports[k].name, step->ports[i].name))
				arena_push(grouping->scratch, numbers, count, pod->ports[k]);
	group->numbers = numbers;
	group->number_count = sort_ports(numbers, count);
}

/* Bytes that are the same only for the same step and numbers; returns how many. */
static size_t group_key(struct arena *arena, uint32_t step, const struct group *group, char **key)
{
	size_t len = sizeof(step);
	char *end;

	for (size_t i = 0; i < group->number_count; i++)
		len += strlen(group->numbers[i].name) + 4;
	end = *key = arena_alloc(arena, len);
	memcpy(end, &step, sizeof(step));
	end += sizeof(step);
	for (size_t i = 0; i < group->number_count; i++) {
		const struct pod_port *port = &group->numbers[i];

		end = stpcpy(end, port->name) + 1;
		*end++ = (char)port->protocol;
		memcpy(end, &port->number, 2);
		end += 2;
	}
	return len;
}

/* Where the number of a pod's group stands, plus 1; 0: there is none yet. */
static uint32_t *find_group(struct grouping *grouping, uint32_t step, const struct group *group)
{
	uint32_t number;
	size_t len;
	bool added;
	char *key;

	if (!group->number_count)
		return &grouping->steps[step].group;
	len = group_key(grouping->scratch, step, group, &key);
	number = table_keep(&grouping->keys, key, len, &added);
	if (added)
		arena_push(grouping->scratch, grouping->numbered, grouping->numbered_count, 0);
	return &grouping->numbered[number];
}

static void keep_numbers(struct grouping *grouping, struct group *group)
{
	size_t bytes = group->number_count * sizeof(*group->numbers);
	struct pod_port *kept = arena_alloc(grouping->arena, bytes);

	if (bytes)
		memcpy(kept, group->numbers, bytes);
	group->numbers = kept;
}

/* Puts a pod into its group, which is made if it is the first. */
static void add_pod(struct grouping *grouping, uint32_t pod)
{
	struct resolved *resolved = grouping->resolved;
	const struct pod *of = &resolved->objects->pods[pod];
	uint32_t step = grouping->step_of[pod], *number;
	struct group group = {.direction = grouping->direction}, *into;

	if (!step)
		return;
	bits_set(resolved->isolated[grouping->direction], pod);
	if (grouping->direction == INGRESS && of->port_count) {
		if (!grouping->steps[step].named)
			find_ports(grouping, step);
		find_numbers(grouping, &grouping->steps[step], of, &group);
	}
	number = find_group(grouping, step, &group);
	if (!*number) {
		find_policies(grouping, step, &group);
		keep_numbers(grouping, &group);
		arena_push(grouping->arena, resolved->groups, resolved->group_count, group);
		*number = (uint32_t)resolved->group_count;
	}
	into = &resolved->groups[*number - 1];
	arena_push(grouping->arena, into->pods, into->pod_count, pod);
}

/* A policy that selects nobody still stands in the ruleset, for who reads it. */
static void add_empty_groups(struct grouping *grouping)
{
	struct resolved *resolved = grouping->resolved;

	for (uint32_t i = 0; i < resolved->objects->policy_count; i++) {
		struct group group = {.direction = grouping->direction, .policy_count = 1};
		uint32_t *policies;

		if (!isolates(grouping, i) || selects_pods(grouping->selection, i))
			continue;
		policies = arena_alloc(grouping->arena, sizeof(*policies));
		*policies = i;
		group.policies = policies;
		arena_push(grouping->arena, resolved->groups, resolved->group_count, group);
	}
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int order = (int)x->direction - (int)y->direction;

	for (size_t i = 0; !order && i < x->policy_count && i < y->policy_count; i++)
		order = (x->policies[i] > y->policies[i]) - (x->policies[i] < y->policies[i]);
	if (!order)
		order = (x->policy_count > y->policy_count) - (x->policy_count < y->policy_count);
	for (size_t i = 0; !order && i < x->number_count && i < y->number_count; i++)
		order = compare_numbers(&x->numbers[i], &y->numbers[i]);
	if (!order)
		order = (x->number_count > y->number_count) - (x->number_count < y->number_count);
	return order;
}

void make_groups(struct arena *arena, struct arena *scratch, const struct selection *selection,
		 bool all, struct resolved *resolved)
{
	size_t pods = resolved->objects->pod_count;

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		struct grouping grouping = {
			.arena = arena,
			.scratch = scratch,
			.selection = selection,
			.resolved = resolved,
			.direction = direction,
			.step_of = arena_array(scratch, pods, sizeof(uint32_t)),
			.keys = {.arena = scratch},
		};

		arena_push(scratch, grouping.steps, grouping.step_count, ((struct step){0}));
		resolved->isolated[direction] = arena_alloc(arena, sizeof(struct bits));
		*resolved->isolated[direction] = bits_new(arena, pods);
		split_all(&grouping);
		for (uint32_t pod = 0; pod < pods; pod++)
			add_pod(&grouping, pod);
		if (all)
			add_empty_groups(&grouping);
	}
	if (resolved->group_count)
		qsort(resolved->groups, resolved->group_count, sizeof(struct group),
		      compare_groups);
}
