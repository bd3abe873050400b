#include "lab/rest_face.h"

#include <stdio.h>
#include <string.h>

#include "lab/bundle.h"
#include "lab/change.h"
#include "lab/issue.h"
#include "lab/own.h"
#include "lab/pem.h"
#include "lab/request.h"

enum { RENEW_DAYS_MAX = 730 };

static bool read_tls(struct lab_rest_call *c, struct err *e)
{
    X509 *cert = lab_cert(&c->vc->at, false, e);
    c->answer = cert ? lab_rest_tls_info(cert) : NULL;
    return cert;
}

void lab_rest_tls(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, read_tls);
}

static const char *text_of(const json_t *spec, const char *key)
{
    const char *text = json_string_value(json_object_get(spec, key));
    return text && *text ? text : NULL;
}

/* What the caller wants of a request or of a root; names point into spec and names_text. */
static bool wish_of(const json_t *spec, char names_text[1024], struct lab_wish *w, struct err *e)
{
    json_t *size = json_object_get(spec, "key_size"), *names = json_object_get(spec, "subject_alt_name"), *it;
    size_t i, len = 0;
    if (size && (!json_is_integer(size) || json_integer_value(size) < 0 || json_integer_value(size) > 65536))
        return err_set(e, ERR_INPUT, "key_size is a number of bits");
    *w = (struct lab_wish){
        .bits = (unsigned)json_integer_value(size), .cn = text_of(spec, "common_name"),
        .organization = text_of(spec, "organization"), .unit = text_of(spec, "organization_unit"),
        .locality = text_of(spec, "locality"), .state = text_of(spec, "state_or_province"),
        .country = text_of(spec, "country"), .email = text_of(spec, "email_address"),
    };
    json_array_foreach(names, i, it) {
        const char *one = json_string_value(it);
        if (!one || !*one || strlen(one) + len + 2 > 1024)
            return err_set(e, ERR_INPUT, "subject_alt_name is a list of names");
        len += (size_t)snprintf(names_text + len, 1024 - len, "%s%s", len ? "," : "", one);
    }
    w->names = len ? names_text : NULL;
    return true;
}

/* The members that the schema asks for. 8.0 U3 lets the unit be absent (vmca.md 1.6). */
static bool complete(const struct lab_vcenter *vc, const struct lab_wish *w, struct err *e)
{
    const struct {
        const char *name, *value;
    } needed[] = { { "organization", w->organization },
                   { "organization_unit", w->unit || vc->vmca->version >= LAB_80U3 ? "-" : NULL },
                   { "locality", w->locality }, { "state_or_province", w->state }, { "country", w->country },
                   { "email_address", w->email } };
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (!needed[i].value)
            return err_set(e, ERR_INPUT, "%s is missing", needed[i].name);
    return true;
}

static bool make_csr(struct lab_vcenter *vc, const json_t *spec, struct buf *out, struct err *e)
{
    char names[1024];
    struct lab_wish w;
    return wish_of(spec, names, &w, e) && complete(vc, &w, e) &&
           lab_request_machine(&vc->at, &w, lab_now(vc->at.estate), out, e);
}

static bool ask_csr(struct lab_rest_call *c, struct err *e)
{
    struct buf pem;
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = make_csr(c->vc, c->spec, &pem, e);
    if (ok)
        c->answer = json_pack("{s:s}", "csr", buf_str(&pem));
    buf_done(&pem);
    return ok;
}

void lab_rest_tls_csr(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, ask_csr);
}

static bool put_tls(struct lab_rest_call *c, struct err *e)
{
    const char *cert = text_of(c->spec, "cert"), *key = text_of(c->spec, "key");
    struct lab_bundle b, k = { .len = 0 };
    if (!cert)
        return err_set(e, ERR_INPUT, "cert is missing");
    if (!lab_bundle_read(&b, cert, strlen(cert), e))
        return err_in(e, "cert");
    bool ok = (b.len && lab_bundle_is_chain(&b)) || err_set(e, ERR_INPUT, "cert is no chain of certificates, leaf first");
    if (ok && key)
        ok = (lab_bundle_read(&k, key, strlen(key), e) && k.key) || err_set(e, ERR_INPUT, "key is no private key");
    ok = ok && lab_machine_put(c->vc, &b, k.key, text_of(c->spec, "root_cert"), lab_now(c->vc->at.estate), e);
    lab_bundle_done(&b);
    lab_bundle_done(&k);
    /* A refusal is told too. */
    return lab_estate_publish(c->vc->at.estate, ok ? e : NULL) && ok;
}

void lab_rest_tls_put(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, put_tls);
}

/* VMCA signs the request that waits, for so many days from now on. */
static bool sign_waiting(struct lab_vcenter *vc, const char *csr, size_t len, int64_t days, struct err *e)
{
    struct lab_issue i;
    int64_t now = lab_now_at(&vc->at);
    int code;
    X509 *above[LAB_ABOVE_MAX + 1];
    size_t above_len = 0;
    const struct lab_ca *ca = lab_vmca_signer(vc->vmca);
    if (!lab_issue_begin(&i, vc, now, now + days * LAB_DAY, e))
        return false;
    AUTO(lab_x509_freep) X509 *x = lab_issue_end(&i, csr, len, &code, e);
    if (!x)
        return false;
    above[above_len++] = x;
    if (ca->above_len)
        above[above_len++] = ca->cert;
    for (size_t n = 0; n + 1 < ca->above_len && above_len < ARRAY_LEN(above); n++)
        above[above_len++] = ca->above[n];
    return lab_own_install(&vc->at, above, above_len, NULL, now, e);
}

/* Names and key length stay what they are. */
static bool renew_tls(struct lab_vcenter *vc, const json_t *spec, struct err *e)
{
    json_t *duration = json_object_get(spec, "duration");
    int64_t days = duration && !json_is_null(duration) ? json_integer_value(duration) : RENEW_DAYS_MAX;
    X509 *old = lab_cert(&vc->at, false, e);
    struct lab_wish w = { .bits = old ? (unsigned)EVP_PKEY_get_bits(X509_get0_pubkey(old)) : 0 };
    struct buf pem;
    char names[1024] = "";
    if (!old)
        return false;
    if ((duration && !json_is_null(duration) && !json_is_integer(duration)) || days < 1 || days > RENEW_DAYS_MAX)
        return err_set(e, ERR_INPUT, "duration is 1 to %d days", RENEW_DAYS_MAX);
    json_t *list = lab_rest_names(old), *it;
    size_t n, len = 0;
    json_array_foreach(list, n, it)
        if (len < sizeof(names))
            len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", len ? "," : "", json_string_value(it));
    json_decref(list);
    w.names = *names ? names : NULL;
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = lab_request_machine(&vc->at, &w, lab_now(vc->at.estate), &pem, e) &&
              sign_waiting(vc, buf_str(&pem), pem.len, days, e);
    buf_done(&pem);
    return ok;
}

static bool replace_tls(struct lab_vcenter *vc, const json_t *spec, struct err *e)
{
    struct buf pem;
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = make_csr(vc, spec, &pem, e) && sign_waiting(vc, buf_str(&pem), pem.len, RENEW_DAYS_MAX, e);
    buf_done(&pem);
    return ok;
}

static bool act_tls(struct lab_rest_call *c, struct err *e)
{
    char action[64];
    lab_rest_action(c->rq, action);
    bool renew = !strcmp(action, "renew");
    if (!renew && strcmp(action, "replace-vmca-signed") != 0)
        return err_set(e, ERR_NOT_FOUND, "There is no such action.");
    return (renew ? renew_tls(c->vc, c->spec, e) : replace_tls(c->vc, c->spec, e)) && lab_estate_publish(c->vc->at.estate, e);
}

void lab_rest_tls_action(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, act_tls);
}

/* ---- VMCA's root ---- */

/* Machine and solution users get theirs from it at once; hosts keep what they have (vmca.md 3.3). */
static bool replace_root(struct lab_rest_call *c, struct err *e)
{
    struct lab_vcenter *vc = c->vc;
    char names[1024];
    struct lab_wish w;
    struct buf text;
    int64_t now = lab_now(vc->at.estate);
    buf_init(&text, LAB_PEM_MAX);
    bool ok = wish_of(c->spec, names, &w, e) && lab_wish_root(vc, &w, &text, e) &&
              lab_vmca_regenerate(vc, buf_str(&text), now, e) && lab_set_issuer(&vc->at, LAB_FROM_VMCA, now, e) &&
              lab_estate_publish(vc->at.estate, e);
    buf_done(&text);
    return ok;
}

void lab_rest_vmca_root(struct http_request *rq, struct http_response *rs)
{
    lab_rest_run(rq, rs, replace_root);
}
