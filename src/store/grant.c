#include "store/grant.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fold.h"
#include "base/text.h"
#include "store/backend.h"
#include "store/words.h"
#include "trust/cert.h"

/* An alias in an error or in the audit trail: escaped, and cut so that what follows it is read too. */
enum { ALIAS_SHOWN = 80 };

static void show_alias(const char *alias, char ret[ALIAS_SHOWN])
{
    text_escape(ret, ALIAS_SHOWN, alias, strlen(alias));
}

static bool check_alias(const char *alias, struct err *e)
{
    if (!store_take_text("the alias", STORE_LINE, alias, STORE_ALIAS_MAX, e))
        return false;
    size_t chars = 0;
    for (const char *c = alias; *c; c++)
        chars += ((unsigned char)*c & 0xc0) != 0x80; /* all bytes but those that continue a character */
    return chars <= STORE_ALIAS_CHARS ||
           err_set(e, ERR_INPUT, "the alias has %zu characters, more than %d", chars, STORE_ALIAS_CHARS);
}

static bool check_owner(const char *owner, struct err *e)
{
    if (!store_take_text("the owner", STORE_LINE, owner, STORE_ID_MAX, e))
        return false;
    return strcmp(owner, STORE_SYSTEM) == 0 || strncmp(owner, "urn:", 4) == 0 ||
           err_set(e, ERR_INPUT, "the owner is neither " STORE_SYSTEM " nor the URN of an organization");
}

static bool check_der(const uint8_t *der, size_t len, struct err *e)
{
    return (der && len > 0 && len <= TRUST_CERT_MAX) ||
           err_set(e, ERR_INPUT, "a certificate of %zu bytes; 1 to %d are taken", len, TRUST_CERT_MAX);
}

static bool folded(const char *alias, struct buf *key, struct err *e)
{
    buf_init(key, STORE_ALIAS_MAX);
    return fold_case(alias, key, e);
}

/* Looks for a grant that the new one would duplicate. */
struct clash {
    const struct store_grant *wanted;
    bool found;
    struct err *e;
};

static bool compare_scope(void *self, const struct store_grant *g, struct err *e)
{
    struct clash *c = self;
    (void)e;
    if (c->found || strcmp(g->id, c->wanted->id) == 0 || !trust_scope_covers(&g->scope, &c->wanted->scope))
        return true;
    char alias[ALIAS_SHOWN], scope[TRUST_SCOPE_TEXT];
    show_alias(g->alias, alias);
    trust_scope_write(&g->scope, scope);
    c->found = true;
    (void)err_set(c->e, ERR_CONFLICT, "Duplicate certificate: alias \"%s\" of owner %s has it already, for %s", alias,
                  g->owner, scope);
    return true;
}

static bool compare_alias(void *self, const struct store_grant *g, struct err *e)
{
    struct clash *c = self;
    (void)e;
    if (c->found || strcmp(g->id, c->wanted->id) == 0)
        return true;
    char alias[ALIAS_SHOWN];
    show_alias(g->alias, alias);
    c->found = true;
    (void)err_set(c->e, ERR_CONFLICT, "Duplicate alias: owner %s has a certificate named \"%s\" already", g->owner,
                  alias);
    return true;
}

static bool refuse_same_grant(struct store *s, const struct store_grant *g, struct err *e)
{
    struct clash clash = { .wanted = g, .e = e };
    const struct store_grant_query q = { .owner = g->owner, .sha256 = g->sha256, .limit = UINT32_MAX };
    return s->ops->grants->list(s, &q, compare_scope, &clash, e) && !clash.found;
}

static bool refuse_same_alias(struct store *s, const struct store_grant_row *row, struct err *e)
{
    struct clash clash = { .wanted = &row->grant, .e = e };
    const struct store_grant_query q = { .owner = row->grant.owner, .alias = row->alias_key, .limit = UINT32_MAX };
    return s->ops->grants->list(s, &q, compare_alias, &clash, e) && !clash.found;
}

static bool refuse_too_many(struct store *s, const char *owner, struct err *e)
{
    const struct store_grant_query of_owner = { .owner = owner };
    uint64_t count, most = strcmp(owner, STORE_SYSTEM) == 0 ? STORE_GRANTS_MAX : STORE_GRANTS_PER_ORG;
    if (!s->ops->grants->count(s, &of_owner, &count, e))
        return false;
    return count < most || err_set(e, ERR_LIMIT, "owner %s has %llu trusted certificates, the most there may be", owner,
                                   (unsigned long long)count);
}

/* "alias "x" of System, for any" */
static void describe(const struct store_grant *g, char *out, size_t size)
{
    char alias[ALIAS_SHOWN], scope[TRUST_SCOPE_TEXT];
    show_alias(g->alias, alias);
    trust_scope_write(&g->scope, scope);
    (void)snprintf(out, size, "alias \"%s\" of %s, for %s", alias, g->owner, scope);
}

enum { DESCRIPTION = ALIAS_SHOWN + STORE_ID_MAX + TRUST_SCOPE_TEXT + 32 };

/* The line in the audit trail and the new generation: what every change ends with. */
static bool record(struct store *s, const char *action, const struct store_grant *g, const char *text,
                   const struct store_by *by, struct err *e)
{
    const struct store_audit line = {
        .by = *by, .action = action, .entity = g->id, .sha256 = g->sha256, .text = text, .data = "",
    };
    return store_audit_append(s, &line, e) && s->ops->core->raise(s, e);
}

static bool add(struct store *s, const struct store_grant_row *row, const struct store_by *by, struct err *e)
{
    const struct store_grant *g = &row->grant;
    if (!refuse_same_grant(s, g, e) || !refuse_same_alias(s, row, e) || !refuse_too_many(s, g->owner, e))
        return false;
    char text[DESCRIPTION];
    describe(g, text, sizeof(text));
    return s->ops->certs->put(s, g->sha256, g->der, g->der_len, e) && s->ops->grants->insert(s, row, e) &&
           record(s, "grant.add", g, text, by, e);
}

bool store_grant_add(struct store *s, const char *owner, const struct store_grant_data *data, const struct store_by *by,
                     char ret_id[STORE_ID_MAX + 1], struct err *e)
{
    if (!store_writing(s, "grant", e) || !check_owner(owner, e) || !check_alias(data->alias, e) ||
        !check_der(data->der, data->der_len, e) || !store_take_by(by, e))
        return false;
    if (!data->scope)
        return err_set(e, ERR_INPUT, "the scope is missing");
    AUTO(buf_done) struct buf key;
    if (!folded(data->alias, &key, e))
        return false;
    char id[STORE_ID_MAX + 1] = STORE_GRANT_URN, scope[TRUST_SCOPE_TEXT];
    random_uuid(id + sizeof(STORE_GRANT_URN) - 1);
    trust_scope_write(data->scope, scope);
    uint8_t sha256[DIGEST_SHA256];
    digest_sha256(data->der, data->der_len, sha256);
    const struct store_grant_row row = {
        .grant = { .id = id, .owner = owner, .alias = data->alias, .scope = *data->scope, .made_ms = by->at_ms,
                   .made_by = by->who, .flow = by->flow, .sha256 = sha256, .der = data->der,
                   .der_len = data->der_len },
        .alias_key = buf_str(&key),
        .scope_text = scope,
    };
    if (!store_ran(s, add(s, &row, by, e), e))
        return false;
    memcpy(ret_id, id, sizeof(id));
    return true;
}

/* Copies a grant out of a list, once. */
struct copy {
    struct arena *arena;
    struct store_grant *ret;
    bool found;
};

static bool copy_grant(void *self, const struct store_grant *g, struct err *e)
{
    struct copy *c = self;
    (void)e;
    *c->ret = *g;
    c->ret->id = arena_strdup(c->arena, g->id);
    c->ret->owner = arena_strdup(c->arena, g->owner);
    c->ret->alias = arena_strdup(c->arena, g->alias);
    c->ret->made_by = arena_strdup(c->arena, g->made_by);
    c->ret->flow = arena_strdup(c->arena, g->flow);
    c->ret->sha256 = arena_memdup(c->arena, g->sha256, DIGEST_SHA256);
    c->ret->der = arena_memdup(c->arena, g->der, g->der_len);
    c->found = true;
    return true;
}

static bool get(struct store *s, const char *id, struct arena *a, struct store_grant *ret, struct err *e)
{
    struct copy c = { a, ret, false };
    if (!s->ops->grants->get(s, id, copy_grant, &c, e))
        return false;
    return c.found || err_set(e, ERR_NOT_FOUND, "no trusted certificate has the id %s", id);
}

bool store_grant_get(struct store *s, const char *id, struct arena *a, struct store_grant *ret, struct err *e)
{
    return store_reading(s, e) && store_take_text("the id", STORE_LINE, id, STORE_ID_MAX, e) &&
           store_ran(s, get(s, id, a, ret, e), e);
}

static bool change(struct store *s, const struct store_grant *old, const struct store_grant_row *row,
                   const struct store_by *by, struct err *e)
{
    const struct store_grant *g = &row->grant;
    bool other = memcmp(old->sha256, g->sha256, DIGEST_SHA256) != 0;
    bool moved = !trust_scope_covers(&old->scope, &g->scope) || !trust_scope_covers(&g->scope, &old->scope);
    /* A mere new alias passes beside a wider grant that was added later. */
    if (((other || moved) && !refuse_same_grant(s, g, e)) || !refuse_same_alias(s, row, e))
        return false;
    char was[DESCRIPTION], is[DESCRIPTION], print[3 * DIGEST_SHA256], text[2 * DESCRIPTION + 160];
    describe(old, was, sizeof(was));
    describe(g, is, sizeof(is));
    text_fingerprint(old->sha256, DIGEST_SHA256, print);
    (void)snprintf(text, sizeof(text), "%s; before: %s%s%s", is, was, other ? ", certificate SHA-256 " : "",
                   other ? print : "");
    if (!s->ops->certs->put(s, g->sha256, g->der, g->der_len, e) || !s->ops->grants->update(s, row, e))
        return false;
    return (!other || s->ops->certs->sweep(s, old->sha256, e)) && record(s, "grant.change", g, text, by, e);
}

bool store_grant_change(struct store *s, const char *id, const struct store_grant_data *data, const struct store_by *by,
                        struct err *e)
{
    if (!store_writing(s, "grant", e) || !store_take_text("the id", STORE_LINE, id, STORE_ID_MAX, e) || !store_take_by(by, e) ||
        (data->alias && !check_alias(data->alias, e)) || (data->der && !check_der(data->der, data->der_len, e)))
        return false;
    AUTO(arena_done) struct arena a = { 0 };
    struct store_grant old = { 0 };
    if (!store_ran(s, get(s, id, &a, &old, e), e))
        return false;
    struct store_grant_row row = { .grant = old };
    if (data->alias)
        row.grant.alias = data->alias;
    if (data->scope)
        row.grant.scope = *data->scope;
    uint8_t sha256[DIGEST_SHA256];
    if (data->der) {
        digest_sha256(data->der, data->der_len, sha256);
        row.grant.sha256 = sha256;
        row.grant.der = data->der;
        row.grant.der_len = data->der_len;
    }
    AUTO(buf_done) struct buf key;
    char scope[TRUST_SCOPE_TEXT];
    if (!folded(row.grant.alias, &key, e))
        return false;
    trust_scope_write(&row.grant.scope, scope);
    row.alias_key = buf_str(&key);
    row.scope_text = scope;
    return store_ran(s, change(s, &old, &row, by, e), e);
}

static bool take_away(struct store *s, const char *id, const struct store_by *by, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_grant g = { 0 };
    char text[DESCRIPTION];
    if (!get(s, id, &a, &g, e))
        return false;
    describe(&g, text, sizeof(text));
    return s->ops->grants->remove(s, id, e) && s->ops->certs->sweep(s, g.sha256, e) &&
           record(s, "grant.remove", &g, text, by, e);
}

bool store_grant_remove(struct store *s, const char *id, const struct store_by *by, struct err *e)
{
    return store_writing(s, "grant", e) && store_take_text("the id", STORE_LINE, id, STORE_ID_MAX, e) &&
           store_take_by(by, e) && store_ran(s, take_away(s, id, by, e), e);
}

/* A query as the backend takes it: alias folded (into key), limit set. */
static bool prepared(const struct store_grant_query *q, struct store_grant_query *ret, struct buf *key, struct err *e)
{
    *ret = *q;
    buf_init(key, STORE_ALIAS_MAX);
    if (!store_limit(q->limit, &ret->limit, e))
        return false;
    if (!q->alias)
        return true;
    ret->alias = "";
    if (!check_alias(q->alias, e) || !fold_case(q->alias, key, e))
        return false;
    ret->alias = buf_str(key);
    return true;
}

bool store_grant_list(struct store *s, const struct store_grant_query *q, store_grant_sink *sink, void *self,
                      struct err *e)
{
    AUTO(buf_done) struct buf key = { 0 };
    struct store_grant_query as;
    return prepared(q, &as, &key, e) && store_list_begin(s, as.limit, &as.limit, e) &&
           store_list_end(s, s->ops->grants->list(s, &as, sink, self, e), e);
}

bool store_grant_count(struct store *s, const struct store_grant_query *q, uint64_t *ret, struct err *e)
{
    AUTO(buf_done) struct buf key = { 0 };
    struct store_grant_query as;
    return store_reading(s, e) && prepared(q, &as, &key, e) && store_ran(s, s->ops->grants->count(s, &as, ret, e), e);
}

struct der_copy {
    struct arena *arena;
    const uint8_t *der;
    size_t len;
};

static bool copy_der(void *self, const uint8_t *der, size_t len, struct err *e)
{
    struct der_copy *c = self;
    (void)e;
    c->der = arena_memdup(c->arena, der, len);
    c->len = len;
    return true;
}

bool store_cert_get(struct store *s, const uint8_t sha256[DIGEST_SHA256], struct arena *a, const uint8_t **ret_der,
                    size_t *ret_len, struct err *e)
{
    struct der_copy c = { .arena = a };
    if (!store_reading(s, e) || !store_ran(s, s->ops->certs->get(s, sha256, copy_der, &c, e), e))
        return false;
    if (!c.der) {
        char text[3 * DIGEST_SHA256];
        text_fingerprint(sha256, DIGEST_SHA256, text);
        return err_set(e, ERR_NOT_FOUND, "no certificate with the SHA-256 %s is kept", text);
    }
    *ret_der = c.der;
    *ret_len = c.len;
    return true;
}
