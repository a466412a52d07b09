/* Makes the rows, and hands them to the format that was asked for. */
#include "ask/matrix/matrix.h"

#include "ask/matrix/print.h"
#include "base/arena.h"
#include "base/bits.h"

/* Finds the pods that only audited policies isolate. */
static struct bits find_audited(struct arena *arena, const struct resolved *resolved,
				enum direction direction)
{
	struct bits audited = bits_new(arena, resolved->objects->pod_count);

	for (size_t i = 0; i < resolved->group_count; i++) {
		const struct group *group = &resolved->groups[i];

		for (size_t k = 0; group->is_audited && k < group->pod_count; k++)
			if (group->direction == direction)
				bits_set(&audited, group->pods[k]);
	}
	return audited;
}

/* Any pod of a namespace that no policy names: what most pods of a cluster are. */
static const struct party *find_stranger(const struct world *world)
{
	const struct party *party = world->parties;

	while (party->kind != PARTY_ELSEWHERE)
		party++;
	return party;
}

/* Do the pod's own policies deny everything in the direction between it and pods that no rule names? */
static bool is_closed(const struct shown *shown, const struct party *pod, enum direction direction)
{
	const struct world *world = shown->rows->pairs->worlds[NEW];
	const struct party *stranger = find_stranger(world);
	bool meets = false;

	for (enum family family = V4; family < FAMILIES; family++) {
		if (!parties_meet(pod, stranger, family))
			continue;
		meets = true;
		if (sides_one(shown->kinds.sides[NEW], direction, family,
			      direction == EGRESS ? pod->class : stranger->class,
			      direction == EGRESS ? stranger->class : pod->class) != PORTS_NOTHING)
			return false;
	}
	return meets;
}

static struct matrix_isolation find_isolation(struct arena *arena, const struct shown *shown,
					      bool by_tiers)
{
	const struct rows *rows = shown->rows;
	const struct world *world = rows->pairs->worlds[NEW];
	struct matrix_isolation isolation = {0};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		bool *open = arena_array(arena, rows->count, sizeof(*open));
		const struct bits audited = find_audited(arena, world->resolved, direction);

		isolation.pods = 0;
		isolation.open[direction] = open;
		for (size_t i = 0; i < world->party_count; i++) {
			const struct party *party = &world->parties[i];
			const uint32_t row = rows->of_party[NEW][i];

			if (party->kind > PARTY_WORKLOAD || !shown_row(shown, row))
				continue;
			isolation.pods++;
			isolation.audited[direction] += bits_has(&audited, party->pod);
			if (bits_has(world->resolved->isolated[direction], party->pod) ||
			    (by_tiers && is_closed(shown, party, direction)))
				isolation.isolated[direction]++;
			else
				open[row] = true;
		}
	}
	return isolation;
}

const char *matrix(struct arena *arena, const struct world *world, const struct view *view,
		   bool *isolated, struct diags *diags)
{
	const struct party_pairs pairs = party_pairs_alone(arena, world);
	const struct rows rows = rows_new(arena, &pairs, view->each_pod);
	struct matrix_isolation isolation;
	struct shown shown;

	if (shown_new(arena, &rows, view, &shown, diags))
		return NULL;
	isolation = find_isolation(arena, &shown, view->isolated_by_tiers);
	*isolated = isolation.isolated[INGRESS] == isolation.pods &&
		    isolation.isolated[EGRESS] == isolation.pods;
	if (view->format == FORMAT_JSON)
		return matrix_json(arena, &shown, &isolation);
	if (view->format == FORMAT_CSV)
		return matrix_csv(arena, &shown);
	if (view->format == FORMAT_MD)
		return matrix_md(arena, &shown, &isolation);
	return matrix_text(arena, &shown, &isolation);
}
