/*
 * A ruleset as plain data: one nftables table with its sets, maps, chains and rules.
 *
 * In:  lower/lower.c makes it, and kernel/read_table.c reads it back.  Out: emit/text.c prints it,
 * emit/messages.c sends it.  It is final: whoever prints or sends it decides nothing.  Everything
 * is sorted, by name or as `nft list` prints it (1.0.6), so that two rulesets can be compared side
 * by side, and the kernel lists what was reviewed.
 *
 * Keys consist of the bytes that the kernel compares: they are in network byte order, and each
 * field of a concatenation is padded to a multiple of four bytes (NFTA_SET_DESC_CONCAT).
 */
#ifndef NP2NFT_RULESET_RULESET_H
#define NP2NFT_RULESET_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct group;
struct range;
struct resolved;

/* A field of the packet, which is also the type of the keys of a set (nft's datatypes). */
enum field {
	FIELD_IP_SADDR, /* ipv4_addr, 4 bytes */
	FIELD_IP_DADDR,
	FIELD_IP6_SADDR, /* ipv6_addr, 16 */
	FIELD_IP6_DADDR,
	FIELD_L4PROTO,  /* inet_proto, 1 */
	FIELD_TH_SPORT, /* inet_service, 2 */
	FIELD_TH_DPORT,
	FIELD_ICMPV6_TYPE, /* icmpv6_type, 1 */
	FIELD_IIFNAME,     /* ifname, 16: the link by which the packet came in */
	FIELD_NFPROTO,     /* nf_proto, 1: the family, in the kernel's numbers */
};

/* A key has at most FIELDS_MAX fields of at most 16 bytes, and at most KEY_MAX bytes. */
#define FIELDS_MAX 3
#define KEY_MAX    40

/* The longest names and comments that nft takes (its parser, and NFT_NAME_MAXLEN in the kernel). */
#define NAME_MAX_LEN    255
#define COMMENT_MAX_LEN 128

enum verdict_kind {
	VERDICT_NONE,
	VERDICT_ACCEPT,
	VERDICT_DROP,
	VERDICT_REJECT, /* the sender gets an ICMP error */
	VERDICT_RESET,  /* the sender gets a TCP segment with RST */
	VERDICT_RETURN,
	VERDICT_JUMP,
	VERDICT_GOTO
};

/*
 * A jump or goto names its destination, as it does in the kernel, and does not point to it: the
 * same map belongs to several rulesets (the compiled one, and those to which lower/guard.h and its
 * like have added chains), each with chains of its own.  ruleset/chain_index.h finds the chain.
 */
struct verdict {
	enum verdict_kind kind;
	const char *chain; /* the destination of a jump or goto */
};

/* A set, or a map to verdicts.  It has a name, or (@name is NULL) is part of one rule. */
struct set {
	const char *name;
	const char *comment; /* NULL: none */
	const char
		*original; /* of a copy beside (change/beside.h): the set's name; otherwise NULL */
	enum field fields[FIELDS_MAX];
	size_t field_count;
	bool interval; /* elements may be ranges */
	uint32_t size; /* how many elements it has room for, which makes it faster; 0: no limit */
	size_t count;
	const uint8_t *keys; /* count * set_key_len() bytes */
	const uint8_t *ends; /* of an interval set, the last key of each element; otherwise NULL */
	const char *const *comments;    /* NULL: no element has a comment */
	const struct verdict *verdicts; /* NULL: it is a set, not a map */
	bool foreign;                   /* it was read back, and np2nft would not make it so */
	/*
	 * Of an unnamed set that compares an address: the block in which the address must lie, then
	 * the blocks in which it must not lie.  Each is a prefix.  The elements are the ranges that
	 * remain.
	 */
	const struct range *blocks;
	size_t block_count;
	/*
	 * Only in a compiled ruleset: the definitions whose addresses are the elements, as indices
	 * to those of resolve/resolve.h; none if the elements come from elsewhere.
	 */
	const uint32_t *from;
	size_t from_count;
	/* which of these addresses the set has (lower/first_match.h); NULL: all */
	const struct first_match *first;
	/*
	 * Only in a compiled ruleset: the set is one of several that are looked up in order, so
	 * that an address that is added to it may thereby be denied.
	 */
	bool is_ordered;
};

enum rule_kind {
	RULE_ALWAYS,      /* it matches every packet */
	RULE_ESTABLISHED, /* ct state established,related */
	RULE_NOT_SYN,     /* a TCP segment that does not open a connection */
	/*
	 * the frame goes to several receivers; that happens only on a bridge, as nothing else
	 * forwards such frames
	 */
	RULE_NOT_UNICAST,
	/* an answer to the source would not leave by the link by which the packet came */
	RULE_NOT_ROUTED_BACK,
	/* the packet came by a bridge, and its destination was translated */
	RULE_BRIDGED_TO_SERVICE,
	RULE_LOG,       /* it hands some packets to user space, and decides nothing */
	RULE_LOG_AUDIT, /* the same for packets that audited policies would deny */
	/* the key made of @fields is in the set; if the set is a map, its verdict is taken */
	RULE_LOOKUP,
};

/* Who decides about one end of a connection. */
enum decider {
	DECIDER_NOBODY,   /* no policy has a say, so that everything passes */
	DECIDER_POLICIES, /* the NetworkPolicies */
	DECIDER_ADMIN,    /* the cluster policies of this tier */
	DECIDER_BASELINE,
	DECIDER_SHARING, /* pods under different policies share an address: nothing passes */
	DECIDERS
};

struct rule {
	enum rule_kind kind;
	enum field fields[FIELDS_MAX]; /* only of RULE_LOOKUP */
	size_t field_count;
	const struct set *set; /* if it has a name, it is one of the ruleset's sets */
	uint8_t hoplimit;      /* a hop limit that an IPv6 packet must have as well; 0: any */
	bool counter;
	/* only in a compiled ruleset: on whose behalf the rule decides, an enum decider */
	unsigned char decider;
	/* the values of the counter that were read back; they do not distinguish rules */
	uint64_t packets, bytes;
	struct verdict verdict; /* VERDICT_NONE: the map gives it */
	const char *comment;    /* NULL: none */
};

/* The hook on which a base chain meets packets. */
enum hook { HOOK_FORWARD, HOOK_INPUT };

/* What the counter of a chain counts. */
enum chain_tally {
	TALLY_NOTHING, /* it has no counter, or its counter belongs to no policy */
	TALLY_DENIED,  /* packets that are denied */
	TALLY_AUDITED, /* packets that pass, and that audited policies would deny */
};

struct chain {
	const char *name;
	const char *comment; /* NULL: none */
	const char *
		original; /* of a copy beside (change/beside.h): the chain's name; otherwise NULL */
	bool base;        /* it is a base chain, with priority filter and policy accept */
	enum hook hook;   /* only of a base chain */
	bool foreign;     /* it was read back, and has a rule that np2nft would not make */
	/* it was read back, and is a base chain on another hook or with another policy */
	bool elsewhere;
	struct rule *rules;
	size_t rule_count;
	/* These are only in a compiled ruleset. */
	enum chain_tally tally;
	/* the group of ruleset.resolved for which it was made; NULL: it belongs to no group */
	const struct group *group;
};

/*
 * Tells what a set or chain stands for, where neither its name nor its comment has room for that.
 */
struct legend {
	const char *name;
	const char **lines;
	size_t count;
};

/*
 * An object that others put into the table, and that is neither chain nor set: a named object or a
 * flowtable.
 */
struct extra {
	const char *kind; /* nft's word for it: counter, ct helper, flowtable */
	const char *name;
	uint32_t type; /* NFT_OBJECT_COUNTER and so on; 0 (NFT_OBJECT_UNSPEC): a flowtable */
};

/* This is known only of a table that was read from the kernel; in a compiled ruleset it is zero. */
struct readback {
	/* the table itself is as np2nft never makes it (its flags, comment or layout) */
	bool foreign;
	struct extra *extras;
	size_t extra_count;
};

struct ruleset {
	const char *table;     /* its name; its family is inet */
	struct legend *legend; /* for people who read the text; the kernel does not get it */
	size_t legend_count;
	struct set *sets; /* maps first, then sets, each by name */
	size_t set_count;
	struct chain *chains; /* base chains first, each group by name */
	size_t chain_count;
	struct readback readback;
	const struct resolved *resolved; /* what it was compiled from; NULL: it was not */
	struct ruleset_stats {
		size_t isolated[2]; /* how many pods, by enum direction */
		size_t groups, policies;
		size_t elements; /* of all sets of peers */
		/* addresses and ranges that the rules name, counted for each rule by itself */
		size_t peer_sum;
		/*
		 * how many look-ups in sets and maps one packet can cause at most, over both
		 * directions
		 */
		size_t most_lookups;
	} stats;
};

/* Does the chain meet the packets of this hook? */
static inline bool chain_is_base(const struct chain *chain, enum hook hook)
{
	return chain->base && chain->hook == hook;
}

/* Does the chain meet the packets that policies are asked about? */
static inline bool chain_is_entry(const struct chain *chain)
{
	return chain_is_base(chain, HOOK_FORWARD);
}

/* Does a rule of the chain look up the set of this name? */
bool chain_looks_up(const struct chain *chain, const char *set);

/* Does the chain deny what comes to its end? */
bool chain_denies(const struct chain *chain);

/* Returns who decides about the packets that come to the end of a chain of a compiled ruleset. */
enum decider chain_decider(const struct chain *chain);

/*
 * Maps fields of one type to one field: source and destination addresses of a family count as the
 * same.
 */
enum field field_type(enum field field);

/* How many bytes the field has in a packet, and how many when padded for a key. */
size_t field_len(enum field field);

/*
 * Puts named sets into the ruleset, in the given order, and makes its rules point to the copies
 * there.  Until then a rule points to one of @sets.
 */
void ruleset_take_sets(struct arena *arena, struct arena *scratch, struct ruleset *ruleset,
		       const struct set *const *sets, size_t count);

/* How many bytes one key of the set has. */
size_t set_key_len(const struct set *set);

/*
 * Is the set an unnamed map with one element that stands for a comparison, in which a protocol and
 * ports, or a protocol alone, lead to a verdict? nft and the kernel have no map for it, but a
 * comparison: `tcp dport 8080 accept`.
 */
bool set_is_comparison(const struct set *set);

/*
 * Does the unnamed set stand for a comparison of an address with blocks (ruleset/block.h)? nft has
 * no set for it either, but `ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16 accept`.
 */
bool set_is_block(const struct set *set);

/* Are its keys ranges of addresses of one family? */
bool set_is_of_ranges(const struct set *set);

/* Are its keys pairs of addresses of one family, and nothing else? */
bool set_is_of_pairs(const struct set *set);

/*
 * The orders of sets (maps first) and of chains (base chains first).  Names are compared part by
 * part, so that the chains and sets of a group follow the group's chain.
 */
int set_compare(const struct set *a, const struct set *b);
int chain_compare(const struct chain *a, const struct chain *b);

/*
 * The order in which nft lists elements: a single field is compared as a number, a concatenation
 * from its last byte to its first.
 */
int key_compare(const uint8_t *a, const uint8_t *b, size_t len, bool concatenation);

#endif
