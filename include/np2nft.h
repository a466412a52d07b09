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
 * Threads: there is no global state.  Each compilation may be used by one thread at a time; different
 * compilations may be used by different threads at the same time.
 *
 * The caller's process: no function ends it, also when memory runs out; then the function returns
 * NP2NFT_NO_MEMORY.  Callbacks must return to the function that called them (no longjmp(), no exception).
 *
 * Binary compatibility: members may be added at the end of structures and enumerations in later versions.
 * Structures of answers are the library's and are only pointed to; those of the caller tell their size.
 *
 * What the objects mean is the Kubernetes API's: NetworkPolicy networking.k8s.io/v1, Pod v1 and
 * Namespace v1.  docs/ruleset.md describes the table.
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

/* What a function returns: 0, or why it did not do what it was asked for. */
enum np2nft_result {
	NP2NFT_OK = 0,
	NP2NFT_FAILED = -1,       /* a diagnostic says why */
	NP2NFT_WRITE_FAILED = -2, /* the caller's np2nft_writer did not return 0 */
	/* After these two the compilation is of no use but for its diagnostics and np2nft_free(). */
	NP2NFT_NO_MEMORY = -3,
	NP2NFT_BUG =
		-4, /* the library is in a state that cannot be; its last diagnostic says which */
};

/* All zeroes are the defaults.  Strings are copied; NULL is the default. */
struct np2nft_options {
	const char *default_namespace; /* of objects that name none; "default" */
	const char *node;  /* enforce only the pods on this node; every pod stays a peer */
	const char *table; /* name of the table, family inet; "np2nft" */
	bool reject;       /* answer what is denied with ICMP "administratively prohibited" */
	bool no_revoke;    /* leave connections alone that the policies no longer allow */
	bool force;        /* apply although kube-proxy's IPVS mode would bypass the rules */
	bool without_other_policies; /* apply although there are policies of kinds that are not read */
	bool without_domain_names; /* apply although domain names of ClusterNetworkPolicies are not enforced */
	bool skip_other_files; /* pass over what is no Kubernetes object; with details that is always so */
	bool details;          /* read also what compiling and applying do not need */
	/*
	 * Seconds to wait while another process holds the lock on the network namespace, as each apply,
	 * difference and delete does for a while; 0: 300, negative: none.  @waiting, unless it is NULL, is
	 * called once, after a second, with a line that says what is waited for.
	 */
	long wait;
	void (*waiting)(void *context, const char *text);
	void *waiting_context;
	const char *
		ignore; /* codes of np2nft_lint() that are not told, with commas or blanks between */
	bool no_guard; /* let pods send from any address, and wrap packets for the node's tunnels */
	/*
	 * Called by np2nft_read() when it is known of which files (no folders) the input is made, and before the first of
	 * them is read: the time to give up the right to read others.  NULL: not called.
	 */
	void (*found)(void *context, const char *const *files, size_t count);
	void *found_context;
	/*
	 * CIDRs with commas between, in which this node's pods have their addresses: there, what is from or for an
	 * address of no pod that was read is denied.  NULL: none.
	 */
	const char *closed;
};

enum np2nft_severity { NP2NFT_ERROR, NP2NFT_WARNING, NP2NFT_NOTE };

struct np2nft_diagnostic {
	enum np2nft_severity severity;
	const char *file;      /* NULL: it is about no place in the input */
	uint32_t line, column; /* from 1, columns in characters; 0: the file as a whole */
	const char *text;      /* one line */
};

struct np2nft_stats {
	size_t policies, namespaces, pods; /* read; pods that count as target and peer */
	size_t pods_on_node;               /* of the options, or all */
	size_t pods_left_out;              /* finished, on the node's network, or without address */
	size_t skipped;                    /* objects of other kinds */
	size_t isolated_ingress, isolated_egress; /* enforced pods */
	size_t groups, chains, sets;
	size_t elements;     /* of all sets of peers */
	size_t peer_sum;     /* addresses and ranges that the rules name, each rule by itself */
	size_t most_lookups; /* in sets and maps, that one new packet can meet */
};

struct np2nft;

/*
 * A new compilation, to be freed with np2nft_free(); NULL if memory has run out.  np2nft_new_sized() is
 * for those who cannot call an inline function; @size is the size of the caller's structure.
 */
NP2NFT_API struct np2nft *np2nft_new_sized(const struct np2nft_options *options, size_t size);
static inline struct np2nft *np2nft_new(const struct np2nft_options *options)
{
	return np2nft_new_sized(options, sizeof(*options));
}
NP2NFT_API void np2nft_free(struct np2nft *n);

/*
 * Reads files, folders (all their *.yaml, *.yml and *.json) and "-", standard input, once.
 * If anything in them is wrong, each fault is a diagnostic of severity NP2NFT_ERROR, and there is
 * nothing to compile.
 */
NP2NFT_API enum np2nft_result np2nft_read(struct np2nft *n, const char *const *paths, size_t count);

/*
 * Reads @len bytes of YAML or JSON in memory: one document or several, an object or a list, as a file may
 * have them.  @name stands for the file's name in diagnostics.  Both are copied.  It may be called again
 * and again, an object at a time; whether all the objects go together (no name twice, for one) is checked
 * when something is made or asked of them.
 */
NP2NFT_API enum np2nft_result np2nft_read_memory(struct np2nft *n, const char *name,
						 const void *bytes, size_t len);

/* Makes the ruleset of what was read. */
NP2NFT_API enum np2nft_result np2nft_compile(struct np2nft *n);

/* Takes @len bytes of text. Returns 0, or anything else to stop. */
typedef int (*np2nft_writer)(void *context, const char *bytes, size_t len);

/*
 * Writes the ruleset as text for `nft -f`: the same bytes for the same objects, in whatever order
 * and files they came.
 */
NP2NFT_API enum np2nft_result np2nft_print(struct np2nft *n, np2nft_writer write, void *context);

/*
 * Those below talk to the nf_tables of the calling process's network namespace over netlink, and want
 * CAP_NET_ADMIN there.  Whatever ends the process meanwhile, the old ruleset is in force or the new one,
 * never half of it.  Calls in one network namespace wait for each other.
 */

/*
 * Brings the table to the compiled ruleset, sending only what differs: what is new in transactions that
 * no packet notices, one that switches to it, one that sweeps.  An identical table is not touched.
 * Before, it is checked that enforcement would not be silently wrong here (forwarding off, kube-proxy in
 * IPVS mode, pods behind a bridge without br_netfilter …): errors end it, warnings and notes do not.
 * Then the tracked connections of enforced pods that the ruleset denies are ended, and no others.
 * After a failure the old ruleset is in force, unless what came after the switch failed (the sweep, the
 * ending of connections); the next call makes up for that.
 * @changes gets how many changes the last try sent (NULL: not asked).
 */
NP2NFT_API enum np2nft_result np2nft_apply(struct np2nft *n, size_t *changes);

/*
 * Does what np2nft_apply() would do with rights that it can do without: makes the folder of its records, and removes
 * records of network namespaces that are gone.  For those who give up such rights before they read.
 */
NP2NFT_API void np2nft_prepare(void);

/*
 * How the table in the kernel differs, written to @write as commands for `nft -f` (NULL: not written): each
 * change once, or (@steps) the steps in which np2nft_apply() would send them, unless it would refuse.
 * @changes gets how many there are (NULL: not asked).
 */
NP2NFT_API enum np2nft_result np2nft_diff(struct np2nft *n, bool steps, np2nft_writer write,
					  void *context, size_t *changes);

/*
 * The live connections that np2nft_apply() would end, pod by pod, a comment line each (`#` first), to
 * @write.
 */
NP2NFT_API enum np2nft_result np2nft_endings(struct np2nft *n, np2nft_writer write, void *context);

/*
 * What is in force: pods, groups, packets denied, and when and from what it was applied; as text, or as
 * one JSON object (@json).  *in_force: is there a table, and nothing of it altered as no policies would?
 */
NP2NFT_API enum np2nft_result np2nft_status(struct np2nft *n, bool json, np2nft_writer write,
					    void *context, bool *in_force);

/* Removes the table of the options, and nothing else; fine if there is none. */
NP2NFT_API enum np2nft_result np2nft_delete(struct np2nft *n);

/* Where container runtimes have their socket for plugins. */
#define NP2NFT_NRI_SOCKET "/var/run/nri/nri.sock"

/* What the agent wants to know beside struct np2nft_options; NULL and 0 are the defaults. */
struct np2nft_agent_options {
	const char *
		kubeconfig; /* the API server, and who we are there; NULL: the pod's service account */
	const char *listen; /* ADDRESS:PORT for metrics and probes; NULL: none */
	bool json;          /* speak JSON with the API server, not protobuf */
	bool cleanup;       /* remove the table at the end */
	bool verbose;       /* tell also what happens all the time */
	long silence;       /* seconds without a word after which a connection is lost; 0: 90 */
	np2nft_writer log;  /* takes each line of the log, a JSON object */
	void *log_context;
	const char
		*nri; /* the container runtime's socket for plugins (NRI); NULL: it is not asked */
	bool log_denied; /* a line of the log for some of the packets that are denied, ten a second at most */
};

/*
 * Keeps the table true to what the API server holds, until SIGTERM or SIGINT, which it keeps from the rest of the
 * process meanwhile.  Nothing changes before all has been read once; the table stays when this ends.  It fails only
 * if it cannot begin.
 */
NP2NFT_API enum np2nft_result
np2nft_agent_sized(struct np2nft *n, const struct np2nft_agent_options *agent, size_t size);
static inline enum np2nft_result np2nft_agent(struct np2nft *n,
					      const struct np2nft_agent_options *agent)
{
	return np2nft_agent_sized(n, agent, sizeof(*agent));
}

/*
 * Those below answer questions about what was read with np2nft_options.details, from the compiled ruleset
 * itself; they need neither np2nft_compile() nor a kernel.  Each writes its answer to @write.
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
 * Whether a table gives every packet the verdict that the policies' words give it, proved by comparing one packet
 * for each class of addresses and each cell of ports (no samples).  The table is the one in the kernel, or
 * (@compiled) the one that np2nft_compile() made.  @format: NP2NFT_TEXT or NP2NFT_JSON.  @progress (NULL: nobody
 * is told) is called now and then with how much of @total is done; when it returns false, the proof ends as
 * failed, with a diagnostic.
 */
typedef bool (*np2nft_progress)(void *context, uint64_t done, uint64_t total);
NP2NFT_API enum np2nft_result np2nft_verify(struct np2nft *n, bool compiled,
					    enum np2nft_format format, np2nft_progress progress,
					    void *progress_context, np2nft_writer write,
					    void *context, bool *proved);

/*
 * Whether a connection is allowed, and why.  An end is POD, NAMESPACE/POD, KIND/NAMESPACE/NAME or an
 * address; @port is NUMBER, NAME, either with /PROTOCOL (default TCP), or ICMP.  Text or JSON.
 */
NP2NFT_API enum np2nft_result np2nft_explain(struct np2nft *n, const char *from, const char *to,
					     const char *port, enum np2nft_format format,
					     np2nft_writer write, void *context, bool *allowed);

/* A rule of a policy, and how it takes the connection. */
struct np2nft_rule {
	const char *file;
	uint32_t line;
	bool allows, misses_port, misses_peer;
	const char *why;  /* what it misses by, in a line; NULL if it allows */
	const char *yaml; /* the rule in a normal form */
};

/* A policy that isolates the pod, and those of its rules that allow, or else its nearest miss. */
struct np2nft_policy {
	const char *in_namespace, *name, *file;
	uint32_t line;
	size_t rule_count;
	const struct np2nft_rule *const *rules;
};

/* What one end's policies say: egress is of the pod that connects, ingress of the pod that answers. */
struct np2nft_side {
	bool allowed;
	bool isolated;  /* there are such policies; without one everything is allowed */
	bool to_itself; /* the pod connects to itself, which no policy stops */
	size_t policy_count;
	const struct np2nft_policy *const *policies;
};

/* One connection, for all the places and addresses that it is answered alike for. */
struct np2nft_answer {
	bool allowed; /* if @only_if is NULL, always */
	const char *
		only_if; /* on this condition, in words: where addresses lie outside is not known */
	const char *from, *to, *port;
	size_t from_alike, to_alike; /* how many ends @from and @to stand for */
	bool ipv4, ipv6;
	const struct np2nft_side *egress, *ingress;
};

struct np2nft_explanation {
	bool allowed; /* all of it, on no condition */
	size_t answer_count;
	const struct np2nft_answer *const *answers;
};

/* The same as np2nft_explain(), as data, which lives as long as the compilation. */
NP2NFT_API enum np2nft_result np2nft_ask(struct np2nft *n, const char *from, const char *to,
					 const char *port,
					 const struct np2nft_explanation **explanation);

/* What of the cluster is shown, and how.  What is NULL or 0 limits nothing. */
struct np2nft_view {
	enum np2nft_format format;
	const char *in_namespace; /* only what a pod of it has part in */
	const char *pod;          /* only what this end has part in */
	const char *port;         /* only what passes on it */
	bool each_pod;            /* a row for each pod, not for its owner */
	bool denied;              /* also what is denied, and by which tier */
};

/* Who reaches whom on what.  Text, JSON, CSV or Markdown.  @isolated: every pod is, in both directions. */
NP2NFT_API enum np2nft_result np2nft_matrix_sized(struct np2nft *n, const struct np2nft_view *view,
						  size_t size, np2nft_writer write, void *context,
						  bool *isolated);
static inline enum np2nft_result np2nft_matrix(struct np2nft *n, const struct np2nft_view *view,
					       np2nft_writer write, void *context, bool *isolated)
{
	return np2nft_matrix_sized(n, view, sizeof(*view), write, context, isolated);
}

/*
 * What the change from @before to @after opens and closes: how many connections.  Text, JSON or Markdown.
 * Diagnostics are @after's.
 */
NP2NFT_API enum np2nft_result np2nft_compare(struct np2nft *before, struct np2nft *after,
					     enum np2nft_format format, np2nft_writer write,
					     void *context, size_t *opened, size_t *closed);

/* Judges the Expectations that were read; how many do not hold.  Text, TAP or JUnit's XML. */
NP2NFT_API enum np2nft_result np2nft_test(struct np2nft *n, enum np2nft_format format,
					  np2nft_writer write, void *context, size_t *failed);

/*
 * A picture of @after alone (@before is NULL) or of a change.  SVG, DOT or HTML.  Diagnostics are
 * @after's.  The program `dot` is run if it is installed.
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

/* What is legal but surely not meant; how many findings of each weight.  Text, JSON or SARIF. */
NP2NFT_API enum np2nft_result np2nft_lint(struct np2nft *n, enum np2nft_format format,
					  np2nft_writer write, void *context, size_t *warnings,
					  size_t *notes);

/*
 * After one of the functions above returned NP2NFT_FAILED: the errors in a form that those take who wait for
 * an answer in it.  SARIF or JUnit's XML.
 */
NP2NFT_API enum np2nft_result np2nft_refusal(struct np2nft *n, enum np2nft_format format,
					     np2nft_writer write, void *context);

/*
 * Diagnostics in the order found.  They live as long as the compilation; the structure that one is told
 * in is good until the next is asked for.
 */
NP2NFT_API size_t np2nft_diagnostic_count(const struct np2nft *n);
NP2NFT_API const struct np2nft_diagnostic *np2nft_diagnostic(struct np2nft *n, size_t i);

/* The numbers of this moment, in a structure that is good until they are asked for again. */
NP2NFT_API const struct np2nft_stats *np2nft_stats(struct np2nft *n);

/*
 * Makes a text fit to be shown: each character of it that would drive a terminal or turn the direction of
 * writing becomes a ?, and so does each byte that is no UTF-8.  Diagnostics' texts are such, and the names of
 * their files are what they are.
 */
NP2NFT_API void np2nft_make_plain(char *text);

/* "1.2.3" */
NP2NFT_API const char *np2nft_version(void);

#ifdef __cplusplus
}
#endif

#endif
