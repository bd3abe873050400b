#include "flow/infra.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/believed.h"
#include "flow/change.h"
#include "flow/inbox.h"
#include "flow/infra_look.h"
#include "flow/infra_record.h"
#include "flow/rotation.h"
#include "flow/runner.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/watch.h"
#include "net/chain.h"
#include "store/audit.h"
#include "trust/cert.h"

#define FLOW "cmt.trust-infra-certs" /* in the audit trail and the grants */

/* ---- what was asked, remembered with the task ---- */

static json_t *accept_json(const struct infra_ask *ask)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ask->accept_len; i++) {
        char hex[2 * DIGEST_SHA256 + 1];
        text_hex(ask->accept[i], DIGEST_SHA256, hex);
        json_array_append_new(list, json_string(hex));
    }
    return list;
}

static bool start(const struct site *site, const struct caller *c, const struct infra_ask *ask, const struct task_new *what,
                  char ret_task[STORE_ID_MAX + 1], struct err *e)
{
    if (ask->accept_len > INFRA_ACCEPT_MAX)
        return err_set(e, ERR_INPUT, "more than %d exceptions", INFRA_ACCEPT_MAX);
    json_t *data = json_pack("{s:b, s:b, s:s, s:o}", "vcenters", ask->vcenters, "unattended", ask->unattended, "digest",
                             ask->digest ? ask->digest : "", "accept", accept_json(ask));
    struct task_new t = *what;
    t.owner_urn = INFRA_URN;
    t.owner_name = "Trust of the infrastructure";
    t.owner_type = "";
    t.data = data;
    bool ok = task_start(site, c, &t, ret_task, e);
    json_decref(data);
    return ok;
}

bool infra_plan_start(const struct site *site, const struct caller *c, const struct infra_ask *ask, char ret_task[STORE_ID_MAX + 1],
                      struct err *e)
{
    static const struct task_new what = { .operation = "Looking at the certificates of the infrastructure",
                                          .operation_name = "infrastructurePlan", .shared = true, .kind = &infra_plan_kind };
    return start(site, c, ask, &what, ret_task, e);
}

bool infra_run_start(const struct site *site, const struct caller *c, const struct infra_ask *ask, char ret_task[STORE_ID_MAX + 1],
                     struct err *e)
{
    if (!ask->digest && !ask->unattended)
        return err_set(e, ERR_INPUT, "name the digest of the plan that was confirmed, or say that nobody attends");
    static const struct task_new what = { .operation = "Trusting the certificates of the infrastructure",
                                          .operation_name = "infrastructureTrust", .kind = &infra_run_kind };
    return start(site, c, ask, &what, ret_task, e);
}

struct exceptions {
    uint8_t list[INFRA_ACCEPT_MAX][DIGEST_SHA256];
    size_t len;
};

static void read_accept(const struct flow *f, struct exceptions *ret)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(task_of(f)->data, "accept"), i, one) {
        if (ret->len < INFRA_ACCEPT_MAX && text_unhex(json_string_value(one), ret->list[ret->len], DIGEST_SHA256))
            ret->len++;
    }
}

/* ---- lines ---- */

static const char *print_of(const struct trust_cert *c, struct arena *a)
{
    char text[3 * DIGEST_SHA256];
    text_fingerprint(trust_cert_sha256(c), DIGEST_SHA256, text);
    return arena_strdup(a, text);
}

static const char *subject_text(const struct trust_cert *c, struct arena *a)
{
    char text[TRUST_TEXT_MAX];
    trust_cert_subject(c, text, sizeof(text));
    return arena_strdup(a, text);
}

static const char *why_stored(enum infra_why why)
{
    switch (why) {
    case INFRA_FIRST:
        return "first contact: it was never verified before";
    case INFRA_SAME:
        return "the same certificate as when it was verified last";
    case INFRA_SAME_KEY:
        return "renewed with the same key";
    case INFRA_LIVE_HOSTS:
        return "came over a verified connection and verifies live hosts";
    case INFRA_NAMED:
        return "a changed identity, accepted by name";
    case INFRA_COVERED:
    case INFRA_CHANGED:
    case INFRA_OTHER:
    case INFRA_WHYS:
        break;
    }
    return "";
}

static const char *text_of(const struct infra_fact *f, const struct infra_choice *c, const struct infra_seen *x, struct arena *a)
{
    char text[INFRA_TEXT_MAX], hosts[HOSTS_TEXT_MAX];
    bool vmca = f->kind == INFRA_VMCA;
    switch (c->verdict) {
    case INFRA_VERIFIED:
        if (!vmca)
            return "verified by what is granted";
        hosts_text(&x->vmca.hosts, hosts);
        return arena_strdup(a, hosts);
    case INFRA_STORE:
        return why_stored(c->why);
    case INFRA_INBOX:
        return vmca ? "another VMCA than before: in the inbox, for a person" : "another identity than before: in the inbox, for a person";
    case INFRA_REJECTED:
        return "a changed identity that was rejected";
    case INFRA_REFUSED:
        if (vmca)
            return x->vmca.cert ? "no live host is verified by it" : "no root that it keeps verifies a live host";
        if (c->rule == TRUST_OK)
            look_verdict_text(&x->look.verdict, text, sizeof(text));
        else
            (void)snprintf(text, sizeof(text), "trusting it would not help: %s (%s): %s", trust_rule_code(c->rule),
                           trust_rule_text(c->rule)->clause, trust_rule_text(c->rule)->what);
        return arena_strdup(a, text);
    case INFRA_UNREACHABLE:
        return arena_strdup(a, vmca ? x->vmca_problem.msg : x->problem.msg);
    case INFRA_LATER:
        return "can be read once its vCenter Server is verified";
    case INFRA_NOTHING:
        return x->vmca.hosts.len ? "no certificate management: there is no VMCA to trust" : "no hosts: there is nothing to verify";
    case INFRA_VERDICTS:
        break;
    }
    return "";
}

static bool line_of(const struct infra_fact *f, const struct infra_choice *c, const struct infra_seen *x, struct arena *a,
                    struct infra_line *ret, struct err *e)
{
    const struct subject *s = &x->subject;
    bool vmca = f->kind == INFRA_VMCA, v6 = strchr(s->host, ':') != NULL;
    const struct trust_cert *shown = vmca ? f->root : f->seen ? f->question.chain[0] : NULL;
    char scope[TRUST_SCOPE_TEXT];
    trust_scope_write(&f->scope, scope);
    *ret = (struct infra_line){
        .kind = f->kind, .verdict = c->verdict, .why = c->why, .key = f->key, .urn = s->urn, .name = s->name,
        .where = arena_printf(a, v6 ? "[%s]:%u" : "%s:%u", s->host, s->port), .enabled = s->enabled,
        .leaf = shown ? print_of(shown, a) : "", .subject = shown ? subject_text(shown, a) : "", .anchor = "", .anchor_subject = "",
        .anchor_pem = "", .scope = arena_strdup(a, scope), .hosts = f->hosts, .hosts_of = f->hosts_of, .text = text_of(f, c, x, a),
    };
    if (c->verdict != INFRA_STORE)
        return true;
    size_t len;
    const uint8_t *der = trust_cert_der(c->anchor, &len);
    ret->anchor = print_of(c->anchor, a);
    ret->anchor_subject = subject_text(c->anchor, a);
    return anchor_write(der, len, a, &ret->anchor_pem, e);
}

/* ---- looking ---- */

struct round {
    struct flow *flow;
    struct infra_view view;
    struct infra_line *fresh;
    size_t fresh_len;
    const struct infra_fact *facts;
    const struct infra_choice *choices;
    const struct infra_seen **of;
    bool first;
    char digest[INFRA_DIGEST];
    int64_t until_ms;
};

static bool say(void *self, size_t done, size_t of)
{
    struct flow *f = self;
    task_say(f, "looked at %zu of %zu endpoints", done, of);
    return !site_closing(task_of(f)->site) && !flow_cancelled(f);
}

static struct inbox_sighting sighting(const struct infra_fact *f, const struct infra_seen *x, int64_t now_ms, struct arena *a)
{
    bool vmca = f->kind == INFRA_VMCA;
    const struct believed *before = vmca ? &x->vmca_before : &x->before;
    return (struct inbox_sighting){
        .kind = vmca ? INBOX_VMCA : INBOX_ENDPOINT, .key = f->key, .urn = x->subject.urn,
        .name = vmca ? arena_printf(a, "VMCA of %s", x->subject.name) : x->subject.name, .old = before->cert,
        .now = vmca ? f->root : f->question.chain[0], .scope = f->scope, .announced = vmca, .hosts = f->hosts, .hosts_of = f->hosts_of,
        .old_until_ms = before->until_ms, .at_ms = now_ms,
    };
}

/* The lines of this round take the places of those before them; what changed is in the inbox. */
static bool keep_round(void *self, struct store *s, struct err *e)
{
    struct round *r = self;
    AUTO(arena_done) struct arena a = { 0 };
    const char *task = task_of(r->flow)->urn;
    const struct store_by by = { task_of(r->flow)->who, task_of(r->flow)->from, FLOW, clock_wall_ms() };
    struct infra_line *old;
    size_t len, more;
    if (!infra_lines(s, task, &a, &old, &len, e))
        return false;
    more = len;
    for (size_t i = 0; i < r->fresh_len; i++) {
        size_t at = 0;
        while (at < len && strcmp(old[at].key, r->fresh[i].key) != 0)
            at++;
        if (at < len)
            r->fresh[i].stored = old[at].stored;
        if (!infra_line_put(s, task, at < len ? at : more++, &r->fresh[i], r->until_ms, e))
            return false;
        if (r->fresh[i].verdict != INFRA_INBOX && r->fresh[i].verdict != INFRA_REJECTED)
            continue;
        const struct inbox_sighting n = sighting(&r->facts[i], r->of[i], by.at_ms, &a);
        if (!inbox_put(s, &n, &by, NULL, e))
            return false;
    }
    return !r->first || infra_result_put(s, task, r->digest, false, r->until_ms, e);
}

static bool decide(struct round *r, struct err *e)
{
    struct infra_view *v = &r->view;
    struct arena *a = &v->arena;
    struct exceptions *x = arena_alloc(a, sizeof(*x));
    struct infra_fact *facts = arena_array(a, 2 * v->len + 1, sizeof(*facts));
    struct infra_choice *choices = arena_array(a, 2 * v->len + 1, sizeof(*choices));
    r->of = arena_array(a, 2 * v->len + 1, sizeof(*r->of));
    read_accept(r->flow, x);
    const struct infra_known known = { (const struct trust_cert *const *)v->granted, v->granted_len, x->list, x->len };
    r->fresh_len = infra_facts(task_of(r->flow)->site, v, facts, r->of);
    infra_decide(facts, r->fresh_len, &known, a, choices);
    r->facts = facts;
    r->choices = choices;
    r->fresh = arena_array(a, r->fresh_len + 1, sizeof(*r->fresh));
    for (size_t i = 0; i < r->fresh_len; i++)
        if (!line_of(&facts[i], &choices[i], r->of[i], a, &r->fresh[i], e))
            return false;
    infra_lines_digest(r->fresh, r->fresh_len, a, r->digest);
    return true;
}

static bool look_round(struct flow *f, const char *const *only, size_t only_len, bool first, struct err *e)
{
    const struct site *site = task_of(f)->site;
    const char *wanted = task_text(f, "digest");
    struct round r = { .flow = f, .first = first, .until_ms = clock_wall_ms() + INFRA_KEPT_MS };
    const struct infra_looking how = { .vcenters = json_is_true(json_object_get(task_of(f)->data, "vcenters")), .only = only,
                                       .only_len = only_len, .progress = say, .self = f };
    if (!infra_look(site, &how, &r.view, e))
        return false;
    bool ok = decide(&r, e) && change_keep(site, keep_round, &r, e);
    if (ok && first && *wanted && strcmp(wanted, r.digest) != 0)
        ok = err_set(e, ERR_CONFLICT, "what would be stored is not what was shown any more; nothing was stored");
    infra_view_done(&r.view);
    return ok;
}

static bool look(struct flow *f, struct err *e)
{
    return look_round(f, NULL, 0, true, e);
}

/* Those that something was stored for: what else do they show now, and are they verified? */
static bool look_again(struct flow *f, struct err *e)
{
    const json_t *touched = json_object_get(task_of(f)->data, "touched");
    AUTO(arena_done) struct arena a = { 0 };
    const char **only = arena_array(&a, json_array_size(touched) + 1, sizeof(*only));
    size_t i, len = 0;
    json_t *one;
    json_array_foreach(touched, i, one)
        only[len++] = json_string_value(one);
    return len == 0 || look_round(f, only, len, false, e);
}

/* ---- storing ---- */

struct storing {
    struct flow *flow;
    json_t *touched; /* owned */
    size_t stored;
};

static bool audit(struct store *s, const struct infra_line *l, const struct store_by *by, const uint8_t *sha256, struct err *e)
{
    const char *const kind = infra_why_name(l->why);
    char action[STORE_WORD_MAX], text[STORE_TEXT_MAX];
    (void)snprintf(action, sizeof(action), "infra.%s", kind);
    (void)snprintf(text, sizeof(text), "%s (%s): %s; presents SHA-256 %s", l->name, l->where, l->text, l->leaf);
    const struct store_audit line = { .by = *by, .action = action, .entity = l->urn, .sha256 = sha256, .text = text, .data = "" };
    return store_audit_append(s, &line, e);
}

static bool grant(struct store *s, const struct infra_line *l, const struct store_by *by, struct arena *a, struct err *e)
{
    AUTO(trust_cert_unrefp) struct trust_cert *cert = NULL;
    struct trust_scope scope;
    struct err why = { 0 };
    char id[STORE_ID_MAX + 1], time[TEXT_TIME];
    text_time(by->at_ms / 1000, time);
    if (!anchor_read(l->anchor_pem, strlen(l->anchor_pem), &cert, e) || !trust_scope_parse(l->scope, &scope, e))
        return false;
    const char *alias = arena_printf(a, "%s%s %.11s %s", l->kind == INFRA_VMCA ? "VMCA of " : "", l->name, l->anchor, time);
    const struct anchor_new n = { STORE_SYSTEM, alias, &scope, cert };
    bool added = anchor_add_in(s, &n, by, id, &why);
    /* Somebody granted it in the meantime: as good. */
    if (!added && !(why.kind == ERR_CONFLICT && strncmp(why.msg, "Duplicate certificate", 21) == 0))
        return err_set(e, why.kind, "%s: %s", l->name, why.msg);
    if (added && !audit(s, l, by, trust_cert_sha256(cert), e))
        return false;
    return l->kind != INFRA_VMCA || believed_put(s, l->key, l->urn, cert, by->at_ms, e);
}

static bool store_in(void *self, struct store *s, struct err *e)
{
    struct storing *g = self;
    AUTO(arena_done) struct arena a = { 0 };
    const struct task_run *t = task_of(g->flow);
    const struct store_by by = { t->who, t->from, FLOW, clock_wall_ms() };
    struct infra_line *lines;
    size_t len;
    if (!infra_lines(s, t->urn, &a, &lines, &len, e))
        return false;
    for (size_t i = 0; i < len; i++) {
        struct infra_line *l = &lines[i];
        if (l->verdict != INFRA_STORE)
            continue;
        json_array_append_new(g->touched, json_string(l->urn));
        if (l->stored)
            continue; /* this run's own, before it was killed */
        l->stored = true;
        g->stored++;
        if (!grant(s, l, &by, &a, e) || !infra_line_put(s, t->urn, i, l, by.at_ms + INFRA_KEPT_MS, e))
            return false;
    }
    return true;
}

static bool store_lines(struct flow *f, struct err *e)
{
    const struct site *site = task_of(f)->site;
    struct storing g = { .flow = f, .touched = json_array() };
    bool ok = change_keep(site, store_in, &g, e);
    if (!ok) {
        json_decref(g.touched);
        return false;
    }
    (void)json_object_set_new(task_of(f)->data, "touched", g.touched);
    return json_array_size(g.touched) == 0 || rotation_publish(site, e);
}

/* What a person confirmed is all that is stored; what it opened is shown with the next plan. */
static bool store_again(struct flow *f, struct err *e)
{
    if (json_is_true(json_object_get(task_of(f)->data, "unattended")))
        return store_lines(f, e);
    (void)json_object_set_new(task_of(f)->data, "touched", json_array());
    return true;
}

/* ---- ending ---- */

static bool end_in(void *self, struct store *s, struct err *e)
{
    struct flow *f = self;
    AUTO(arena_done) struct arena a = { 0 };
    struct infra_result r;
    if (!infra_get(s, task_of(f)->urn, &a, &r, e))
        return false;
    flow_note(f, "%zu of %zu are verified; %zu stored, %zu in the inbox", r.verified, r.endpoints, r.stored, r.inbox);
    return infra_result_put(s, task_of(f)->urn, r.digest, true, clock_wall_ms() + INFRA_KEPT_MS, e);
}

static bool end(struct flow *f, struct err *e)
{
    const struct site *site = task_of(f)->site;
    if (!change_keep(site, end_in, f, e))
        return false;
    watch_poke(site->watch, NULL);
    return true;
}

static const struct flow_step plan_steps[] = { { "look", look, NULL }, { "end", end, NULL }, { 0 } };
/* Nothing is undone: each grant stands for itself, and a run that is started again goes on where this one ended. */
static const struct flow_step run_steps[] = {
    { "look", look, NULL },   { "store", store_lines, NULL }, { "look-again", look_again, NULL },
    { "store-again", store_again, NULL }, { "check", look_again, NULL },  { "end", end, NULL },
    { 0 },
};
const struct flow_kind infra_plan_kind = { "infra.plan", plan_steps, false };
const struct flow_kind infra_run_kind = { "infra.run", run_steps, false };
