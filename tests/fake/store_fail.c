#include "fake/store_fail.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/backend.h"

struct store_fail {
    struct store base; /* first */
    struct store *inner; /* owned */
    struct store_fail_plan own, *plan;
};

static struct store_fail *fail_of(struct store *s)
{
    return CONTAINER_OF(s, struct store_fail, base);
}

static struct store *inner(struct store *s)
{
    return fail_of(s)->inner;
}

/* Is it this access? */
static bool its_turn(struct store *s)
{
    struct store_fail_plan *p = fail_of(s)->plan;
    unsigned count = __atomic_add_fetch(&p->count, 1, __ATOMIC_RELAXED);
    return count == p->at || (p->how == STORE_FAIL_DEAD && p->at && count > p->at);
}

/* The access that fails does not happen. */
static bool refused(struct store *s)
{
    return fail_of(s)->plan->how != STORE_FAIL_UNCERTAIN;
}

static bool failed(struct err *e)
{
    return err_set(e, ERR_STORE, "the store failed, as it was told to");
}

/* An access that goes through unless it is the one. `call` uses the inner handle. */
#define ACCESS(s, e, call)                              \
    do {                                                \
        bool now_ = its_turn(s);                        \
        if (now_ && refused(s))                         \
            return failed(e);                           \
        bool ok_ = (call);                              \
        return now_ ? failed(e) : ok_;                  \
    } while (0)

#define PASS(group, op, params, ...)                                    \
    static bool group##_##op params                                     \
    {                                                                   \
        ACCESS(s, e, inner(s)->ops->group->op(inner(s), __VA_ARGS__));  \
    }

static struct store *core_close(struct store *s)
{
    (void)store_close(inner(s));
    free(fail_of(s));
    return NULL;
}

static bool core_begin(struct store *s, enum store_txn mode, struct err *e)
{
    if (its_turn(s)) /* a transaction that failed to begin is not open, either way */
        return failed(e);
    return inner(s)->ops->core->begin(inner(s), mode, e);
}

static bool core_commit(struct store *s, struct err *e)
{
    bool now = its_turn(s);
    if (now && refused(s)) {
        inner(s)->ops->core->abort(inner(s));
        return failed(e);
    }
    bool ok = inner(s)->ops->core->commit(inner(s), e);
    return now ? failed(e) : ok;
}

static void core_abort(struct store *s)
{
    inner(s)->ops->core->abort(inner(s));
}

PASS(core, generation, (struct store *s, uint64_t *ret, struct err *e), ret, e)
PASS(core, raise, (struct store *s, struct err *e), e)
PASS(core, check, (struct store *s, struct buf *findings, struct err *e), findings, e)
PASS(core, backup, (struct store *s, const char *path, struct err *e), path, e)

PASS(certs, put, (struct store *s, const uint8_t *sha256, const uint8_t *der, size_t len, struct err *e),
     sha256, der, len, e)
PASS(certs, get, (struct store *s, const uint8_t *sha256, store_bytes_sink *sink, void *self, struct err *e),
     sha256, sink, self, e)
PASS(certs, sweep, (struct store *s, const uint8_t *sha256, struct err *e), sha256, e)
PASS(certs, all, (struct store *s, store_bytes_sink *sink, void *self, struct err *e), sink, self, e)

PASS(grants, insert, (struct store *s, const struct store_grant_row *row, struct err *e), row, e)
PASS(grants, update, (struct store *s, const struct store_grant_row *row, struct err *e), row, e)
PASS(grants, remove, (struct store *s, const char *id, struct err *e), id, e)
PASS(grants, get, (struct store *s, const char *id, store_grant_sink *sink, void *self, struct err *e),
     id, sink, self, e)
PASS(grants, list, (struct store *s, const struct store_grant_query *q, store_grant_sink *sink, void *self,
     struct err *e),
     q, sink, self, e)
PASS(grants, count, (struct store *s, const struct store_grant_query *q, uint64_t *ret, struct err *e), q, ret, e)
PASS(grants, all, (struct store *s, store_grant_sink *sink, void *self, struct err *e), sink, self, e)

PASS(crls, put, (struct store *s, const struct store_crl *crl, struct err *e), crl, e)
PASS(crls, get, (struct store *s, const char *vcenter, const char *issuer_key, const char *part,
     store_crl_sink *sink, void *self, struct err *e),
     vcenter, issuer_key, part, sink, self, e)
PASS(crls, remove, (struct store *s, const char *vcenter, uint64_t *ret_removed, struct err *e),
     vcenter, ret_removed, e)
PASS(crls, list, (struct store *s, store_crl_sink *sink, void *self, struct err *e), sink, self, e)
PASS(crls, count, (struct store *s, uint64_t *ret, struct err *e), ret, e)

PASS(sealed, put, (struct store *s, const struct store_sealed_row *row, struct err *e), row, e)
PASS(sealed, get, (struct store *s, const char *kind, const char *id, store_sealed_row_sink *sink, void *self,
     struct err *e),
     kind, id, sink, self, e)
PASS(sealed, remove, (struct store *s, const char *kind, const char *id, uint64_t *ret_removed, struct err *e),
     kind, id, ret_removed, e)
PASS(sealed, others, (struct store *s, const char *key_id, uint32_t most, store_sealed_row_sink *sink, void *self,
     struct err *e),
     key_id, most, sink, self, e)
PASS(sealed, usage, (struct store *s, store_sealed_sink *sink, void *self, struct err *e), sink, self, e)

PASS(evidence, widen, (struct store *s, const struct store_evidence *row, bool *ret_known, struct err *e),
     row, ret_known, e)
PASS(evidence, insert, (struct store *s, const struct store_evidence *row, struct err *e), row, e)
PASS(evidence, count, (struct store *s, uint64_t *ret, struct err *e), ret, e)
PASS(evidence, list, (struct store *s, const struct store_evidence_query *q, store_evidence_sink *sink, void *self,
     struct err *e),
     q, sink, self, e)
PASS(evidence, prune, (struct store *s, int64_t before_ms, uint64_t *ret_removed, struct err *e),
     before_ms, ret_removed, e)
PASS(evidence, forget, (struct store *s, const char *endpoint, struct err *e), endpoint, e)

PASS(endpoints, put, (struct store *s, const struct store_endpoint *ep, struct err *e), ep, e)
PASS(endpoints, put_chain, (struct store *s, const char *key, const uint8_t (*sha256)[DIGEST_SHA256], size_t len,
     struct err *e),
     key, sha256, len, e)
PASS(endpoints, get, (struct store *s, const char *key, store_endpoint_sink *sink, void *self, struct err *e),
     key, sink, self, e)
PASS(endpoints, chain, (struct store *s, const char *key, store_bytes_sink *sink, void *self, struct err *e),
     key, sink, self, e)
PASS(endpoints, list, (struct store *s, const struct store_endpoint_query *q, store_endpoint_sink *sink,
     void *self, struct err *e),
     q, sink, self, e)
PASS(endpoints, remove, (struct store *s, const char *key, struct err *e), key, e)
PASS(endpoints, count, (struct store *s, uint64_t *ret, struct err *e), ret, e)

PASS(events, insert, (struct store *s, const struct store_event *ev, uint64_t *ret_seq, struct err *e),
     ev, ret_seq, e)
PASS(events, get, (struct store *s, const char *id, store_event_sink *sink, void *self, struct err *e),
     id, sink, self, e)
PASS(events, list, (struct store *s, const struct store_event_query *q, store_event_sink *sink, void *self,
     struct err *e),
     q, sink, self, e)
PASS(events, trim, (struct store *s, enum store_severity severity, uint32_t keep, struct err *e), severity, keep, e)

PASS(audit, append, (struct store *s, const struct store_audit *line, struct err *e), line, e)
PASS(audit, head, (struct store *s, uint64_t *ret_count, uint8_t ret_hash[DIGEST_SHA256], struct err *e),
     ret_count, ret_hash, e)
PASS(audit, list, (struct store *s, const struct store_audit_query *q, store_audit_sink *sink, void *self,
     struct err *e),
     q, sink, self, e)

PASS(settings, put, (struct store *s, const struct store_setting *row, struct err *e), row, e)
PASS(settings, remove, (struct store *s, const char *key, struct err *e), key, e)
PASS(settings, get, (struct store *s, const char *key, store_setting_sink *sink, void *self, struct err *e),
     key, sink, self, e)
PASS(settings, list, (struct store *s, store_setting_sink *sink, void *self, struct err *e), sink, self, e)
PASS(settings, count, (struct store *s, uint64_t *ret, struct err *e), ret, e)

PASS(records, put, (struct store *s, const struct store_record *r, const char *key, struct err *e), r, key, e)
PASS(records, remove, (struct store *s, const char *kind, const char *id, uint64_t *ret, struct err *e), kind, id, ret, e)
PASS(records, expire, (struct store *s, const char *kind, int64_t now, uint64_t *ret, struct err *e), kind, now, ret, e)
PASS(records, get, (struct store *s, const char *kind, const char *id, store_record_sink *sink, void *self,
                    struct err *e), kind, id, sink, self, e)
PASS(records, find, (struct store *s, const char *kind, const char *owner, const char *key, store_record_sink *sink,
                     void *self, struct err *e), kind, owner, key, sink, self, e)
PASS(records, list, (struct store *s, const struct store_record_query *q, store_record_sink *sink, void *self,
                     struct err *e), q, sink, self, e)
PASS(records, count, (struct store *s, const struct store_record_query *q, uint64_t *ret, struct err *e), q, ret, e)
PASS(records, all, (struct store *s, store_record_sink *sink, void *self, struct err *e), sink, self, e)

static const struct store_backend fail_ops = {
    .name = "failing",
    .core = &(const struct store_core_ops){ core_close, core_begin, core_commit, core_abort, core_generation, core_raise,
                                            core_check, core_backup },
    .certs = &(const struct store_cert_ops){ certs_put, certs_get, certs_sweep, certs_all },
    .grants = &(const struct store_grant_ops){ grants_insert, grants_update, grants_remove, grants_get, grants_list,
                                               grants_count, grants_all },
    .crls = &(const struct store_crl_ops){ crls_put, crls_get, crls_remove, crls_list, crls_count },
    .sealed = &(const struct store_sealed_ops){ sealed_put, sealed_get, sealed_remove, sealed_others, sealed_usage },
    .evidence = &(const struct store_evidence_ops){ evidence_widen, evidence_insert, evidence_count, evidence_list,
                                                    evidence_prune, evidence_forget },
    .endpoints = &(const struct store_endpoint_ops){ endpoints_put, endpoints_put_chain, endpoints_get, endpoints_chain,
                                                     endpoints_list, endpoints_remove, endpoints_count },
    .events = &(const struct store_event_ops){ events_insert, events_get, events_list, events_trim },
    .audit = &(const struct store_audit_ops){ audit_append, audit_head, audit_list },
    .settings = &(const struct store_setting_ops){ settings_put, settings_remove, settings_get, settings_list,
                                                   settings_count },
    .records = &(const struct store_record_ops){ records_put, records_remove, records_expire, records_get, records_find,
                                                 records_list, records_count, records_all },
};

struct store *store_fail_join(struct store *take_inner, struct store_fail_plan *plan)
{
    struct store_fail *f = xcalloc(1, sizeof(*f));
    f->base.ops = &fail_ops;
    f->base.keys = take_inner->keys;
    memcpy(f->base.identity, take_inner->identity, sizeof(f->base.identity));
    f->inner = take_inner;
    f->plan = plan;
    return &f->base;
}

struct store *store_fail_wrap(struct store *take_inner, unsigned at, enum store_fail_how how)
{
    struct store *s = store_fail_join(take_inner, NULL);
    fail_of(s)->plan = &fail_of(s)->own;
    store_fail_again(s, at, how);
    return s;
}

void store_fail_again(struct store *s, unsigned at, enum store_fail_how how)
{
    *fail_of(s)->plan = (struct store_fail_plan){ .at = at, .how = how };
}

unsigned store_fail_count(const struct store *s)
{
    return CONTAINER_OF(s, const struct store_fail, base)->plan->count;
}
