#include "flow/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/caller.h"
#include "flow/change.h"
#include "flow/expiry.h"
#include "flow/kept.h"
#include "flow/publisher.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vmca.h"
#include "store/store.h"
#include "trust/cert.h"
#include "trust/set.h"

/* ---- one audit in memory ---- */

void audit_made_done(struct audit_made *m)
{
    replay_done(&m->replay);
    *m = (struct audit_made){ 0 };
}

/* found.grants are in the order of digests, as a set is. */
static uint32_t place_of(const struct trust_audit *found, const struct store_grant *g)
{
    size_t low = 0, high = found->grants_len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (memcmp(trust_cert_sha256(found->grants[mid].cert), g->sha256, DIGEST_SHA256) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < found->grants_len && memcmp(trust_cert_sha256(found->grants[low].cert), g->sha256, DIGEST_SHA256) == 0; low++)
        if (trust_scope_same(found->grants[low].scope, &g->scope))
            return (uint32_t)low;
    return TRUST_AUDIT_NONE;
}

static bool is_unneeded(const struct audit_made *m, size_t i)
{
    return m->at[i] != TRUST_AUDIT_NONE && m->found.grants[m->at[i]].state == TRUST_AUDIT_UNNEEDED;
}

/* A name for the list of what is unneeded. */
static void write_shown(struct audit_made *m)
{
    const char *all = "unneeded";
    uint8_t digest[DIGEST_SHA256] = { 0 };
    digest_sha256(all, strlen(all), digest);
    for (size_t i = 0; i < m->grants_len; i++) {
        char line[AUDIT_DIGEST + STORE_ID_MAX];
        if (!is_unneeded(m, i))
            continue;
        text_hex(digest, sizeof(digest), line);
        (void)text_copy(line + AUDIT_DIGEST - 1, sizeof(line) - AUDIT_DIGEST + 1, m->grants[i].id);
        digest_sha256(line, strlen(line), digest);
    }
    text_hex(digest, sizeof(digest), m->shown);
}

/* The set that decides must be of the grants that are listed beside it. */
static bool same_moment(struct store *s, const struct trust_set *set, struct err *e)
{
    uint64_t generation;
    return store_generation(s, &generation, e) &&
           (generation == trust_set_generation(set) || err_set(e, ERR_CONFLICT, "what is trusted changed at this moment; try again"));
}

bool audit_make(const struct site *site, struct store *s, const struct replay_ask *ask, struct audit_made *ret, struct err *e)
{
    struct replay *r = &ret->replay;
    if (!replay_load_in(site, s, ask, r, e))
        return false;
    if (!same_moment(s, r->set, e) || !anchor_list(s, STORE_SYSTEM, NULL, &r->arena, &ret->grants, &ret->grants_len, e)) {
        audit_made_done(ret);
        return false;
    }
    trust_audit(r->set, r->cases, r->len, r->now_ms / 1000, &r->arena, &ret->found);
    ret->at = arena_array(&r->arena, ret->grants_len + 1, sizeof(*ret->at));
    for (size_t i = 0; i < ret->grants_len; i++)
        ret->at[i] = place_of(&ret->found, &ret->grants[i]);
    write_shown(ret);
    return true;
}

/* ---- the task ---- */

enum { DECIDE_TRIES = 5 }; /* what is trusted may change while it is decided */

struct deciding {
    const struct site *site;
    int64_t started_ms;
    bool looked;
    struct audit_made made;
};

static bool read_and_decide(void *self, struct store *s, struct err *e)
{
    struct deciding *k = self;
    const struct replay_ask ask = { .looked_since_ms = k->looked ? k->started_ms : 0 };
    return audit_make(k->site, s, &ask, &k->made, e);
}

static bool keep_it(void *self, struct store *s, struct err *e)
{
    const struct deciding *k = self;
    return audit_keep(s, &k->made, k->started_ms, k->looked, e);
}

static bool decide_now(struct deciding *k, struct err *e)
{
    bool ok = false;
    for (int i = 0; i < DECIDE_TRIES && !ok && (i == 0 || e->kind == ERR_CONFLICT); i++)
        ok = publisher_sync(k->site->publisher, e) && change_read(k->site, read_and_decide, k, e);
    return ok;
}

static bool is_looking(const struct flow *f)
{
    return json_is_true(json_object_get(task_of(f)->data, "look"));
}

static bool say_looked(void *self, size_t done, size_t of)
{
    struct flow *f = self;
    task_say(f, "looked at %zu of %zu", done, of);
    return !flow_cancelled(f) && !site_closing(task_of(f)->site);
}

static bool look(struct flow *f, struct err *e)
{
    if (is_looking(f) && !audit_look(task_of(f)->site, say_looked, f, e))
        return false;
    return !flow_cancelled(f) || err_set(e, ERR_CANCELLED, "it was cancelled");
}

static bool decide(struct flow *f, struct err *e)
{
    const struct site *site = task_of(f)->site;
    struct deciding k = { .site = site, .looked = is_looking(f),
                          .started_ms = (int64_t)json_integer_value(json_object_get(task_of(f)->data, "started")) };
    struct err why;
    bool ok = decide_now(&k, e) && change_keep(site, keep_it, &k, e);
    if (ok && !expiry_check(site, 0, &why)) /* everything was just looked at; it never makes the audit fail */
        LOG(WARN, "expiry.not-checked", "error=\"%s\"", why.msg);
    if (ok) {
        size_t states[TRUST_AUDIT_UNNEEDED + 1] = { 0 };
        for (size_t i = 0; i < k.made.found.grants_len; i++)
            states[k.made.found.grants[i].state]++;
        flow_note(f, "%zu needed, %zu spare, %zu unproven, %zu unneeded", states[TRUST_AUDIT_NEEDED], states[TRUST_AUDIT_SPARE],
                  states[TRUST_AUDIT_UNPROVEN], states[TRUST_AUDIT_UNNEEDED]);
    }
    audit_made_done(&k.made);
    return ok;
}

static const struct flow_step steps[] = { { "look", look, NULL }, { "replay", decide, NULL }, { 0 } };
const struct flow_kind audit_kind = { "trust.audit", steps, false };

bool audit_start(const struct site *site, const struct caller *c, bool look, char ret_task[STORE_ID_MAX + 1], struct err *e)
{
    json_t *data = json_pack("{s:b, s:I}", "look", look, "started", (json_int_t)clock_wall_ms());
    const struct task_new t = {
        .operation = "Auditing the trusted certificates", .operation_name = "trustAudit", .owner_urn = site->cell_urn,
        .owner_name = site->cell_name, .owner_type = "", .shared = true, .kind = &audit_kind, .data = data,
    };
    bool ok = task_start(site, c, &t, ret_task, e);
    json_decref(data);
    return ok;
}

/* ---- removal ---- */

struct removing {
    const struct site *site;
    const struct store_by *by;
    const char *shown;
    int64_t now_ms;
    struct arena *arena;
    const char **ids;
    size_t len;
};

static bool take_away(struct removing *r, struct store *s, const struct audit_made *m, struct err *e)
{
    r->ids = arena_array(r->arena, m->found.unneeded + 1, sizeof(*r->ids));
    for (size_t i = 0; i < m->grants_len; i++) {
        if (!is_unneeded(m, i))
            continue;
        if (!store_grant_remove(s, m->grants[i].id, r->by, e))
            return false;
        r->ids[r->len++] = arena_strdup(r->arena, m->grants[i].id);
    }
    return kept_audit(s, r->by, "trust.remove-unneeded", r->site->cell_urn, e,
                      "%zu trusted certificates that nothing needs were taken away after an audit", r->len);
}

static bool remove_in(void *self, struct store *s, struct err *e)
{
    struct removing *r = self;
    AUTO(audit_made_done) struct audit_made m = { 0 };
    struct audit_head head;
    struct audit_row *rows;
    size_t len;
    if (!audit_last(s, r->arena, &head, &rows, &len, e))
        return false;
    if (!head.started_ms || !head.looked || r->now_ms - head.started_ms > AUDIT_GOOD_MS || r->now_ms < head.started_ms)
        return err_set(e, ERR_CONFLICT, "every endpoint must have been looked at within the last %d minutes: run the audit again",
                       AUDIT_GOOD_MS / 60000);
    const struct replay_ask ask = { .now_ms = r->now_ms, .looked_since_ms = head.started_ms };
    if (!audit_make(r->site, s, &ask, &m, e))
        return false;
    if (strcmp(m.shown, r->shown) != 0)
        return err_set(e, ERR_CONFLICT, "what is unneeded changed since it was shown; nothing was removed");
    return m.found.unneeded == 0 || take_away(r, s, &m, e);
}

bool audit_remove(const struct site *site, const struct caller *c, const char *shown, int64_t now_ms, struct arena *a,
                  struct audit_removed *ret, struct err *e)
{
    const struct store_by by = site_by(c, "trust-audit");
    struct removing r = { .site = site, .by = &by, .shown = shown, .now_ms = now_ms ? now_ms : clock_wall_ms(), .arena = a };
    struct err why;
    if (!publisher_sync(site->publisher, e) || !change_run(site, remove_in, &r, e))
        return false;
    if (r.len && !vmca_refresh(site, NULL, &why)) /* what hangs on it; it never makes the removal fail */
        LOG(WARN, "vmca.refresh", "error=\"%s\"", why.msg);
    *ret = (struct audit_removed){ r.ids, r.len };
    return true;
}
