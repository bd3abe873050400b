#include "flow/why.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "flow/change.h"
#include "flow/connect.h"
#include "flow/hosts.h"
#include "flow/replay.h"
#include "flow/site.h"
#include "flow/subject.h"
#include "flow/vcenter_table.h"
#include "trust/cert.h"
#include "vim/endpoint.h"
#include "vim/inventory.h"
#include "vim/vm_find.h"

/* Who is asked about while it is found. */
struct seeking {
    const struct site *site;
    const struct why_ask *ask;
    struct why *w;
    struct subject *subjects; /* all registered */
    size_t len;
    int64_t deadline_ms;
    size_t hits;              /* machines or hosts of this name */
    const char *unasked;      /* vCenter Servers that could not be asked, with the reason of the last; NULL = none */
    const struct subject *of; /* the vCenter Server */
    const char *moref;        /* the host */
    const char *const *names; /* of the host */
    size_t names_len;
};

void why_done(struct why *w)
{
    look_done(&w->look);
    (void)trust_cert_unref(w->heal);
    arena_done(&w->arena);
    *w = (struct why){ 0 };
}

int why_kind_of(const char *name)
{
    return text_choice("vm|host|vcenter", name);
}

static bool list(void *self, struct store *s, struct err *e)
{
    struct seeking *g = self;
    return subject_list(s, &g->w->arena, &g->subjects, &g->len, e);
}

static bool wanted(const struct seeking *g, const struct subject *x)
{
    const char *only = g->ask->vcenter;
    return x->kind == SUBJECT_VCENTER && (!only || text_caseeq(x->name, only) || strcmp(x->urn, only) == 0);
}

static int64_t deadline(const struct seeking *g)
{
    int64_t until = vim_deadline(WHY_VCENTER_MS);
    return until < g->deadline_ms ? until : g->deadline_ms;
}

static void not_asked(struct seeking *g, const struct subject *x, const struct err *e)
{
    struct arena *a = &g->w->arena;
    g->unasked = arena_printf(a, "%s%s%s (%s)", g->unasked ? g->unasked : "", g->unasked ? ", " : "", x->name, e->msg);
}

/* ---- machines ---- */

static void take_vm(struct seeking *g, const struct subject *x, const struct vim_vm_found *vm)
{
    g->w->vm = vm->name;
    g->w->vm_id = vm->id;
    g->of = x;
    g->moref = vm->host;
}

static void find_vm_at(struct seeking *g, const struct subject *x)
{
    AUTO(vcenter_return) struct vcenter_hold h = { 0 };
    struct vim_vm_found found[VIM_VM_FOUND_MAX];
    struct err e;
    size_t len = 0;
    if (!vcenter_borrow(g->site, x->urn, &h, &e) || !vim_vm_find(h.session, g->ask->name, deadline(g), &g->w->arena, found, &len, &e)) {
        not_asked(g, x, &e);
        return;
    }
    g->hits += len;
    if (len)
        take_vm(g, x, &found[0]);
}

static void find_vm(struct seeking *g)
{
    for (size_t i = 0; i < g->len; i++)
        if (wanted(g, &g->subjects[i]))
            find_vm_at(g, &g->subjects[i]);
}

/* ---- hosts ---- */

static const struct subject *subject_of(const struct seeking *g, const char *urn)
{
    for (size_t i = 0; i < g->len; i++)
        if (strcmp(g->subjects[i].urn, urn) == 0)
            return &g->subjects[i];
    return NULL;
}

static bool is_called(const struct replay_endpoint *ep, const struct trust_question *q, const char *name)
{
    const char *id = strrchr(ep->key, '/');
    if (text_caseeq(ep->name, name) || text_caseeq(ep->host, name) || (id && strcmp(id + 1, name) == 0))
        return true;
    for (size_t i = 0; i < q->names_len; i++)
        if (text_caseeq(q->names[i], name))
            return true;
    return false;
}

static void take_host(struct seeking *g, const struct replay_endpoint *ep, const struct trust_question *q)
{
    struct arena *a = &g->w->arena;
    const char **names = arena_array(a, q->names_len + 1, sizeof(*names));
    for (size_t i = 0; i < q->names_len; i++)
        names[i] = arena_strdup(a, q->names[i]);
    g->of = subject_of(g, ep->urn);
    g->moref = arena_strdup(a, strrchr(ep->key, '/') + 1);
    g->names = names;
    g->names_len = q->names_len;
    g->w->host = arena_strdup(a, ep->name);
    g->w->dialled = arena_strdup(a, ep->host);
    g->w->port = ep->port;
}

/* Those that the cell knows: seen, or named by their vCenter Server. */
static bool find_host(struct seeking *g, struct err *e)
{
    AUTO(replay_done) struct replay r = { 0 };
    if (!replay_load(g->site, &(struct replay_ask){ 0 }, &r, e))
        return false;
    for (size_t i = 0; i < r.len; i++) {
        const struct replay_endpoint *ep = &r.endpoints[i];
        const struct subject *of = ep->kind == TRUST_FOR_ESXI && *ep->host ? subject_of(g, ep->urn) : NULL;
        if (!of || !wanted(g, of) || !is_called(ep, &r.cases[i].q, g->ask->name))
            continue;
        g->hits++;
        take_host(g, ep, &r.cases[i].q);
    }
    return true;
}

/* The names by which it may answer, as its vCenter Server says now; what is kept of it where that can't be asked. */
static bool read_host(struct seeking *g, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold h = { 0 };
    struct why *w = g->w;
    struct vim_object o = { .type = "HostSystem" };
    struct vim_host host = { 0 };
    if (!text_copy(o.id, sizeof(o.id), g->moref))
        return err_set(e, ERR_INPUT, "the host's id is too long");
    if (!vcenter_borrow(g->site, g->of->urn, &h, e) || !vim_host_read(h.session, &o, deadline(g), &w->arena, &host, e))
        return g->names_len > 0;
    const char **names = arena_array(&w->arena, TRUST_NAMES_MAX, sizeof(*names));
    g->names_len = vim_host_names(&host, names, TRUST_NAMES_MAX);
    g->names = names;
    w->host = host.name ? host.name : g->moref;
    w->port = host.port ? host.port : 443;
    w->dialled = arena_strdup(&w->arena, hosts_dialled(g->site, &host, w->port));
    return true;
}

/* ---- the look ---- */

static bool look_now(struct seeking *g, const struct look_request *rq, struct err *e)
{
    const struct vcenter_reach *reach = vcenter_table_reach(g->site);
    struct why *w = g->w;
    const char *name = w->host ? w->host : w->vcenter_name;
    if (!reach->look(reach->self, g->site, rq, &w->look, e))
        return false;
    w->next = "";
    if (!w->look.seen || !w->look.chain) {
        w->text = arena_printf(&w->arena, "%s can't be looked at: %s", name, w->look.err.kind ? w->look.err.msg : "no certificate was seen");
        w->next = "see that the cell can reach it: name, route, firewall, the host itself";
    } else if (w->look.verdict.ok) {
        w->text = arena_printf(&w->arena, "%s is believed: its certificate is not what stands still", name);
    } else {
        why_heal(g->site, rq, w);
    }
    return true;
}

static bool about_host(struct seeking *g, struct err *e)
{
    struct why *w = g->w;
    struct err why = { 0 };
    w->found = true;
    w->key = arena_printf(&w->arena, "%s/%s", g->of->urn, g->moref);
    if (!read_host(g, &why)) {
        w->found = false;
        w->text = arena_printf(&w->arena, "the vCenter Server %s could not be asked about the host: %s", g->of->name, why.msg);
        return true;
    }
    const struct look_request rq = {
        .host = w->dialled, .port = w->port, .names = g->names, .names_len = g->names_len,
        .names_mode = g->of->checks_names ? TRUST_NAMES_CHECK : TRUST_NAMES_OFF,
        .behalf = { TRUST_FOR_ESXI, w->port, g->of->urn, w->dialled },
    };
    return look_now(g, &rq, e);
}

static bool about_vcenter(struct seeking *g, struct err *e)
{
    struct why *w = g->w;
    struct look_request rq;
    w->found = true;
    w->key = g->of->urn;
    w->dialled = g->of->host;
    w->port = g->of->port;
    subject_request(g->of, &rq);
    return look_now(g, &rq, e);
}

static void find_vcenter(struct seeking *g)
{
    for (size_t i = 0; i < g->len; i++) {
        const struct subject *x = &g->subjects[i];
        bool is = x->kind == SUBJECT_VCENTER && (text_caseeq(x->name, g->ask->name) || strcmp(x->urn, g->ask->name) == 0);
        if (is || (x->kind == SUBJECT_VCENTER && !g->of && text_caseeq(x->host, g->ask->name))) {
            g->of = x;
            g->hits = 1;
        }
    }
}

/* Nobody, or several. */
static const char *not_one(const struct seeking *g)
{
    static const char *const nouns[] = { "virtual machine", "host", "vCenter Server" };
    struct arena *a = &g->w->arena;
    if (g->hits > 1)
        return arena_printf(a, "%zu %ss have the name %s: say which by the vCenter Server, or by its id there", g->hits, nouns[g->ask->kind],
                            g->ask->name);
    return arena_printf(a, "no %s has the name %s%s%s", nouns[g->ask->kind], g->ask->name, g->unasked ? "; not asked: " : "",
                        g->unasked ? g->unasked : "");
}

bool why_ask(const struct site *site, const struct why_ask *ask, struct why *ret, struct err *e)
{
    struct seeking g = { .site = site, .ask = ask, .w = ret, .deadline_ms = vim_deadline(WHY_ALL_MS) };
    ret->text = ret->next = "";
    bool ok = change_read(site, list, &g, e);
    if (ok && ask->kind == WHY_VM)
        find_vm(&g);
    else if (ok && ask->kind == WHY_HOST)
        ok = find_host(&g, e);
    else if (ok)
        find_vcenter(&g);
    if (ok && (g.hits != 1 || !g.of)) {
        ret->text = not_one(&g);
        return true;
    }
    if (ok) {
        ret->vcenter = g.of->urn;
        ret->vcenter_name = g.of->name;
    }
    if (ok && ask->kind == WHY_VM && !g.moref) {
        ret->text = arena_printf(&ret->arena, "%s runs on no host now", ret->vm);
        return true;
    }
    ok = ok && (ask->kind == WHY_VCENTER ? about_vcenter(&g, e) : about_host(&g, e));
    if (!ok)
        why_done(ret);
    return ok;
}
