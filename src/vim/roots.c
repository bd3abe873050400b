#include "vim/roots.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "trust/cert.h"
#include "trust/crl.h"
#include "trust/pem.h"
#include "vim/body.h"
#include "vim/session.h"
#include "wire/archive.h"
#include "wire/json.h"
#include "wire/url.h"

#define CHAINS "/vcenter/certificate-management/vcenter/trusted-root-chains"

void vim_roots_done(struct vim_roots *r)
{
    for (size_t i = 0; i < r->len; i++)
        (void)trust_cert_unref(r->list[i].cert);
    freep(&r->list);
    freep(&r->crls);
    arena_done(&r->arena);
    *r = (struct vim_roots){ 0 };
}

static bool failed(struct vim_roots *r)
{
    vim_roots_done(r);
    return false;
}

/* What is being read, and where it came from. */
struct reading {
    struct vim_roots *roots;
    const char *from; /* in the arena */
};

static void unreadable(struct vim_roots *r, const struct err *why)
{
    if (!r->unreadable++)
        r->first = *why;
}

static bool add_cert(struct reading *in, const uint8_t *der, size_t len, struct err *e)
{
    struct vim_roots *r = in->roots;
    struct trust_cert *cert;
    struct err why;
    if (!trust_cert_parse(der, len, &cert, &why)) {
        unreadable(r, &why);
        return true;
    }
    for (size_t i = 0; i < r->len; i++) {
        if (!memcmp(trust_cert_sha256(r->list[i].cert), trust_cert_sha256(cert), DIGEST_SHA256)) {
            (void)trust_cert_unref(cert);
            return true;
        }
    }
    if (r->len == VIM_ROOTS_MAX) {
        (void)trust_cert_unref(cert);
        return err_set(e, ERR_LIMIT, "there are more than %d roots", VIM_ROOTS_MAX);
    }
    if (!r->list)
        r->list = xcalloc(VIM_ROOTS_MAX, sizeof(*r->list));
    r->list[r->len++] = (struct vim_root){ cert, in->from };
    return true;
}

static bool add_crl(struct reading *in, const uint8_t *der, size_t len, struct err *e)
{
    struct vim_roots *r = in->roots;
    struct trust_crl *crl;
    struct err why;
    if (!trust_crl_parse(der, len, &crl, &why)) {
        unreadable(r, &why);
        return true;
    }
    (void)trust_crl_unref(crl);
    for (size_t i = 0; i < r->crls_len; i++)
        if (r->crls[i].len == len && !memcmp(r->crls[i].der, der, len))
            return true;
    if (r->crls_len == VIM_CRLS_MAX)
        return err_set(e, ERR_LIMIT, "there are more than %d CRLs", VIM_CRLS_MAX);
    if (!r->crls)
        r->crls = xcalloc(VIM_CRLS_MAX, sizeof(*r->crls));
    r->crls[r->crls_len++] = (struct vim_root_crl){ arena_memdup(&r->arena, der, len), len, in->from };
    return true;
}

static bool add_block(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    switch (kind) {
    case TRUST_PEM_CERTIFICATE: return add_cert(self, der, len, e);
    case TRUST_PEM_CRL: return add_crl(self, der, len, e);
    case TRUST_PEM_OTHER: return true;
    }
    return true;
}

/* One text or file: what is in it that can't be read is counted, and spoils nothing else. */
static bool add_text(struct vim_roots *r, const void *text, size_t len, const char *from, struct err *e)
{
    struct reading in = { r, arena_strdup(&r->arena, from) };
    struct err why = { 0 };
    if (trust_pem_read(text, len, add_block, &in, &why))
        return true;
    if (why.kind != ERR_INPUT)
        return err_set(e, why.kind, "%s", why.msg);
    unreadable(r, &why);
    return true;
}

/* {"cert_chain":{"cert_chain":["-----BEGIN ..", ..]}}: nested twice. */
static bool add_chain(struct vim_roots *r, const json_t *value, const char *id, struct err *e)
{
    const json_t *texts = json_object_get(json_object_get(value, "cert_chain"), "cert_chain"), *text;
    size_t i;
    if (!json_is_array(texts))
        return err_set(e, ERR_PEER, "a trusted root chain has no certificates");
    json_array_foreach(texts, i, text) {
        if (!json_is_string(text))
            return err_set(e, ERR_PEER, "a certificate of a trusted root chain is not text");
        if (!add_text(r, json_string_value(text), json_string_length(text), id, e))
            return false;
    }
    return true;
}

static bool read_chain(struct vim_session *s, const char *id, int64_t deadline_ms, struct vim_roots *r, struct err *e)
{
    struct vim_rest_answer answer;
    AUTO(vim_body_wipe) struct buf path;
    buf_init(&path, URL_MAX);
    if (!buf_puts(&path, CHAINS "/", e) || !url_encode(&path, id, strlen(id), e))
        return err_in(e, "the id of a trusted root chain");
    if (!vim_session_get(s, buf_str(&path), deadline_ms, &answer, e)) {
        /* Deleted between the list and this: then it is no root any more. */
        return e && e->kind == ERR_NOT_FOUND;
    }
    AUTO(wire_json_decrefp) json_t *value = answer.value;
    return answer.absent || add_chain(r, value, id, e);
}

bool vim_roots_rest(struct vim_session *s, int64_t deadline_ms, struct vim_roots *ret, struct err *e)
{
    struct vim_rest_answer answer;
    struct err why = { 0 };
    const json_t *chain;
    size_t i;
    if (!vim_session_get(s, CHAINS, deadline_ms, &answer, &why)) {
        /* A 404 that says so in JSON is the same news from this path. */
        ret->absent = why.kind == ERR_NOT_FOUND;
        return ret->absent || err_set(e, why.kind, "%s", why.msg);
    }
    AUTO(wire_json_decrefp) json_t *list = answer.value;
    ret->absent = answer.absent;
    if (answer.absent)
        return true;
    if (!json_is_array(list))
        return err_set(e, ERR_PEER, "the list of trusted root chains is not a list");
    if (json_array_size(list) > VIM_CHAINS_MAX)
        return err_set(e, ERR_LIMIT, "the vCenter has more than %d trusted root chains", VIM_CHAINS_MAX);
    json_array_foreach(list, i, chain) {
        const char *id = json_string_value(json_object_get(chain, "chain"));
        if (!id || !*id) {
            (void)err_set(e, ERR_PEER, "a trusted root chain has no id");
            return failed(ret);
        }
        if (!read_chain(s, id, deadline_ms, ret, &why)) {
            (void)err_set(e, why.kind, "%s", why.msg);
            return failed(ret);
        }
    }
    return true;
}

static bool add_file(void *self, const struct wire_archive_file *f, struct err *e)
{
    return add_text(self, f->data, f->len, f->path, e);
}

bool vim_roots_bytes(const void *data, size_t len, const char *from, struct vim_roots *ret, struct err *e)
{
    bool zip = len >= 4 && !memcmp(data, "PK\3\4", 4);
    bool ok = zip ? wire_archive_read(data, len, NULL, add_file, ret, e) : add_text(ret, data, len, from, e);
    if (ok && !ret->len && !ret->crls_len)
        ok = ret->unreadable ? err_set(e, ERR_INPUT, "%s", ret->first.msg)
                             : err_set(e, ERR_INPUT, "it holds neither a certificate nor a CRL");
    return ok || failed(ret) || err_in(e, "%s", from);
}

bool vim_roots_zip(struct vim_endpoint *ep, int64_t deadline_ms, struct vim_roots *ret, struct err *e)
{
    static const char path[] = "/certs/download.zip";
    AUTO(arena_done) struct arena a = { 0 };
    struct vim_answer answer;
    struct vim_request rq = { .method = "GET", .path = path, .answer_max = VIM_BUNDLE_MAX };
    if (!vim_endpoint_call(ep, &rq, deadline_ms, &a, &answer, e))
        return false;
    ret->absent = answer.status == 404;
    if (ret->absent)
        return true;
    if (answer.status != 200)
        return vim_body_status(&answer, path, e) || err_in(e, "%s", vim_endpoint_name(ep));
    if (answer.body_len < 4 || memcmp(answer.body, "PK\3\4", 4) != 0)
        return err_set(e, ERR_PEER, "%s: %s is not a zip", vim_endpoint_name(ep), path);
    if (vim_roots_bytes(answer.body, answer.body_len, path, ret, e))
        return true;
    if (e && e->kind == ERR_INPUT)
        e->kind = ERR_PEER;
    return err_in(e, "%s", vim_endpoint_name(ep));
}
