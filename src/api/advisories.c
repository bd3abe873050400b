#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/advisory.h"
#include "flow/advisory_view.h"
#include "flow/change.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "wire/json.h"

/* Advisories and their definitions (vcd-api.md 3.8): the definitions are the provider's, the list is what a user is shown now. */

static const struct fiql_field fields[] = {
    { "priority", FIQL_NUMBER, true, false }, { "message", FIQL_TEXT, false, false }, { "id", FIQL_TEXT, false, false },
    { "source", FIQL_TEXT, false, false },    { "displayStart", FIQL_TIME, false, false },
    { "displayEnd", FIQL_TIME, false, false },
};

static struct fiql_value get(const void *row, size_t field)
{
    const struct advisory *a = row;
    switch (field) {
    case 0: return (struct fiql_value){ NULL, a->priority };
    case 1: return (struct fiql_value){ a->message, 0 };
    case 2: return (struct fiql_value){ a->urn, 0 };
    case 3: return (struct fiql_value){ a->internal ? "INTERNAL" : "USER", 0 };
    case 4: return (struct fiql_value){ NULL, a->start_ms };
    default: return (struct fiql_value){ NULL, a->end_ms };
    }
}

static json_t *write_one(struct api_call *c, const void *row)
{
    const struct advisory *a = row;
    (void)c;
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:s}", "id", a->urn, "targetId", api_json_text(a->target[0] ? a->target : NULL),
                     "message", a->message, "priority", advisory_priority_name(a->priority), "displayStart",
                     api_json_time(a->start_ms), "displayEnd", api_json_time(a->end_ms), "source", a->internal ? "INTERNAL" : "USER");
}

static const struct api_list shape = { fields, ARRAY_LEN(fields), get, "priority", true, "Advisories", write_one };

static bool is_target(const struct api_call *c, const struct advisory *a)
{
    return !a->target[0] || strcmp(a->target, c->caller.tenant[0] ? c->caller.tenant : c->caller.org) == 0;
}

/* The cell's own is for providers: it speaks of infrastructure. */
static bool shown_to(const struct api_call *c, const struct advisory *a)
{
    int64_t now = clock_wall_ms();
    if (a->internal)
        return c->caller.system;
    if (a->start_ms > now || (a->end_ms && a->end_ms < now))
        return false;
    return is_target(c, a);
}

static bool read_all(struct api_call *c, bool definitions, struct advisory **ret, size_t *ret_len, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(c->site->shelf, &l, e) && advisory_list(l.store, c->arena, ret, ret_len, e) &&
           (definitions || advisory_view(l.store, &c->caller, *ret, *ret_len, c->arena, e));
}

static bool list_where(struct api_call *c, bool definitions, struct err *e)
{
    struct advisory *all;
    size_t len, n = 0;
    if (!read_all(c, definitions, &all, &len, e))
        return false;
    const void **rows = arena_array(c->arena, len + 1, sizeof(*rows));
    for (size_t i = 0; i < len; i++)
        if (definitions ? !all[i].internal : shown_to(c, &all[i]))
            rows[n++] = &all[i];
    return api_answer_list(c, &shape, rows, n, e);
}

static bool list(struct api_call *c, struct err *e)
{
    return list_where(c, false, e);
}

static bool definitions(struct api_call *c, struct err *e)
{
    return list_where(c, true, e);
}

static bool find(struct api_call *c, struct advisory *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    return api_param_urn(c, "id", "advisory", &urn, e) && loan_begin(c->site->shelf, &l, e) &&
           advisory_get(l.store, urn, c->arena, ret, e);
}

/* The same with the times of who asks. */
static bool find_shown(struct api_call *c, struct advisory *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return find(c, ret, e) && loan_begin(c->site->shelf, &l, e) && advisory_view(l.store, &c->caller, ret, 1, c->arena, e);
}

static bool show(struct api_call *c, struct err *e)
{
    struct advisory a;
    if (!find_shown(c, &a, e))
        return false;
    if (!shown_to(c, &a))
        return err_set(e, ERR_NOT_FOUND, "there is no advisory of this id");
    return api_answer_json(c, 200, write_one(c, &a), e);
}

static bool show_definition(struct api_call *c, struct err *e)
{
    struct advisory a;
    return find(c, &a, e) && api_answer_json(c, 200, write_one(c, &a), e);
}

static bool get_time(const json_t *o, const char *key, int64_t *ret, struct err *e)
{
    const char *text;
    int64_t seconds;
    *ret = 0;
    if (!api_get_text(o, key, 64, &text, e))
        return false;
    if (!text)
        return true;
    if (!text_time_parse(text, &seconds) || seconds < 0)
        return err_set(e, ERR_INPUT, "%s is not a time as RFC 3339 writes it", key);
    *ret = seconds * 1000;
    return true;
}

static bool read_new(const json_t *o, struct advisory *ret, struct err *e)
{
    const char *priority;
    *ret = (struct advisory){ .target = "", .priority = ADVISORY_NOTICE };
    if (!api_need_text(o, "message", 4 * ADVISORY_MESSAGE, &ret->message, e) ||
        !api_get_text(o, "targetId", STORE_ID_MAX, &ret->target, e) || !api_get_text(o, "priority", 16, &priority, e) ||
        !get_time(o, "displayStart", &ret->start_ms, e) || !get_time(o, "displayEnd", &ret->end_ms, e))
        return false;
    if (!ret->target)
        ret->target = "";
    if (!priority)
        return true;
    int p = advisory_priority_of(priority);
    if (p < 0)
        return err_set(e, ERR_INPUT, "priority is NOTICE, IMPORTANT, CRITICAL or MANDATORY");
    ret->priority = (enum advisory_priority)p;
    return true;
}

struct change {
    struct arena *arena;
    struct advisory advisory;
    const char *urn;
    const struct caller *who;
    int64_t start_ms, end_ms; /* as somebody wants to be shown it */
    struct store_by by;
};

static bool add_in(void *self, struct store *s, struct err *e)
{
    struct change *ch = self;
    return advisory_add(s, &ch->advisory, &ch->by, ch->arena, e);
}

static bool view_in(void *self, struct store *s, struct err *e)
{
    const struct change *ch = self;
    return advisory_view_put(s, ch->who, &ch->advisory, ch->start_ms, ch->end_ms, &ch->by, e);
}

static bool remove_in(void *self, struct store *s, struct err *e)
{
    const struct change *ch = self;
    return advisory_remove(s, ch->urn, &ch->by, e);
}

static bool define(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct change ch = { .arena = c->arena, .by = site_by(&c->caller, "api.advisories") };
    if (!api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the advisory is missing");
    return read_new(body, &ch.advisory, e) && change_keep(c->site, add_in, &ch, e) &&
           api_answer_json(c, 201, write_one(c, &ch.advisory), e);
}

/* Another displayStart snoozes, another displayEnd dismisses; what the body does not say stays. */
static bool view(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct change ch = { .arena = c->arena, .who = &c->caller, .by = site_by(&c->caller, "api.advisories") };
    if (!api_body_json(c, &body, e) || !find_shown(c, &ch.advisory, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the advisory is missing");
    if (ch.advisory.internal ? !c->caller.system : !is_target(c, &ch.advisory))
        return err_set(e, ERR_NOT_FOUND, "there is no advisory of this id");
    ch.start_ms = ch.advisory.start_ms;
    ch.end_ms = ch.advisory.end_ms;
    if ((json_is_string(json_object_get(body, "displayStart")) && !get_time(body, "displayStart", &ch.start_ms, e)) ||
        (json_is_string(json_object_get(body, "displayEnd")) && !get_time(body, "displayEnd", &ch.end_ms, e)) ||
        !change_keep(c->site, view_in, &ch, e))
        return false;
    ch.advisory.start_ms = ch.start_ms;
    ch.advisory.end_ms = ch.end_ms;
    return api_answer_json(c, 200, write_one(c, &ch.advisory), e);
}

static bool undefine(struct api_call *c, struct err *e)
{
    struct change ch = { .arena = c->arena, .by = site_by(&c->caller, "api.advisories") };
    if (!api_param_urn(c, "id", "advisory", &ch.urn, e) || !change_keep(c->site, remove_in, &ch, e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

const struct api_op api_advisories_ops[] = {
    { "GET", "/cloudapi/1.0.0/advisories", API_CLOUDAPI, RIGHT_NONE, 0, list, 0 },
    { "GET", "/cloudapi/1.0.0/advisories/{id}", API_CLOUDAPI, RIGHT_NONE, 0, show, 0 },
    { "PUT", "/cloudapi/1.0.0/advisories/{id}", API_CLOUDAPI, RIGHT_NONE, 0, view, 0 },
    { "GET", "/cloudapi/1.0.0/definitions/advisories", API_CLOUDAPI, RIGHT_ADVISORY_MANAGE, API_PROVIDER, definitions, 0 },
    { "POST", "/cloudapi/1.0.0/definitions/advisories", API_CLOUDAPI, RIGHT_ADVISORY_MANAGE, API_PROVIDER, define, 0 },
    { "GET", "/cloudapi/1.0.0/definitions/advisories/{id}", API_CLOUDAPI, RIGHT_ADVISORY_MANAGE, API_PROVIDER, show_definition, 0 },
    { "DELETE", "/cloudapi/1.0.0/definitions/advisories/{id}", API_CLOUDAPI, RIGHT_ADVISORY_MANAGE, API_PROVIDER, undefine, 0 },
    { 0 },
};
