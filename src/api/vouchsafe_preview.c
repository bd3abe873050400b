/* POST certificates/preview: what a bundle would mean, before anything of it is trusted (docs/anchors.md). */
#include "api/tables.h"
#include "api/trust_json.h"
#include "flow/preview.h"
#include "flow/task.h"
#include "http/request.h"
#include "trust/cert.h"

#define BASE "/cloudapi/vouchsafe/1.0.0"

static json_t *grants_json(const struct preview_cert *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->grants_len; i++) {
        char scope[TRUST_SCOPE_TEXT];
        trust_scope_write(&c->grants[i].scope, scope);
        json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "id", c->grants[i].id, "alias", task_json(c->grants[i].alias), "scope", scope));
    }
    return list;
}

static json_t *uses_json(const struct preview *p, const struct preview_cert *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->uses_len; i++) {
        const struct preview_use *u = &c->uses[i];
        const struct preview_vcenter *v = &p->vcenters[u->vcenter];
        json_t *names = json_array();
        for (size_t k = 0; k < u->names_len; k++)
            json_array_append_new(names, task_json(u->names[k]));
        json_array_append_new(list, json_pack("{s:o, s:s, s:i, s:o, s:b}", "vcenter", api_json_ref(v->name, v->urn), "use",
                                              trust_vmca_use_name(u->use), "hosts", (int)u->hosts, "names", names, "endpoint", u->endpoint));
    }
    return list;
}

static json_t *cert_json(const struct preview *p, const struct preview_cert *c)
{
    static const char *const when[] = { [PREVIEW_VALID] = "valid", [PREVIEW_EXPIRED] = "expired", [PREVIEW_NOT_YET] = "not-yet-valid" };
    return json_pack("{s:o, s:o, s:s, s:o, s:o}", "certificate", trust_json_cert(c->cert), "from", task_json(c->from), "when", when[c->when],
                     "grants", grants_json(c), "verifies", uses_json(p, c));
}

static json_t *preview_json(const struct preview *p)
{
    json_t *certs = json_array(), *vcenters = json_array();
    for (size_t i = 0; i < p->certs_len; i++)
        json_array_append_new(certs, cert_json(p, &p->certs[i]));
    for (size_t i = 0; i < p->vcenters_len; i++) {
        const struct preview_vcenter *v = &p->vcenters[i];
        json_array_append_new(vcenters, json_pack("{s:o, s:i, s:i, s:i, s:b, s:o}", "vcenter", api_json_ref(v->name, v->urn), "hosts", (int)v->hosts,
                                                  "seen", (int)v->seen, "verified", (int)v->verified, "looked", v->looked, "problem",
                                                  task_json(v->problem)));
    }
    return json_pack("{s:o, s:o, s:i, s:i}", "certificates", certs, "vcenters", vcenters, "crls", (int)p->crls, "unreadable", (int)p->unreadable);
}

static bool preview(struct api_call *c, struct err *e)
{
    struct preview p = { 0 };
    const char *given, *urn = NULL;
    if (!api_query_value(c, "vcenter", &given, e) || (given && !api_urn(c, given, "vimserver", &urn, e)))
        return false;
    if (!c->rq->body_len)
        return err_set(e, ERR_INPUT, "the body is missing: certificates as PEM, DER or PKCS#7, or a zip of them");
    if (!preview_make(c->site, c->rq->body, c->rq->body_len, urn, &p, e))
        return false;
    bool ok = api_answer_json(c, 200, preview_json(&p), e);
    preview_done(&p);
    return ok;
}

const struct api_op api_vouchsafe_preview_ops[] = {
    { "POST", BASE "/certificates/preview", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, preview, PREVIEW_BYTES_MAX },
    { 0 },
};
