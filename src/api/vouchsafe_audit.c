/* The audit trail with everything that is hashed, as our own API shows it: for whoever keeps and checks it elsewhere (docs/store.md). */
#include <string.h>

#include "api/tables.h"
#include "base/arena.h"
#include "base/text.h"
#include "flow/audit_file.h"
#include "flow/audit_sign.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "store/audit.h"
#include "store/store.h"
#include "wire/json.h"

#define BASE "/cloudapi/vouchsafe/1.0.0/audit"

enum { PAGE_BYTES = 4 * 1024 * 1024 }; /* a page that has so many ends, whatever was asked for */

struct page {
    json_t *lines;
    size_t bytes;
    bool full;
};

static bool add(void *self, const struct store_audit *l, struct err *e)
{
    struct page *p = self;
    (void)e;
    if (p->full)
        return true;
    json_array_append_new(p->lines, audit_line_write(l));
    p->bytes += strlen(l->data) + strlen(l->text) + 512;
    p->full = p->bytes > PAGE_BYTES;
    return true;
}

static bool number_of(const struct api_call *c, const char *name, uint64_t max, uint64_t otherwise, uint64_t *ret, struct err *e)
{
    const char *text;
    if (!api_query_value(c, name, &text, e))
        return false;
    *ret = otherwise;
    return !text || text_number(text, 0, max, ret) || err_set(e, ERR_INPUT, "%s is no number up to %llu", name, (unsigned long long)max);
}

static bool query_of(const struct api_call *c, struct store_audit_query *q, uint8_t digest[DIGEST_SHA256], struct err *e)
{
    const char *sha256, *newest;
    uint64_t limit;
    if (!number_of(c, "after", INT64_MAX, 0, &q->after, e) || !number_of(c, "limit", STORE_PAGE_MAX, STORE_PAGE_MAX, &limit, e) ||
        !api_query_value(c, "entity", &q->entity, e) || !api_query_value(c, "sha256", &sha256, e) ||
        !api_query_value(c, "newestFirst", &newest, e))
        return false;
    if (sha256 && !text_unhex(sha256, digest, DIGEST_SHA256))
        return err_set(e, ERR_INPUT, "sha256 is not a SHA-256 fingerprint");
    if (newest && text_choice("false|true", newest) < 0)
        return err_set(e, ERR_INPUT, "newestFirst is neither true nor false");
    q->sha256 = sha256 ? digest : NULL;
    q->newest_first = newest && text_choice("false|true", newest) == 1;
    q->limit = (uint32_t)limit;
    return true;
}

static bool lines(struct api_call *c, struct err *e)
{
    struct store_audit_query q = { 0 };
    struct page p = { 0 };
    struct audit_head h;
    uint8_t digest[DIGEST_SHA256];
    AUTO(loan_end) struct loan l = { 0 };
    if (!query_of(c, &q, digest, e) || !loan_begin(c->site->shelf, &l, e) || !store_begin(l.store, STORE_READ, e) ||
        !audit_head_now(l.store, &h, e))
        return false;
    AUTO(wire_json_decrefp) json_t *o = audit_head_write(AUDIT_FILE_FORMAT, &h);
    p.lines = json_array();
    json_object_set_new(o, "lines", p.lines);
    return store_audit_list(l.store, &q, add, &p, e) && api_answer_json(c, 200, STEAL(o), e);
}

static bool signature(struct api_call *c, struct err *e)
{
    json_t *o;
    return audit_sign(c->site, &o, e) && api_answer_json(c, 200, o, e);
}

static bool verify(struct api_call *c, struct err *e)
{
    struct store_audit_report r;
    struct audit_head h;
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(c->site->shelf, &l, e) || !store_begin(l.store, STORE_READ, e) || !store_audit_verify(l.store, &r, e) ||
        !audit_head_now(l.store, &h, e))
        return false;
    json_t *o = audit_head_write(AUDIT_FILE_FORMAT, &h);
    json_object_set_new(o, "sound", json_boolean(r.sound));
    json_object_set_new(o, "checked", json_integer((json_int_t)r.checked));
    json_object_set_new(o, "brokenAt", r.sound ? json_null() : json_integer((json_int_t)r.broken_at));
    json_object_set_new(o, "why", json_string(r.why));
    return api_answer_json(c, 200, o, e);
}

const struct api_op api_vouchsafe_audit_ops[] = {
    { "GET", BASE "/lines", API_CLOUDAPI, RIGHT_AUDIT_VIEW, API_PROVIDER, lines, 0 },
    { "GET", BASE "/signature", API_CLOUDAPI, RIGHT_AUDIT_VIEW, API_PROVIDER, signature, 0 },
    { "GET", BASE "/verify", API_CLOUDAPI, RIGHT_AUDIT_VIEW, API_PROVIDER, verify, 0 },
    { 0 },
};
