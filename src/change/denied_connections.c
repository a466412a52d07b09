/* Collects the addresses of those elements whose coming or going may deny something. */
#include "change/denied_connections.h"

#include "base/arena.h"

void touched_begin(struct touched *touched, struct arena *arena)
{
	*touched = (struct touched){.addresses = {.arena = arena}};
}

static bool is_address(enum field field)
{
	return field == FIELD_IP_SADDR || field == FIELD_IP_DADDR || field == FIELD_IP6_SADDR ||
	       field == FIELD_IP6_DADDR;
}

static void add_elements(struct touched *touched, const struct set *set)
{
	const size_t len = set_key_len(set);

	for (size_t i = 0; i < set->count; i++)
		table_add(&touched->addresses, set->keys + i * len, field_len(set->fields[0]),
			  NULL);
}

/*
 * An element that comes into a map isolates an address; one that leaves a set no longer allows a
 * peer.  In sets that cluster policies ask in order, both coming and going may deny.
 */
static void add_change(struct touched *touched, const struct change *change)
{
	const struct set *set = change->set;
	const bool comes = change->kind == CHANGE_ADD_ELEMENTS;

	/* The links by which packets come in do not matter to established connections. */
	if (set->fields[0] == FIELD_IIFNAME)
		return;
	if (!is_address(set->fields[0]) || set->interval)
		touched->all = true;
	else if (set->is_ordered || comes == (set->verdicts != NULL))
		add_elements(touched, set);
}

/*
 * Does the element belong to a set that this change makes? Then it denies nothing by itself; the
 * map that leads to the new set's chain tells who meets it.
 */
static bool is_of_new_set(const struct changes *changes, size_t i)
{
	const struct change *change = &changes->items[i];

	return change->phase == PHASE_PREPARE && change->kind == CHANGE_ADD_ELEMENTS;
}

void touched_add(struct touched *touched, const struct changes *changes)
{
	for (size_t i = 0; i < changes->count && !touched->all; i++) {
		const struct change *change = &changes->items[i];

		if (change->kind == CHANGE_DELETE_TABLE || change->kind == CHANGE_ADD_TABLE ||
		    (change->phase >= PHASE_SWITCH && change->phase <= PHASE_RETURN))
			touched->all = true;
		else if ((change->kind == CHANGE_ADD_ELEMENTS ||
			  change->kind == CHANGE_DELETE_ELEMENTS) &&
			 !is_of_new_set(changes, i))
			add_change(touched, change);
	}
}

bool touched_is_empty(const struct touched *touched)
{
	return !touched->all && !touched->addresses.count;
}

bool touched_has(const struct touched *touched, enum family family, const uint8_t *bytes)
{
	return touched->all ||
	       table_find(&touched->addresses, bytes, family_len(family)) != TABLE_NONE;
}
