#include "api/list.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/change.h"
#include "flow/deny.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "wire/json.h"

/* Where a tenant's testConnection may not lead: the provider's list of addresses, ranges and domain names. */

#define BASE "/cloudapi/vouchsafe/1.0.0/deniedHosts"

static const struct fiql_field fields[] = { { "entry", FIQL_CASELESS, false, false } };

static struct fiql_value value_of(const void *row, size_t field)
{
    (void)field;
    return (struct fiql_value){ row, 0 };
}

static json_t *write_row(struct api_call *c, const void *row)
{
    (void)c;
    return json_pack("{s:s}", "entry", (const char *)row);
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { fields, ARRAY_LEN(fields), value_of, NULL, false, "DeniedHosts", write_row };
    AUTO(loan_end) struct loan l = { 0 };
    const char *const *entries;
    size_t len;
    if (!loan_begin(c->site->shelf, &l, e) || !deny_list(l.store, c->arena, &entries, &len, e))
        return false;
    const void **rows = arena_array(c->arena, len + 1, sizeof(*rows));
    for (size_t i = 0; i < len; i++)
        rows[i] = entries[i];
    return api_answer_list(c, &shape, rows, len, e);
}

struct change {
    const char *entry;
    struct store_by by;
};

static bool add_in(void *self, struct store *s, struct err *e)
{
    const struct change *ch = self;
    return deny_add(s, ch->entry, &ch->by, e);
}

static bool remove_in(void *self, struct store *s, struct err *e)
{
    const struct change *ch = self;
    return deny_remove(s, ch->entry, &ch->by, e);
}

static bool add(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct change ch = { .by = site_by(&c->caller, "api.denied-hosts") };
    if (!api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: entry is needed");
    return api_need_text(body, "entry", DENY_ENTRY_TEXT - 1, &ch.entry, e) && change_run(c->site, add_in, &ch, e) &&
           api_answer_json(c, 201, json_pack("{s:s}", "entry", ch.entry), e);
}

static bool take_away(struct api_call *c, struct err *e)
{
    struct change ch = { api_param(c, "entry"), site_by(&c->caller, "api.denied-hosts") };
    if (!change_run(c->site, remove_in, &ch, e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

const struct api_op api_vouchsafe_denied_ops[] = {
    { "GET", BASE, API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_VIEW, API_PROVIDER, list, 0 },
    { "POST", BASE, API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_MANAGE, API_PROVIDER, add, 0 },
    { "DELETE", BASE "/{entry}", API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_MANAGE, API_PROVIDER, take_away, 0 },
    { 0 },
};
