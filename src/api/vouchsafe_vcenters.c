/* Step 3 of a vCenter Server, as our own API shows it (docs/vmca.md). */
#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "api/trust_json.h"
#include "api/virtual_centers.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/change.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/task.h"
#include "flow/vcenter.h"
#include "flow/vmca.h"
#include "http/request.h"
#include "trust/cert.h"
#include "wire/json.h"

#define LIST "/cloudapi/vouchsafe/1.0.0/vcenters"
#define BASE LIST "/{urn}"

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

/* The list of /cloudapi/1.0.0 with what is remembered of step 3 beside each. */
static json_t *with_trust(struct api_call *c, const void *row)
{
    const struct vcenter *v = row;
    struct vmca_summary summary;
    json_t *o = virtual_center_json(v);
    vmca_summary_read(v->trust, c->arena, &summary);
    json_object_set_new(o, "trust", summary_json(&summary));
    return o;
}

static bool list(struct api_call *c, struct err *e)
{
    return virtual_centers_answer(c, with_trust, e);
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
    { "GET", LIST, API_CLOUDAPI, RIGHT_VCENTER_VIEW, API_PROVIDER, list, 0 },
    { "GET", BASE "/trust", API_CLOUDAPI, RIGHT_VCENTER_VIEW, API_PROVIDER, trust, 0 },
    { "POST", BASE "/findVmca", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, find, VMCA_BUNDLE_MAX },
    { "POST", BASE "/trustVmca", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, trust_vmca, 0 },
    { "POST", BASE "/review", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, review, 0 },
    { 0 },
};
