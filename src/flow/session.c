#include "flow/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "flow/jwt.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/session_parts.h"
#include "flow/site.h"
#include "store/record.h"
#include "store/store.h"

static int64_t wall(void *self)
{
    (void)self;
    return clock_wall_ms();
}

struct session_table *session_table_create(const struct site *site)
{
    struct session_table *t = xcalloc(1, sizeof(*t));
    t->site = site;
    t->now = wall;
    t->most = SESSION_REMEMBERED;
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)pthread_mutex_init(&t->gate, NULL);
    (void)pthread_cond_init(&t->turn, NULL);
    return t;
}

/* Takes the entries that fit out of the table; NULL fits all. */
static void drop(struct session_table *t, bool (*fits)(const struct session_entry *en, const char *id), const char *id)
{
    for (size_t i = 0; i < SESSION_BUCKETS; i++)
        for (struct session_entry **at = &t->buckets[i]; *at;) {
            struct session_entry *en = *at;
            if (fits && !fits(en, id)) {
                at = &en->next;
                continue;
            }
            *at = en->next;
            free(en);
            t->len--;
        }
}

struct session_table *session_table_destroy(struct session_table *t)
{
    if (!t)
        return NULL;
    drop(t, NULL, NULL);
    secret_done(&t->key);
    (void)pthread_cond_destroy(&t->turn);
    (void)pthread_mutex_destroy(&t->gate);
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
    return NULL;
}

void session_table_clock(struct session_table *t, int64_t (*now)(void *self), void *self)
{
    t->now = now;
    t->now_self = self;
}

/* What a request's token says: which session, and the hash that it must have. */
struct claim {
    char urn[STORE_ID_MAX + 1];
    uint8_t hash[DIGEST_SHA256];
    bool legacy;
};

static bool is_legacy(const char *token)
{
    return strspn(token, "0123456789abcdefABCDEF") == SESSION_LEGACY && token[SESSION_LEGACY] == '\0';
}

static bool read_token(struct session_table *t, const char *token, int64_t now, struct claim *ret, struct err *e)
{
    char lower[SESSION_LEGACY];
    if (is_legacy(token)) {
        for (size_t i = 0; i < SESSION_LEGACY; i++)
            lower[i] = text_lower(token[i]);
        ret->legacy = true;
        digest_sha256(lower, SESSION_LEGACY, ret->hash);
        secret_wipe(lower, sizeof(lower));
        session_urn_of(ret->hash, ret->urn);
        return true;
    }
    struct jwt_claims claims;
    const struct secret *key = session_key(t, e);
    if (!key || !jwt_read(key, token, now, &claims, e))
        return false;
    ret->legacy = false;
    digest_sha256(token, strlen(token), ret->hash);
    return text_copy(ret->urn, sizeof(ret->urn), claims.session);
}

static struct session_entry **bucket(struct session_table *t, const char *urn)
{
    uint32_t h = 2166136261u; /* FNV-1a; the ids are ours, nobody chooses them */
    for (const char *p = urn; *p; p++)
        h = (h ^ (uint8_t)*p) * 16777619u;
    return &t->buckets[h % SESSION_BUCKETS];
}

static struct session_entry *find(struct session_table *t, const char *urn)
{
    for (struct session_entry *en = *bucket(t, urn); en; en = en->next)
        if (strcmp(en->row.urn, urn) == 0)
            return en;
    return NULL;
}

enum use { USE_DONE, USE_UNKNOWN, USE_REFUSED };

/* In the table; one that was read too long ago is unknown unless just_read. ret_due: the use is to be kept. */
static enum use use(struct session_table *t, const struct claim *c, int64_t now, bool just_read, struct caller *ret,
                    struct session_row *ret_note, bool *ret_due)
{
    enum use u = USE_DONE;
    (void)pthread_mutex_lock(&t->lock);
    struct session_entry *en = find(t, c->urn);
    if (!en || (!just_read && (en->looked_ms == 0 || now - en->looked_ms >= SESSION_LOOK_MS || now < en->looked_ms))) {
        u = USE_UNKNOWN;
    } else if (!secret_bytes_equal(c->hash, c->legacy ? en->row.legacy : en->row.access, DIGEST_SHA256) ||
               session_row_ended(&en->row, session_idle_ms(t), now)) {
        u = USE_REFUSED;
    } else {
        if (now > en->row.last_ms)
            en->row.last_ms = now;
        *ret_due = now - en->noted_ms >= SESSION_NOTE_MS;
        if (*ret_due)
            en->noted_ms = now;
        *ret = en->caller;
        *ret_note = en->row;
    }
    (void)pthread_mutex_unlock(&t->lock);
    return u;
}

/* Makes room for one more: whichever comes first in some bucket. It costs a read when it is needed again. */
static void shrink(struct session_table *t, const struct session_entry *but)
{
    for (size_t i = 0; i < SESSION_BUCKETS && t->len > t->most; i++) {
        struct session_entry *en = t->buckets[i];
        if (!en || en == but)
            continue;
        t->buckets[i] = en->next;
        free(en);
        t->len--;
    }
}

static void remember(struct session_table *t, const struct session_row *row, const struct caller *c, int64_t looked_ms)
{
    struct session_entry *en = find(t, row->urn);
    if (!en) {
        struct session_entry **at = bucket(t, row->urn);
        en = xcalloc(1, sizeof(*en));
        en->next = *at;
        en->row = *row;
        en->noted_ms = row->last_ms;
        *at = en;
        t->len++;
        shrink(t, en);
    }
    if (row->last_ms > en->row.last_ms)
        en->row.last_ms = row->last_ms; /* it was used at another cell */
    en->caller = *c;
    en->looked_ms = looked_ms;
}

static void forget(struct session_table *t, const char *urn)
{
    struct session_entry **at = bucket(t, urn);
    while (*at && strcmp((*at)->row.urn, urn) != 0)
        at = &(*at)->next;
    struct session_entry *en = *at;
    if (!en)
        return;
    *at = en->next;
    free(en);
    t->len--;
}

/* Reads the session again, and what its user may do. */
static bool recall(struct session_table *t, const char *urn, int64_t now, struct err *e)
{
    struct session_row row;
    struct caller c;
    int64_t life;
    (void)pthread_mutex_lock(&t->lock);
    uint64_t ends = t->ends;
    (void)pthread_mutex_unlock(&t->lock);
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(t->site->shelf, &l, e))
        return false;
    bool ok = session_limits_read(t, l.store, &life, e) && session_row_get(l.store, urn, &row, e) && session_caller(l.store, row.user, &c, e);
    (void)pthread_mutex_lock(&t->lock);
    if (ok) {
        (void)text_copy(c.session, sizeof(c.session), urn);
        remember(t, &row, &c, ends == t->ends ? now : 0);
    } else if (e->kind == ERR_NOT_FOUND || e->kind == ERR_DENIED) {
        forget(t, urn);
        (void)err_set(e, ERR_DENIED, "the session has ended");
    }
    (void)pthread_mutex_unlock(&t->lock);
    return ok;
}

/* Failing is no reason to refuse the request: the session only ends a little earlier than it would. */
static void note(struct session_table *t, const struct session_row *row)
{
    struct err e;
    struct session_row kept;
    AUTO(loan_end) struct loan l = { 0 };
    if (loan_begin(t->site->shelf, &l, &e) && store_begin(l.store, STORE_WRITE, &e) &&
        session_row_get(l.store, row->urn, &kept, &e) && /* it may have ended meanwhile: never bring it back */
        session_row_put(l.store, row, session_idle_ms(t), &e) && store_commit(l.store, &e))
        return;
    if (e.kind != ERR_NOT_FOUND)
        LOG(WARN, "session.not-noted", "error=\"%s\"", e.msg);
}

bool session_find(struct session_table *t, const char *token, const char *from, struct caller *ret, struct err *e)
{
    struct claim c;
    struct session_row row;
    bool due = false;
    const int64_t now = t->now(t->now_self);
    if (!read_token(t, token, now, &c, e))
        return false;
    enum use u = use(t, &c, now, false, ret, &row, &due);
    if (u == USE_UNKNOWN) {
        if (!recall(t, c.urn, now, e))
            return false;
        u = use(t, &c, now, true, ret, &row, &due);
    }
    if (u != USE_DONE)
        return err_set(e, ERR_DENIED, "the session has ended");
    (void)text_copy(ret->from, sizeof(ret->from), from);
    if (due)
        note(t, &row);
    return true;
}

static bool is_urn(const struct session_entry *en, const char *id)
{
    return strcmp(en->row.urn, id) == 0;
}

static bool is_of_user(const struct session_entry *en, const char *id)
{
    return strcmp(en->row.user, id) == 0;
}

static void ended(struct session_table *t, bool (*fits)(const struct session_entry *en, const char *id), const char *id)
{
    (void)pthread_mutex_lock(&t->lock);
    t->ends++;
    drop(t, fits, id);
    (void)pthread_mutex_unlock(&t->lock);
}

bool session_end(struct session_table *t, const char *session_urn, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(t->site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) ||
        !store_record_remove(l.store, "session", session_urn, e) || !store_commit(l.store, e))
        return false;
    ended(t, is_urn, session_urn);
    return true;
}

bool session_remove_user(struct store *s, const char *user_urn, const char *but_session, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, "session", user_urn, &a, &rows, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (strcmp(rows[i].id, but_session) != 0 && !store_record_remove(s, "session", rows[i].id, e))
            return false;
    return true;
}

void session_forget_user(struct session_table *t, const char *user_urn)
{
    ended(t, is_of_user, user_urn);
}

bool session_end_user(struct session_table *t, const char *user_urn, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(t->site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) ||
        !session_remove_user(l.store, user_urn, "", e) || !store_commit(l.store, e))
        return false;
    session_forget_user(t, user_urn);
    return true;
}

/* Fills in what people see of a row; false without e->kind ERR_STORE when it has ended or its user can't be here. */
static bool inform(struct session_table *t, struct store *s, const struct session_row *row, struct arena *a,
                   struct session_info *ret, struct err *e)
{
    if (session_row_ended(row, session_idle_ms(t), t->now(t->now_self)))
        return err_set(e, ERR_NOT_FOUND, "the session has ended");
    struct session_info info = { arena_strdup(a, row->urn), arena_strdup(a, row->from), { .rights = 0 }, row->made_ms,
                                 row->last_ms, row->expires_ms };
    if (!session_caller(s, row->user, &info.caller, e))
        return e->kind == ERR_DENIED ? err_set(e, ERR_NOT_FOUND, "the session has ended") : false;
    (void)text_copy(info.caller.session, sizeof(info.caller.session), row->urn);
    (void)text_copy(info.caller.from, sizeof(info.caller.from), row->from);
    *ret = info;
    return true;
}

bool session_get(struct session_table *t, const char *urn, struct arena *a, struct session_info *ret, struct err *e)
{
    struct session_row row;
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(t->site->shelf, &l, e) && session_row_get(l.store, urn, &row, e) &&
           inform(t, l.store, &row, a, ret, e);
}

bool session_list(struct session_table *t, const struct session_query *q, struct arena *a, struct session_info **ret,
                  size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    struct session_row row;
    size_t len, n = 0;
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(t->site->shelf, &l, e) || !kept_all(l.store, "session", q->user, a, &rows, &len, e))
        return false;
    struct session_info *all = arena_array(a, len + 1, sizeof(*all));
    for (size_t i = 0; i < len; i++) {
        if (!session_row_read(&rows[i], &row, e))
            return false;
        if (inform(t, l.store, &row, a, &all[n], e))
            n += !q->org || strcmp(all[n].caller.org, q->org) == 0;
        else if (e->kind != ERR_NOT_FOUND)
            return false;
    }
    *ret = all;
    *ret_len = n;
    return true;
}
