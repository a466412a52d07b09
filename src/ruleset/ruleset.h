/*
 * The ruleset as plain data: one nftables table, its sets, maps, chains and rules.
 *
 * lower/lower.c makes it; emit/text.c prints it, emit/batch.c sends it, kernel/read.c reads it back.  It is final: no back end
 * decides anything.  Everything is sorted, by name or as `nft list` would print it (1.0.6), so that
 * two rulesets can be compared side by side, and what was reviewed is what the kernel lists.
 *
 * Keys are the bytes that the kernel compares: network byte order, each field of a concatenation
 * filled up to four bytes (nft_set_ext in the kernel; NFTA_SET_DESC_CONCAT).
 */
#ifndef NP2NFT_RULESET_RULESET_H
#define NP2NFT_RULESET_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct range;

/* A part of the packet, and with it the type of a set's key (nft's datatypes). */
enum field {
	FIELD_IP_SADDR, /* ipv4_addr, 4 bytes */
	FIELD_IP_DADDR,
	FIELD_IP6_SADDR, /* ipv6_addr, 16 */
	FIELD_IP6_DADDR,
	FIELD_L4PROTO,  /* inet_proto, 1 */
	FIELD_TH_SPORT, /* inet_service, 2 */
	FIELD_TH_DPORT,
	FIELD_ICMPV6_TYPE, /* icmpv6_type, 1 */
	FIELD_IIFNAME,     /* ifname, 16: the link by which the packet came */
	FIELD_NFPROTO,     /* nf_proto, 1: the family, as the kernel numbers it */
};

/* Bytes of a key: FIELDS_MAX fields of at most 16. */
#define FIELDS_MAX 3
#define KEY_MAX    40

/* What nft takes at most (its parser, and NFT_NAME_MAXLEN in the kernel). */
#define NAME_MAX_LEN    255
#define COMMENT_MAX_LEN 128

enum verdict_kind {
	VERDICT_NONE,
	VERDICT_ACCEPT,
	VERDICT_DROP,
	VERDICT_REJECT, /* an ICMP error to the sender */
	VERDICT_RESET,  /* a TCP segment with RST to the sender */
	VERDICT_RETURN,
	VERDICT_JUMP,
	VERDICT_GOTO
};

struct verdict {
	enum verdict_kind kind;
	const char *chain; /* of a jump or goto */
};

/* A set, or a map to verdicts: named, or (name NULL) part of one rule. */
struct set {
	const char *name;
	const char *comment; /* NULL: none */
	enum field fields[FIELDS_MAX];
	size_t field_count;
	bool interval; /* elements may be ranges */
	uint32_t size; /* elements that it has room for, which makes it quicker; 0: any number */
	size_t count;
	const uint8_t *keys;            /* count * set_key_len() bytes */
	const uint8_t *ends;            /* the last key of each, of an interval set; else NULL */
	const char *const *comments;    /* NULL: none has one */
	const struct verdict *verdicts; /* NULL: a set, no map */
	bool foreign;                   /* read back, and nothing that we would make */
	/*
	 * Of an unnamed one that compares an address: the block that the address lies in, then those that it
	 * does not lie in, each of them a prefix.  The elements are the ranges that are left of the block.
	 */
	const struct range *blocks;
	size_t block_count;
	/* Compiled: whose addresses these are, indices to resolve/resolve.h's definitions; none: nobody's. */
	const uint32_t *from;
	size_t from_count;
	const struct first_match *first; /* which of those are in it (lower/first.h); NULL: all */
	bool is_ordered; /* Compiled: it is asked in an order, so that who comes into it may be denied */
};

enum rule_kind {
	RULE_ALWAYS,      /* no condition */
	RULE_ESTABLISHED, /* ct state established,related */
	RULE_NOT_SYN,     /* a TCP segment that does not open a connection */
	RULE_NOT_UNICAST, /* its frame goes to several: on a bridge, since nothing else forwards such */
	RULE_NOT_ROUTED_BACK,    /* no answer to its source would go by the link by which it came */
	RULE_BRIDGED_TO_SERVICE, /* it came by a bridge, and its destination was translated */
	RULE_LOG,                /* hands some packets to user space, and says nothing of them */
	RULE_LOOKUP,             /* the fields' key is in the set; of a map, its verdict is taken */
};

/* Who decides about one end of a connection: a tier of cluster policies, the NetworkPolicies, or nobody. */
enum decider {
	DECIDER_NOBODY, /* no policy has a say, so that everything passes */
	DECIDER_POLICIES,
	DECIDER_ADMIN,
	DECIDER_BASELINE,
	DECIDER_SHARING, /* pods under different policies share an address, so that nothing passes */
	DECIDERS
};

struct rule {
	enum rule_kind kind;
	enum field fields[FIELDS_MAX]; /* of RULE_LOOKUP */
	size_t field_count;
	const struct set *set; /* if it has a name, one of the sets of the ruleset */
	uint8_t hoplimit;      /* that an IPv6 packet must have as well; 0: any */
	bool counter;
	unsigned char decider;   /* Compiled: an enum decider, who decides where the rule does */
	uint64_t packets, bytes; /* of the counter, read back; no part of what the rule is */
	struct verdict verdict;  /* VERDICT_NONE where the map gives it */
	const char *comment;     /* NULL: none */
};

/* Where a base chain meets packets. */
enum hook { HOOK_FORWARD, HOOK_INPUT };

struct chain {
	const char *name;
	const char *comment; /* NULL: none */
	bool base;           /* hooked in, priority filter, policy accept */
	enum hook hook;      /* of a base chain */
	bool foreign;        /* read back, and with a rule that we would not make */
	bool elsewhere; /* read back, and a base chain on another hook or with another policy */
	struct rule *rules;
	size_t rule_count;
};

/* What a set or chain stands for, where neither its name nor its comment has room for it. */
struct legend {
	const char *name;
	const char **lines;
	size_t count;
};

/* What others put into the table that is neither chain nor set: a named object, or a flowtable. */
struct extra {
	const char *kind; /* nft's word for it: counter, ct helper, flowtable */
	const char *name;
	uint32_t type; /* NFT_OBJECT_COUNTER and so on; 0 (NFT_OBJECT_UNSPEC): a flowtable */
};

/* What only a table that was read from the kernel has; all zero in a ruleset that was compiled. */
struct readback {
	bool foreign; /* the table is as ours never is (flags, a comment, another layout) */
	struct extra *extras;
	size_t extra_count;
};

struct ruleset {
	const char *table;     /* family inet */
	struct legend *legend; /* for who reads the text; the kernel never sees it */
	size_t legend_count;
	struct set *sets; /* maps first, then sets, each by name */
	size_t set_count;
	struct chain *chains; /* the base chain first, then by name */
	size_t chain_count;
	struct readback readback;
	struct ruleset_stats {
		size_t isolated[2]; /* pods, by enum direction */
		size_t groups, policies;
		size_t elements;     /* of all sets of peers */
		size_t peer_sum;     /* what the rules name, each rule by itself */
		size_t most_lookups; /* in sets and maps, that one packet can meet, both directions */
	} stats;
};

/* Is it the chain in which packets begin that policies are asked about? */
static inline bool chain_is_entry(const struct chain *chain)
{
	return chain->base && chain->hook == HOOK_FORWARD;
}

/* The same for fields of one type: addresses of a family count as one. */
enum field field_type(enum field field);

/* Bytes of a field in a packet, and filled up as in a key. */
size_t field_len(enum field field);

/*
 * Puts named sets into the ruleset, in their order, and leads its rules to where theirs now stand: until then a
 * rule's set is one of @sets.
 */
void ruleset_take_sets(struct arena *arena, struct arena *scratch, struct ruleset *ruleset,
		       const struct set *const *sets, size_t count);

/* Bytes of one key of the set. */
size_t set_key_len(const struct set *set);

/*
 * Is it part of a rule, with one element, a protocol and ports or a protocol alone, that leads to a verdict?
 * Then it is no map but a comparison, to nft (`tcp dport 8080 accept`) as to the kernel.
 */
bool set_is_comparison(const struct set *set);

/*
 * Is it part of a rule that compares an address with blocks?  That is no set to nft either:
 * `ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16 accept`.  See ruleset/block.h.
 */
bool set_is_block(const struct set *set);

/* Are its keys ranges of addresses, of one family? */
bool set_is_of_ranges(const struct set *set);

/* Are its keys pairs of addresses of one family, and nothing else? */
bool set_is_of_pairs(const struct set *set);

/*
 * The order of sets (maps first) and of chains (the base chain first): by name, part by part, so that
 * what belongs to a group stands behind its chain.
 */
int set_compare(const struct set *a, const struct set *b);
int chain_compare(const struct chain *a, const struct chain *b);

/*
 * The order in which nft lists elements: a single value as a number, a concatenation from its last
 * byte to its first.
 */
int key_compare(const uint8_t *a, const uint8_t *b, size_t len, bool concatenation);

#endif
