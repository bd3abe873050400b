/* What ESXi hosts present and whether they are verified now: of one vCenter Server, or of all. A list is filtered, sorted and cut
 * over the small rows of flow/host_table.h; certificates are read for the rows of the page alone. */
#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "api/trust_json.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/busy.h"
#include "flow/change.h"
#include "flow/host_table.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/task.h"
#include "flow/vcenter.h"
#include "flow/vcenter_table.h"
#include "flow/vmca.h"
#include "http/request.h"
#include "trust/cert.h"
#include "wire/json.h"

#define OWN "/cloudapi/vouchsafe/1.0.0"
#define BASE OWN "/vcenters/{urn}"

/* ---- whose hosts ---- */

struct estate {
    const char *urn; /* NULL = all */
    struct arena *arena;
    struct vcenter *vcenters;
    size_t len;
    struct site_settings settings;
};

static bool read_estate(void *self, struct store *s, struct err *e)
{
    struct estate *t = self;
    if (!site_settings_read(s, &t->settings, e))
        return false;
    if (!t->urn)
        return vcenter_list(s, t->arena, &t->vcenters, &t->len, e);
    t->vcenters = arena_alloc(t->arena, sizeof(*t->vcenters));
    t->len = 1;
    return vcenter_get(s, t->urn, t->arena, t->vcenters, e);
}

static bool names_off(const struct estate *t, const struct vcenter *v)
{
    return v->names == VCENTER_NAMES_OFF || (v->names == VCENTER_NAMES_INHERIT && !t->settings.verify_vc);
}

/* ---- rows ---- */

/* A host of a list, and whose it is. */
struct row {
    const struct host_line *line;
    const struct vcenter *vcenter;
};

enum { FIELD_ID, FIELD_NAME, FIELD_CLASS, FIELD_VERIFIED, FIELD_RULE, FIELD_SEEN, FIELD_VCENTER_ID, FIELD_VCENTER };
static const struct fiql_field fields[] = {
    [FIELD_ID] = { "id", FIQL_TEXT, false, false },         [FIELD_NAME] = { "name", FIQL_CASELESS, false, false },
    [FIELD_CLASS] = { "class", FIQL_TEXT, false, false },   [FIELD_VERIFIED] = { "verified", FIQL_BOOL, false, false },
    [FIELD_RULE] = { "rule", FIQL_TEXT, false, false },     [FIELD_SEEN] = { "lastSeen", FIQL_TIME, false, false },
    [FIELD_VCENTER_ID] = { "virtualCenter.id", FIQL_TEXT, false, false },
    [FIELD_VCENTER] = { "virtualCenter.name", FIQL_CASELESS, false, false },
};

static struct fiql_value value_of(const void *p, size_t field)
{
    const struct row *r = p;
    const struct host_line *h = r->line;
    switch (field) {
    case FIELD_ID: return (struct fiql_value){ .text = h->id };
    case FIELD_NAME: return (struct fiql_value){ .text = h->name };
    case FIELD_CLASS: return (struct fiql_value){ .text = host_class_name(h->class) };
    case FIELD_VERIFIED: return (struct fiql_value){ .number = h->verified };
    case FIELD_RULE: return (struct fiql_value){ .text = h->seen ? trust_rule_code(h->rule) : NULL };
    case FIELD_SEEN: return (struct fiql_value){ .number = h->seen_ms };
    case FIELD_VCENTER_ID: return (struct fiql_value){ .text = r->vcenter->urn };
    default: return (struct fiql_value){ .text = r->vcenter->name };
    }
}

static json_t *names_json(const struct host_row *h)
{
    json_t *list = json_array();
    for (size_t i = 0; i < h->names_len; i++)
        json_array_append_new(list, task_json(h->names[i]));
    return list;
}

static json_t *host_json(const struct host_row *h, const struct vcenter *v)
{
    const bool verified = h->seen && h->verdict.ok;
    return json_pack("{s:s, s:o, s:o, s:i, s:o, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o}", "id", h->id, "name", task_json(h->name), "dialled",
                     task_json(h->dialled), "port", (int)h->port, "names", names_json(h), "class", host_class_name(h->class),
                     "verified", verified, "means", verified ? "is verified" : host_class_text(h->class), "verdict",
                     h->seen ? trust_json_verdict(&h->verdict) : json_null(), "error", h->seen ? json_null() : task_json(h->err.msg),
                     "leaf", h->certs_len ? trust_json_cert(h->certs[0]) : json_null(), "lastSeen", api_json_time(h->seen_ms),
                     "virtualCenter", api_json_ref(v->name, v->urn));
}

static json_t *write_row(struct api_call *c, const void *p)
{
    AUTO(hosts_report_done) struct hosts_report report = { 0 };
    const struct row *r = p;
    const struct host_line *line = r->line;
    struct err why;
    const bool read = host_line_read(c->site, line, &report, &why);
    if (read && report.len)
        return host_json(&report.rows[0], r->vcenter);
    /* It went between the list and its row. */
    struct host_row gone = { .id = line->id, .name = line->name, .dialled = line->name, .class = line->class };
    (void)err_set(&gone.err, ERR_NOT_FOUND, "%s", read ? "the host is gone" : why.msg);
    return host_json(&gone, r->vcenter);
}

/* ---- lists ---- */

static json_t *classes_json(const size_t classes[HOST_CLASSES])
{
    json_t *o = json_object();
    for (int i = 0; i < HOST_CLASSES; i++)
        json_object_set_new(o, host_class_name((enum host_class)i), json_integer((json_int_t)classes[i]));
    return o;
}

static json_t *sums_json(const struct host_list *sums, const char *vmca)
{
    json_t *o = json_pack("{s:i, s:i, s:o, s:o, s:o}", "total", (int)sums->len, "verified", (int)sums->verified, "text",
                          task_json(sums->text), "classes", classes_json(sums->classes), "looked", api_json_time(sums->at_ms));
    if (vmca)
        json_object_set_new(o, "vmca", json_string(vmca));
    return o;
}

static void add(struct host_list *sums, const struct host_list *l)
{
    sums->len += l->len;
    sums->verified += l->verified;
    for (int i = 0; i < HOST_CLASSES; i++)
        sums->classes[i] += l->classes[i];
    sums->at_ms = l->at_ms > sums->at_ms ? l->at_ms : sums->at_ms;
}

struct lists {
    const struct host_list **all; /* references */
    size_t len;
};

static void lists_done(struct lists *l)
{
    for (size_t i = 0; i < l->len; i++)
        (void)host_list_unref(l->all[i]);
}

static bool get_lists(struct api_call *c, const struct estate *t, struct lists *ret, struct host_list *sums, struct err *e)
{
    ret->all = arena_array(c->arena, t->len + 1, sizeof(*ret->all));
    for (; ret->len < t->len; ret->len++) {
        const struct vcenter *v = &t->vcenters[ret->len];
        if (!host_table_get(c->site, v, names_off(t, v), &ret->all[ret->len], e))
            return false;
        add(sums, ret->all[ret->len]);
    }
    return true;
}

static bool answer(struct api_call *c, const struct estate *t, struct err *e)
{
    static const struct api_list shape = { .fields = fields, .fields_len = ARRAY_LEN(fields), .get = value_of, .sort = "name",
                                           .model = "Hosts", .write = write_row };
    AUTO(lists_done) struct lists lists = { 0 };
    struct host_list sums = { 0 };
    struct vmca_summary said = { 0 };
    size_t n = 0;
    if (!get_lists(c, t, &lists, &sums, e))
        return false;
    struct row *rows = arena_array(c->arena, sums.len + 1, sizeof(*rows));
    for (size_t i = 0; i < lists.len; i++)
        for (size_t k = 0; k < lists.all[i]->len; k++)
            rows[n++] = (struct row){ &lists.all[i]->lines[k], &t->vcenters[i] };
    if (t->urn) {
        (void)text_copy(sums.text, sizeof(sums.text), lists.all[0]->text);
        vmca_summary_read(t->vcenters[0].trust, c->arena, &said);
    } else
        (void)snprintf(sums.text, sizeof(sums.text), "%zu of %zu hosts verified now, of %zu vCenter Server%s", sums.verified, sums.len,
                       lists.len, lists.len == 1 ? "" : "s");
    AUTO(wire_json_decrefp) json_t *more = sums_json(&sums, t->urn ? vmca_state_name(said.state) : NULL);
    c->more = more;
    bool ok = api_answer_array(c, &shape, rows, n, sizeof(*rows), e);
    c->more = NULL;
    return ok;
}

static bool of_one(struct api_call *c, struct err *e)
{
    struct estate t = { .arena = c->arena };
    return api_param_urn(c, "urn", "vimserver", &t.urn, e) && change_read(c->site, read_estate, &t, e) && answer(c, &t, e);
}

static bool of_all(struct api_call *c, struct err *e)
{
    struct estate t = { .arena = c->arena };
    return change_read(c->site, read_estate, &t, e) && answer(c, &t, e);
}

/* ---- looking now ---- */

/* One host as it is now; what it presents is kept. */
static bool look_at_host(struct api_call *c, struct err *e)
{
    AUTO(hosts_report_done) struct hosts_report report = { 0 };
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    AUTO(trust_cert_unrefp) struct trust_cert *vmca = NULL;
    AUTO(busy_end) struct busy_turn turn = { 0 };
    struct estate t = { .arena = c->arena };
    struct vmca_summary said;
    struct err none;
    const char *id = api_param(c, "id");
    if (!api_param_urn(c, "urn", "vimserver", &t.urn, e) || !change_read(c->site, read_estate, &t, e) ||
        !busy_begin(c->site->busy, c->caller.org, &turn, e) || !vcenter_borrow(c->site, t.urn, &hold, e))
        return false;
    const struct hosts_look how = { .vcenter = t.urn, .session = hold.session, .names_off = names_off(&t, t.vcenters), .only = id };
    if (!hosts_look(c->site, &how, &report, e))
        return false;
    vmca_summary_read(t.vcenters->trust, c->arena, &said);
    if (said.pem && !anchor_read(said.pem, strlen(said.pem), &vmca, &none))
        vmca = NULL;
    hosts_classify(&report, vmca, clock_wall_ms() / 1000);
    for (size_t i = 0; i < report.len; i++)
        if (strcmp(report.rows[i].id, id) == 0)
            return api_answer_json(c, 200, host_json(&report.rows[i], t.vcenters), e);
    return err_set(e, ERR_NOT_FOUND, "the vCenter lists no host of this id");
}

const struct api_op api_vouchsafe_hosts_ops[] = {
    { "GET", OWN "/hosts", API_CLOUDAPI, RIGHT_VCENTER_VIEW, API_PROVIDER, of_all, 0 },
    { "GET", BASE "/hosts", API_CLOUDAPI, RIGHT_VCENTER_VIEW, API_PROVIDER, of_one, 0 },
    { "POST", BASE "/hosts/{id}/look", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, look_at_host, 0 },
    { 0 },
};
