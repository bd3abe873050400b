/* Step 3 and the hosts of a vCenter Server, as our own API shows them (docs/vmca.md). */
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
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/task.h"
#include "flow/vcenter.h"
#include "flow/vcenter_table.h"
#include "flow/vmca.h"
#include "http/request.h"
#include "trust/cert.h"
#include "wire/json.h"

#define BASE "/cloudapi/vouchsafe/1.0.0/vcenters/{urn}"

/* ---- what is kept ---- */

struct reading {
    const char *urn;
    struct arena *arena;
    struct vcenter v;
    struct vmca_summary summary;
    bool names_off;
};

static bool read(void *self, struct store *s, struct err *e)
{
    struct reading *r = self;
    struct site_settings settings;
    if (!vcenter_get(s, r->urn, r->arena, &r->v, e) || !site_settings_read(s, &settings, e))
        return false;
    vmca_summary_read(r->v.trust, r->arena, &r->summary);
    r->names_off = r->v.names == VCENTER_NAMES_OFF || (r->v.names == VCENTER_NAMES_INHERIT && !settings.verify_vc);
    return true;
}

static bool read_it(struct api_call *c, struct reading *r, struct err *e)
{
    *r = (struct reading){ .arena = c->arena };
    return api_param_urn(c, "urn", "vimserver", &r->urn, e) && change_read(c->site, read, r, e);
}

static json_t *classes_json(const size_t classes[HOST_CLASSES])
{
    json_t *o = json_object();
    for (int i = 0; i < HOST_CLASSES; i++)
        json_object_set_new(o, host_class_name((enum host_class)i), json_integer((json_int_t)classes[i]));
    return o;
}

static json_t *cert_or_null(const char *pem)
{
    AUTO(trust_cert_unrefp) struct trust_cert *cert = NULL;
    struct err none;
    return pem && anchor_read(pem, strlen(pem), &cert, &none) ? trust_json_cert(cert) : json_null();
}

static json_t *summary_json(const struct vmca_summary *s)
{
    return json_pack("{s:s, s:b, s:o, s:o, s:{s:i, s:i, s:o}, s:o}", "state", vmca_state_name(s->state), "reviewed", s->reviewed, "text",
                     task_json(s->text), "vmca", cert_or_null(s->pem), "hosts", "total", (int)s->hosts, "verified", (int)s->verified,
                     "classes", classes_json(s->classes), "looked", api_json_time(s->at_ms));
}

static bool trust(struct api_call *c, struct err *e)
{
    struct reading r;
    return read_it(c, &r, e) && api_answer_json(c, 200, summary_json(&r.summary), e);
}

/* ---- hosts ---- */

enum { FIELD_ID, FIELD_NAME, FIELD_CLASS, FIELD_VERIFIED, FIELD_RULE };
static const struct fiql_field fields[] = {
    [FIELD_ID] = { "id", FIQL_TEXT, false, false },         [FIELD_NAME] = { "name", FIQL_CASELESS, false, false },
    [FIELD_CLASS] = { "class", FIQL_TEXT, false, false },   [FIELD_VERIFIED] = { "verified", FIQL_BOOL, false, false },
    [FIELD_RULE] = { "rule", FIQL_TEXT, false, false },
};

static bool verified(const struct host_row *h)
{
    return h->seen && h->verdict.ok;
}

static struct fiql_value value_of(const void *p, size_t field)
{
    const struct host_row *h = p;
    const char *const texts[] = { h->id, h->name, host_class_name(h->class), NULL, h->seen ? trust_rule_code(h->verdict.rule) : NULL };
    return (struct fiql_value){ texts[field], verified(h) };
}

static json_t *names_json(const struct host_row *h)
{
    json_t *list = json_array();
    for (size_t i = 0; i < h->names_len; i++)
        json_array_append_new(list, task_json(h->names[i]));
    return list;
}

static json_t *host_json(struct api_call *c, const void *p)
{
    const struct host_row *h = p;
    (void)c;
    return json_pack("{s:s, s:o, s:o, s:i, s:o, s:s, s:b, s:s, s:o, s:o, s:o, s:o}", "id", h->id, "name", task_json(h->name), "dialled",
                     task_json(h->dialled), "port", (int)h->port, "names", names_json(h), "class", host_class_name(h->class),
                     "verified", verified(h), "means", verified(h) ? "is verified" : host_class_text(h->class), "verdict",
                     h->seen ? trust_json_verdict(&h->verdict) : json_null(), "error", h->seen ? json_null() : task_json(h->err.msg),
                     "leaf", h->certs_len ? trust_json_cert(h->certs[0]) : json_null(), "lastSeen", api_json_time(h->seen_ms));
}

static bool hosts(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { .fields = fields, .fields_len = ARRAY_LEN(fields), .get = value_of, .sort = "name",
                                           .model = "Hosts", .write = host_json };
    AUTO(trust_cert_unrefp) struct trust_cert *vmca = NULL;
    AUTO(hosts_report_done) struct hosts_report report = { 0 };
    struct reading r;
    struct err none;
    if (!read_it(c, &r, e) || !hosts_kept(c->site, r.urn, r.names_off, &report, e))
        return false;
    if (r.summary.pem && !anchor_read(r.summary.pem, strlen(r.summary.pem), &vmca, &none))
        vmca = NULL;
    hosts_classify(&report, vmca, clock_wall_ms() / 1000);
    char text[HOSTS_TEXT_MAX];
    hosts_text(&report, text);
    AUTO(wire_json_decrefp) json_t *more =
        json_pack("{s:s, s:i, s:i, s:o, s:o, s:o}", "vmca", vmca_state_name(r.summary.state), "total", (int)report.len, "verified",
                  (int)report.verified, "text", task_json(text), "classes", classes_json(report.classes), "looked",
                  api_json_time(r.summary.at_ms));
    c->more = more;
    bool ok = api_answer_array(c, &shape, report.rows, report.len, sizeof(*report.rows), e);
    c->more = NULL;
    return ok;
}

/* One host as it is now; what it presents is kept. */
static bool look_at_host(struct api_call *c, struct err *e)
{
    AUTO(hosts_report_done) struct hosts_report report = { 0 };
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    AUTO(trust_cert_unrefp) struct trust_cert *vmca = NULL;
    AUTO(busy_end) struct busy_turn turn = { 0 };
    struct reading r;
    struct err none;
    const char *id = api_param(c, "id");
    if (!read_it(c, &r, e) || !busy_begin(c->site->busy, c->caller.org, &turn, e) || !vcenter_borrow(c->site, r.urn, &hold, e))
        return false;
    const struct hosts_look how = { .vcenter = r.urn, .session = hold.session, .names_off = r.names_off, .only = id };
    if (!hosts_look(c->site, &how, &report, e))
        return false;
    if (r.summary.pem && !anchor_read(r.summary.pem, strlen(r.summary.pem), &vmca, &none))
        vmca = NULL;
    hosts_classify(&report, vmca, clock_wall_ms() / 1000);
    for (size_t i = 0; i < report.len; i++)
        if (strcmp(report.rows[i].id, id) == 0)
            return api_answer_json(c, 200, host_json(c, &report.rows[i]), e);
    return err_set(e, ERR_NOT_FOUND, "the vCenter lists no host of this id");
}

/* ---- looking now ---- */

static json_t *answer_json(const struct vmca_answer *a)
{
    char text[HOSTS_TEXT_MAX];
    json_t *others = json_array();
    hosts_text(&a->hosts, text);
    for (size_t i = 0; i < a->others_len; i++)
        json_array_append_new(others, trust_json_cert(a->others[i]));
    return json_pack("{s:s, s:o, s:s?, s:o, s:o, s:b, s:o, s:o, s:{s:i, s:i, s:o, s:o}}", "state", vmca_state_name(a->state), "text",
                     task_json(a->text ? a->text : ""), "vmca", a->pem, "root", a->cert ? trust_json_cert(a->cert) : json_null(), "from",
                     task_json(a->from ? a->from : ""), "granted", a->granted, "alsoInUse", others, "proposal", json_boolean(a->cert && !a->granted),
                     "hosts", "total", (int)a->hosts.len, "verified", (int)a->hosts.verified, "classes",
                     classes_json(a->hosts.classes), "text", task_json(text));
}

static bool answer_vmca(struct api_call *c, struct vmca_answer *a, struct err *e)
{
    bool ok = api_answer_json(c, 200, answer_json(a), e);
    vmca_answer_done(a);
    return ok;
}

/* From the bundle that the vCenter serves, or from one that is handed over in the body: a proposal. */
static bool find(struct api_call *c, struct err *e)
{
    struct vmca_answer a = { 0 };
    const char *urn;
    if (!api_param_urn(c, "urn", "vimserver", &urn, e))
        return false;
    bool given = c->rq->body_len > 0 && !(c->rq->body_len == 4 && memcmp(c->rq->body, "null", 4) == 0);
    bool ok = given ? vmca_preview(c->site, urn, c->rq->body, c->rq->body_len, &a, e) : vmca_find(c->site, urn, &a, e);
    return ok && answer_vmca(c, &a, e);
}

/* ---- trust and review ---- */

/* The certificate that was shown, read again now, granted for the hosts of this vCenter. */
static bool grant(struct api_call *c, const struct reading *r, const uint8_t sha256[DIGEST_SHA256], bool bundle, struct err *e)
{
    const char *urn = r->urn;
    const struct store_by by = site_by(&c->caller, "api.vmca");
    struct vmca_answer a = { 0 };
    struct trust_scope scope;
    struct err why = { 0 };
    char id[STORE_ID_MAX + 1], time[TEXT_TIME];
    if (!(bundle ? vmca_find(c->site, urn, &a, e) : vmca_read(c->site, urn, &a, e)))
        return false;
    text_time(clock_wall_ms() / 1000, time);
    bool ok = a.cert && memcmp(trust_cert_sha256(a.cert), sha256, DIGEST_SHA256) == 0;
    if (!ok)
        (void)err_set(e, ERR_CONFLICT, "the VMCA of this vCenter is another certificate than the one confirmed; nothing was saved");
    ok = ok && trust_scope_parse(arena_printf(c->arena, "vcenter:%s/hosts", urn), &scope, e);
    const struct anchor_new n = { STORE_SYSTEM, arena_printf(c->arena, "VMCA of %s %s", r->v.name, time), &scope, a.cert };
    if (ok && !anchor_add(c->site, &n, &by, id, &why) && why.kind != ERR_CONFLICT) /* granted already is as good */
        ok = err_set(e, why.kind, "%s", why.msg);
    vmca_answer_done(&a);
    return ok;
}

static bool trust_vmca(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    uint8_t digest[DIGEST_SHA256];
    const char *sha256;
    struct reading r;
    bool bundle;
    if (!read_it(c, &r, e) || !api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: sha256 is needed");
    if (!api_need_text(body, "sha256", 3 * DIGEST_SHA256, &sha256, e) || !api_get_bool(body, "bundle", false, &bundle, e))
        return false;
    if (!text_unhex(sha256, digest, sizeof(digest)))
        return err_set(e, ERR_INPUT, "sha256 is not a SHA-256 fingerprint");
    return grant(c, &r, digest, bundle, e) && vmca_refresh(c->site, r.urn, e) && trust(c, e);
}

static bool put_reviewed(void *self, struct store *s, struct err *e)
{
    struct reading *r = self;
    const char *json;
    return read(r, s, e) && vmca_reviewed(r->v.trust, r->arena, &json, e) && vcenter_trust_put(s, r->urn, json, e);
}

/* A person saw what stands still, and leaves it so. */
static bool review(struct api_call *c, struct err *e)
{
    struct reading r;
    return read_it(c, &r, e) && change_keep(c->site, put_reviewed, &r, e) && trust(c, e);
}

const struct api_op api_vouchsafe_vcenters_ops[] = {
    { "GET", BASE "/trust", API_CLOUDAPI, RIGHT_VCENTER_VIEW, API_PROVIDER, trust, 0 },
    { "GET", BASE "/hosts", API_CLOUDAPI, RIGHT_VCENTER_VIEW, API_PROVIDER, hosts, 0 },
    { "POST", BASE "/hosts/{id}/look", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, look_at_host, 0 },
    { "POST", BASE "/findVmca", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, find, VMCA_BUNDLE_MAX },
    { "POST", BASE "/trustVmca", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, trust_vmca, 0 },
    { "POST", BASE "/review", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, review, 0 },
    { 0 },
};
