/* /cloudapi/1.0.0/ssl/trustedCertificates (vcd-api.md 3.4): the anchors that people grant. */

#include <string.h>

#include "api/grant_rows.h"
#include "api/tables.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/vmca.h"
#include "http/response.h"
#include "trust/cert.h"
#include "wire/json.h"

#define PATH "/cloudapi/1.0.0/ssl/trustedCertificates"
#define FLOW "api.trusted-certificates"

enum { FIELD_ID, FIELD_ALIAS };
static const struct fiql_field fields[] = { { "id", FIQL_TEXT, false, false }, { "alias", FIQL_CASELESS, false, false } };

static struct fiql_value value_of(const void *p, size_t field)
{
    const struct grant_row *r = p;
    return (struct fiql_value){ .text = field == FIELD_ID ? r->grant.id : r->grant.alias };
}

static json_t *to_json(const struct store_grant *g, struct arena *a)
{
    struct err none;
    const char *pem;
    if (!anchor_write(g->der, g->der_len, a, &pem, &none))
        return NULL;
    return json_pack("{s:s, s:s, s:s}", "id", g->id, "alias", g->alias, "certificate", pem);
}

static json_t *write_row(struct api_call *c, const void *p)
{
    const struct grant_row *r = p;
    struct store_grant g = r->grant;
    struct err none;
    return store_cert_get(r->store, g.sha256, c->arena, &g.der, &g.der_len, &none) ? to_json(&g, c->arena) : NULL;
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { .fields = fields, .fields_len = ARRAY_LEN(fields), .get = value_of, .sort = "alias",
                                           .model = "Certificates", .write = write_row };
    return grant_rows_answer(c, &shape, caller_owner(&c->caller), e);
}

static bool answer_one(struct api_call *c, int status, const char *id, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct store_grant g;
    return loan_begin(c->site->shelf, &l, e) && anchor_get(l.store, &c->caller, id, c->arena, &g, e) &&
           api_answer_json(c, status, to_json(&g, c->arena), e);
}

/* alias and certificate of the body. cert: a reference. */
static bool read_body(struct api_call *c, const char **ret_alias, struct trust_cert **ret_cert, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    const char *alias, *pem;
    if (!api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: alias and certificate are needed");
    if (!api_need_text(body, "alias", STORE_ALIAS_MAX, &alias, e) ||
        !api_need_text(body, "certificate", ANCHOR_PEM_MAX, &pem, e))
        return false;
    if (!anchor_read(pem, strlen(pem), ret_cert, e))
        return err_in(e, "certificate");
    *ret_alias = arena_strdup(c->arena, alias);
    return true;
}

/* What hangs on the change is shown at once; it never makes the change fail. */
static void follow(struct api_call *c)
{
    struct err e;
    if (!vmca_refresh(c->site, NULL, &e))
        LOG(WARN, "vmca.refresh", "error=\"%s\"", e.msg);
}

static bool create(struct api_call *c, struct err *e)
{
    AUTO(trust_cert_unrefp) struct trust_cert *cert = NULL;
    const struct store_by by = site_by(&c->caller, FLOW);
    struct anchor_new n = { .owner = caller_owner(&c->caller) };
    char id[STORE_ID_MAX + 1];
    if (!read_body(c, &n.alias, &cert, e))
        return false;
    n.cert = cert;
    if (!anchor_add(c->site, &n, &by, id, e))
        return false;
    follow(c);
    http_response_field(c->rs, "Content-Location", api_href(c, PATH "/%s", id));
    return answer_one(c, 201, id, e);
}

static bool get(struct api_call *c, struct err *e)
{
    const char *id;
    return api_param_urn(c, "id", "trustedCertificate", &id, e) && answer_one(c, 200, id, e);
}

static bool change(struct api_call *c, struct err *e)
{
    AUTO(trust_cert_unrefp) struct trust_cert *cert = NULL;
    const struct store_by by = site_by(&c->caller, FLOW);
    struct anchor_edit edit = { 0 };
    const char *id;
    if (!api_param_urn(c, "id", "trustedCertificate", &id, e) || !read_body(c, &edit.alias, &cert, e))
        return false;
    edit.cert = cert;
    if (!anchor_change(c->site, &c->caller, id, &edit, &by, e))
        return false;
    follow(c);
    return answer_one(c, 200, id, e);
}

/* sessions=end|finish: what becomes of connections that the certificate carried. */
static bool read_sessions(struct api_call *c, enum gate_fate *ret, struct err *e)
{
    const char *text;
    if (!api_query_value(c, "sessions", &text, e))
        return false;
    int n = text ? text_choice("end|finish", text) : 0;
    *ret = !text ? GATE_FATE_DEFAULT : n ? GATE_FATE_FINISH : GATE_FATE_END;
    return n >= 0 || err_set(e, ERR_INPUT, "sessions is neither \"end\" nor \"finish\"");
}

static bool take_away(struct api_call *c, struct err *e)
{
    const struct store_by by = site_by(&c->caller, FLOW);
    const char *id;
    enum gate_fate fate;
    if (!read_sessions(c, &fate, e) || !api_param_urn(c, "id", "trustedCertificate", &id, e) ||
        !anchor_withdraw(c->site, &c->caller, id, fate, &by, e))
        return false;
    follow(c);
    api_answer_empty(c, 204);
    return true;
}

const struct api_op api_trusted_certificates_ops[] = {
    { "GET", PATH, API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, 0, list, 0 },
    { "POST", PATH, API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, 0, create, 0 },
    { "GET", PATH "/{id}", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, 0, get, 0 },
    { "PUT", PATH "/{id}", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, 0, change, 0 },
    { "DELETE", PATH "/{id}", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, 0, take_away, 0 },
    { 0 },
};
