#include "lab/own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lab/bundle.h"
#include "lab/change.h"
#include "lab/hostcert.h"
#include "lab/pem.h"

void lab_own_done(struct lab_own *o)
{
    X509_free(o->cert);
    for (size_t i = 0; i < o->above_len; i++)
        X509_free(o->above[i]);
    *o = (struct lab_own){ .cert = NULL };
}

struct lab_own *lab_own_destroy(struct lab_own *o)
{
    if (!o)
        return NULL;
    lab_own_done(o);
    free(o);
    return NULL;
}

void lab_made_anew(struct lab_endpoint *ep, int64_t at)
{
    ep->was.revision = ep->revision++;
    ep->was.rekeyed = ep->rekeyed;
    ep->was.ca_generation = ep->ca_generation;
    ep->was.made_at = ep->made_at;
    ep->made_at = at;
    ep->ca_generation = (unsigned)ep->vcenter->vmca->roots_len - 1;
    ep->terms = ep->vcenter->settings.terms;
    ep->own = lab_own_destroy(ep->own);
    if (ep->kind == LAB_HOST)
        lab_host_made_anew(CONTAINER_OF(ep, struct lab_host, at));
    if (ep->kind == LAB_VCENTER)
        free(STEAL(ep->vcenter->refused));
}

/* ---- keys for requests ---- */

static void key_label(const struct lab_endpoint *ep, const char *what, unsigned n, char out[LAB_LABEL_MAX])
{
    (void)snprintf(out, LAB_LABEL_MAX, "%s-%d-%u-%u-%u", what, (int)ep->kind, ep->vcenter->at.n, ep->n, n);
}

EVP_PKEY *lab_key_make(struct lab_endpoint *ep, unsigned bits, int64_t now, struct err *e)
{
    char label[LAB_LABEL_MAX];
    if (bits < LAB_MADE_BITS_MIN || bits > LAB_MADE_BITS_MAX || bits % 1024) {
        (void)err_set(e, ERR_INPUT, "the lab makes keys of 2048, 3072 and 4096 bits");
        return NULL;
    }
    key_label(ep, "request", ep->keys_made + 1, label);
    EVP_PKEY *key = lab_keys_get(ep->estate->keys, label, bits, e);
    if (!key || !lab_change(ep->estate, &(struct lab_change){ .what = "key", .target = ep->name, .value = bits, .at = now }, e))
        return NULL;
    return key;
}

bool lab_do_key(struct lab_endpoint *ep, const struct lab_change *c, struct err *e UNUSED)
{
    ep->keys_made++;
    ep->key_bits = (unsigned)c->value;
    ep->key_waits = true;
    return true;
}

EVP_PKEY *lab_key_waiting(struct lab_endpoint *ep, struct err *e)
{
    char label[LAB_LABEL_MAX];
    if (!ep->key_waits) {
        (void)err_set(e, ERR_NOT_FOUND, "no certificate signing request was made before");
        return NULL;
    }
    key_label(ep, "request", ep->keys_made, label);
    return lab_keys_get(ep->estate->keys, label, ep->key_bits, e);
}

/* ---- installing ---- */

/* "LABEL\nPEM..": what the journal says of a certificate with its key. */
static bool describe(struct buf *out, const char *label, X509 *const *certs, size_t len, struct err *e)
{
    bool ok = buf_printf(out, e, "%s\n", label);
    for (size_t i = 0; ok && i < len; i++)
        ok = lab_pem_cert(out, certs[i], e);
    return ok;
}

static bool read_described(struct lab_estate *s, const char *text, struct lab_own *ret, struct err *e)
{
    const char *end = text ? strchr(text, '\n') : NULL;
    char label[LAB_LABEL_MAX];
    struct lab_bundle b;
    if (!end || (size_t)(end - text) >= sizeof(label) || !lab_bundle_read(&b, end, strlen(end), e))
        return err_set(e, ERR_STORE, "an installed certificate can't be read");
    (void)snprintf(label, sizeof(label), "%.*s", (int)(end - text), text);
    EVP_PKEY *key = lab_keys_find(s->keys, label, e);
    if (key && b.len) {
        *ret = (struct lab_own){ .cert = b.certs[0], .key = key };
        for (size_t i = 1; i < b.len; i++) {
            if (ret->above_len < LAB_ABOVE_MAX)
                ret->above[ret->above_len++] = b.certs[i];
            else
                X509_free(b.certs[i]);
        }
        b.len = 0;
    }
    lab_bundle_done(&b);
    return key != NULL;
}

/* A chain with its key, and under which label that is kept. */
struct installed {
    X509 *const *certs;
    size_t len;
    EVP_PKEY *key;
    const char *label;
};

static bool install(struct lab_endpoint *ep, const char *what, const struct installed *n, int64_t now, struct err *e)
{
    X509 *const *certs = n->certs;
    const size_t len = n->len;
    struct buf text;
    if (!len || len > LAB_ABOVE_MAX + 1 || X509_check_private_key(certs[0], n->key) != 1)
        return err_set(e, ERR_INPUT, len > LAB_ABOVE_MAX + 1 ? "the chain is too long" : "the certificate is for another key");
    buf_init(&text, LAB_PEM_MAX);
    bool ok = describe(&text, n->label, certs, len, e) &&
              lab_change(ep->estate, &(struct lab_change){ .what = what, .target = ep->name, .at = now, .text = buf_str(&text) }, e);
    buf_done(&text);
    return ok;
}

bool lab_own_install(struct lab_endpoint *ep, X509 *const *certs, size_t len, EVP_PKEY *key, int64_t now, struct err *e)
{
    char label[LAB_LABEL_MAX], full[LAB_LABEL_MAX + 16];
    EVP_PKEY *mine = key ? key : lab_key_waiting(ep, e);
    if (!mine)
        return false;
    if (len && X509_check_private_key(certs[0], mine) != 1)
        return err_set(e, ERR_INPUT, "the certificate is for another key");
    key_label(ep, key ? "own" : "request", key ? ep->revision : ep->keys_made, label);
    if (!key) {
        (void)snprintf(full, sizeof(full), "%s-%u", label, ep->key_bits);
        return install(ep, "own", &(struct installed){ certs, len, mine, full }, now, e);
    }
    return lab_keys_put(ep->estate->keys, label, key, e) && install(ep, "own", &(struct installed){ certs, len, mine, label }, now, e);
}

bool lab_do_own(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    struct lab_own own;
    const struct lab_vmca *v = ep->vcenter->vmca;
    if (!read_described(ep->estate, c->text, &own, e))
        return false;
    lab_made_anew(ep, c->at);
    ep->own = xcalloc(1, sizeof(*ep->own));
    *ep->own = own;
    for (size_t i = 0; i < v->roots_len; i++)
        if (lab_issued_by(own.cert, v->roots[i].cert))
            ep->ca_generation = (unsigned)i;
    if (!strncmp(c->text, "request", strlen("request")))
        ep->key_waits = false;
    return true;
}

/* ---- STS ---- */

/* VMCA's for the n-th time; kept in its place until the next. */
static bool make_sts(struct lab_vcenter *vc, struct lab_sts *sts, size_t n, struct err *e)
{
    struct lab_estate *s = vc->at.estate;
    const struct lab_ca *by = lab_vmca_signer(vc->vmca);
    char label[LAB_LABEL_MAX], text[LAB_LABEL_MAX + 16];
    struct lab_cut cut = { .by = by };
    (void)snprintf(label, sizeof(label), "sts-%s-%zu", vc->plan->name, n);
    (void)snprintf(text, sizeof(text), "serial %s", label);
    lab_keys_derive(s->keys, text, cut.serial, sizeof(cut.serial));
    cut.key = lab_keys_get(s->keys, label, 2048, e);
    const struct lab_leaf_shape shape = { .name = vc->at.name, .pnid = lab_pnid(vc), .made_at = sts->made_at, .days = sts->days };
    if (!cut.key || !(sts->own.cert = lab_shape_sts(&cut, &shape, e)))
        return false;
    sts->own.key = cut.key;
    X509 *above[] = { by->cert, by->above_len > 1 ? by->above[0] : NULL };
    for (size_t i = 0; i < ARRAY_LEN(above) && above[i]; i++) {
        (void)X509_up_ref(above[i]);
        sts->own.above[sts->own.above_len++] = above[i];
    }
    return sts->made = true;
}

static struct lab_sts *push(struct lab_vcenter *vc, int64_t at)
{
    vc->sts = xreallocarray(vc->sts, vc->sts_len + 1, sizeof(*vc->sts));
    struct lab_sts *fresh = &vc->sts[vc->sts_len++];
    *fresh = (struct lab_sts){ .made_at = at };
    return fresh;
}

const struct lab_sts *lab_sts(struct lab_vcenter *vc, struct err *e)
{
    if (!vc->sts_len)
        (void)push(vc, vc->at.estate->born);
    struct lab_sts *it = &vc->sts[vc->sts_len - 1];
    return it->made || make_sts(vc, it, vc->sts_len - 1, e) ? it : NULL;
}

int64_t lab_sts_end(const struct lab_vcenter *vc)
{
    const struct lab_sts *it = vc->sts_len ? &vc->sts[vc->sts_len - 1] : NULL;
    if (it && it->made)
        return lab_time_of(X509_get0_notAfter(it->own.cert));
    return lab_time_of(X509_get0_notAfter(lab_vmca_signer(vc->vmca)->cert)); /* its ten years are longer */
}

static bool sts_room(struct lab_vcenter *vc, struct err *e)
{
    /* The one before is made while its signer signs. */
    return lab_sts(vc, e) && (vc->sts_len < LAB_STS_MAX ||
                              err_set(e, ERR_LIMIT, "more than %d STS signing certificates", LAB_STS_MAX));
}

bool lab_sts_refresh(struct lab_vcenter *vc, uint64_t days, int64_t now, struct err *e)
{
    return sts_room(vc, e) && lab_change(vc->at.estate, &(struct lab_change){ .what = "sts", .target = vc->at.name, .value = days,
                                                                               .at = now }, e);
}

bool lab_sts_install(struct lab_vcenter *vc, X509 *const *certs, size_t len, EVP_PKEY *key, int64_t now, struct err *e)
{
    char label[LAB_LABEL_MAX];
    if (!sts_room(vc, e))
        return false;
    if (!len || X509_check_private_key(certs[0], key) != 1)
        return err_set(e, ERR_INPUT, "the certificate is for another key");
    (void)snprintf(label, sizeof(label), "sts-%s-%zu-own", vc->plan->name, vc->sts_len);
    return lab_keys_put(vc->at.estate->keys, label, key, e) && install(&vc->at, "sts", &(struct installed){ certs, len, key, label }, now, e);
}

bool lab_do_sts(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    struct lab_vcenter *vc = ep->vcenter;
    if (!lab_sts(vc, e))
        return false;
    struct lab_own own = { .cert = NULL };
    if (c->text && !read_described(ep->estate, c->text, &own, e))
        return false;
    struct lab_sts *fresh = push(vc, c->at);
    fresh->own = own;
    fresh->days = (int64_t)c->value;
    fresh->made = c->text != NULL;
    return fresh->made || make_sts(vc, fresh, vc->sts_len - 1, e);
}
