#include "flow/expiry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/change.h"
#include "flow/kept.h"
#include "flow/publisher.h"
#include "flow/replay.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/task.h"
#include "store/event.h"
#include "store/record.h"
#include "store/store.h"
#include "trust/cert.h"
#include "trust/set.h"

#define KIND "expiry"
#define SUMMARY "expiry-summary"
#define DAY_MS INT64_C(86400000)

const char *expiry_level_name(enum expiry_level l)
{
    static const char *const names[] = { "expiring", "misnamed", "expiring-soon", "expired" };
    return names[l];
}

static int level_of(const char *name)
{
    return text_choice("expiring|misnamed|expiring-soon|expired", name);
}

/* ---- finding ---- */

struct finding {
    const struct site *site;
    struct arena *arena;
    int64_t now_ms;
    struct site_settings settings;
    struct replay replay;
    struct trust_replay_result *results;
    struct store_grant *grants;
    size_t grants_len;
    struct expiry_alarm *alarms; /* grows */
    size_t len, cap;
};

static bool read_all(void *self, struct store *s, struct err *e)
{
    struct finding *f = self;
    return site_settings_read(s, &f->settings, e) && anchor_list(s, STORE_SYSTEM, NULL, f->arena, &f->grants, &f->grants_len, e) &&
           replay_load_in(f->site, s, &(struct replay_ask){ .now_ms = f->now_ms }, &f->replay, e);
}

/* False when it is far from its end. */
static bool level_at(const struct finding *f, int64_t not_after_ms, enum expiry_level *ret)
{
    const int64_t left = not_after_ms - f->now_ms;
    if (left < 0)
        *ret = EXPIRY_PAST;
    else if (left < f->settings.expiry_hard_days * DAY_MS)
        *ret = EXPIRY_HARD;
    else if (left < f->settings.expiry_soft_days * DAY_MS)
        *ret = EXPIRY_SOFT;
    else
        return false;
    return true;
}

static void add(struct finding *f, const struct trust_cert *c, bool trusted, enum expiry_level level, const char *where)
{
    char subject[TRUST_TEXT_MAX];
    GROW(f->alarms, f->len, f->cap);
    trust_cert_subject(c, subject, sizeof(subject));
    struct expiry_alarm *x = &f->alarms[f->len++];
    *x = (struct expiry_alarm){ .level = level, .ca = trust_cert_is_ca(c), .trusted = trusted, .endpoints = !trusted,
                                .subject = arena_strdup(f->arena, subject), .where = arena_strdup(f->arena, where),
                                .not_after_ms = trust_cert_not_after(c) * 1000 };
    memcpy(x->sha256, trust_cert_sha256(c), DIGEST_SHA256);
}

static void look_at_anchors(struct finding *f)
{
    for (size_t i = 0; i < f->grants_len; i++) {
        const struct trust_cert *c = trust_set_find(f->replay.set, f->grants[i].sha256);
        enum expiry_level level;
        if (c && level_at(f, trust_cert_not_after(c) * 1000, &level))
            add(f, c, true, level, f->grants[i].alias);
    }
}

static bool is_misnamed(const struct trust_replay_result *r)
{
    return r->has_chain && (r->rule == TRUST_NAME_MISMATCH || r->rule == TRUST_NO_NAME);
}

static void look_at_endpoints(struct finding *f)
{
    for (size_t i = 0; i < f->replay.len; i++) {
        const struct trust_question *q = &f->replay.cases[i].q;
        enum expiry_level level;
        for (size_t k = 0; k < q->chain_len; k++)
            if (level_at(f, trust_cert_not_after(q->chain[k]) * 1000, &level))
                add(f, q->chain[k], false, level, f->replay.endpoints[i].name);
        if (is_misnamed(&f->results[i]))
            add(f, q->chain[0], false, EXPIRY_MISNAMED, f->replay.endpoints[i].name);
    }
}

static int by_digest(const void *left, const void *right)
{
    const struct expiry_alarm *a = left, *b = right;
    int order = memcmp(a->sha256, b->sha256, DIGEST_SHA256);
    if (order == 0)
        order = (int)b->trusted - (int)a->trusted; /* the anchor's alias names it best */
    return order ? order : (int)b->level - (int)a->level;
}

static int by_weight(const void *left, const void *right)
{
    const struct expiry_alarm *a = left, *b = right;
    if (a->ca != b->ca)
        return b->ca ? 1 : -1;
    if (a->level != b->level)
        return (int)b->level - (int)a->level;
    if (a->not_after_ms != b->not_after_ms)
        return a->not_after_ms > b->not_after_ms ? 1 : -1;
    return memcmp(a->sha256, b->sha256, DIGEST_SHA256);
}

/* One alarm a certificate, however many grants and endpoints it has. */
static void merge(struct finding *f)
{
    size_t n = 0;
    if (f->len)
        qsort(f->alarms, f->len, sizeof(*f->alarms), by_digest);
    for (size_t i = 0; i < f->len; i++) {
        struct expiry_alarm *last = n ? &f->alarms[n - 1] : NULL;
        if (!last || memcmp(last->sha256, f->alarms[i].sha256, DIGEST_SHA256) != 0) {
            f->alarms[n++] = f->alarms[i];
            continue;
        }
        last->endpoints += f->alarms[i].endpoints;
        last->level = f->alarms[i].level > last->level ? f->alarms[i].level : last->level;
    }
    f->len = n;
    if (n)
        qsort(f->alarms, n, sizeof(*f->alarms), by_weight);
}

bool expiry_find(const struct site *site, int64_t now_ms, struct arena *a, struct expiry_alarm **ret, size_t *ret_len, struct err *e)
{
    struct finding f = { .site = site, .arena = a, .now_ms = now_ms ? now_ms : clock_wall_ms() };
    if (!change_read(site, read_all, &f, e))
        return false;
    f.results = arena_array(&f.replay.arena, f.replay.len + 1, sizeof(*f.results));
    trust_replay(f.replay.set, f.replay.cases, f.replay.len, f.results);
    look_at_anchors(&f);
    look_at_endpoints(&f);
    merge(&f);
    *ret = arena_array(a, f.len + 1, sizeof(**ret));
    if (f.len)
        memcpy(*ret, f.alarms, f.len * sizeof(**ret));
    *ret_len = f.len;
    free(f.alarms);
    replay_done(&f.replay);
    return true;
}

/* ---- keeping and telling ---- */

struct telling {
    int64_t now_ms;
    struct arena *arena;
    const struct expiry_alarm *alarms;
    size_t len, told, untold;
};

static const char *sentence(const struct expiry_alarm *x, struct arena *a)
{
    char when[TEXT_TIME];
    const char *what = x->ca ? "CA certificate" : "certificate", *and = "";
    text_time(x->not_after_ms / 1000, when);
    if (x->trusted ? x->endpoints : x->endpoints > 1)
        and = arena_printf(a, ", presented by %zu endpoints", x->endpoints);
    if (x->level == EXPIRY_MISNAMED)
        return arena_printf(a, "%s answers with a certificate that has other names (%s)", x->where, x->subject);
    return arena_printf(a, "the %s %s (%s%s%s) %s %s", what, x->subject, x->trusted ? "trusted as " : "of ", x->where, and,
                        x->level == EXPIRY_PAST ? "expired" : "expires", when);
}

static bool tell(struct telling *t, struct store *s, const struct expiry_alarm *x, struct err *e)
{
    static const enum store_severity severities[] = { STORE_INFO, STORE_WARNING, STORE_WARNING, STORE_ERROR };
    char id[RANDOM_UUID], kind[STORE_WORD_MAX + 1], text[STORE_TEXT_MAX];
    if (t->told == EXPIRY_EVENTS) {
        t->untold++;
        return true;
    }
    t->told++;
    (void)snprintf(kind, sizeof(kind), "certificate.%s", expiry_level_name(x->level));
    const char *said = sentence(x, t->arena);
    text_escape(text, sizeof(text), said, strlen(said));
    const struct store_event ev = { .at_ms = t->now_ms, .kind = kind, .severity = severities[x->level], .entity = "", .text = text, .data = "" };
    return store_event_add(s, &ev, id, e);
}

static bool keep_one(struct telling *t, struct store *s, const struct expiry_alarm *x, struct err *e)
{
    char id[2 * DIGEST_SHA256 + 1];
    struct store_record old;
    struct err none;
    text_hex(x->sha256, DIGEST_SHA256, id);
    const bool there = store_record_get(s, KIND, id, t->arena, &old, &none);
    if (there && level_of(old.state) == (int)x->level)
        return true;
    if ((!there || level_of(old.state) < (int)x->level) && !tell(t, s, x, e))
        return false;
    return store_record_put(s, &(struct store_record){ .kind = KIND, .id = id, .owner = "", .name = "", .data = "", .made_ms = t->now_ms,
                                                       .state = expiry_level_name(x->level) }, e);
}

static bool is_wrong_still(const struct telling *t, const char *id)
{
    uint8_t digest[DIGEST_SHA256];
    bool found = false;
    if (!text_unhex(id, digest, sizeof(digest)))
        return false;
    for (size_t i = 0; i < t->len && !found; i++)
        found = memcmp(t->alarms[i].sha256, digest, DIGEST_SHA256) == 0;
    return found;
}

static bool forget_settled(const struct telling *t, struct store *s, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, KIND, NULL, t->arena, &rows, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_wrong_still(t, rows[i].id) && !store_record_remove(s, KIND, rows[i].id, e))
            return false;
    return true;
}

static bool keep_summary(const struct telling *t, struct store *s, struct err *e)
{
    size_t levels[EXPIRY_PAST + 1] = { 0 };
    for (size_t i = 0; i < t->len; i++)
        levels[t->alarms[i].level]++;
    json_t *j = json_pack("{s:I, s:I, s:I, s:I, s:o}", "count", (json_int_t)t->len, "hard", (json_int_t)levels[EXPIRY_HARD], "past",
                          (json_int_t)levels[EXPIRY_PAST], "misnamed", (json_int_t)levels[EXPIRY_MISNAMED], "first",
                          task_json(t->len ? sentence(&t->alarms[0], t->arena) : ""));
    return kept_put(s, (struct store_record){ .kind = SUMMARY, .id = "last", .owner = "", .name = "", .state = "", .made_ms = t->now_ms }, j, e);
}

static bool tell_rest(const struct telling *t, struct store *s, struct err *e)
{
    char id[RANDOM_UUID];
    if (!t->untold)
        return true;
    const struct store_event ev = { .at_ms = t->now_ms, .kind = "certificate.expiring-more", .severity = STORE_WARNING, .entity = "", .data = "",
                                    .text = arena_printf(t->arena, "%zu more certificates expire or are misnamed", t->untold) };
    return store_event_add(s, &ev, id, e);
}

static bool keep(void *self, struct store *s, struct err *e)
{
    struct telling *t = self;
    for (size_t i = 0; i < t->len; i++)
        if (!keep_one(t, s, &t->alarms[i], e))
            return false;
    return forget_settled(t, s, e) && tell_rest(t, s, e) && keep_summary(t, s, e);
}

bool expiry_check(const struct site *site, int64_t now_ms, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct telling t = { .now_ms = now_ms ? now_ms : clock_wall_ms(), .arena = &a };
    struct expiry_alarm *alarms;
    if (!expiry_find(site, t.now_ms, &a, &alarms, &t.len, e))
        return false;
    t.alarms = alarms;
    return change_keep(site, keep, &t, e);
}

bool expiry_kept(struct store *s, struct arena *a, struct expiry_summary *ret, struct err *e)
{
    struct store_record r;
    json_t *j;
    *ret = (struct expiry_summary){ .first = "" };
    if (!store_record_get(s, SUMMARY, "last", a, &r, e))
        return e->kind == ERR_NOT_FOUND;
    if (!kept_json(&r, &j, e))
        return false;
    *ret = (struct expiry_summary){ (size_t)kept_number(j, "count"), (size_t)kept_number(j, "hard"), (size_t)kept_number(j, "past"),
                                    (size_t)kept_number(j, "misnamed"), kept_text(j, "first", a) };
    json_decref(j);
    return true;
}
