#include "lab/rest_face.h"

#include <string.h>

#include "http/request.h"
#include "lab/own.h"
#include "lab/pem.h"

static bool list_chains(struct lab_rest_call *c, struct err *e UNUSED)
{
    struct lab_ca *roots[LAB_TRUSTED_MAX];
    size_t len = lab_trusted_roots(c->vc, roots);
    c->answer = json_array();
    for (size_t i = 0; i < len; i++) {
        char id[64];
        lab_key_id(roots[i]->cert, id);
        (void)json_array_append_new(c->answer, json_pack("{s:s}", "chain", id));
    }
    return true;
}

void lab_rest_chains(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, list_chains);
}

/* One string may hold a certificate and the CRL behind it, as a real one does (vmca.md 1.6). */
json_t *lab_rest_pem(X509 *cert, X509_CRL *crl)
{
    struct buf pem;
    json_t *text = NULL;
    buf_init(&pem, LAB_PEM_MAX);
    if (lab_pem_cert(&pem, cert, NULL) && (!crl || lab_pem_crl(&pem, crl, NULL)))
        text = json_string(buf_str(&pem));
    buf_done(&pem);
    return text;
}

static bool read_chain(struct lab_rest_call *c, struct err *e)
{
    struct lab_ca *ca = lab_trusted_find(c->vc, http_request_param(c->rq, "chain"));
    if (!ca)
        return err_set(e, ERR_NOT_FOUND, "The requested certificate chain does not exist.");
    json_t *list = json_array();
    (void)json_array_append_new(list, lab_rest_pem(ca->cert, lab_crl(c->vc, ca)));
    for (size_t i = 0; i < ca->above_len; i++)
        (void)json_array_append_new(list, lab_rest_pem(ca->above[i], NULL));
    c->answer = json_pack("{s:{s:o}}", "cert_chain", "cert_chain", list);
    return true;
}

void lab_rest_chain(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, read_chain);
}

bool lab_rest_chain_text(const json_t *spec, const char *member, struct buf *out, struct err *e)
{
    json_t *list = json_object_get(json_object_get(spec, member), "cert_chain"), *it;
    size_t i;
    if (!json_array_size(list))
        return err_set(e, ERR_INPUT, "%s.cert_chain holds no certificate", member);
    json_array_foreach(list, i, it) {
        if (!json_is_string(it))
            return err_set(e, ERR_INPUT, "%s.cert_chain is a list of PEM texts", member);
        if (!buf_puts(out, json_string_value(it), e) || !buf_puts(out, "\n", e))
            return false;
    }
    return true;
}

static bool add_chain(struct lab_rest_call *c, struct err *e)
{
    struct buf pem;
    char id[64];
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = lab_rest_chain_text(c->spec, "cert_chain", &pem, e) &&
              lab_trust_post(c->vc, buf_str(&pem), pem.len, lab_now(c->vc->at.estate), id, e);
    buf_done(&pem);
    if (!ok)
        return false;
    c->answer = json_string(id);
    c->status = lab_rest_is_old(c->rq) ? 200 : 201;
    return true;
}

void lab_rest_chain_post(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, add_chain);
}

static bool delete_chain(struct lab_rest_call *c, struct err *e)
{
    return lab_trust_delete(c->vc, http_request_param(c->rq, "chain"), lab_now(c->vc->at.estate), e);
}

void lab_rest_chain_delete(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, delete_chain);
}
