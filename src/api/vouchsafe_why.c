/* From a machine, a host or a vCenter Server to the rule that refuses it and the certificate that heals it (docs/audit.md). */
#include "api/tables.h"
#include "api/trust_json.h"
#include "base/arena.h"
#include "flow/busy.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/why.h"
#include "trust/cert.h"

#define BASE "/cloudapi/vouchsafe/1.0.0"

static json_t *text_or_null(const char *s)
{
    return s ? task_json(s) : json_null();
}

static json_t *chain_json(const struct look *l)
{
    json_t *list = json_array();
    for (size_t i = 0; l->seen && l->chain && i < l->sorted.shown_len; i++)
        json_array_append_new(list, trust_json_cert(look_cert(l, l->sorted.shown[i])));
    return list;
}

static json_t *heal_json(const struct why *w)
{
    char scope[TRUST_SCOPE_TEXT];
    if (!w->heal)
        return json_null();
    trust_scope_write(&w->heal_scope, scope);
    return json_pack("{s:o, s:s, s:s, s:s, s:b}", "certificate", trust_json_cert(w->heal), "pem", w->heal_pem, "scope", scope, "from",
                     why_from_name(w->heal_from), "pinsOneCertificate", w->heal_from == WHY_FROM_LEAF);
}

static json_t *why_json(const struct why *w)
{
    char address[ADDRESS_PORT_TEXT];
    const bool there = w->found && w->look.address.family != ADDRESS_NONE;
    if (there)
        address_write_port(&w->look.address, address);
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "found", w->found, "vm", text_or_null(w->vm),
                     "vmId", text_or_null(w->vm_id), "host", text_or_null(w->host), "key", text_or_null(w->key), "vcenter",
                     text_or_null(w->vcenter_name), "vcenterId", text_or_null(w->vcenter), "endpoint", text_or_null(w->dialled), "port",
                     (int)w->port, "address", there ? json_string(address) : json_null(), "seen", w->look.seen, "verdict",
                     w->look.seen ? trust_json_verdict(&w->look.verdict) : json_null(), "chain", chain_json(&w->look), "heal", heal_json(w),
                     "text", task_json(w->text), "next", task_json(w->next));
}

static bool why(struct api_call *c, struct err *e)
{
    AUTO(why_done) struct why w = { 0 };
    AUTO(busy_end) struct busy_turn turn = { 0 };
    struct why_ask ask = { 0 };
    const char *kind;
    if (!api_query_value(c, "kind", &kind, e) || !api_query_value(c, "name", &ask.name, e) ||
        !api_query_value(c, "vcenter", &ask.vcenter, e))
        return false;
    int which = kind ? why_kind_of(kind) : -1;
    if (which < 0)
        return err_set(e, ERR_INPUT, "kind is none of vm, host, vcenter");
    if (!ask.name || !*ask.name)
        return err_set(e, ERR_INPUT, "name is missing");
    ask.kind = (enum why_kind)which;
    return busy_begin(c->site->busy, c->caller.org, &turn, e) && why_ask(c->site, &ask, &w, e) && api_answer_json(c, 200, why_json(&w), e);
}

const struct api_op api_vouchsafe_why_ops[] = {
    { "GET", BASE "/why", API_CLOUDAPI, RIGHT_VCENTER_VIEW, API_PROVIDER, why, 0 },
    { 0 },
};
