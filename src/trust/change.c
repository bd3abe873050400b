#include "trust/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "trust/set_fields.h"

static bool fits(const struct trust_change *c, const struct set_row *r)
{
    const struct grant *g = &r->grant;
    bool owner = c->org ? g->org && strcmp(g->org, c->org) == 0 : g->system;
    return owner && !g->public_ca && memcmp(r->cert->sha256, c->sha256, DIGEST_SHA256) == 0 &&
           (!c->scope || trust_scope_same(&g->scope, c->scope));
}

static void drop(struct set_row *r)
{
    (void)trust_cert_unref(r->cert);
    free(r->grant.org);
}

/* False when the row goes. */
static bool apply(const struct trust_change *c, struct set_row *r)
{
    switch (c->kind) {
    case TRUST_CHANGE_REMOVE:
        return false;
    case TRUST_CHANGE_SCOPE:
        r->grant.scope = *c->to;
        return true;
    case TRUST_CHANGE_CERT:
        (void)trust_cert_unref(r->cert);
        r->cert = trust_cert_ref(c->cert);
        return true;
    case TRUST_CHANGE_ADD:
        break;
    }
    return true;
}

static bool apply_all(const struct trust_change *changes, size_t len, struct set_row *r)
{
    for (size_t i = 0; i < len; i++)
        if (changes[i].kind != TRUST_CHANGE_ADD && fits(&changes[i], r) && !apply(&changes[i], r))
            return false;
    return true;
}

static struct set_row row_of(const struct anchor *a, const struct grant *g, size_t row)
{
    struct set_row r = { .cert = trust_cert_ref(a->cert), .grant = *g, .row = row };
    r.grant.org = g->org ? xstrdup(g->org) : NULL;
    return r;
}

static void copy_crls(struct trust_set *to, const struct trust_set *from)
{
    to->crls = xcalloc(from->crls_len, sizeof(to->crls[0]));
    for (; to->crls_len < from->crls_len; to->crls_len++) {
        const struct scoped_crl *c = &from->crls[to->crls_len];
        to->crls[to->crls_len] = (struct scoped_crl){ trust_crl_ref(c->crl), c->urn ? xstrdup(c->urn) : NULL };
    }
}

struct trust_set *trust_set_changed(const struct trust_set *s, const struct trust_change *changes, size_t len)
{
    AUTO(freep) struct set_row *rows = xcalloc(s->grants_len + len, sizeof(*rows));
    struct trust_set *next = set_create(s->generation);
    size_t n = 0;
    for (size_t i = 0; i < s->anchors_len; i++)
        for (uint32_t k = 0; k < s->anchors[i].grants_len; k++) {
            size_t at = s->anchors[i].grants_from + k;
            rows[n] = row_of(&s->anchors[i], &s->grants[at], at);
            if (apply_all(changes, len, &rows[n]))
                n++;
            else
                drop(&rows[n]);
        }
    for (size_t i = 0; i < len; i++)
        if (changes[i].kind == TRUST_CHANGE_ADD) {
            rows[n] = (struct set_row){ .cert = trust_cert_ref(changes[i].cert), .row = s->grants_len + i,
                                        .grant = { .scope = *changes[i].to, .system = !changes[i].org,
                                                   .org = changes[i].org ? xstrdup(changes[i].org) : NULL } };
            n++;
        }
    set_fill(next, rows, n);
    copy_crls(next, s);
    return next;
}
