#include "store/store.h"

#include "store/backend.h"

/* Lists whose only purpose is that every row is read strictly. */
#define LOOK_AT(name, type)                                         \
    static bool name(void *self, const type *row, struct err *e)    \
    {                                                               \
        (void)self, (void)row, (void)e;                             \
        return true;                                                \
    }
LOOK_AT(a_grant, struct store_grant)
LOOK_AT(a_crl, struct store_crl)
LOOK_AT(a_sealed, struct store_sealed_row)
LOOK_AT(an_evidence, struct store_evidence)
LOOK_AT(an_endpoint, struct store_endpoint)
LOOK_AT(an_event, struct store_event)
LOOK_AT(a_setting, struct store_setting)
LOOK_AT(a_record, struct store_record)

static bool a_cert(void *self, const uint8_t *der, size_t len, struct err *e)
{
    (void)self, (void)der, (void)len, (void)e;
    return true;
}

/* One finding for what stopped a list; only damage is a finding, anything else stops the check. */
static bool note(bool ok, struct buf *findings, struct err *found, struct err *e)
{
    if (ok)
        return true;
    if (found->kind == ERR_STORE)
        return buf_printf(findings, e, "%s\n", found->msg);
    if (e)
        *e = *found;
    return false;
}

static bool check_rows(struct store *s, struct buf *out, struct err *e)
{
    const struct store_backend *ops = s->ops;
    const struct store_evidence_query evidence = { .limit = UINT32_MAX };
    const struct store_endpoint_query endpoints = { .limit = UINT32_MAX };
    const struct store_event_query events = { .limit = UINT32_MAX };
    struct err f;
    return note(ops->certs->all(s, a_cert, NULL, &f), out, &f, e) &&
           note(ops->grants->all(s, a_grant, NULL, &f), out, &f, e) &&
           note(ops->crls->list(s, a_crl, NULL, &f), out, &f, e) &&
           note(ops->sealed->others(s, "", UINT32_MAX, a_sealed, NULL, &f), out, &f, e) &&
           note(ops->evidence->list(s, &evidence, an_evidence, NULL, &f), out, &f, e) &&
           note(ops->endpoints->list(s, &endpoints, an_endpoint, NULL, &f), out, &f, e) &&
           note(ops->events->list(s, &events, an_event, NULL, &f), out, &f, e) &&
           note(ops->settings->list(s, a_setting, NULL, &f), out, &f, e) &&
           note(ops->records->all(s, a_record, NULL, &f), out, &f, e);
}

bool store_check(struct store *s, struct buf *findings, struct err *e)
{
    AUTO(store_abortp) struct store *mine = NULL;
    if (!store_one_moment(s, &mine, e))
        return false;
    struct store_audit_report audit;
    if (!s->ops->core->check(s, findings, e) || !check_rows(s, findings, e) || !store_audit_verify(s, &audit, e))
        return false;
    return audit.sound || buf_printf(findings, e, "%s\n", audit.why);
}
