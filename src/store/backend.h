/* store/backend.h - what a backend (SQLite, PostgreSQL, the tests' failing one) has to do; nobody else includes it.
 * The files beside it keep the rules: they check what comes in, refuse duplicates and roll-backs, seal, chain the
 * audit trail and raise the generation, and call these small functions for what touches storage. So a rule exists once
 * and a backend is dull.
 *
 * A backend's functions may trust that arguments were checked, that a write transaction is open when they change
 * something, and that no list is running. What the rules have excluded (a key that exists already) is
 * ERR_STORE when it happens after all. Rows go to a sink, borrowed for the call; a `get` calls its sink once or,
 * when there is nothing, not at all, and returns true both times. Rows are decoded with cells.h, strictly. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "store/audit.h"
#include "store/crl.h"
#include "store/endpoint.h"
#include "store/event.h"
#include "store/evidence.h"
#include "store/grant.h"
#include "store/record.h"
#include "store/sealed.h"
#include "store/setting.h"
#include "store/store.h"

struct arena;

struct store_core_ops {
    struct store *(*close)(struct store *s); /* NULL; no transaction is open */
    bool (*begin)(struct store *s, enum store_txn mode, struct err *e);
    bool (*commit)(struct store *s, struct err *e); /* over in any case */
    void (*abort)(struct store *s);
    bool (*generation)(struct store *s, uint64_t *ret, struct err *e);
    bool (*raise)(struct store *s, struct err *e);
    bool (*check)(struct store *s, struct buf *findings, struct err *e); /* its own structures only */
    bool (*backup)(struct store *s, const char *path, struct err *e);
};

/* Called with the bytes of something. */
typedef bool store_bytes_sink(void *self, const uint8_t *bytes, size_t len, struct err *e);

struct store_cert_ops {
    /* keeps it unless it is there */
    bool (*put)(struct store *s, const uint8_t *sha256, const uint8_t *der, size_t len, struct err *e);
    bool (*get)(struct store *s, const uint8_t *sha256, store_bytes_sink *sink, void *self, struct err *e);
    bool (*sweep)(struct store *s, const uint8_t *sha256, struct err *e); /* removes it if nothing refers to it */
    bool (*all)(struct store *s, store_bytes_sink *sink, void *self, struct err *e);
};

/* A grant with what the rules derive from it. */
struct store_grant_row {
    struct store_grant grant;
    const char *alias_key;  /* folded */
    const char *scope_text; /* canonical */
};

struct store_grant_ops {
    bool (*insert)(struct store *s, const struct store_grant_row *row, struct err *e);
    bool (*update)(struct store *s, const struct store_grant_row *row, struct err *e); /* alias, scope, certificate */
    bool (*remove)(struct store *s, const char *id, struct err *e);
    bool (*get)(struct store *s, const char *id, store_grant_sink *sink, void *self, struct err *e);
    /* q->alias is folded already, q->limit is set */
    bool (*list)(struct store *s, const struct store_grant_query *q, store_grant_sink *sink, void *self, struct err *e);
    bool (*count)(struct store *s, const struct store_grant_query *q, uint64_t *ret, struct err *e);
    /* every row, grants of one certificate one after the other */
    bool (*all)(struct store *s, store_grant_sink *sink, void *self, struct err *e);
};

struct store_crl_ops {
    bool (*put)(struct store *s, const struct store_crl *crl, struct err *e);
    bool (*get)(struct store *s, const char *vcenter, const char *issuer_key, const char *part, store_crl_sink *sink,
                void *self, struct err *e);
    bool (*remove)(struct store *s, const char *vcenter, uint64_t *ret_removed, struct err *e);
    bool (*list)(struct store *s, store_crl_sink *sink, void *self, struct err *e);
    bool (*count)(struct store *s, uint64_t *ret, struct err *e);
};

struct store_sealed_row {
    const char *kind, *id, *key_id;
    int64_t kept_ms;
    const uint8_t *sealed;
    size_t len;
};
typedef bool store_sealed_row_sink(void *self, const struct store_sealed_row *row, struct err *e);

struct store_sealed_ops {
    bool (*put)(struct store *s, const struct store_sealed_row *row, struct err *e);
    bool (*get)(struct store *s, const char *kind, const char *id, store_sealed_row_sink *sink, void *self,
                struct err *e);
    bool (*remove)(struct store *s, const char *kind, const char *id, uint64_t *ret_removed, struct err *e);
    /* those under another key than key_id ("" = all), at most `most` */
    bool (*others)(struct store *s, const char *key_id, uint32_t most, store_sealed_row_sink *sink, void *self,
                   struct err *e);
    bool (*usage)(struct store *s, store_sealed_sink *sink, void *self, struct err *e);
};

struct store_evidence_ops {
    bool (*widen)(struct store *s, const struct store_evidence *row, bool *ret_known, struct err *e);
    bool (*insert)(struct store *s, const struct store_evidence *row, struct err *e);
    bool (*count)(struct store *s, uint64_t *ret, struct err *e);
    bool (*list)(struct store *s, const struct store_evidence_query *q, store_evidence_sink *sink, void *self,
                 struct err *e);
    bool (*prune)(struct store *s, int64_t before_ms, uint64_t *ret_removed, struct err *e);
    bool (*forget)(struct store *s, const char *endpoint, struct err *e);
};

struct store_endpoint_ops {
    bool (*put)(struct store *s, const struct store_endpoint *ep, struct err *e); /* all but its chain */
    /* replaces the links, in order; the certificates are there already */
    bool (*put_chain)(struct store *s, const char *key, const uint8_t (*sha256)[DIGEST_SHA256], size_t len,
                      struct err *e);
    bool (*get)(struct store *s, const char *key, store_endpoint_sink *sink, void *self, struct err *e); /* no chain */
    bool (*chain)(struct store *s, const char *key, store_bytes_sink *sink, void *self, struct err *e); /* leaf first */
    bool (*list)(struct store *s, const struct store_endpoint_query *q, store_endpoint_sink *sink, void *self,
                 struct err *e); /* no chains */
    bool (*remove)(struct store *s, const char *key, struct err *e); /* its links as well */
    bool (*count)(struct store *s, uint64_t *ret, struct err *e);
};

struct store_event_ops {
    bool (*insert)(struct store *s, const struct store_event *ev, uint64_t *ret_seq, struct err *e);
    bool (*get)(struct store *s, const char *id, store_event_sink *sink, void *self, struct err *e);
    bool (*list)(struct store *s, const struct store_event_query *q, store_event_sink *sink, void *self, struct err *e);
    bool (*trim)(struct store *s, enum store_severity severity, uint32_t keep, struct err *e);
};

struct store_audit_ops {
    bool (*append)(struct store *s, const struct store_audit *line, struct err *e); /* and makes it the head */
    bool (*head)(struct store *s, uint64_t *ret_count, uint8_t ret_hash[DIGEST_SHA256], struct err *e);
    bool (*list)(struct store *s, const struct store_audit_query *q, store_audit_sink *sink, void *self, struct err *e);
};

struct store_setting_ops {
    bool (*put)(struct store *s, const struct store_setting *row, struct err *e);
    bool (*remove)(struct store *s, const char *key, struct err *e);
    bool (*get)(struct store *s, const char *key, store_setting_sink *sink, void *self, struct err *e);
    bool (*list)(struct store *s, store_setting_sink *sink, void *self, struct err *e);
    bool (*count)(struct store *s, uint64_t *ret, struct err *e);
};

struct store_record_ops {
    /* Inserts or replaces, but for made_ms; name_key is the folded name, unique per kind and owner unless "" */
    bool (*put)(struct store *s, const struct store_record *r, const char *name_key, struct err *e);
    bool (*remove)(struct store *s, const char *kind, const char *id, uint64_t *ret_removed, struct err *e);
    bool (*expire)(struct store *s, const char *kind, int64_t now_ms, uint64_t *ret_removed, struct err *e);
    bool (*get)(struct store *s, const char *kind, const char *id, store_record_sink *sink, void *self, struct err *e);
    bool (*find)(struct store *s, const char *kind, const char *owner, const char *name_key, store_record_sink *sink,
                 void *self, struct err *e);
    bool (*list)(struct store *s, const struct store_record_query *q, store_record_sink *sink, void *self,
                 struct err *e); /* q->limit is set */
    bool (*count)(struct store *s, const struct store_record_query *q, uint64_t *ret, struct err *e);
    bool (*all)(struct store *s, store_record_sink *sink, void *self, struct err *e);
};

struct store_backend {
    const char *name;
    const struct store_core_ops *core;
    const struct store_cert_ops *certs;
    const struct store_grant_ops *grants;
    const struct store_crl_ops *crls;
    const struct store_sealed_ops *sealed;
    const struct store_evidence_ops *evidence;
    const struct store_endpoint_ops *endpoints;
    const struct store_event_ops *events;
    const struct store_audit_ops *audit;
    const struct store_setting_ops *settings;
    const struct store_record_ops *records;
};

/* A backend's handle begins with this. */
enum { STORE_TOUCHED_MAX = 16 }; /* kinds that one transaction names; more are "anything" */

/* What a transaction has written to. */
struct store_touched {
    char kinds[STORE_TOUCHED_MAX][STORE_WORD_MAX + 1];
    size_t len;
    bool others; /* and more than that */
};

struct store {
    const struct store_backend *ops;
    const struct store_source *source; /* borrowed */
    const struct seal_keys *keys;  /* borrowed; NULL = none */
    char identity[RANDOM_UUID];
    enum store_txn txn;
    bool poisoned;                 /* something failed in this transaction: it can only be aborted */
    bool listing;                  /* a sink is being called */
    char room_kind[STORE_WORD_MAX + 1]; /* of the records that were counted in this transaction .. */
    uint64_t room;                 /* .. and how many more of them there may be */
    struct store_touched touched;
};

/* A backend's source begins with this. */
struct store_source {
    struct store *(*open)(struct store_source *src, struct err *e); /* NULL: failed */
    struct store_source *(*close)(struct store_source *src);
    const struct seal_keys *keys; /* borrowed; NULL = none */
    void (*changed)(void *self, const char *kind); /* store_source_watch */
    void *changed_self;
};

/* Guards that every public function begins with; false: e is set. */
MUST_USE bool store_reading(struct store *s, struct err *e);
/* kind: what is written to, for store_source_watch; NULL: nothing that anybody watches. */
MUST_USE bool store_writing(struct store *s, const char *kind, struct err *e);
/* Passes on whether a backend's function succeeded; a failure that may have left half a change spoils the
 * transaction. */
bool store_ran(struct store *s, bool ok, const struct err *e);
/* A page's limit: 0 becomes STORE_PAGE_MAX, more is ERR_INPUT. */
MUST_USE bool store_limit(uint32_t limit, uint32_t *ret, struct err *e);
/* Around a backend's list whose rows go to a caller's sink. ret_limit as above; NULL when the list has no pages. */
MUST_USE bool store_list_begin(struct store *s, uint32_t limit, uint32_t *ret_limit, struct err *e);
bool store_list_end(struct store *s, bool ok, const struct err *e);
/* For what needs several reads of one moment: begins a read unless a transaction is open. Begins with store_reading;
 * the caller has `AUTO(store_abortp) struct store *mine = NULL;` for the one that it began. */
MUST_USE bool store_one_moment(struct store *s, struct store **mine, struct err *e);
