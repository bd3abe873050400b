/* The answering cell itself: does it take new work, and how much is under way? */
#include "api/op.h"
#include "api/tables.h"
#include "flow/loan.h"
#include "flow/quiesce.h"
#include "flow/site.h"
#include "wire/json.h"

#define PATH "/cloudapi/vouchsafe/1.0.0/cell"

static bool show(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    uint64_t jobs;
    bool quiesced;
    return loan_begin(c->site->shelf, &l, e) && quiesce_state(l.store, c->site, &quiesced, &jobs, e) &&
           api_answer_json(c, 200, json_pack("{s:s, s:s, s:b, s:I}", "id", c->site->cell_urn, "name", c->site->cell_name, "active",
                                             !quiesced, "jobs", (json_int_t)jobs), e);
}

static bool change(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    const struct store_by by = site_by(&c->caller, "api.cell");
    if (!api_body_json(c, &body, e))
        return false;
    const json_t *active = body ? json_object_get(body, "active") : NULL;
    if (!json_is_boolean(active))
        return err_set(e, ERR_INPUT, "active is neither true nor false");
    return quiesce_set(c->site, !json_is_true(active), &by, e) && show(c, e);
}

const struct api_op api_vouchsafe_cell_ops[] = {
    { "GET", PATH, API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_VIEW, API_PROVIDER, show, 0 },
    { "PUT", PATH, API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_MANAGE, API_PROVIDER, change, 0 },
    { 0 },
};
