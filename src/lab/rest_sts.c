#include "lab/rest_face.h"

#include <openssl/pem.h>
#include <string.h>

#include "http/request.h"
#include "http/response.h"
#include "lab/bundle.h"
#include "lab/own.h"
#include "lab/pem.h"
#include "wire/json.h"

static json_t *chain_json(const struct lab_own *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i <= o->above_len; i++) {
        struct buf pem;
        buf_init(&pem, LAB_PEM_MAX);
        if (lab_pem_cert(&pem, i ? o->above[i - 1] : o->cert, NULL))
            (void)json_array_append_new(list, json_string(buf_str(&pem)));
        buf_done(&pem);
    }
    return json_pack("{s:o}", "cert_chain", list);
}

void lab_rest_sts(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    struct err e;
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    const struct lab_sts *active = lab_sts(vc, &e);
    if (!active) {
        lab_rest_refuse_err(rq, rs, &e);
        return;
    }
    json_t *all = json_array();
    for (size_t i = 0; i < vc->sts_len; i++)
        (void)json_array_append_new(all, chain_json(&vc->sts[i].own));
    lab_rest_send(rq, rs, 200, json_pack("{s:o, s:o}", "active_cert_chain", chain_json(&active->own), "signing_cert_chains", all));
}

static bool read_chain(json_t *spec, struct lab_bundle *b, struct err *e)
{
    json_t *list = json_object_get(json_object_get(spec, "signing_cert_chain"), "cert_chain"), *it;
    struct buf text;
    size_t i;
    buf_init(&text, LAB_PEM_MAX);
    bool ok = json_array_size(list) > 0 || err_set(e, ERR_INPUT, "signing_cert_chain.cert_chain holds no certificate");
    json_array_foreach(list, i, it)
        ok = ok && ((json_is_string(it) && buf_puts(&text, json_string_value(it), e) && buf_puts(&text, "\n", e)) ||
                    err_set(e, ERR_INPUT, "signing_cert_chain.cert_chain is a list of PEM texts"));
    ok = ok && lab_bundle_read(b, buf_str(&text), text.len, e);
    buf_done(&text);
    return ok;
}

static bool put(struct lab_vcenter *vc, json_t *spec, struct err *e)
{
    const char *key = json_string_value(json_object_get(spec, "private_key"));
    struct lab_bundle b, k = { .len = 0 };
    if (!key)
        return err_set(e, ERR_INPUT, "private_key is missing");
    if (!read_chain(spec, &b, e))
        return false;
    bool ok = (b.len && lab_bundle_is_chain(&b)) || err_set(e, ERR_INPUT, "not a chain, leaf first");
    ok = ok && ((lab_bundle_read(&k, key, strlen(key), e) && k.key) || err_set(e, ERR_INPUT, "private_key is no private key"));
    ok = ok && (lab_trusts(vc, b.certs[0], &b.certs[1], b.len - 1) ||
                err_set(e, ERR_INPUT, "The chain does not lead to a trusted root."));
    ok = ok && lab_sts_install(vc, b.certs, b.len, k.key, lab_now(vc->at.estate), e);
    lab_bundle_done(&b);
    lab_bundle_done(&k);
    return ok;
}

void lab_rest_sts_put(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    struct err e;
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    AUTO(wire_json_decrefp) json_t *spec = lab_rest_spec(rq, rs);
    if (!spec)
        return;
    if (put(vc, spec, &e))
        lab_rest_done(rq, rs);
    else
        lab_rest_refuse_err(rq, rs, &e);
}

void lab_rest_sts_action(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    struct err e;
    char action[64];
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    lab_rest_action(rq, action);
    if (strcmp(action, "refresh") != 0)
        lab_rest_refuse(rq, rs, 404, "not_found", "There is no such action.");
    else if (!lab_sts_refresh(vc, lab_now(vc->at.estate), &e))
        lab_rest_refuse_err(rq, rs, &e);
    else
        lab_rest_done(rq, rs);
}
