#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "flow/jwt.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/session_parts.h"
#include "flow/site.h"
#include "store/event.h"
#include "store/record.h"
#include "store/sealed.h"
#include "store/store.h"

#define KEY_KIND "session-key"
#define KEY_ID "access-tokens"

/* Another process may make it at the same moment: whoever has the write transaction looks first. */
static bool read_or_make_key(struct session_table *t, struct secret *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(t->site->shelf, &l, e))
        return false;
    if (store_sealed_get(l.store, KEY_KIND, KEY_ID, ret, e))
        return true;
    if (e->kind != ERR_NOT_FOUND || !store_begin(l.store, STORE_WRITE, e))
        return false;
    if (store_sealed_get(l.store, KEY_KIND, KEY_ID, ret, e))
        return true;
    if (e->kind != ERR_NOT_FOUND)
        return false;
    secret_random(ret, JWT_KEY);
    return store_sealed_put(l.store, KEY_KIND, KEY_ID, ret, t->now(t->now_self), e) && store_commit(l.store, e);
}

const struct secret *session_key(struct session_table *t, struct err *e)
{
    if (__atomic_load_n(&t->key_known, __ATOMIC_ACQUIRE))
        return &t->key;
    AUTO(secret_done) struct secret key = { 0 };
    if (!read_or_make_key(t, &key, e)) {
        (void)err_in(e, "the key of access tokens");
        return NULL;
    }
    (void)pthread_mutex_lock(&t->lock);
    bool ok = t->key_known || secret_set(&t->key, key.bytes, key.len, e);
    if (ok)
        __atomic_store_n(&t->key_known, true, __ATOMIC_RELEASE);
    (void)pthread_mutex_unlock(&t->lock);
    return ok ? &t->key : NULL;
}

static bool make_tokens(struct session_table *t, struct session_row *row, struct session_new *n, struct err *e)
{
    uint8_t random[SESSION_LEGACY / 2];
    char hex[SESSION_LEGACY + 1];
    random_bytes(random, sizeof(random));
    text_hex(random, sizeof(random), hex);
    bool ok = secret_set(&n->legacy, hex, SESSION_LEGACY, e);
    digest_sha256(hex, SESSION_LEGACY, row->legacy);
    secret_wipe(random, sizeof(random));
    secret_wipe(hex, sizeof(hex));
    session_urn_of(row->legacy, row->urn);
    struct jwt_claims claims = { .subject = n->caller.user_name, .issuer = n->caller.org, .issued_ms = row->made_ms,
                                 .expires_ms = row->expires_ms };
    (void)text_copy(claims.session, sizeof(claims.session), row->urn);
    const struct secret *key = ok ? session_key(t, e) : NULL;
    if (!key || !jwt_write(key, &claims, &n->access, e))
        return false;
    digest_sha256(n->access.bytes, n->access.len, row->access);
    return true;
}

/* The user's session that was used last the longest ago, and how many he has. */
static bool oldest(struct store *s, const char *user, struct session_row *ret, size_t *ret_len, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record *rows;
    struct session_row row;
    if (!kept_all(s, "session", user, &a, &rows, ret_len, e))
        return false;
    for (size_t i = 0; i < *ret_len; i++) {
        if (!session_row_read(&rows[i], &row, e))
            return false;
        if (i == 0 || row.last_ms < ret->last_ms)
            *ret = row;
    }
    return true;
}

static bool make_room(struct store *s, const char *user, int64_t now_ms, struct err *e)
{
    struct session_row row;
    uint64_t expired;
    size_t len;
    if (!store_record_expire(s, "session", now_ms, &expired, e))
        return false;
    for (;;) {
        if (!oldest(s, user, &row, &len, e))
            return false;
        if (len < SESSION_PER_USER)
            return true;
        if (!store_record_remove(s, "session", row.urn, e))
            return false;
    }
}

static bool keep(struct session_table *t, struct store *s, const struct session_row *row, const struct caller *c,
                 const char *how, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    char id[RANDOM_UUID];
    char shown[2 * STORE_NAME_MAX];
    text_escape(shown, sizeof(shown), c->who, strlen(c->who));
    const struct store_event ev = {
        .at_ms = row->made_ms, .kind = "login.done", .severity = STORE_INFO, .entity = c->user, .data = "",
        .text = arena_printf(&a, "%s logged in from %s with %s", shown, row->from, how),
    };
    return make_room(s, row->user, row->made_ms, e) && session_row_put(s, row, session_idle_ms(t), e) &&
           store_event_add(s, &ev, id, e);
}

bool session_open(struct session_table *t, const char *user_urn, const char *from, const char *how, struct session_new *ret,
                  struct err *e)
{
    struct session_new n = { 0 };
    struct session_row row = { .made_ms = t->now(t->now_self) };
    row.last_ms = row.made_ms;
    (void)text_copy(row.user, sizeof(row.user), user_urn);
    (void)text_copy(row.from, sizeof(row.from), from);
    AUTO(loan_end) struct loan l = { 0 };
    int64_t life;
    if (!loan_begin(t->site->shelf, &l, e) || !session_limits_read(t, l.store, &life, e))
        return false;
    row.expires_ms = row.made_ms + life;
    if (!session_caller(l.store, user_urn, &n.caller, e) || !make_tokens(t, &row, &n, e) || !store_begin(l.store, STORE_WRITE, e) ||
        !keep(t, l.store, &row, &n.caller, how, e) || !store_commit(l.store, e)) {
        session_new_done(&n);
        return false;
    }
    (void)text_copy(n.caller.session, sizeof(n.caller.session), row.urn);
    (void)text_copy(n.caller.from, sizeof(n.caller.from), from);
    n.expires_ms = row.expires_ms;
    n.lives_ms = life;
    *ret = n;
    return true;
}

void session_new_done(struct session_new *n)
{
    secret_done(&n->access);
    secret_done(&n->legacy);
    *n = (struct session_new){ 0 };
}
