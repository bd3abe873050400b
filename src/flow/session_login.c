#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fold.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/session_parts.h"
#include "flow/site.h"
#include "flow/token.h"
#include "flow/user.h"
#include "net/address.h"
#include "store/event.h"
#include "store/store.h"

/* Hashes of no password, at both costs: what a login of nobody is compared with, so that it costs the same. */
static const char *const nobody[] = {
    [SECRET_COST_MODERATE] = "$argon2id$v=19$m=262144,t=3,p=1$bm9ib2R5IGlzIGhlcmUgIQ$"
                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    [SECRET_COST_TEST] = "$argon2id$v=19$m=8,t=1,p=1$bm9ib2R5IGlzIGhlcmUgIQ$"
                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
};

static const struct throttle_rule per_account = { LOGIN_FAILURES, LOGIN_WINDOW_MS };
static const struct throttle_rule per_address = { LOGIN_ADDRESS_FAILURES, LOGIN_WINDOW_MS };

/* One attempt: what it counts against, and what it turned out to be. */
struct attempt {
    uint8_t account[DIGEST_SHA256], address[DIGEST_SHA256];
    const char *name, *from; /* as the client wrote it */
    const char *why;         /* it is refused; for the event, never for the client */
    char user[STORE_ID_MAX + 1]; /* "" = nobody */
};

/* An IPv6 client has a whole /64 to itself. */
static void address_key(const char *from, uint8_t ret[DIGEST_SHA256])
{
    struct address a;
    struct err none;
    if (address_parse(from, 0, &a, &none) && a.family == ADDRESS_V6 && !address_is_v4_mapped(&a))
        digest_sha256(a.ip, 8, ret);
    else
        digest_sha256(from, strlen(from), ret);
}

static void attempt_start(struct attempt *at, const char *name, const char *from)
{
    struct err none;
    AUTO(buf_done) struct buf key;
    buf_init(&key, 8 * LOGIN_NAME_MAX);
    *at = (struct attempt){ .name = name, .from = from };
    address_key(from, at->address);
    if (!fold_case(name, &key, &none))
        buf_clear(&key); /* no UTF-8: all such names count as one */
    (void)(buf_append(&key, "", 1, &none) && buf_append(&key, at->address, sizeof(at->address), &none));
    digest_sha256(key.data, key.len, at->account);
}

/* False: guessed too often. An attempt counts as a failure until it turns out to be none. */
static bool charge(struct session_table *t, struct attempt *at)
{
    const int64_t now = t->now(t->now_self);
    (void)pthread_mutex_lock(&t->lock);
    bool may = !throttle_pauses(&t->throttle, at->account, now) && !throttle_pauses(&t->throttle, at->address, now);
    if (may) {
        (void)throttle_charge(&t->throttle, at->account, &per_account, now);
        (void)throttle_charge(&t->throttle, at->address, &per_address, now);
    }
    (void)pthread_mutex_unlock(&t->lock);
    return may;
}

static void refund(struct session_table *t, const struct attempt *at, bool succeeded)
{
    (void)pthread_mutex_lock(&t->lock);
    if (succeeded)
        throttle_clear(&t->throttle, at->account);
    else
        throttle_refund(&t->throttle, at->account);
    throttle_refund(&t->throttle, at->address);
    (void)pthread_mutex_unlock(&t->lock);
}

/* Hashes are computed LOGIN_AT_ONCE at a time: each takes 256 MiB. */
static bool gate_enter(struct session_table *t, struct err *e)
{
    (void)pthread_mutex_lock(&t->gate);
    bool may = t->hashing < LOGIN_AT_ONCE || t->waiting < LOGIN_WAITING;
    if (may) {
        t->waiting++;
        while (t->hashing >= LOGIN_AT_ONCE)
            (void)pthread_cond_wait(&t->turn, &t->gate);
        t->waiting--;
        t->hashing++;
    }
    (void)pthread_mutex_unlock(&t->gate);
    return may || err_set(e, ERR_LIMIT, "too many logins at this moment: try again");
}

static void gate_leave(struct session_table *t)
{
    (void)pthread_mutex_lock(&t->gate);
    t->hashing--;
    (void)pthread_cond_signal(&t->turn);
    (void)pthread_mutex_unlock(&t->gate);
}

static bool refuse(struct session_table *t, const struct attempt *at, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    struct err failed;
    char id[RANDOM_UUID], name[STORE_NAME_MAX], from[STORE_NAME_MAX];
    /* what is no name of a user may be a password that was typed into the wrong field */
    const char *shown = strchr(at->name, '@') ? at->name : "?";
    text_escape(name, sizeof(name), shown, strlen(shown));
    text_escape(from, sizeof(from), at->from, strlen(at->from));
    const struct store_event ev = {
        .at_ms = t->now(t->now_self), .kind = "login.refused", .severity = STORE_WARNING, .entity = at->user, .data = "",
        .text = arena_printf(&a, "Login of \"%s\" from %s refused: %s", name, from, at->why),
    };
    LOG(WARN, "login.refused", "name=\"%s\" from=%s why=\"%s\"", name, from, at->why);
    if (!loan_begin(t->site->shelf, &l, &failed) || !store_begin(l.store, STORE_WRITE, &failed) ||
        !store_event_add(l.store, &ev, id, &failed) || !store_commit(l.store, &failed))
        LOG(WARN, "login.not-kept", "error=\"%s\"", failed.msg);
    return err_set(e, ERR_DENIED, "the user name, the organization or the password is wrong, or this login is not allowed now");
}

static bool fits(const struct org *o, enum session_door door)
{
    switch (door) {
    case SESSION_PROVIDER: return org_is_system(o->urn);
    case SESSION_TENANT: return !org_is_system(o->urn);
    case SESSION_EITHER: return true;
    }
    return false;
}

/* Finds who is meant and his hash; at->why says why it is nobody who can log in. False: the store can't be read. */
static bool look_up(struct session_table *t, struct attempt *at, enum session_door door, char hash[SECRET_HASH],
                    struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    struct org o;
    struct user u;
    const char *sign = strrchr(at->name, '@');
    (void)text_copy(hash, SECRET_HASH, nobody[t->site->password_cost]);
    at->why = "no such user";
    if (!sign || sign == at->name || !sign[1] || strlen(at->name) > LOGIN_NAME_MAX || !text_utf8(at->name, strlen(at->name)))
        return true;
    if (!loan_begin(t->site->shelf, &l, e))
        return false;
    const char *name = arena_strndup(&a, at->name, (size_t)(sign - at->name));
    if (!org_find(l.store, sign + 1, &a, &o, e) || !user_find(l.store, o.urn, name, &a, &u, e))
        return e->kind == ERR_NOT_FOUND || e->kind == ERR_INPUT;
    (void)text_copy(at->user, sizeof(at->user), u.urn);
    char own[SECRET_HASH];
    if (!user_hash(l.store, u.urn, own, e)) {
        at->why = "he has no password";
        return e->kind == ERR_NOT_FOUND;
    }
    memcpy(hash, own, SECRET_HASH);
    at->why = !fits(&o, door) ? "the wrong door" : !u.enabled ? "the user is disabled" : !o.enabled ? "the organization is disabled" : NULL;
    return true;
}

/* Compares under the gate; the hash is computed whoever it is. */
static bool compare(struct session_table *t, struct attempt *at, const struct secret *password, const char *hash,
                    struct err *e)
{
    if (!gate_enter(t, e))
        return false;
    if (!secret_password_matches(password, hash) && !at->why)
        at->why = "wrong password";
    gate_leave(t);
    return true;
}

bool session_login(struct session_table *t, const char *name, const struct secret *password, enum session_door door,
                   const char *from, struct session_new *ret, struct err *e)
{
    struct attempt at;
    char hash[SECRET_HASH];
    attempt_start(&at, name, from);
    if (!charge(t, &at)) {
        at.why = "too many failures before";
        return refuse(t, &at, e);
    }
    bool known = look_up(t, &at, door, hash, e) && compare(t, &at, password, hash, e);
    secret_wipe(hash, sizeof(hash));
    if (!known) {
        refund(t, &at, false);
        return false;
    }
    if (at.why)
        return refuse(t, &at, e);
    refund(t, &at, true);
    return session_open(t, at.user, from, "a password", ret, e);
}

bool session_login_token(struct session_table *t, const struct secret *refresh, const char *org, const char *from,
                         struct session_new *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct attempt at;
    char name[TOKEN_PUBLIC + 1];
    /* failures count per token, so that a robot with a dead one does not lock out those beside it */
    (void)snprintf(name, sizeof(name), "%.*s", refresh->len == TOKEN_SECRET ? TOKEN_PUBLIC : 0, (const char *)refresh->bytes);
    attempt_start(&at, name, from);
    if (!charge(t, &at)) {
        at.why = "too many failures before";
        return refuse(t, &at, e);
    }
    char token[STORE_ID_MAX + 1];
    if (!loan_begin(t->site->shelf, &l, e) || !token_redeem(l.store, refresh, org, t->now(t->now_self), token, at.user, e)) {
        if (e->kind == ERR_DENIED || e->kind == ERR_NOT_FOUND) {
            struct err why = *e;
            at.why = why.msg;
            return refuse(t, &at, e);
        }
        refund(t, &at, false);
        return false;
    }
    loan_end(&l);
    refund(t, &at, true);
    return session_open(t, at.user, from, "an API token", ret, e);
}

bool session_password_hash(struct session_table *t, const struct secret *password, char ret[SECRET_HASH], struct err *e)
{
    if (!user_check_password(password, e) || !gate_enter(t, e))
        return false;
    bool ok = secret_password_hash(password, t->site->password_cost, ret, e);
    gate_leave(t);
    return ok;
}

bool session_password_check(struct session_table *t, const struct caller *who, const struct secret *password, struct err *e)
{
    struct attempt at;
    char hash[SECRET_HASH];
    attempt_start(&at, who->who, who->from);
    if (!charge(t, &at)) {
        at.why = "too many failures before";
        return refuse(t, &at, e);
    }
    bool known = look_up(t, &at, SESSION_EITHER, hash, e) && compare(t, &at, password, hash, e);
    secret_wipe(hash, sizeof(hash));
    if (!known || !at.why)
        refund(t, &at, known);
    if (!known)
        return false;
    return !at.why || refuse(t, &at, e);
}
