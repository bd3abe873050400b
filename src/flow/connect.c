#include "flow/connect.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "flow/anchor.h"
#include "flow/believed.h"
#include "flow/change.h"
#include "flow/loan.h"
#include "flow/look.h"
#include "flow/rotation.h"
#include "flow/runner.h"
#include "flow/site.h"
#include "flow/subject.h"
#include "flow/task.h"
#include "flow/vcenter.h"
#include "flow/vcenter_table.h"
#include "flow/vmca.h"
#include "store/endpoint.h"
#include "store/event.h"
#include "store/store.h"
#include "vim/session.h"

bool connect_login(struct vim_session *s, const char *name, struct vim_about *ret, struct err *e)
{
    int64_t deadline = vim_deadline(CONNECT_MS);
    if (!vim_session_login(s, deadline, e) || !vim_session_about(s, deadline, ret, e))
        return false;
    return ret->vcenter || err_set(e, ERR_INPUT, "%s is an ESXi host, not a vCenter Server", name);
}

/* ---- the state that is kept ---- */

static const char *event_of(const struct vcenter *before, const struct vcenter *now)
{
    if (before->connected == now->connected)
        return before->listener != VCENTER_INVALID_SETTINGS && now->listener == VCENTER_INVALID_SETTINGS ? "vcenter.invalid" : NULL;
    return now->connected ? "vcenter.connected" : "vcenter.lost";
}

static bool tell(struct store *s, const struct vcenter *before, const struct vcenter *now, struct err *e)
{
    const char *kind = event_of(before, now);
    char id[RANDOM_UUID], text[STORE_TEXT_MAX];
    if (!kind)
        return true;
    if (now->connected)
        (void)snprintf(text, sizeof(text), "The vCenter Server %s is connected.", now->name);
    else
        (void)snprintf(text, sizeof(text), "The vCenter Server %s is not connected: %s", now->name, now->why);
    const struct store_event ev = { .at_ms = now->since_ms, .kind = kind, .entity = now->urn, .text = text, .data = "",
                                    .severity = now->connected ? STORE_INFO : STORE_WARNING };
    LOG(INFO, "vcenter.state", "urn=%s name=\"%s\" state=%s why=\"%s\"", now->urn, now->name,
        vcenter_listener_name(now->listener), now->why);
    return store_event_add(s, &ev, id, e);
}

/* What is kept becomes `found` (listener, connected, why, denied, and version and so on where about is known). */
static bool keep_state(const struct site *site, const char *urn, const struct vcenter *found, const struct vim_about *about,
                       bool *ret_changed, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter before, now;
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !vcenter_get(l.store, urn, &a, &before, e))
        return false;
    now = before;
    now.listener = found->listener;
    now.connected = found->connected;
    now.why = found->why;
    now.denied = found->denied ? before.revision : 0;
    if (about) {
        now.version = about->version;
        now.build = about->build;
        now.api_version = about->api_version;
        now.uuid = about->instance_uuid;
    }
    bool same = before.listener == now.listener && before.connected == now.connected && before.denied == now.denied &&
                strcmp(before.why, now.why) == 0 && strcmp(before.version, now.version) == 0 &&
                strcmp(before.build, now.build) == 0 && strcmp(before.uuid, now.uuid) == 0;
    if (ret_changed)
        *ret_changed = now.connected && !before.connected;
    if (same)
        return true;
    if (before.listener != now.listener || before.connected != now.connected || !now.since_ms)
        now.since_ms = clock_wall_ms();
    return tell(l.store, &before, &now, e) && vcenter_state_put(l.store, &now, e) && store_commit(l.store, e);
}

static void keep_failure(const struct site *site, const char *urn, const struct vcenter *found)
{
    struct err e = { 0 };
    if (!keep_state(site, urn, found, NULL, NULL, &e) && e.kind != ERR_NOT_FOUND)
        LOG(ERROR, "vcenter.state-lost", "urn=%s error=\"%s\"", urn, e.msg);
}

void connect_lost(const struct site *site, const char *urn, const struct err *why)
{
    bool denied = why->kind == ERR_DENIED;
    vcenter_forget(site, urn); /* a session that is kept would look well at once, without a word to the server */
    keep_failure(site, urn, &(struct vcenter){ .why = why->msg, .denied = denied,
                                               .listener = denied || why->kind == ERR_CONFLICT || why->kind == ERR_INPUT
                                                               ? VCENTER_INVALID_SETTINGS : VCENTER_DISCONNECTED });
}

void connect_stop(const struct site *site, const char *urn)
{
    vcenter_forget(site, urn);
    keep_failure(site, urn, &(struct vcenter){ .listener = VCENTER_DISCONNECTED, .why = "it is disabled" });
}

/* ---- connecting ---- */

static bool get(const struct site *site, const char *urn, struct arena *a, struct vcenter *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(site->shelf, &l, e) && vcenter_get(l.store, urn, a, ret, e);
}

/* A password that was rejected may be sent once more: somebody asked for that. */
static bool pardon(const struct site *site, const char *urn, const struct vcenter *v, struct err *e)
{
    vcenter_forget(site, urn);
    return !v->denied || keep_state(site, urn, &(struct vcenter){ .listener = VCENTER_CONNECTING, .why = "" }, NULL, NULL, e);
}

static bool connect(const struct site *site, const struct vcenter *v, struct vim_about *ret, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold h = { 0 };
    if (!vcenter_borrow(site, v->urn, &h, e) || !connect_login(h.session, v->name, ret, e))
        return false;
    /* Somebody put another vCenter Server behind the name: what is kept of the old one would be believed of it. */
    if (v->uuid[0] && ret->instance_uuid[0] && strcmp(v->uuid, ret->instance_uuid) != 0)
        return err_set(e, ERR_CONFLICT, "another vCenter Server than the registered one answers at %s", v->url);
    return true;
}

bool connect_registered(const struct site *site, const char *urn, bool again, bool *ret_changed, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    struct vim_about about;
    if (!get(site, urn, &a, &v, e))
        return false;
    if (!v.enabled) {
        connect_stop(site, urn);
        return err_set(e, ERR_CONFLICT, "the vCenter Server %s is disabled", v.name);
    }
    if (again && !pardon(site, urn, &v, e))
        return false;
    if (connect(site, &v, &about, e))
        return keep_state(site, urn, &(struct vcenter){ .listener = VCENTER_CONNECTED, .connected = true, .why = "" }, &about,
                          ret_changed, e);
    connect_lost(site, urn, e);
    return false;
}

/* ---- looking ---- */

static struct look_request request_of(const struct vcenter *v, bool checks)
{
    return (struct look_request){
        .host = v->host, .port = v->port, .names_mode = checks ? TRUST_NAMES_CHECK : TRUST_NAMES_OFF,
        .unpinned_acknowledged = v->unpinned_acknowledged,
        .behalf = { TRUST_FOR_VCENTER, v->port, v->urn, v->host },
    };
}

static bool look_request_of(const struct site *site, const struct vcenter *v, struct look_request *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    bool checks;
    if (!loan_begin(site->shelf, &l, e) || !vcenter_checks_names(l.store, v, &checks, e))
        return false;
    *ret = request_of(v, checks);
    return true;
}

bool connect_look(const struct site *site, const struct vcenter *v, struct look *ret, struct err *e)
{
    const struct vcenter_reach *reach = vcenter_table_reach(site);
    struct look_request rq;
    return look_request_of(site, v, &rq, e) && reach->look(reach->self, site, &rq, ret, e);
}

bool connect_look_believed(const struct site *site, const struct vcenter *v, struct err *e)
{
    AUTO(look_done) struct look l = { 0 };
    if (!connect_look(site, v, &l, e))
        return false;
    if (l.seen && l.verdict.ok)
        return true;
    const struct look_request rq = request_of(v, true);
    return look_refused(&rq, &l, e);
}

/* Another leaf than the one that is kept? Then that is told, within the transaction that keeps the new one. */
static bool tell_if_changed(struct store *s, const struct vcenter *v, const struct look *l, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_endpoint kept;
    char id[RANDOM_UUID], text[STORE_TEXT_MAX];
    struct err none;
    if (!store_endpoint_get(s, v->urn, &a, &kept, &none))
        return none.kind == ERR_NOT_FOUND || err_set(e, none.kind, "%s", none.msg);
    uint8_t before[DIGEST_SHA256];
    digest_sha256(kept.chain[0].der, kept.chain[0].len, before);
    if (memcmp(before, l->verdict.leaf, sizeof(before)) == 0)
        return true;
    (void)snprintf(text, sizeof(text), "The vCenter Server %s presents another certificate than before, which %s.", v->name,
                   l->verdict.ok ? "is trusted" : "is not trusted");
    LOG(WARN, "vcenter.certificate-changed", "urn=%s name=\"%s\" trusted=%s", v->urn, v->name, l->verdict.ok ? "yes" : "no");
    const struct store_event ev = { .at_ms = clock_wall_ms(), .kind = "vcenter.certificate-changed", .severity = STORE_SECURITY,
                                    .entity = v->urn, .text = text, .data = "" };
    return store_event_add(s, &ev, id, e);
}

struct noticing {
    const struct site *site;
    const struct subject *subject;
    const struct look *look;
    struct store_by by;
    bool granted;
};

/* It may have been edited or removed while it was looked at. */
static bool keep_notice(void *self, struct store *s, struct err *e)
{
    struct noticing *n = self;
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    struct look_request rq;
    subject_request(n->subject, &rq);
    const struct look_seen seen = look_seen_of(n->subject->urn, &rq, n->look, n->by.at_ms);
    return vcenter_get(s, n->subject->urn, &a, &v, e) && tell_if_changed(s, &v, n->look, e) &&
           rotation_endpoint(n->site, s, n->subject, n->look, &n->by, &n->granted, e) && look_keep(s, &seen, e);
}

static bool subject_of(const struct site *site, const char *urn, struct arena *a, struct subject *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct vcenter v;
    return loan_begin(site->shelf, &l, e) && vcenter_get(l.store, urn, a, &v, e) && subject_of_vcenter(l.store, &v, ret, e);
}

static bool notice(const struct site *site, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(look_done) struct look l = { 0 };
    struct subject x;
    if (!subject_of(site, urn, &a, &x, e) || !connect_look(site, &x.vcenter, &l, e))
        return false;
    if (!l.seen || !l.chain)
        return err_set(e, l.err.kind ? l.err.kind : ERR_PEER, "%s", l.err.kind ? l.err.msg : "no certificate was seen");
    struct noticing n = { site, &x, &l, rotation_by(), false };
    return change_keep(site, keep_notice, &n, e) && (!n.granted || rotation_publish(site, e));
}

/* The NSX-V Manager beside it. */
static bool notice_nsxv(const struct site *site, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = rotation_by();
    struct vcenter v;
    struct subject x;
    bool there;
    if (!loan_begin(site->shelf, &l, e) || !vcenter_get(l.store, urn, &a, &v, e) || !subject_of_nsxv(l.store, &v, &a, &x, &there, e))
        return false;
    loan_end(&l);
    return !there || rotation_look(site, &x, &by, e);
}

void connect_notice(const struct site *site, const char *urn)
{
    struct err e;
    if (!notice(site, urn, &e))
        LOG(WARN, "vcenter.not-looked-at", "urn=%s error=\"%s\"", urn, e.msg);
    if (!notice_nsxv(site, urn, &e))
        LOG(WARN, "nsx.not-looked-at", "beside=%s error=\"%s\"", urn, e.msg);
}

/* ---- the VMCA and the hosts ---- */

struct telling {
    const struct site *site;
    struct flow *flow; /* NULL: nobody listens */
};

static bool say_hosts(void *self, size_t done, size_t of)
{
    const struct telling *t = self;
    if (t->flow)
        task_say(t->flow, "looked at %zu of %zu hosts", done, of);
    return !site_closing(t->site);
}

static bool believed_vmca(const struct site *site, const char *urn)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(believed_done) struct believed b = { 0 };
    struct err none;
    return loan_begin(site->shelf, &l, &none) && believed_get(l.store, believed_vmca_key(urn, &a), &b, &none) && b.cert;
}

/* 6.7 shows its VMCA in the bundle only: asked for when one was believed before, to notice another. */
static bool rotation(const struct site *site, const struct vcenter *v, const struct vmca_look *how, const struct vmca_answer *answer,
                     struct err *e)
{
    const struct vcenter_reach *reach = vcenter_table_reach(site);
    AUTO(vmca_answer_done) struct vmca_answer found = { 0 };
    struct vmca_look bundle = *how;
    bundle.bundle = true;
    bundle.progress = NULL;
    if (answer->state != VMCA_NEEDS_70 || !believed_vmca(site, v->urn) || !reach->vmca(reach->self, site, &bundle, &found, e))
        return rotation_hosts(site, v->urn, v->name, answer, NULL, e);
    return rotation_hosts(site, v->urn, v->name, &found, NULL, e);
}

static bool look_and_keep(const struct site *site, const char *urn, struct flow *f, struct vmca_answer *answer, struct err *e)
{
    const struct vcenter_reach *reach = vcenter_table_reach(site);
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(vcenter_return) struct vcenter_hold h = { 0 };
    struct vcenter v;
    struct look_request rq;
    const char *record;
    if (!get(site, urn, &a, &v, e) || !look_request_of(site, &v, &rq, e) || !vcenter_borrow(site, urn, &h, e))
        return false;
    struct telling telling = { site, f };
    const struct vmca_look how = { .vcenter = urn, .session = h.session, .names_off = rq.names_mode == TRUST_NAMES_OFF,
                                   .progress = say_hosts, .self = &telling };
    if (!reach->vmca(reach->self, site, &how, answer, e))
        return false;
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !vcenter_get(l.store, urn, &a, &v, e) ||
        !vmca_record(answer, v.trust, false, &record, e) || !vmca_keep(l.store, urn, record, e) || !store_commit(l.store, e))
        return false;
    loan_end(&l);
    return rotation(site, &v, &how, answer, e) || err_in(e, "comparing with what was believed");
}

void connect_trust(const struct site *site, const char *urn, struct flow *f)
{
    AUTO(vmca_answer_done) struct vmca_answer answer = { 0 };
    struct err e = { 0 };
    if (look_and_keep(site, urn, f, &answer, &e)) {
        if (f && answer.text)
            flow_note(f, "%s", answer.text);
        return;
    }
    LOG(WARN, "vcenter.trust-not-read", "urn=%s error=\"%s\"", urn, e.msg);
    if (f)
        flow_note(f, "The VMCA and the hosts could not be looked at: %s", e.msg);
}

/* ---- the watch's rounds ---- */

static bool go_on(void *self, size_t done, size_t of)
{
    (void)done;
    (void)of;
    return !site_closing(self);
}

static bool check_hosts(const struct site *site, const char *urn, struct vmca_answer *a, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold h = { 0 };
    struct subject x;
    struct vmca_summary said;
    if (!subject_of(site, urn, &a->arena, &x, e) || !vcenter_borrow(site, urn, &h, e))
        return false;
    const struct hosts_look how = { .vcenter = urn, .session = h.session, .names_off = !x.checks_names, .progress = go_on,
                                    .self = (void *)site };
    if (!hosts_look(site, &how, &a->hosts, e))
        return false;
    vmca_summary_read(x.vcenter.trust, &a->arena, &said);
    struct err none;
    if (said.pem && anchor_read(said.pem, strlen(said.pem), &a->cert, &none))
        a->granted = said.state == VMCA_TRUSTED;
    hosts_classify(&a->hosts, a->cert, clock_wall_ms() / 1000);
    return rotation_hosts(site, urn, x.name, a, NULL, e) && vmca_refresh(site, urn, e);
}

void connect_check_hosts(const struct site *site, const char *urn)
{
    AUTO(vmca_answer_done) struct vmca_answer a = { 0 };
    struct err e;
    connect_notice(site, urn);
    if (!check_hosts(site, urn, &a, &e))
        LOG(WARN, "vcenter.hosts-not-checked", "urn=%s error=\"%s\"", urn, e.msg);
}

void connect_sync(const struct site *site, const char *urn)
{
    struct err e;
    if (!connect_registered(site, urn, false, NULL, &e))
        return; /* the state says why */
    connect_notice(site, urn);
    connect_trust(site, urn, NULL);
}
