/* Events and evidence, as our own API shows them: what an id in a refusal means, and what an anchor carries. */
#include <string.h>

#include "api/op.h"
#include "api/tables.h"
#include "api/trust_json.h"
#include "base/arena.h"
#include "base/text.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/task.h"
#include "store/event.h"
#include "store/evidence.h"
#include "wire/json.h"

#define BASE "/cloudapi/vouchsafe/1.0.0"

static const char *severity_name(enum store_severity s)
{
    static const char *const names[STORE_SEVERITIES] = { "info", "warning", "error", "security" };
    return names[s];
}

static json_t *event_json(const struct store_event *ev)
{
    struct err none;
    json_t *data = NULL;
    if (!ev->data[0] || !wire_json_read(ev->data, strlen(ev->data), NULL, &data, &none))
        data = json_null();
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o}", "id", ev->id, "at", api_json_time(ev->at_ms), "kind", ev->kind, "severity",
                     severity_name(ev->severity), "entity", task_json(ev->entity), "text", task_json(ev->text), "data", data);
}

/* Rows of the page that is asked for, newest first; those before it are passed over. */
struct page {
    struct api_query q;
    size_t at;
    uint64_t last;
    size_t rows;
    json_t *values;
    struct store_evidence last_evidence;
    struct arena *arena;
};

static bool wanted(struct page *p)
{
    size_t from = (p->q.page - 1) * p->q.page_size, at = p->at++;
    p->rows++;
    return at >= from && at - from < p->q.page_size;
}

static bool on_event(void *self, const struct store_event *ev, struct err *e)
{
    struct page *p = self;
    (void)e;
    p->last = ev->seq;
    if (wanted(p))
        json_array_append_new(p->values, event_json(ev));
    return true;
}

/* Severity by its word; NULL = all. */
static bool severity_of(const char *word, enum store_severity *ret, struct err *e)
{
    int n = word ? text_choice("info|warning|error|security", word) : 0;
    *ret = n < 0 ? STORE_INFO : (enum store_severity)n;
    return n >= 0 || err_set(e, ERR_INPUT, "atLeast is none of info, warning, error, security");
}

static bool events(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct page p = { 0 };
    struct store_event_query q = { 0 };
    const char *severity;
    if (!api_query_of(c, &p.q, e) || !api_query_value(c, "kind", &q.kind, e) || !api_query_value(c, "entity", &q.entity, e) ||
        !api_query_value(c, "atLeast", &severity, e) || !severity_of(severity, &q.at_least, e) ||
        !loan_begin(c->site->shelf, &l, e))
        return false;
    p.values = json_array();
    do {
        p.rows = 0;
        if (!store_event_list(l.store, &q, on_event, &p, e)) {
            json_decref(p.values);
            return false;
        }
        q.after = p.last;
    } while (p.rows == STORE_PAGE_MAX);
    return api_answer_json(c, 200, api_page(&p.q, p.at, p.values), e);
}

static bool event(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct store_event ev;
    const char *id = api_uuid(api_param(c, "id"));
    return loan_begin(c->site->shelf, &l, e) && store_event_get(l.store, id, c->arena, &ev, e) &&
           api_answer_json(c, 200, event_json(&ev), e);
}

static bool on_evidence(void *self, const struct store_evidence *row, struct err *e)
{
    struct page *p = self;
    (void)e;
    p->last_evidence = *row;
    p->last_evidence.endpoint = arena_strdup(p->arena, row->endpoint);
    p->last_evidence.purpose = arena_strdup(p->arena, row->purpose);
    if (wanted(p))
        json_array_append_new(p->values, json_pack("{s:o, s:s, s:o, s:o, s:I}", "endpoint", task_json(row->endpoint), "purpose",
                                                   row->purpose, "first", api_json_time(row->first_ms), "last",
                                                   api_json_time(row->last_ms), "count", (json_int_t)row->count));
    return true;
}

static bool evidence(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct page p = { .arena = c->arena };
    uint8_t sha256[DIGEST_SHA256];
    struct store_evidence_query q = { .anchor = sha256 };
    if (!text_unhex(api_param(c, "sha256"), sha256, sizeof(sha256)))
        return err_set(e, ERR_NOT_FOUND, "this is not a SHA-256 fingerprint");
    if (!api_query_of(c, &p.q, e) || !loan_begin(c->site->shelf, &l, e))
        return false;
    p.values = json_array();
    do {
        p.rows = 0;
        if (!store_evidence_list(l.store, &q, on_evidence, &p, e)) {
            json_decref(p.values);
            return false;
        }
        q.after = &p.last_evidence;
    } while (p.rows == STORE_PAGE_MAX);
    return api_answer_json(c, 200, api_page(&p.q, p.at, p.values), e);
}

const struct api_op api_vouchsafe_events_ops[] = {
    { "GET", BASE "/events", API_CLOUDAPI, RIGHT_AUDIT_VIEW, API_PROVIDER, events, 0 },
    { "GET", BASE "/events/{id}", API_CLOUDAPI, RIGHT_AUDIT_VIEW, API_PROVIDER, event, 0 },
    { "GET", BASE "/anchors/{sha256}/evidence", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, evidence, 0 },
    { 0 },
};
