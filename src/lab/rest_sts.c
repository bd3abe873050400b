#include "lab/rest_face.h"

#include <string.h>

#include "lab/bundle.h"
#include "lab/own.h"
#include "lab/pem.h"

static json_t *chain_json(const struct lab_own *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i <= o->above_len; i++)
        (void)json_array_append_new(list, lab_rest_pem(i ? o->above[i - 1] : o->cert, NULL));
    return json_pack("{s:o}", "cert_chain", list);
}

static bool read_sts(struct lab_rest_call *c, struct err *e)
{
    const struct lab_sts *active = lab_sts(c->vc, e);
    if (!active)
        return false;
    json_t *all = json_array();
    for (size_t i = 0; i < c->vc->sts_len; i++)
        (void)json_array_append_new(all, chain_json(&c->vc->sts[i].own));
    c->answer = json_pack("{s:o, s:o}", "active_cert_chain", chain_json(&active->own), "signing_cert_chains", all);
    return true;
}

void lab_rest_sts(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, read_sts);
}

static bool read_chain(const json_t *spec, struct lab_bundle *b, struct err *e)
{
    struct buf text;
    buf_init(&text, LAB_PEM_MAX);
    bool ok = lab_rest_chain_text(spec, "signing_cert_chain", &text, e) && lab_bundle_read(b, buf_str(&text), text.len, e);
    buf_done(&text);
    return ok;
}

static bool put_sts(struct lab_rest_call *c, struct err *e)
{
    const char *key = json_string_value(json_object_get(c->spec, "private_key"));
    struct lab_bundle b, k = { .len = 0 };
    if (!key)
        return err_set(e, ERR_INPUT, "private_key is missing");
    if (!read_chain(c->spec, &b, e))
        return false;
    bool ok = (b.len && lab_bundle_is_chain(&b)) || err_set(e, ERR_INPUT, "not a chain, leaf first");
    ok = ok && ((lab_bundle_read(&k, key, strlen(key), e) && k.key) || err_set(e, ERR_INPUT, "private_key is no private key"));
    ok = ok && (lab_trusts(c->vc, b.certs[0], &b.certs[1], b.len - 1) ||
                err_set(e, ERR_INPUT, "The chain does not lead to a trusted root."));
    ok = ok && lab_sts_install(c->vc, b.certs, b.len, k.key, lab_now(c->vc->at.estate), e);
    lab_bundle_done(&b);
    lab_bundle_done(&k);
    return ok;
}

void lab_rest_sts_put(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, put_sts);
}

static bool act_sts(struct lab_rest_call *c, struct err *e)
{
    char action[64];
    lab_rest_action(c->rq, action);
    if (strcmp(action, "refresh") != 0)
        return err_set(e, ERR_NOT_FOUND, "There is no such action.");
    return lab_sts_refresh(c->vc, 0, lab_now(c->vc->at.estate), e);
}

void lab_rest_sts_action(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, act_sts);
}
