/* flow/look.h - one look at one endpoint, waited for: what it presents, and what the live trust says to that.
 * Called on pool threads by registration (step 1), testConnection, inspect and confirm, and the CLI. The look is made by
 * probe/probe.h and decided by trust_decide with the live set, the same names, CRLs and policy as a real connection.
 * Sends no byte of an application to the endpoint, adds no anchor and writes nothing; look_keep is for who wants that. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "probe/chain.h"
#include "probe/probe.h"
#include "store/limits.h"
#include "trust/verdict.h"

struct conn;
struct deny;
struct site;
struct store;
struct trust_cert;

enum {
    LOOK_TIMEOUT_MAX_MS = 120000, /* the most that one look may take, whoever asks (vcd-api.md 3.5) */
};

/* An HTTP proxy that is asked to CONNECT. */
struct look_proxy {
    struct url_host host;
    bool secure;               /* TLS to the proxy, verified by the same set before it hears a word */
    const char *authorization; /* value of Proxy-Authorization, or NULL; never sent to a proxy that was not verified
                                * when secure */
};

/* Everything is borrowed until look_at returns. */
struct look_request {
    const char *host;              /* name or address without brackets: resolved, dialled, sent as SNI */
    uint16_t port;
    const char *const *names;      /* accepted names; NULL = host alone */
    size_t names_len;
    enum trust_names_mode names_mode;
    const uint8_t *pinned_key;     /* for TRUST_NAMES_OFF, as in trust_question */
    bool unpinned_acknowledged;
    struct trust_behalf behalf;    /* host NULL: of this host and port and nobody registered */
    const char *org;               /* only this organization's own grants count; NULL = System's */
    const struct look_proxy *proxy;/* NULL = direct */
    const struct deny *deny;       /* what may not be reached (flow/deny.h); NULL = nothing is denied */
    int64_t timeout_ms;            /* 1 to LOOK_TIMEOUT_MAX_MS; 0 = site_look_ms */
    bool plain;                    /* only connect: no TLS; then there is no chain */
};

/* What was seen; a report of its own. look_done. */
struct look {
    bool connected;          /* TCP (through the proxy: the tunnel) stands */
    bool seen;               /* TLS: chain, verdict and sorted are there */
    enum probe_stage stage;  /* the last one that began */
    int64_t us[PROBE_STAGES];/* how long each took; 0 or less: it was not reached or not measured */
    struct err err;          /* why it ended before it was seen */
    struct address address;  /* who answered; the proxy, where there is one. family ADDRESS_NONE before that */
    char version[PROBE_TEXT_MAX], cipher[PROBE_TEXT_MAX];
    struct chain *chain;     /* a reference */
    struct trust_verdict verdict;
    struct probe_chain sorted; /* what of it may be shown as the chain, and what would be stored */
    uint64_t generation;     /* of the set that decided */
};
void look_done(struct look *l);
/* A certificate of the chain by its index, as sorted has them; borrowed. l->seen. */
const struct trust_cert *look_cert(const struct look *l, size_t index);
/* Certificates of the chain that could not be decoded. */
size_t look_left_out(const struct look *l);

/* True when there is a report, also of an endpoint that can't be reached: what the endpoint did is in ret, never in e.
 * False: the request is wrong (ERR_INPUT) or this process can't look (ERR_INTERNAL, ERR_LIMIT); ret is untouched. */
MUST_USE bool look_at(const struct site *site, const struct look_request *rq, struct look *ret, struct err *e);

/* The question that this request asks, without chain: for whoever decides a kept chain again. Borrows from rq; now is 0. */
void look_question(const struct site *site, const struct look_request *rq, struct trust_question *ret);

/* A connection to those of the addresses that may be reached; to one that never answers when that is none of them, so that
 * who is refused sees what he would see behind a filter. */
struct conn *look_dial(const struct deny *deny, const struct address *addresses, size_t len, int64_t timeout_ms);

/* What all connections of this cell share. */
struct trust_policy look_policy(const struct site *site);
enum trust_crl_mode look_crl_mode(const struct site *site);

/* The refusal as an error for people: ERR_UNTRUSTED with rule, certificate and next step, or why it was not seen. Returns false. */
bool look_refused(const struct look_request *rq, const struct look *l, struct err *e);
/* "name-mismatch (RFC 9525 section 6.3): .. ; expected .., seen ..": the text of a verdict, cut at size. */
void look_verdict_text(const struct trust_verdict *v, char *out, size_t size);

/* What was seen of an endpoint, to be kept. Everything is borrowed. */
struct look_seen {
    const char *key;          /* as in store/endpoint.h */
    const char *host;         /* as dialled */
    uint16_t port;
    struct trust_behalf behalf;
    const char *const *names; /* accepted ones */
    size_t names_len;
    const struct trust_cert *const *certs; /* leaf first */
    size_t certs_len;
    const struct trust_verdict *verdict;
    int64_t at_ms;
};
/* Keeps it with its verdict, within the caller's transaction. ERR_INPUT when there is no certificate. */
MUST_USE bool look_keep(struct store *s, const struct look_seen *seen, struct err *e);
/* Of a look that has seen something. Borrows from rq and l. */
struct look_seen look_seen_of(const char *key, const struct look_request *rq, const struct look *l, int64_t at_ms);
