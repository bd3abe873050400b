#include "flow/anchor.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "flow/caller.h"
#include "flow/change.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "store/crl.h"
#include "store/store.h"
#include "trust/cert.h"
#include "trust/pem.h"

/* ---- PEM ---- */

struct reading {
    struct trust_cert *cert; /* owned */
    size_t blocks;
};

static bool on_block(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    struct reading *r = self;
    switch (kind) {
    case TRUST_PEM_CERTIFICATE:
        break;
    case TRUST_PEM_CRL:
        return err_set(e, ERR_INPUT, "it holds a CRL; one certificate is wanted, and nothing else");
    case TRUST_PEM_OTHER:
        return err_set(e, ERR_INPUT, "it holds a key or something else that is no certificate; send the certificate alone");
    }
    if (r->blocks++)
        return err_set(e, ERR_INPUT, "it holds several certificates; send one at a time");
    return trust_cert_parse(der, len, &r->cert, e);
}

/* Every marker on a line of its own, nothing in front of it: as a reader of PEM wants it. */
static bool unfold(const char *text, size_t len, struct buf *out, struct err *e)
{
    static const char dashes[] = "-----";
    const char *p = text, *end = text + len;
    while (p < end) {
        const char *at = memmem(p, (size_t)(end - p), dashes, 5);
        const char *stop = at ? at : end;
        if (!buf_append(out, p, (size_t)(stop - p), e))
            return false;
        if (!at)
            return true;
        bool opens = end - at > 10 && (memcmp(at + 5, "BEGIN ", 6) == 0 || memcmp(at + 5, "END ", 4) == 0);
        p = at + 5;
        if (!buf_puts(out, opens ? "\n-----" : "-----", e))
            return false;
        const char *close = opens ? memmem(p, (size_t)(end - p), dashes, 5) : NULL;
        if (!close)
            continue;
        if (!buf_append(out, p, (size_t)(close - p), e) || !buf_puts(out, "-----\n", e))
            return false;
        p = close + 5;
    }
    return true;
}

bool anchor_read(const char *text, size_t len, struct trust_cert **ret, struct err *e)
{
    struct reading r = { 0 };
    AUTO(buf_done) struct buf lines;
    if (len > ANCHOR_PEM_MAX)
        return err_set(e, ERR_INPUT, "the certificate's text is longer than %d bytes", ANCHOR_PEM_MAX);
    buf_init(&lines, 2 * (size_t)ANCHOR_PEM_MAX);
    bool ok = unfold(text, len, &lines, e);
    if (ok && !memmem(text, len, "-----BEGIN ", 11))
        ok = err_set(e, ERR_INPUT, "there is no PEM certificate in it: no BEGIN line");
    ok = ok && trust_pem_read((const uint8_t *)buf_str(&lines), lines.len, on_block, &r, e);
    if (!ok) {
        (void)trust_cert_unref(r.cert);
        if (e && e->kind == ERR_LIMIT)
            e->kind = ERR_INPUT;
        return false;
    }
    *ret = r.cert;
    return true;
}

bool anchor_write(const uint8_t *der, size_t len, struct arena *a, const char **ret, struct err *e)
{
    AUTO(buf_done) struct buf pem;
    buf_init(&pem, ANCHOR_PEM_WRITTEN);
    if (!trust_pem_write(&pem, TRUST_PEM_CERTIFICATE, der, len, e))
        return false;
    *ret = arena_strdup(a, buf_str(&pem));
    return true;
}

/* ---- granting ---- */

bool anchor_add_in(struct store *s, const struct anchor_new *n, const struct store_by *by, char ret_id[STORE_ID_MAX + 1],
                   struct err *e)
{
    static const struct trust_scope any = { .kind = TRUST_SCOPE_ANY };
    struct store_grant_data data = { .alias = n->alias, .scope = n->scope ? n->scope : &any };
    if (strcmp(n->owner, STORE_SYSTEM) != 0 && data.scope->kind != TRUST_SCOPE_ANY)
        return err_set(e, ERR_INPUT, "an organization vouches for nothing of the infrastructure: its grants have no scope");
    data.der = trust_cert_der(n->cert, &data.der_len);
    return store_grant_add(s, n->owner, &data, by, ret_id, e);
}

struct adding {
    const struct anchor_new *what;
    const struct store_by *by;
    char *ret_id;
};

static bool add(void *self, struct store *s, struct err *e)
{
    const struct adding *a = self;
    return anchor_add_in(s, a->what, a->by, a->ret_id, e);
}

bool anchor_add(const struct site *site, const struct anchor_new *n, const struct store_by *by,
                char ret_id[STORE_ID_MAX + 1], struct err *e)
{
    return change_run(site, add, &(struct adding){ n, by, ret_id }, e);
}

/* ---- looking, changing, removing ---- */

bool anchor_get(struct store *s, const struct caller *c, const char *id, struct arena *a, struct store_grant *ret,
                struct err *e)
{
    struct store_grant g;
    if (!store_grant_get(s, id, a, &g, e))
        return false;
    if (!c->system && strcmp(g.owner, caller_owner(c)) != 0)
        return err_set(e, ERR_NOT_FOUND, "there is no trusted certificate %s", id);
    *ret = g;
    return true;
}

struct editing {
    const struct caller *caller;
    const char *id;
    const struct anchor_edit *edit; /* NULL: remove */
    const struct store_by *by;
};

static bool change(void *self, struct store *s, struct err *e)
{
    const struct editing *t = self;
    const struct anchor_edit *d = t->edit;
    AUTO(arena_done) struct arena a = { 0 };
    struct store_grant old;
    struct store_grant_data data = { .alias = d->alias, .scope = d->scope };
    if (!anchor_get(s, t->caller, t->id, &a, &old, e))
        return false;
    if (d->scope && strcmp(old.owner, STORE_SYSTEM) != 0 && d->scope->kind != TRUST_SCOPE_ANY)
        return err_set(e, ERR_INPUT, "an organization's grants have no scope");
    if (d->scope && !d->widen && !trust_scope_covers(&old.scope, d->scope))
        return err_set(e, ERR_CONFLICT, "the new scope says more than the old one: say \"widen\" when that is meant");
    if (d->cert)
        data.der = trust_cert_der(d->cert, &data.der_len);
    return store_grant_change(s, t->id, &data, t->by, e);
}

static bool take_away(void *self, struct store *s, struct err *e)
{
    const struct editing *t = self;
    AUTO(arena_done) struct arena a = { 0 };
    struct store_grant old;
    return anchor_get(s, t->caller, t->id, &a, &old, e) && store_grant_remove(s, t->id, t->by, e);
}

bool anchor_change(const struct site *site, const struct caller *c, const char *id, const struct anchor_edit *edit,
                   const struct store_by *by, struct err *e)
{
    return change_run(site, change, &(struct editing){ c, id, edit, by }, e);
}

bool anchor_remove(const struct site *site, const struct caller *c, const char *id, const struct store_by *by,
                   struct err *e)
{
    return change_run(site, take_away, &(struct editing){ c, id, NULL, by }, e);
}

static bool find_grant(const struct site *site, const struct caller *c, const char *id, struct arena *a, struct store_grant *ret,
                       struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(site->shelf, &l, e) && anchor_get(l.store, c, id, a, ret, e);
}

bool anchor_withdraw(const struct site *site, const struct caller *c, const char *id, enum gate_fate fate,
                     const struct store_by *by, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_grant g;
    if (!find_grant(site, c, id, &a, &g, e))
        return false;
    bool said = site->gate && fate != GATE_FATE_DEFAULT && !strcmp(g.owner, STORE_SYSTEM);
    if (said)
        gate_decree(site->gate, g.sha256, fate);
    if (anchor_remove(site, c, id, by, e))
        return true;
    if (said)
        gate_decree(site->gate, g.sha256, GATE_FATE_DEFAULT);
    return false;
}

/* ---- lists ---- */

struct listing {
    struct arena *arena;
    struct store_grant *rows;
    size_t len, cap;
};

static bool on_grant(void *self, const struct store_grant *g, struct err *e)
{
    struct listing *l = self;
    (void)e;
    l->rows = arena_room(l->arena, l->rows, l->len, &l->cap, sizeof(*l->rows));
    struct store_grant *r = &l->rows[l->len++];
    *r = *g;
    r->id = arena_strdup(l->arena, g->id);
    r->owner = arena_strdup(l->arena, g->owner);
    r->alias = arena_strdup(l->arena, g->alias);
    r->made_by = arena_strdup(l->arena, g->made_by);
    r->flow = arena_strdup(l->arena, g->flow);
    r->sha256 = arena_memdup(l->arena, g->sha256, DIGEST_SHA256);
    r->der = NULL;
    return true;
}

bool anchor_list(struct store *s, const char *owner, const char *alias, struct arena *a, struct store_grant **ret,
                 size_t *ret_len, struct err *e)
{
    struct listing l = { .arena = a };
    struct store_grant_query q = { .owner = owner, .alias = alias };
    size_t before;
    do {
        before = l.len;
        if (!store_grant_list(s, &q, on_grant, &l, e))
            return false;
        q.after = l.len ? l.rows[l.len - 1].id : NULL;
    } while (l.len - before == STORE_PAGE_MAX);
    *ret = l.rows;
    *ret_len = l.len;
    return true;
}

/* ---- following the endpoints that they speak of ---- */

static bool same_host(const struct trust_scope *scope, const char *host, uint16_t port)
{
    return scope->kind == TRUST_SCOPE_HOST && scope->port == port && text_caseeq(scope->name, host);
}

bool anchor_promote(struct store *s, const char *host, uint16_t port, const struct trust_scope *to,
                    const struct store_by *by, size_t *ret_count, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_grant *rows;
    size_t len, count = 0;
    const struct store_grant_data data = { .scope = to };
    if (!anchor_list(s, STORE_SYSTEM, NULL, &a, &rows, &len, e))
        return false;
    for (size_t i = 0; i < len; i++) {
        struct err why = { 0 };
        if (!same_host(&rows[i].scope, host, port))
            continue;
        bool ok = store_grant_change(s, rows[i].id, &data, by, &why);
        if (!ok && why.kind == ERR_CONFLICT)
            ok = store_grant_remove(s, rows[i].id, by, &why);
        if (!ok)
            return err_set(e, why.kind, "binding a certificate to %s:%u: %s", host, port, why.msg);
        count++;
    }
    *ret_count = count;
    return true;
}

bool anchor_forget(struct store *s, const char *urn, const struct store_by *by, size_t *ret_count, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_grant *rows;
    size_t len, count = 0;
    if (!anchor_list(s, NULL, NULL, &a, &rows, &len, e))
        return false;
    for (size_t i = 0; i < len; i++) {
        const struct trust_scope *scope = &rows[i].scope;
        if (scope->kind == TRUST_SCOPE_ANY || scope->kind == TRUST_SCOPE_HOST || strcmp(scope->name, urn) != 0)
            continue;
        if (!store_grant_remove(s, rows[i].id, by, e))
            return false;
        count++;
    }
    *ret_count = count;
    return store_crl_remove(s, urn, e);
}
