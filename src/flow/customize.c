#include "flow/customize.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/text.h"
#include "flow/evidence.h"
#include "flow/gc.h"
#include "flow/guest_script.h"
#include "flow/host_target.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/site.h"
#include "flow/vm.h"
#include "gate/target.h"
#include "store/sealed.h"
#include "store/store.h"
#include "vim/customize.h"
#include "vim/task.h"

enum { PASSWORD_BYTES = 15 }; /* of chance in a generated password */

bool customize_is_due(const struct gc *g, bool force)
{
    return force || (g->enabled && g->pending);
}

bool customize_look(const struct site *site, struct vim_session *s, const struct vm *v, struct err *e)
{
    static const char feature[] = "guest customization";
    char event[RANDOM_UUID];
    struct host_refusal r;
    struct vim_object o = { .type = "HostSystem" };
    if (!v->host[0] || !text_copy(o.id, sizeof(o.id), v->host))
        return err_set(e, ERR_PEER, "the vCenter Server names no host that runs %s", v->name);
    for (int again = 1;; again--) {
        AUTO(gate_target_unrefp) struct gate_target *t = gate_target_create();
        t->vm = xstrdup(v->urn);
        t->vm_name = xstrdup(v->name);
        t->org = xstrdup(v->org);
        if (!host_target_fill_proof(site, v->vcenter, s, &o, t, e))
            return false;
        if (host_target_try(site, t, &r, e)) {
            evidence_note(site->evidence, r.verdict.anchor, t->endpoint, EVIDENCE_CUSTOMIZATION);
            return true;
        }
        if (!r.rule)
            return false;
        if (r.what != GATE_THUMBPRINT || !again) /* a certificate may have been renewed at this moment */
            return host_target_refuse(site, t, &r, feature, event, e);
    }
}

/* ---- giving ---- */

/* What a specification is made of, with the secrets in clear for as long as that takes. */
struct given {
    struct gc gc;
    struct arena arena;
    struct secret admin, domain;
    const char *org;
    bool carry;    /* the specification can't say the script: it goes in when the guest runs (flow/guest_script.h) */
    bool sets;     /* .. and can say the password */
};

static void given_done(struct given *g)
{
    secret_done(&g->admin);
    secret_done(&g->domain);
    arena_done(&g->arena);
}

static bool make_password(struct store *s, const char *vm_urn, struct secret *ret, struct err *e)
{
    AUTO(buf_done) struct buf text;
    uint8_t chance[PASSWORD_BYTES];
    buf_init(&text, 64);
    random_bytes(chance, sizeof(chance));
    bool ok = text_base64(&text, chance, sizeof(chance), e) && secret_set(ret, text.data, text.len, e) &&
              store_sealed_put(s, GC_ADMIN_PASSWORD, vm_urn, ret, clock_wall_ms(), e);
    secret_wipe(chance, sizeof(chance));
    return ok;
}

static bool read_secrets(struct store *s, const struct vm *v, struct given *g, struct err *e)
{
    if (g->gc.admin_password_enabled &&
        !(g->gc.admin_password_auto ? make_password(s, v->urn, &g->admin, e) : store_sealed_get(s, GC_ADMIN_PASSWORD, v->urn, &g->admin, e)))
        return false;
    return !g->gc.join_domain || !g->gc.has_domain_password || store_sealed_get(s, GC_DOMAIN_PASSWORD, v->urn, &g->domain, e);
}

/* How the script comes into the guest. */
static bool choose_way(const struct vm *v, const struct vim_about *about, struct given *g, struct err *e)
{
    const struct gc *gc = &g->gc;
    bool windows = gc_is_windows(v);
    g->sets = vim_customize_takes_password(about, windows);
    g->carry = gc->script[0] && !vim_customize_takes_script(about, windows);
    if (!g->carry)
        return true;
    if (!gc->admin_password_enabled)
        return err_set(e, ERR_INPUT, "the customization script of %s goes into the running guest, as its administrator: AdminPasswordEnabled must be "
                       "true", v->name);
    return g->sets || !gc->admin_password_auto ||
           err_set(e, ERR_INPUT, "a vCenter Server %s can't set the password of a Linux guest, so the customization script of %s needs the one that it "
                   "has: AdminPasswordAuto can't be true", about->api_version, v->name);
}

static bool read_given(const struct site *site, const struct vm *v, const struct vim_about *about, struct given *g, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct org org = { .display_name = "" };
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !gc_get(l.store, v, &g->arena, &g->gc, e) ||
        !choose_way(v, about, g, e) || !read_secrets(l.store, v, g, e) || (!org_get(l.store, v->org, &g->arena, &org, e) && e->kind != ERR_NOT_FOUND))
        return false;
    g->org = org.display_name[0] ? org.display_name : "Organization";
    return store_commit(l.store, e);
}

/* What is to be brought in is what the section says now, whatever it says when the guest runs. */
static bool keep_script(struct store *s, const char *vm_urn, struct gc *g, bool carry, struct err *e)
{
    AUTO(secret_done) struct secret script = { 0 };
    if (!gc_drop_script(s, vm_urn, g, e))
        return false;
    g->carry = carry;
    return !carry || (secret_set(&script, g->script, strlen(g->script), e) &&
                      store_sealed_put(s, GC_SCRIPT, vm_urn, &script, clock_wall_ms(), e));
}

static bool keep_given(const struct site *site, const struct vm *v, bool carry, int64_t after, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct gc g;
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !gc_get(l.store, v, &a, &g, e))
        return false;
    g.pending = false;
    g.status = GC_PENDING;
    g.why = "";
    g.since_ms = clock_wall_ms();
    g.chain = after;
    if (g.admin_password_enabled && g.admin_password_auto)
        g.has_admin_password = true;
    return keep_script(l.store, v->urn, &g, carry, e) && gc_put(l.store, v->urn, &g, e) && store_commit(l.store, e);
}

bool customize_give(const struct site *site, struct vim_session *s, const struct vm *v, struct err *e)
{
    AUTO(given_done) struct given g = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    const int64_t until = vim_deadline(CUSTOMIZE_CALL_MS);
    struct vim_customized_news last;
    struct vim_object task;
    struct vim_about about;
    if (!vim_session_login(s, until, e) || !vim_session_about(s, until, &about, e) || !read_given(site, v, &about, &g, e) ||
        !vim_customized_read(s, v->moref, 0, until, &a, &last, e))
        return false;
    const struct gc *gc = &g.gc;
    const struct vim_customize c = {
        .windows = gc_is_windows(v), .computer = gc->computer, .domain = gc->domain, .nics = (size_t)(v->nics > 0 ? v->nics : 0),
        .script = gc->script[0] && !g.carry ? gc->script : NULL,
        .admin_password = g.admin.len && (g.sets || !g.carry) ? &g.admin : NULL, .change_sid = gc->change_sid,
        .join = gc->join_domain, .auto_logon = gc->auto_logon, .reset_password = gc->reset_password, .logons = (int)gc->logons,
        .domain_user = gc->domain_user, .domain_password = g.domain.len ? &g.domain : NULL, .full_name = "Administrator", .org = g.org,
    };
    return vim_customize(s, v->moref, &c, vim_deadline(CUSTOMIZE_CALL_MS), &task, e) &&
           vim_task_wait(s, &task, NULL, vim_deadline(CUSTOMIZE_TASK_MS), NULL, NULL, e) &&
           keep_given(site, v, g.carry, last.last, e);
}

/* ---- how it goes ---- */

bool customize_end(const struct site *site, const char *urn, enum gc_status status, const char *why, bool again, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vm v;
    struct gc g;
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e))
        return false;
    if (!vm_find(l.store, urn, &a, &v, e))
        return e->kind == ERR_NOT_FOUND && gc_drop(l.store, urn, e) && store_commit(l.store, e);
    if (!gc_get(l.store, &v, &a, &g, e) || (status != GC_POST_PENDING && !gc_drop_script(l.store, urn, &g, e)))
        return false;
    g.status = status;
    g.why = why;
    g.pending |= again;
    if (status == GC_POST_PENDING)
        g.since_ms = clock_wall_ms();
    LOG(INFO, "customize.status", "vm=%s status=%s why=\"%s\"", urn, gc_status_name(status), why);
    return gc_put(l.store, urn, &g, e) && store_commit(l.store, e);
}

void customize_failed(const struct site *site, const char *vm_urn, const struct err *why)
{
    struct err e;
    if (!customize_end(site, vm_urn, GC_FAILED, why->msg, true, &e))
        LOG(WARN, "customize.not-kept", "vm=%s error=\"%s\"", vm_urn, e.msg);
}

static bool read_running(const struct site *site, const char *urn, struct arena *a, struct vm *v, struct gc *g, bool *ret_there,
                         struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    *ret_there = loan_begin(site->shelf, &l, e) && vm_find(l.store, urn, a, v, e) && gc_get(l.store, v, a, g, e);
    return *ret_there || e->kind == ERR_NOT_FOUND;
}

static bool follow_one(const struct site *site, const char *vcenter, struct vim_session *s, const char *urn, bool *ret_ours, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vm v;
    struct gc g;
    struct vim_customized_news n;
    bool there;
    if (!read_running(site, urn, &a, &v, &g, &there, e))
        return false;
    if (!there)
        return customize_end(site, urn, GC_FAILED, "", false, e);
    *ret_ours = strcmp(v.vcenter, vcenter) == 0;
    if (!*ret_ours)
        return true;
    if (g.status == GC_POST_PENDING)
        return guest_script_follow(site, s, &v, &g, e);
    if (!vim_customized_read(s, v.moref, g.chain, vim_deadline(CUSTOMIZE_CALL_MS), &a, &n, e))
        return false;
    if (n.how == VIM_CUSTOMIZED_NOT_YET && clock_wall_ms() - g.since_ms < CUSTOMIZE_GUEST_MS)
        return true;
    if (n.how == VIM_CUSTOMIZED_DONE)
        return customize_end(site, urn, g.carry ? GC_POST_PENDING : GC_COMPLETE, "", false, e);
    if (n.how == VIM_CUSTOMIZED_NOT_YET)
        n.why = "the guest has not said that it is done; are VMware Tools running in it?";
    return customize_end(site, urn, GC_FAILED, n.why, false, e);
}

bool customize_follow(const struct site *site, const char *vcenter, struct vim_session *s)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    const char *const *urns;
    size_t len = 0;
    struct err e;
    if (!loan_begin(site->shelf, &l, &e) || !gc_running(l.store, &a, &urns, &len, &e))
        LOG(WARN, "customize.not-followed", "urn=%s error=\"%s\"", vcenter, e.msg);
    loan_end(&l);
    bool any = false;
    for (size_t i = 0; i < len; i++) {
        bool ours = false;
        if (!follow_one(site, vcenter, s, urns[i], &ours, &e)) /* the others are not to wait for it */
            LOG(WARN, "customize.not-followed", "vm=%s error=\"%s\"", urns[i], e.msg);
        any |= ours;
    }
    return any;
}
