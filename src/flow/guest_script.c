#include "flow/guest_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/text.h"
#include "flow/busy.h"
#include "flow/customize.h"
#include "flow/evidence.h"
#include "flow/gc.h"
#include "flow/host_target.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/vcenter_table.h"
#include "flow/vm.h"
#include "gate/fetch.h"
#include "gate/target.h"
#include "net/pool.h"
#include "store/sealed.h"
#include "store/store.h"
#include "trust/rule.h"
#include "vim/guest.h"
#include "vim/vm_ticket.h"
#include "wire/http1.h"
#include "wire/url.h"

static const char feature[] = "The customization script";

/* One script on its way. */
struct errand {
    const struct site *site;
    struct arena arena;
    struct vm vm;                /* host: that runs it now */
    struct gc gc;
    struct secret script, password;
    struct vcenter_hold hold;
    char file[VIM_GUEST_PATH];
};

static void errand_done(struct errand *x)
{
    vcenter_return(&x->hold);
    secret_done(&x->script);
    secret_done(&x->password);
    arena_done(&x->arena);
}

static struct vim_guest guest_of(const struct errand *x, struct vim_session *s)
{
    return (struct vim_guest){ s, x->vm.moref, gc_is_windows(&x->vm) ? "Administrator" : "root", &x->password };
}

/* *ret_due false: somebody else has brought it, or it is not wanted any more. */
static bool read_errand(struct errand *x, const char *vm_urn, bool *ret_due, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    *ret_due = false;
    if (!loan_begin(x->site->shelf, &l, e))
        return false;
    if (!vm_find(l.store, vm_urn, &x->arena, &x->vm, e))
        return e->kind == ERR_NOT_FOUND;
    if (!gc_get(l.store, &x->vm, &x->arena, &x->gc, e))
        return false;
    *ret_due = x->gc.status == GC_POST_PENDING && !x->gc.pid;
    return !*ret_due || (store_sealed_get(l.store, GC_SCRIPT, vm_urn, &x->script, e) &&
                         store_sealed_get(l.store, GC_ADMIN_PASSWORD, vm_urn, &x->password, e));
}

static bool keep_running(const struct errand *x, int64_t pid, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct gc g;
    if (!loan_begin(x->site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !gc_get(l.store, &x->vm, &a, &g, e))
        return false;
    g.pid = pid;
    g.file = x->file;
    g.since_ms = clock_wall_ms();
    return gc_put(l.store, x->vm.urn, &g, e) && store_commit(l.store, e);
}

/* ---- to the host ---- */

/* "https://esx1.example:443/guestFile?id=7&token=52ab"; "*" is for whoever was asked, an ESXi host. */
static bool read_url(const char *text, struct gate_target *t, struct err *e)
{
    static const char star[] = "https://*";
    const char *path = strncmp(text, "https://", 8) == 0 ? strchr(text + 8, '/') : NULL;
    struct url u;
    if (!path || strlen(path) > GATE_PATH_MAX)
        return err_set(e, ERR_PEER, "the vCenter Server's URL of a guest file is none");
    t->path = xstrdup(path);
    if (strncmp(text, star, sizeof(star) - 1) == 0)
        return true;
    if (!url_parse(text, strlen(text), &u, e))
        return err_set(e, ERR_PEER, "the vCenter Server's URL of a guest file is none"); /* never its words: it is a capability */
    t->host = xstrdup(u.host.name);
    t->port = u.host.port;
    return true;
}

/* The host of the URL is the one that the machine runs on: else it moved between two questions. */
static bool is_here(const struct gate_target *t, const char *host, struct err *e)
{
    bool here = !host;
    for (size_t i = 0; i < t->names_len && !here; i++)
        here = text_caseeq(t->names[i], host);
    return here || err_set(e, ERR_PEER, "the machine moves from host to host");
}

static bool make_target(struct errand *x, const char *url, struct gate_target *t, struct err *e)
{
    struct vim_object host = { .type = "HostSystem" };
    if (!read_url(url, t, e) || !text_copy(host.id, sizeof(host.id), x->vm.host))
        return false;
    const char *named = t->host ? arena_strdup(&x->arena, t->host) : NULL;
    t->vm = xstrdup(x->vm.urn);
    t->vm_name = xstrdup(x->vm.name);
    t->org = xstrdup(x->vm.org);
    return host_target_fill_proof(x->site, x->vm.vcenter, x->hold.session, &host, t, e) && is_here(t, named, e);
}

/* What the gate said of the host, kept as an event; the reason with it. */
static bool say(const struct errand *x, const struct gate_target *t, const struct gate_fetched *got, const struct err *why,
                struct err *e)
{
    char event[RANDOM_UUID];
    bool believed = !got->seen || got->verdict.ok;
    const struct gate_news n = {
        .what = got->withdrawn ? GATE_WITHDRAWN : got->result == LEG_THUMBPRINT ? GATE_THUMBPRINT : got->result == LEG_UNTRUSTED ? GATE_REFUSED : GATE_FAILED,
        .target = t, .verdict = got->seen ? &got->verdict : NULL,
        .rule = got->result == LEG_THUMBPRINT ? trust_rule_code(TRUST_THUMBPRINT_MISMATCH) : believed ? "host-failed" : trust_rule_code(got->verdict.rule),
        .text = why->msg,
    };
    host_target_event(x->site, &n, feature, event);
    return err_set(e, why->kind, "the customization script was not brought in: the ESXi host %s: %s", t->host_name, why->msg);
}

static bool put(struct errand *x, struct gate_target *t, struct err *e)
{
    static const struct http1_field fields[] = { { "Content-Type", "application/octet-stream" } };
    const struct gate_fetch ask = { .method = "PUT", .fields = fields, .fields_len = ARRAY_LEN(fields), .body = x->script.bytes,
                                    .body_len = x->script.len };
    struct gate_fetched got;
    struct err why;
    bool ok = gate_fetch(x->site->gate, t, &ask, &got, &why);
    if (got.result == LEG_OK)
        evidence_note(x->site->evidence, got.verdict.anchor, t->endpoint, EVIDENCE_GUEST_FILE);
    return ok || (why.kind == ERR_CANCELLED ? err_set(e, why.kind, "%s", why.msg) : say(x, t, &got, &why, e));
}

/* ---- into the guest ---- */

static void name_file(struct errand *x)
{
    uint32_t chance;
    random_bytes(&chance, sizeof(chance));
    (void)snprintf(x->file, sizeof(x->file), gc_is_windows(&x->vm) ? "C:\\Windows\\Temp\\vouchsafe-%08x.bat" : "/var/lib/.vouchsafe-%08x",
                   (unsigned)chance);
}

/* Where it runs now. */
static bool find_host(struct errand *x, struct err *e)
{
    struct vim_object vm = { .type = "VirtualMachine" }, host;
    bool on;
    if (!text_copy(vm.id, sizeof(vm.id), x->vm.moref) ||
        !vim_vm_place(x->hold.session, &vm, vim_deadline(VIM_GUEST_CALL_MS), &x->arena, &host, &on, e))
        return false;
    x->vm.host = arena_strdup(&x->arena, host.id);
    return on || err_set(e, ERR_INPUT, "the machine was powered off before its customization script was brought in");
}

static bool carry(struct errand *x, struct err *e)
{
    AUTO(gate_target_unrefp) struct gate_target *t = gate_target_create();
    const struct vim_guest g = guest_of(x, x->hold.session);
    const struct vim_guest_file f = { .path = x->file, .windows = gc_is_windows(&x->vm), .size = (int64_t)x->script.len, .mode = 0700 };
    const char *url;
    return find_host(x, e) && customize_look(x->site, x->hold.session, &x->vm, e) &&
           vim_guest_upload(&g, &f, vim_deadline(VIM_GUEST_CALL_MS), &x->arena, &url, e) && make_target(x, url, t, e) && put(x, t, e);
}

static bool start(struct errand *x, struct err *e)
{
    const struct vim_guest g = guest_of(x, x->hold.session);
    bool windows = gc_is_windows(&x->vm);
    /* VCD's scripts are told when they run; this one runs after customization. */
    const char *program = windows ? "C:\\Windows\\System32\\cmd.exe" : x->file;
    const char *arguments = windows ? arena_printf(&x->arena, "/c %s postcustomization", x->file) : "postcustomization";
    struct err none;
    int64_t pid;
    if (vim_guest_start(&g, program, arguments, vim_deadline(VIM_GUEST_CALL_MS), &pid, e))
        return keep_running(x, pid, e);
    (void)!vim_guest_remove(&g, x->file, vim_deadline(VIM_GUEST_CALL_MS), &none);
    return false;
}

static bool bring(const struct site *site, const char *vm_urn, struct err *e)
{
    AUTO(errand_done) struct errand x = { .site = site };
    bool due, there = false;
    if (!read_errand(&x, vm_urn, &due, e))
        return false;
    if (!due)
        return true;
    if (!vcenter_borrow(site, x.vm.vcenter, &x.hold, e))
        return false;
    name_file(&x);
    for (int i = 0; i < GUEST_SCRIPT_TRIES && !there; i++) {
        there = carry(&x, e);
        if (!there && e->kind != ERR_PEER && e->kind != ERR_TIMEOUT)
            return false;
    }
    return there && start(&x, e);
}

/* ---- a thread of the pool ---- */

struct carrying {
    struct pool_job job;
    const struct site *site;
    char urn[STORE_ID_MAX + 1];
    struct busy_turn turn;
};

static void work(struct pool_job *j)
{
    struct carrying *c = CONTAINER_OF(j, struct carrying, job);
    struct err e = { 0 }, none;
    if (bring(c->site, c->urn, &e))
        return;
    LOG(WARN, "customize.script", "vm=%s error=\"%s\"", c->urn, e.msg);
    bool again = e.kind == ERR_CANCELLED || e.kind == ERR_STORE || e.kind == ERR_LIMIT || site_closing(c->site);
    if (!again && !customize_end(c->site, c->urn, GC_FAILED, e.msg, true, &none))
        LOG(WARN, "customize.not-kept", "vm=%s error=\"%s\"", c->urn, none.msg);
}

static void destroy(struct pool_job *j)
{
    struct carrying *c = CONTAINER_OF(j, struct carrying, job);
    busy_end(&c->turn);
    free(c);
}

static bool begin(const struct site *site, struct vim_session *s, const struct vm *v, struct err *e)
{
    AUTO(busy_end) struct busy_turn turn = { 0 };
    bool ready;
    struct err none;
    if (!vim_guest_ready(s, v->moref, vim_deadline(VIM_GUEST_CALL_MS), &ready, e))
        return false;
    if (!ready || !busy_begin(site->guests, v->urn, &turn, &none)) /* under way already, or others are: asked again soon */
        return true;
    struct carrying *c = xcalloc(1, sizeof(*c));
    c->job = (struct pool_job){ .work = work, .destroy = destroy };
    c->site = site;
    c->turn = turn;
    turn = (struct busy_turn){ 0 };
    (void)text_copy(c->urn, sizeof(c->urn), v->urn);
    if (pool_run(site->pool, &c->job, e))
        return true;
    destroy(&c->job);
    return false;
}

/* ---- how it ended ---- */

static bool follow_process(const struct site *site, struct vim_session *s, const struct vm *v, const struct gc *g, struct err *e)
{
    AUTO(errand_done) struct errand x = { .site = site, .vm = *v };
    AUTO(loan_end) struct loan l = { 0 };
    struct vim_guest_process p;
    struct err none;
    if (!loan_begin(site->shelf, &l, e) || !store_sealed_get(l.store, GC_ADMIN_PASSWORD, v->urn, &x.password, e))
        return false;
    loan_end(&l);
    const struct vim_guest guest = guest_of(&x, s);
    if (!vim_guest_ask(&guest, g->pid, vim_deadline(VIM_GUEST_CALL_MS), &p, e))
        return e->kind == ERR_DENIED && customize_end(site, v->urn, GC_FAILED, e->msg, false, e);
    if (p.known && !p.ended)
        return true;
    (void)!vim_guest_remove(&guest, g->file, vim_deadline(VIM_GUEST_CALL_MS), &none);
    if (!p.known)
        return customize_end(site, v->urn, GC_FAILED, "the guest knows nothing of the customization script any more: it was started anew", false, e);
    if (p.code == 0)
        return customize_end(site, v->urn, GC_COMPLETE, "", false, e);
    return customize_end(site, v->urn, GC_FAILED, arena_printf(&x.arena, "the customization script ended with code %lld", (long long)p.code),
                         false, e);
}

bool guest_script_follow(const struct site *site, struct vim_session *s, const struct vm *v, const struct gc *g, struct err *e)
{
    if (v->power == VM_OFF)
        return customize_end(site, v->urn, GC_FAILED, "the machine was powered off before its customization script had ended", true, e);
    if (clock_wall_ms() - g->since_ms >= CUSTOMIZE_GUEST_MS)
        return customize_end(site, v->urn, GC_FAILED, g->pid ? "the customization script has not ended"
                             : "the guest's VMware Tools were never ready to take the customization script", !g->pid, e);
    return g->pid ? follow_process(site, s, v, g, e) : begin(site, s, v, e);
}
