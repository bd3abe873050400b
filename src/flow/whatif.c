#include "flow/whatif.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/change.h"
#include "flow/live.h"
#include "flow/publisher.h"
#include "flow/site.h"
#include "trust/cert.h"
#include "trust/change.h"
#include "trust/set.h"

struct asking {
    const struct site *site;
    const struct whatif_ask *ask;
    struct whatif *ret;
    struct trust_change *changes; /* in the replay's arena */
    size_t len;
    const struct trust_cert *subject; /* of EXPIRE; borrowed from the replay */
};

void whatif_done(struct whatif *w)
{
    replay_done(&w->replay);
    *w = (struct whatif){ 0 };
}

int whatif_action_of(const char *name)
{
    return text_choice("delete|expire|replace|narrow|grant", name);
}

/* ---- the change ---- */

static bool is_asked(const struct whatif_ask *ask, const struct store_grant *g)
{
    for (size_t i = 0; i < ask->ids_len; i++)
        if (strcmp(ask->ids[i], g->id) == 0)
            return true;
    return ask->sha256 && strcmp(g->owner, STORE_SYSTEM) == 0 && memcmp(ask->sha256, g->sha256, DIGEST_SHA256) == 0;
}

static bool add_change(struct asking *g, const struct store_grant *grant, struct err *e)
{
    static const enum trust_change_kind kinds[] = {
        [WHATIF_DELETE] = TRUST_CHANGE_REMOVE, [WHATIF_EXPIRE] = TRUST_CHANGE_REMOVE, [WHATIF_REPLACE] = TRUST_CHANGE_CERT,
        [WHATIF_NARROW] = TRUST_CHANGE_SCOPE, [WHATIF_GRANT] = TRUST_CHANGE_ADD,
    };
    const struct whatif_ask *ask = g->ask;
    if (ask->action == WHATIF_NARROW && !trust_scope_covers(&grant->scope, ask->scope))
        return err_set(e, ERR_INPUT, "the new scope says more than that of \"%s\"", grant->alias);
    g->changes[g->len++] = (struct trust_change){
        .kind = kinds[ask->action], .sha256 = grant->sha256, .org = strcmp(grant->owner, STORE_SYSTEM) == 0 ? NULL : grant->owner,
        .scope = &grant->scope, .to = ask->scope, .cert = ask->cert,
    };
    return true;
}

static bool find_grants(struct asking *g, struct store *s, struct err *e)
{
    struct arena *a = &g->ret->replay.arena;
    struct store_grant *grants;
    size_t len;
    if (!anchor_list(s, NULL, NULL, a, &grants, &len, e))
        return false;
    g->changes = arena_array(a, len + 1, sizeof(*g->changes));
    for (size_t i = 0; i < len; i++)
        if (is_asked(g->ask, &grants[i]) && !add_change(g, &grants[i], e))
            return false;
    return true;
}

/* Each certificate once, however many grants of it are asked about. */
static bool read_carried(struct asking *g, struct store *s, struct err *e)
{
    for (size_t i = 0; i < g->len; i++) {
        size_t k = 0;
        while (memcmp(g->changes[k].sha256, g->changes[i].sha256, DIGEST_SHA256) != 0)
            k++;
        if (k == i && !evidence_sum_add(s, g->changes[i].sha256, &g->ret->carried, e))
            return false;
    }
    evidence_sum_sort(&g->ret->carried);
    return true;
}

static bool read_all(void *self, struct store *s, struct err *e)
{
    struct asking *g = self;
    const struct whatif_ask *ask = g->ask;
    if (!replay_load_in(g->site, s, &(struct replay_ask){ .now_ms = ask->now_ms }, &g->ret->replay, e) || !find_grants(g, s, e) ||
        !read_carried(g, s, e))
        return false;
    if (ask->action == WHATIF_GRANT) {
        g->changes[g->len++] = (struct trust_change){ .kind = TRUST_CHANGE_ADD, .to = ask->scope, .cert = ask->cert };
        return true;
    }
    if (ask->action == WHATIF_EXPIRE && (ask->sha256 || g->len))
        g->subject = replay_cert(&g->ret->replay, ask->sha256 ? ask->sha256 : g->changes[0].sha256);
    if (g->len < ask->ids_len || (g->len == 0 && !g->subject))
        return err_set(e, ERR_NOT_FOUND, "there is no such trusted certificate");
    return true;
}

static bool check(const struct whatif_ask *ask, struct err *e)
{
    bool cert = ask->action == WHATIF_REPLACE || ask->action == WHATIF_GRANT, scope = ask->action == WHATIF_NARROW || ask->action == WHATIF_GRANT;
    if (cert && !ask->cert)
        return err_set(e, ERR_INPUT, "the new certificate is missing");
    if (scope && !ask->scope)
        return err_set(e, ERR_INPUT, "the new scope is missing");
    return ask->action == WHATIF_GRANT || ask->ids_len || ask->sha256 || err_set(e, ERR_INPUT, "say which certificate: id or sha256");
}

/* ---- what follows ---- */

/* Somebody of whom nothing is known might stand on what changes. */
static bool touches(const struct asking *g, const struct trust_replay_case *c)
{
    for (size_t i = 0; i < g->len; i++)
        if (!g->changes[i].org && g->changes[i].scope && trust_scope_serves(g->changes[i].scope, &c->q.behalf))
            return true;
    return g->subject && g->len == 0; /* nobody's anchor: anybody may present it */
}

static void compare(struct asking *g, const struct trust_set *then)
{
    struct whatif *w = g->ret;
    struct arena *a = &w->replay.arena;
    size_t len = w->replay.len;
    struct trust_replay_result *before = arena_array(a, len + 1, sizeof(*before)), *after = arena_array(a, len + 1, sizeof(*after));
    for (size_t i = 0; i < len; i++)
        w->replay.cases[i].q.now = w->replay.now_ms / 1000;
    trust_replay(w->replay.set, w->replay.cases, len, before);
    for (size_t i = 0; i < len; i++)
        w->replay.cases[i].q.now = w->at_ms / 1000;
    trust_replay(then, w->replay.cases, len, after);
    w->rows = arena_array(a, len + 1, sizeof(*w->rows));
    for (size_t i = 0; i < len; i++) {
        w->rows[i] = (struct whatif_row){ before[i], after[i], touches(g, &w->replay.cases[i]) };
        bool known = after[i].state != TRUST_REPLAY_UNKNOWN;
        w->breaks += known && before[i].rule == TRUST_OK && after[i].rule != TRUST_OK;
        w->heals += known && before[i].rule != TRUST_OK && after[i].rule == TRUST_OK;
        w->verified += after[i].state == TRUST_REPLAY_VERIFIED;
        w->unknown += !known && w->rows[i].touched;
    }
}

static void on_session(void *self, const struct live_session *s)
{
    struct whatif *w = self;
    struct arena *a = &w->replay.arena;
    if (w->sessions_len < WHATIF_SESSIONS)
        w->sessions[w->sessions_len++] = (struct whatif_session){ arena_strdup(a, s->kind), arena_strdup(a, s->endpoint),
                                                                  arena_strdup(a, s->what), s->count };
}

/* Expiry never cuts a live session (product rule 2.8); the set stays as it is then. */
static void decide(struct asking *g)
{
    struct whatif *w = g->ret;
    if (g->ask->action == WHATIF_EXPIRE) {
        w->at_ms = g->ask->at_ms ? g->ask->at_ms : (trust_cert_not_after(g->subject) + 1) * 1000;
        compare(g, w->replay.set);
        return;
    }
    AUTO(trust_set_unrefp) struct trust_set *then = trust_set_changed(w->replay.set, g->changes, g->len);
    w->at_ms = w->replay.now_ms;
    compare(g, then);
    w->sessions_ending = live_ending(g->site->connected, w->replay.set, then, w->at_ms / 1000, on_session, w);
}

bool whatif_ask(const struct site *site, const struct whatif_ask *ask, struct whatif *ret, struct err *e)
{
    struct asking g = { .site = site, .ask = ask, .ret = ret };
    if (!check(ask, e) || !publisher_sync(site->publisher, e) || !change_read(site, read_all, &g, e)) {
        whatif_done(ret);
        return false;
    }
    decide(&g);
    return true;
}
