/* Living with trust, as our own API shows it (docs/audit.md): the audit, the removal of what is unneeded, and what-if. */
#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "api/trust_json.h"
#include "base/arena.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/audit.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/whatif.h"
#include "trust/cert.h"
#include "wire/json.h"

#define BASE "/cloudapi/vouchsafe/1.0.0"

enum { ENDPOINTS_TOLD = 1000, FEATURES_TOLD = 100 };

/* ---- the audit ---- */

enum { FIELD_ID, FIELD_ALIAS, FIELD_STATE };
static const struct fiql_field fields[] = {
    [FIELD_ID] = { "id", FIQL_TEXT, false, false },
    [FIELD_ALIAS] = { "alias", FIQL_CASELESS, false, false },
    [FIELD_STATE] = { "state", FIQL_TEXT, false, false },
};

static struct fiql_value value_of(const void *p, size_t field)
{
    const struct audit_row *r = p;
    const char *const texts[] = { r->id, r->alias, r->state };
    return (struct fiql_value){ texts[field], 0 };
}

static json_t *write_row(struct api_call *c, const void *p)
{
    const struct audit_row *r = p;
    json_t *j = NULL;
    struct err none;
    (void)c;
    return wire_json_read(r->json, strlen(r->json), NULL, &j, &none) ? j : NULL;
}

static json_t *head_json(const struct audit_head *h)
{
    json_t *states = json_object();
    for (int i = 0; i <= TRUST_AUDIT_UNNEEDED; i++)
        json_object_set_new(states, trust_audit_state_name((enum trust_audit_state)i), json_integer((json_int_t)h->states[i]));
    return json_pack("{s:o, s:o, s:b, s:s, s:o, s:I, s:I, s:I}", "started", api_json_time(h->started_ms), "ended",
                     api_json_time(h->ended_ms), "looked", h->looked, "shown", h->shown, "states", states, "endpoints",
                     (json_int_t)h->endpoints, "unknown", (json_int_t)h->unknown, "refused", (json_int_t)h->refused);
}

static bool last(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { .fields = fields, .fields_len = ARRAY_LEN(fields), .get = value_of, .sort = "alias",
                                           .model = "TrustAudit", .write = write_row };
    AUTO(loan_end) struct loan l = { 0 };
    struct audit_head head;
    struct audit_row *rows;
    size_t len;
    if (!loan_begin(c->site->shelf, &l, e) || !audit_last(l.store, c->arena, &head, &rows, &len, e))
        return false;
    AUTO(wire_json_decrefp) json_t *more = head_json(&head);
    c->more = more;
    bool ok = api_answer_array(c, &shape, rows, len, sizeof(*rows), e);
    c->more = NULL;
    return ok;
}

static bool start(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    char task[STORE_ID_MAX + 1];
    bool look = true;
    if (!api_body_json(c, &body, e) || (body && !api_get_bool(body, "look", true, &look, e)) ||
        !audit_start(c->site, &c->caller, look, task, e))
        return false;
    api_answer_task(c, arena_strdup(c->arena, task));
    return true;
}

static bool remove_unneeded(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    const char *shown;
    struct audit_removed gone;
    if (!api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: shown is needed, as the report has it");
    if (!api_need_text(body, "shown", AUDIT_DIGEST, &shown, e) || !audit_remove(c->site, &c->caller, shown, 0, c->arena, &gone, e))
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < gone.len; i++)
        json_array_append_new(list, json_string(gone.ids[i]));
    return api_answer_json(c, 200, json_pack("{s:o}", "removed", list), e);
}

/* ---- what if ---- */

static json_t *rule_json(const struct trust_replay_result *r)
{
    return r->has_chain ? json_string(trust_rule_code(r->rule)) : json_null();
}

static json_t *endpoint_json(const struct replay_endpoint *ep, const struct whatif_row *row)
{
    const struct trust_replay_result *then = &row->after;
    const bool refused = then->has_chain && then->rule != TRUST_OK;
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:s}", "key", task_json(ep->key), "name",
                     task_json(ep->name), "kind", replay_kind_name(ep->kind), "of", ep->of ? task_json(ep->of) : json_null(), "seen",
                     api_json_time(ep->seen_ms), "state", trust_replay_state_name(then->state), "before", rule_json(&row->before), "rule",
                     rule_json(then), "why", refused ? json_string(trust_rule_text(then->rule)->what) : json_null(), "certificate",
                     then->has_chain ? trust_json_sha256(refused ? then->at : then->anchor) : json_null(), "unknown",
                     ep->unknown ? task_json(ep->unknown) : json_null(), "standsStill", replay_stands_still(ep->kind));
}

/* What the change does to this one, or could. */
static bool is_told(const struct whatif_row *r, bool all)
{
    const bool known = r->after.state != TRUST_REPLAY_UNKNOWN;
    return all || (known ? (r->before.rule == TRUST_OK) != (r->after.rule == TRUST_OK) : r->touched);
}

static json_t *endpoints_json(const struct whatif *w, bool all, size_t *ret_left)
{
    json_t *list = json_array();
    *ret_left = 0;
    for (size_t i = 0; i < w->replay.len; i++) {
        if (!is_told(&w->rows[i], all))
            continue;
        if (json_array_size(list) < ENDPOINTS_TOLD)
            json_array_append_new(list, endpoint_json(&w->replay.endpoints[i], &w->rows[i]));
        else
            ++*ret_left;
    }
    return list;
}

/* "of vc1: console proxy, .. with 3 hosts", once for each vCenter and kind. */
static json_t *feature_of(json_t *list, const struct replay_endpoint *ep)
{
    json_t *one;
    size_t i;
    const char *of = ep->of ? ep->of : ep->name;
    json_array_foreach(list, i, one)
        if (strcmp(json_string_value(json_object_get(one, "of")), of) == 0 &&
            strcmp(json_string_value(json_object_get(one, "kind")), replay_kind_name(ep->kind)) == 0)
            return one;
    if (json_array_size(list) == FEATURES_TOLD)
        return NULL;
    one = json_pack("{s:o, s:s, s:i, s:s}", "of", task_json(of), "kind", replay_kind_name(ep->kind), "count", 0, "standsStill",
                    replay_stands_still(ep->kind));
    json_array_append_new(list, one);
    return one;
}

static json_t *features_json(const struct whatif *w)
{
    json_t *list = json_array();
    for (size_t i = 0; i < w->replay.len; i++) {
        const struct whatif_row *r = &w->rows[i];
        if (r->after.state != TRUST_REPLAY_FAILS || r->before.rule != TRUST_OK)
            continue;
        json_t *one = feature_of(list, &w->replay.endpoints[i]);
        if (one)
            json_object_set_new(one, "count", json_integer(json_integer_value(json_object_get(one, "count")) + 1));
    }
    return list;
}

static json_t *carried_json(const struct evidence_sum *sum)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sum->len; i++) {
        const struct evidence_purpose *p = &sum->of[i];
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:o, s:o}", "purpose", p->purpose, "endpoints", (json_int_t)p->endpoints,
                                              "connections", (json_int_t)p->connections, "first", api_json_time(p->first_ms), "last",
                                              api_json_time(p->last_ms)));
    }
    return list;
}

static json_t *sessions_json(const struct whatif *w)
{
    json_t *list = json_array();
    for (size_t i = 0; i < w->sessions_len; i++) {
        const struct whatif_session *s = &w->sessions[i];
        json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:i}", "kind", s->kind, "endpoint", task_json(s->endpoint), "what",
                                              task_json(s->what), "count", (int)s->count));
    }
    return list;
}

static json_t *answer_json(const char *action, const struct whatif *w, bool all)
{
    size_t left;
    json_t *endpoints = endpoints_json(w, all, &left);
    return json_pack("{s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:I}", "action", action, "at", api_json_time(w->at_ms), "breaks",
                     (json_int_t)w->breaks, "heals", (json_int_t)w->heals, "verified", (json_int_t)w->verified, "unknown",
                     (json_int_t)w->unknown, "sessionsEnding", (json_int_t)w->sessions_ending, "features", features_json(w), "endpoints",
                     endpoints, "carried", carried_json(&w->carried), "sessions", sessions_json(w), "left", (json_int_t)left);
}

/* The body as a question. Texts stay the body's. */
struct asked {
    struct whatif_ask ask;
    const char *action;
    const char **ids;
    uint8_t sha256[DIGEST_SHA256];
    struct trust_scope scope;
    struct trust_cert *cert; /* owned */
    bool all;
};

static void asked_done(struct asked *q)
{
    (void)trust_cert_unref(q->cert);
}

static bool read_ids(struct api_call *c, const json_t *body, struct asked *q, struct err *e)
{
    const json_t *list = json_object_get(body, "certificates"), *one;
    size_t i;
    if (!list || json_is_null(list))
        return true;
    if (!json_is_array(list) || json_array_size(list) > WHATIF_GRANTS)
        return err_set(e, ERR_INPUT, "certificates is no list of at most %d ids", WHATIF_GRANTS);
    q->ids = arena_array(c->arena, json_array_size(list) + 1, sizeof(char *));
    json_array_foreach(list, i, one) {
        if (!json_is_string(one) || !api_urn(c, json_string_value(one), "trustedCertificate", &q->ids[i], e))
            return err_set(e, ERR_INPUT, "certificates: number %zu is no id of a trusted certificate", i + 1);
    }
    q->ask.ids = q->ids;
    q->ask.ids_len = json_array_size(list);
    return true;
}

static bool read_moment(const json_t *body, struct asked *q, struct err *e)
{
    const char *text;
    int64_t seconds;
    if (!api_get_text(body, "at", 40, &text, e))
        return false;
    if (!text)
        return true;
    if (!text_time_parse(text, &seconds))
        return err_set(e, ERR_INPUT, "at is no moment as in 2027-01-31T12:00:00Z");
    q->ask.at_ms = seconds * 1000;
    return true;
}

static bool read_asked(struct api_call *c, const json_t *body, struct asked *q, struct err *e)
{
    const char *sha256, *scope, *pem;
    if (!api_need_text(body, "action", 16, &q->action, e) || !api_get_text(body, "sha256", 3 * DIGEST_SHA256, &sha256, e) ||
        !api_get_text(body, "scope", TRUST_SCOPE_TEXT, &scope, e) || !api_get_text(body, "certificate", ANCHOR_PEM_MAX, &pem, e) ||
        !api_get_bool(body, "all", false, &q->all, e) || !read_ids(c, body, q, e) || !read_moment(body, q, e))
        return false;
    int action = whatif_action_of(q->action);
    if (action < 0)
        return err_set(e, ERR_INPUT, "action is none of delete, expire, replace, narrow, grant");
    if (sha256 && !text_unhex(sha256, q->sha256, sizeof(q->sha256)))
        return err_set(e, ERR_INPUT, "sha256 is not a SHA-256 fingerprint");
    if ((scope && !trust_scope_parse(scope, &q->scope, e)) || (pem && !anchor_read(pem, strlen(pem), &q->cert, e)))
        return false;
    q->ask.action = (enum whatif_action)action;
    q->ask.sha256 = sha256 ? q->sha256 : NULL;
    q->ask.scope = scope ? &q->scope : NULL;
    q->ask.cert = q->cert;
    return true;
}

static bool what_if(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    AUTO(asked_done) struct asked q = { 0 };
    AUTO(whatif_done) struct whatif w = { 0 };
    if (!api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: action is needed");
    return read_asked(c, body, &q, e) && whatif_ask(c->site, &q.ask, &w, e) &&
           api_answer_json(c, 200, answer_json(q.action, &w, q.all), e);
}

const struct api_op api_vouchsafe_trust_audit_ops[] = {
    { "GET", BASE "/trustAudit", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, last, 0 },
    { "POST", BASE "/trustAudit", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, start, 0 },
    { "POST", BASE "/trustAudit/removeUnneeded", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER | API_SHOWN, remove_unneeded,
      0 },
    { "POST", BASE "/whatIf", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, what_if, 0 },
    { 0 },
};
