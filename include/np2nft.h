/*
 * libnp2nft: Kubernetes NetworkPolicies to an nftables table.
 *
 * A compilation is one value: read input into it, compile it, print it, free it.
 *
 *     struct np2nft_options options = {0};
 *     struct np2nft *n = np2nft_new(&options);
 *
 *     if (!np2nft_read(n, paths, count) && !np2nft_compile(n))
 *             np2nft_print(n, write_bytes, context);
 *     for (size_t i = 0; i < np2nft_diagnostic_count(n); i++)
 *             report(np2nft_diagnostic(n, i));
 *     np2nft_free(n);
 *
 * Threads: there is no global state but the carrier, if np2nft_carrier_begin() has begun one.  Each
 * compilation may be used by one thread at a time; different compilations may be used by different
 * threads at the same time, with a carrier only if one at a time calls the kernel.
 *
 * The caller's process: no function ends it.  A function for which memory runs out returns
 * NP2NFT_NO_MEMORY.  Callbacks must return to the function that called them (no longjmp(), no
 * exception).
 *
 * Binary compatibility: members may be added at the end of structures and enumerations in later
 * versions.  The library owns the structures that it answers with, and hands out pointers to them;
 * the structures that the caller fills in are passed with their size.
 *
 * The objects mean what the Kubernetes API says that they mean: NetworkPolicy networking.k8s.io/v1,
 * ClusterNetworkPolicy policy.networking.k8s.io/v1alpha2, Pod v1 and Namespace v1. docs/ruleset.md
 * describes the table.
 */
#ifndef NP2NFT_H
#define NP2NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define NP2NFT_API __attribute__((visibility("default")))
#else
#define NP2NFT_API
#endif

/* What a function returns: 0, or the reason why it did not do what it was asked to do. */
enum np2nft_result {
	NP2NFT_OK = 0,
	NP2NFT_FAILED = -1,       /* a diagnostic says why */
	NP2NFT_WRITE_FAILED = -2, /* the caller's np2nft_writer did not return 0 */
	/*
	 * After one of these two, only the diagnostics and np2nft_free() may be used of the
	 * compilation.
	 */
	NP2NFT_NO_MEMORY = -3,
	NP2NFT_BUG = -4, /* there is a bug in the library; the last diagnostic names it */
};

/* A member that is zero or NULL has its default, which its comment tells.  Strings are copied. */
struct np2nft_options {
	const char *default_namespace; /* namespace of objects that name none; NULL: "default" */
	/* enforce only the pods on this node, while every pod counts as a peer; NULL: all pods */
	const char *node;
	const char *table; /* name of the table, of family inet; NULL: "np2nft" */
	/*
	 * Answer what NetworkPolicies deny, TCP with a reset and the rest with ICMP "administratively
	 * prohibited", instead of dropping it.
	 */
	bool reject;
	bool no_revoke; /* do not end the connections that the policies no longer allow */
	bool force;     /* apply although kube-proxy's IPVS mode makes packets bypass the rules */
	/* apply although there are policies of kinds that np2nft does not read */
	bool without_other_policies;
	/* apply although the domain names of ClusterNetworkPolicies are not enforced */
	bool without_domain_names;
	/* pass over files that hold no Kubernetes object; @details implies it */
	bool skip_other_files;
	/* read also the objects that only questions need; compiling and applying do not */
	bool details;
	/*
	 * How many seconds to wait for the lock on the network namespace, which each apply,
	 * difference and delete holds for a while; 0: 300, negative: do not wait.  After a second
	 * of waiting, @waiting is called once with a line that says what is waited for; it may be
	 * NULL.
	 */
	long wait;
	void (*waiting)(void *context, const char *text);
	void *waiting_context;
	/* finding codes that np2nft_lint() does not report, separated by commas or blanks */
	const char *ignore;
	/* let pods send from any address, and let them wrap packets for the node's tunnels */
	bool no_guard;
	/*
	 * np2nft_read() calls this when it knows which files (folders are resolved to their files)
	 * the input consists of, and before it reads the first of them, so that the caller can give
	 * up the right to read any others.  NULL: it is not called.
	 */
	void (*found)(void *context, const char *const *files, size_t count);
	void *found_context;
	/*
	 * The CIDRs, separated by commas, in which this node's pods have their addresses, or "node",
	 * which stands for the spec.podCIDRs of the Node with the name @node.  Packets from or to an
	 * address in them are denied unless a pod that was read has it.  NULL: there are none.
	 */
	const char *closed;
};

enum np2nft_severity { NP2NFT_ERROR, NP2NFT_WARNING, NP2NFT_NOTE };

struct np2nft_diagnostic {
	enum np2nft_severity severity;
	const char *file; /* NULL: the diagnostic is about no place in the input */
	/* they count from 1, columns in characters; 0: the file as a whole */
	uint32_t line, column;
	const char *text; /* it is one line */
};

struct np2nft_stats {
	/* what was read; of pods, those that count as target and as peer */
	size_t policies, namespaces, pods;
	size_t pods_on_node;  /* the pods on the node of the options; without a node, all */
	size_t pods_left_out; /* finished, on their node's network, or without an address */
	size_t skipped;       /* objects of kinds that are not used */
	size_t isolated_ingress, isolated_egress; /* how many enforced pods policies isolate */
	size_t groups, chains, sets;
	size_t elements; /* the elements of all sets of peers */
	/* addresses and ranges that the rules name, counted for each rule by itself */
	size_t peer_sum;
	/* how many look-ups in sets and maps one new packet can cause at most */
	size_t most_lookups;
	/*
	 * if the input has neither the node of the options nor a pod on it: the node of the input whose name is
	 * so similar that it may be meant; NULL: there is none
	 */
	const char *similar_node;
	/* with np2nft_options.details: the pods on the network of their node, which no policy can isolate */
	size_t pods_on_host_network;
};

struct np2nft;

/*
 * Makes a compilation, which np2nft_free() frees; returns NULL if memory has run out.
 * np2nft_new_sized() is for languages that cannot call an inline function; @size is the size of the
 * caller's structure.
 */
NP2NFT_API struct np2nft *np2nft_new_sized(const struct np2nft_options *options, size_t size);
static inline struct np2nft *np2nft_new(const struct np2nft_options *options)
{
	return np2nft_new_sized(options, sizeof(*options));
}
NP2NFT_API void np2nft_free(struct np2nft *n);

/*
 * Reads files, folders (all their *.yaml, *.yml and *.json) and "-", which is standard input.  Call
 * it once.  Each fault in the input becomes a diagnostic of severity NP2NFT_ERROR, and then there
 * is nothing to compile.
 */
NP2NFT_API enum np2nft_result np2nft_read(struct np2nft *n, const char *const *paths, size_t count);

/*
 * Reads @len bytes of YAML or JSON from memory, with what a file may have: one document or several,
 * each an object or a list of objects.  @name stands for the file's name in diagnostics.  Both are
 * copied.  It may be called many times, for example with one object each time; whether all the
 * objects go together (no two have the same name, for one) is checked when something is made or
 * asked of them.
 */
NP2NFT_API enum np2nft_result np2nft_read_memory(struct np2nft *n, const char *name,
						 const void *bytes, size_t len);

/* Makes the ruleset from what was read. */
NP2NFT_API enum np2nft_result np2nft_compile(struct np2nft *n);

/* Takes @len bytes of text.  It returns 0 to go on, and anything else to stop. */
typedef int (*np2nft_writer)(void *context, const char *bytes, size_t len);

/*
 * Writes the ruleset as text for `nft -f`. The same objects give the same bytes, whatever their
 * order and their files.
 */
NP2NFT_API enum np2nft_result np2nft_print(struct np2nft *n, np2nft_writer write, void *context);

/*
 * The functions below talk over netlink to the nf_tables of the calling process's network
 * namespace, and need CAP_NET_ADMIN there.  If the process ends meanwhile, for whatever reason,
 * either the old ruleset is in force or the new one, never half of it.  Calls in one network
 * namespace wait for each other.
 */

/*
 * Makes the kernel's table equal to the compiled ruleset, and sends only what differs: first
 * transactions that add new parts without any packet meeting them, then one that switches to them,
 * then one that removes the old parts.  A table that is equal already is not touched.
 *
 * Before that, the function checks whether enforcement would silently be wrong here (forwarding is
 * off, kube-proxy is in IPVS mode, pods are behind a bridge without br_netfilter …); errors end the
 * call, warnings and notes do not.
 *
 * After that, it ends the tracked connections of enforced pods that the ruleset denies, and no
 * others.
 *
 * If the call fails, the old ruleset is in force, unless the failure came after the switch (while
 * old parts were removed or connections were ended); the next call makes up for that.  @changes
 * gets the number of changes that the last try sent; it may be NULL.
 */
NP2NFT_API enum np2nft_result np2nft_apply(struct np2nft *n, size_t *changes);

/*
 * Does in advance what np2nft_apply() needs more rights for than CAP_NET_ADMIN, and could go
 * without: it makes the folder for the library's records, and removes the records of network
 * namespaces that are gone.  It is for callers that give up such rights before they read.
 */
NP2NFT_API void np2nft_prepare(void);

/*
 * Begins a second process, the carrier, that speaks to netfilter for this one from now on, so that
 * the caller can give up CAP_NET_ADMIN before it reads anything.  The carrier sends only what
 * changes the table (NULL: "np2nft"), and what asks.  The caller must have one thread, and the
 * carrier ends with that thread.  @confine is called in the carrier, to give up every right but
 * CAP_NET_ADMIN; it is told the carrier's socket to this process.  Returns NP2NFT_OK, or
 * NP2NFT_FAILED with errno.
 */
NP2NFT_API enum np2nft_result np2nft_carrier_begin(const char *table, void (*confine)(int socket));

/* Ends the carrier; it also ends when this process does. */
NP2NFT_API void np2nft_carrier_end(void);

/*
 * Had the carrier ended when a function needed it, or did it not answer?  Then none reaches the
 * kernel's tables any more, and whether the last change of a table was made is not known.
 */
NP2NFT_API bool np2nft_carrier_is_lost(void);

/*
 * Writes to @write, as commands for `nft -f`, how the kernel's table differs from the compiled
 * ruleset; @write may be NULL.  With @steps the commands are the steps in which np2nft_apply()
 * would send them, if it would not refuse; otherwise each change stands once.  @changes gets the
 * number of changes; it may be NULL.
 */
NP2NFT_API enum np2nft_result np2nft_diff(struct np2nft *n, bool steps, np2nft_writer write,
					  void *context, size_t *changes);

/*
 * Writes to @write the live connections that np2nft_apply() would end, pod by pod, each as a
 * comment line that begins with `#`.
 */
NP2NFT_API enum np2nft_result np2nft_endings(struct np2nft *n, np2nft_writer write, void *context);

/*
 * Writes what is in force: pods, groups, denied packets, and when and from what it was applied; as
 * text, or (@json) as one JSON object.  *in_force becomes true if there is a table, and nothing has
 * altered it in a way in which np2nft never makes one.
 */
NP2NFT_API enum np2nft_result np2nft_status(struct np2nft *n, bool json, np2nft_writer write,
					    void *context, bool *in_force);

/*
 * Removes the table that the options name, and nothing else.  It is no error if there is none; a
 * diagnostic of severity NP2NFT_NOTE says whether there was one.
 */
NP2NFT_API enum np2nft_result np2nft_delete(struct np2nft *n);

/* The path at which container runtimes have their socket for plugins. */
#define NP2NFT_NRI_SOCKET "/var/run/nri/nri.sock"

/* What the agent needs to know beside struct np2nft_options.  NULL and 0 are the defaults. */
struct np2nft_agent_options {
	/* the kubeconfig that has the server and the account; NULL: the pod's service account */
	const char *kubeconfig;
	/* ADDRESS:PORT at which metrics and probes are answered; NULL: they are not */
	const char *listen;
	bool json;         /* speak JSON with the API server instead of protobuf */
	bool cleanup;      /* remove the table when the agent ends */
	bool verbose;      /* log also the events that occur all the time */
	long silence;      /* seconds of silence after which a connection counts as lost; 0: 90 */
	np2nft_writer log; /* it gets each line of the log, which is a JSON object */
	void *log_context;
	const char *nri; /* the container runtime's socket for plugins (NRI); NULL: do not use it */
	bool log_denied; /* log some of the denied packets, at most ten a second */
	/*
	 * Seconds from one proof that the table does what the policies say to the next, which a child
	 * process makes; 0: 600; -1: none is made.
	 */
	long verify_every;
};

/*
 * Keeps the table up to date with the objects of an API server, until SIGTERM or SIGINT comes.  The
 * calling thread blocks these two signals meanwhile; other threads must block them, too.  Nothing
 * changes in the kernel before everything has been read once.  The table stays when the function
 * returns, unless @cleanup was set.  The function fails only if it cannot begin.
 */
NP2NFT_API enum np2nft_result
np2nft_agent_sized(struct np2nft *n, const struct np2nft_agent_options *agent, size_t size);
static inline enum np2nft_result np2nft_agent(struct np2nft *n,
					      const struct np2nft_agent_options *agent)
{
	return np2nft_agent_sized(n, agent, sizeof(*agent));
}

/*
 * The functions below answer questions about what was read with np2nft_options.details.  They
 * answer from the compiled ruleset, but need neither a call of np2nft_compile() nor a kernel;
 * np2nft_verify() alone needs np2nft_compile() first.  Each writes its answer to @write.
 */
enum np2nft_format {
	NP2NFT_TEXT,
	NP2NFT_JSON,
	NP2NFT_CSV,
	NP2NFT_MD,
	NP2NFT_SARIF,
	NP2NFT_TAP,
	NP2NFT_JUNIT,
	NP2NFT_SVG,
	NP2NFT_DOT,
	NP2NFT_HTML,
};

/*
 * Proves that a table gives every packet the verdict that the words of the policies give it, by
 * comparing one packet for all addresses that neither tells apart and each range of ports with the
 * same answer; nothing is sampled.
 * The table is the one in the kernel, or (@compiled) the one that np2nft_compile() made.  If the
 * table was made with np2nft_options.closed or .node, the compilation needs the same.  @format
 * is NP2NFT_TEXT or NP2NFT_JSON.  @progress is called now and then with how much of @total is done,
 * and may be NULL; if it returns false, the call ends with NP2NFT_FAILED and a diagnostic.
 */
typedef bool (*np2nft_progress)(void *context, uint64_t done, uint64_t total);
NP2NFT_API enum np2nft_result np2nft_verify(struct np2nft *n, bool compiled,
					    enum np2nft_format format, np2nft_progress progress,
					    void *progress_context, np2nft_writer write,
					    void *context, bool *proved);

/*
 * Tells whether a connection is allowed, and why.  An end is POD, NAMESPACE/POD,
 * KIND/NAMESPACE/NAME or an address.  @port is ICMP, or a NUMBER or NAME, which /PROTOCOL may
 * follow (without it, TCP).  @format is NP2NFT_TEXT or NP2NFT_JSON.
 */
NP2NFT_API enum np2nft_result np2nft_explain(struct np2nft *n, const char *from, const char *to,
					     const char *port, enum np2nft_format format,
					     np2nft_writer write, void *context, bool *allowed);

/* A rule of a policy, and whether it allows the connection. */
struct np2nft_rule {
	const char *file;
	uint32_t line;
	bool allows, misses_port, misses_peer;
	const char *why;  /* one line that says why the rule does not allow; NULL if it allows */
	const char *yaml; /* the rule in a normal form */
};

/*
 * A policy that isolates the pod, with those of its rules that allow the connection; if none does,
 * with the one that misses it least.
 */
struct np2nft_policy {
	const char *in_namespace, *name, *file;
	uint32_t line;
	size_t rule_count;
	const struct np2nft_rule *const *rules;
};

/* A rule of a ClusterNetworkPolicy. */
struct np2nft_tier_rule {
	const char *policy, *file;
	uint32_t line;
	unsigned priority;  /* of the policy */
	size_t number;      /* of the rule in its direction, from 1 */
	const char *name;   /* "" if it has none */
	const char *action; /* "Accept", "Deny" or "Pass" */
	/* a part of it is not known or not enforced: it denies everything, or accepts nothing */
	bool closed;
	/* one line that says what it misses by; NULL if it matches, or is about something else */
	const char *why;
	const char *yaml; /* the rule in a normal form */
};

/* A tier in which a ClusterNetworkPolicy is about the pod. */
struct np2nft_tier {
	const char *name; /* "Admin" or "Baseline" */
	bool asked;       /* nothing before it has decided */
	/* "Accept", "Deny" or "Pass" (which it also is if no rule matches); NULL if it is not asked */
	const char *says;
	const struct np2nft_tier_rule *decided_by; /* NULL: no rule matches */
	const char *tied_with; /* another policy about the pod with the same priority; NULL: none */
	size_t near_count;     /* rules that do not match, but come near */
	const struct np2nft_tier_rule *const *near_rules;
};

/*
 * What the policies of one end say: egress of the pod that connects, or ingress of the pod that
 * answers.
 */
struct np2nft_side {
	bool allowed;
	/* policies isolate the pod; if none does, everything is allowed that no tier denies */
	bool isolated;
	bool to_itself; /* the pod connects to itself, which no NetworkPolicy denies */
	size_t policy_count;
	const struct np2nft_policy *const *policies;
	size_t tier_count; /* Admin before Baseline */
	const struct np2nft_tier *const *tiers;
	/* who decides: "Admin", "NetworkPolicy", "Baseline", "default" (nobody), or "shared address" */
	const char *decided_by;
};

/* The answer about one connection, and about all those that are answered in the same way. */
struct np2nft_answer {
	bool allowed; /* whether it is allowed; if @only_if is not NULL, then on that condition */
	/* the condition in words, where the answer depends on addresses outside; NULL: none */
	const char *only_if;
	const char *from, *to, *port;
	size_t from_alike, to_alike; /* how many ends @from and @to stand for */
	bool ipv4, ipv6;
	const struct np2nft_side *egress, *ingress;
	/*
	 * The node that is one end, while the other end is a pod that runs on it; NULL: neither is.
	 * NetworkPolicies do not bind between the two, so @isolated denies nothing there.
	 */
	const char *own_node;
};

struct np2nft_explanation {
	bool allowed; /* all of it is allowed, without any condition */
	size_t answer_count;
	const struct np2nft_answer *const *answers;
};

/* Gives the answer of np2nft_explain() as data, which lives as long as the compilation. */
NP2NFT_API enum np2nft_result np2nft_ask(struct np2nft *n, const char *from, const char *to,
					 const char *port,
					 const struct np2nft_explanation **explanation);

/* Which part of the cluster is shown, and how.  A member that is NULL or 0 limits nothing. */
struct np2nft_view {
	enum np2nft_format format;
	const char *in_namespace; /* only connections of this namespace's pods */
	const char *pod;          /* only connections of this end */
	const char *port;         /* only what passes on this port */
	bool each_pod;            /* give each pod a row, instead of each owner of pods */
	bool denied;              /* show also what is denied, and by which tier */
	/*
	 * np2nft_matrix() counts a pod as isolated also if tiers of ClusterNetworkPolicies deny
	 * everything between it and pods that no rule names.
	 */
	bool isolated_by_tiers;
};

/*
 * Writes who reaches whom on which ports, as text, JSON, CSV or Markdown.  *isolated becomes true
 * if every pod is isolated in both directions.
 */
NP2NFT_API enum np2nft_result np2nft_matrix_sized(struct np2nft *n, const struct np2nft_view *view,
						  size_t size, np2nft_writer write, void *context,
						  bool *isolated);
static inline enum np2nft_result np2nft_matrix(struct np2nft *n, const struct np2nft_view *view,
					       np2nft_writer write, void *context, bool *isolated)
{
	return np2nft_matrix_sized(n, view, sizeof(*view), write, context, isolated);
}

/*
 * Writes what the change from @before to @after opens and closes, as text, JSON or Markdown;
 * @opened and @closed get the numbers of connections.  Diagnostics are added to @after.
 */
NP2NFT_API enum np2nft_result np2nft_compare(struct np2nft *before, struct np2nft *after,
					     enum np2nft_format format, np2nft_writer write,
					     void *context, size_t *opened, size_t *closed);

/*
 * Judges the Expectations that were read, and writes the result as text, TAP or JUnit's XML;
 * @failed gets the number of those that do not hold.
 */
NP2NFT_API enum np2nft_result np2nft_test(struct np2nft *n, enum np2nft_format format,
					  np2nft_writer write, void *context, size_t *failed);

/*
 * Writes a picture of @after alone (@before is NULL), or of the change from @before to it, as SVG,
 * DOT or HTML.  Diagnostics are added to @after.  If the program `dot` is installed, it is run.
 */
NP2NFT_API enum np2nft_result np2nft_graph_sized(struct np2nft *before, struct np2nft *after,
						 const struct np2nft_view *view, size_t size,
						 np2nft_writer write, void *context);
static inline enum np2nft_result np2nft_graph(struct np2nft *before, struct np2nft *after,
					      const struct np2nft_view *view, np2nft_writer write,
					      void *context)
{
	return np2nft_graph_sized(before, after, view, sizeof(*view), write, context);
}

/*
 * Writes findings about what is legal but surely not meant, as text, JSON or SARIF; @warnings and
 * @notes get their numbers.
 */
NP2NFT_API enum np2nft_result np2nft_lint(struct np2nft *n, enum np2nft_format format,
					  np2nft_writer write, void *context, size_t *warnings,
					  size_t *notes);

/*
 * Writes the errors as SARIF or JUnit's XML, for readers that wait for an answer in such a format.
 * It is for calls after one of the functions above returned NP2NFT_FAILED.
 */
NP2NFT_API enum np2nft_result np2nft_refusal(struct np2nft *n, enum np2nft_format format,
					     np2nft_writer write, void *context);

/*
 * The number of diagnostics, and diagnostic @i, which must be below that number.  They are in the
 * order in which they were found.  Their texts live as long as the compilation; the structure is
 * overwritten when the next diagnostic is asked for.
 */
NP2NFT_API size_t np2nft_diagnostic_count(const struct np2nft *n);
NP2NFT_API const struct np2nft_diagnostic *np2nft_diagnostic(struct np2nft *n, size_t i);

/* The numbers as of now.  The structure is overwritten when they are asked for again. */
NP2NFT_API const struct np2nft_stats *np2nft_stats(struct np2nft *n);

/*
 * Makes a text fit to be shown: a ? replaces each character that would drive a terminal or turn the
 * direction of writing, and each byte that is not UTF-8.  The texts of diagnostics have been made
 * so already; the names of their files have not.
 */
NP2NFT_API void np2nft_make_plain(char *text);

/* Returns the version, for example "1.2.3". */
NP2NFT_API const char *np2nft_version(void);

#ifdef __cplusplus
}
#endif

#endif
