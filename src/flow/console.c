#include "flow/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "flow/caller.h"
#include "flow/evidence.h"
#include "flow/host_target.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/session.h"
#include "flow/pulse.h"
#include "flow/site.h"
#include "flow/vcenter_table.h"
#include "flow/vm.h"
#include "store/record.h"
#include "store/store.h"
#include "vim/vm_ticket.h"
#include "wire/url.h"

static const char feature[] = "The console";

/* ---- the machine and its host ---- */

static bool read_vm(const struct site *site, const struct caller *c, const char *urn, struct arena *a, struct vm *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(site->shelf, &l, e) && vm_get(l.store, c, urn, a, ret, e);
}

static struct vim_object vm_object(const struct vm *v)
{
    struct vim_object o = { .type = "VirtualMachine" };
    (void)text_copy(o.id, sizeof(o.id), v->moref);
    return o;
}

static bool is_on(const struct vm *v, struct vim_session *s, struct vim_object *ret_host, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct vim_object o = vm_object(v);
    bool on;
    return vim_vm_place(s, &o, vim_deadline(VIM_TICKET_MS), &a, ret_host, &on, e) &&
           (on || err_set(e, ERR_INPUT, "the virtual machine %s is not powered on: it has no screen", v->name));
}

bool console_ticket(const struct site *site, const struct caller *c, const char *vm_urn, char ret_ticket[CONSOLE_TICKET],
                    struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    AUTO(gate_target_unrefp) struct gate_target *t = gate_target_create();
    struct vim_object host;
    struct vm v;
    if (!c->session[0])
        return err_set(e, ERR_DENIED, "a console belongs to a session: log in");
    if (!read_vm(site, c, vm_urn, &a, &v, e) || !vcenter_borrow(site, v.vcenter, &hold, e) ||
        !is_on(&v, hold.session, &host, e) || !host_target_fill(site, v.vcenter, hold.session, &host, t, e))
        return false;
    t->vm = xstrdup(v.urn);
    t->vm_name = xstrdup(v.name);
    t->user_name = xstrdup(c->who);
    t->org = xstrdup(c->org);
    return host_target_look(site, t, feature, e) && console_ticket_keep(site->shelf, c, v.urn, clock_wall_ms(), ret_ticket, e);
}

/* ---- what the gate asks ---- */

/* "wss://esx1:443/ticket/x" */
static bool read_url(const char *text, struct gate_target *t)
{
    struct url u;
    struct err none;
    if (strncmp(text, "wss://", 6) != 0)
        return false;
    AUTO(buf_done) struct buf https; /* the same form under a scheme that is known */
    buf_init(&https, GATE_PATH_MAX + URL_HOST_TEXT);
    if (!buf_append(&https, "https", 5, &none) || !buf_append(&https, text + 3, strlen(text + 3), &none) ||
        !url_parse(buf_str(&https), https.len, &u, &none))
        return false;
    const char *slash = strchr(text + 6, '/');
    if (!slash || strlen(slash) > GATE_PATH_MAX)
        return false;
    t->host = xstrdup(u.host.name);
    t->port = u.host.port;
    t->path = xstrdup(slash);
    return true;
}

static bool use_ticket(const struct vim_vm_ticket *k, struct gate_target *t, struct err *e)
{
    AUTO(buf_done) struct buf path;
    buf_init(&path, GATE_PATH_MAX);
    for (size_t i = 0; i < k->prints_len; i++)
        (void)gate_target_thumbprint(t, k->prints[i]);
    if (k->prints_len && !t->prints_len)
        return err_set(e, ERR_PEER, "the vCenter's ticket has a thumbprint that can't be read");
    if (k->url && read_url(k->url, t))
        return true;
    if (!buf_append(&path, "/ticket/", 8, e) || !buf_append(&path, k->ticket, strlen(k->ticket), e))
        return err_set(e, ERR_PEER, "the vCenter's ticket is too long");
    t->path = xstrdup(buf_str(&path));
    t->host = k->host ? xstrdup(k->host) : NULL;
    t->port = k->port;
    return true;
}

/* The vCenter's own ticket, as late as possible, for the host that runs the machine now. */
static bool find_host(const struct site *site, const struct vm *v, struct gate_target *t, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    const struct vim_object o = vm_object(v);
    struct vim_vm_ticket ticket;
    struct vim_object host;
    return vcenter_borrow(site, v->vcenter, &hold, e) && is_on(v, hold.session, &host, e) &&
           vim_webmks_ticket(hold.session, &o, vim_deadline(VIM_TICKET_MS), &a, &ticket, e) && use_ticket(&ticket, t, e) &&
           host_target_fill(site, v->vcenter, hold.session, &host, t, e);
}

static bool reach_host(const struct site *site, const struct caller *c, const char *vm_urn, const char *from,
                       struct gate_target **ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(gate_target_unrefp) struct gate_target *t = gate_target_create();
    struct vm v;
    if (!caller_may(c, RIGHT_CONSOLE))
        return err_set(e, ERR_DENIED, "this user may not use consoles any more");
    if (!read_vm(site, c, vm_urn, &a, &v, e))
        return false;
    struct err why;
    if (!find_host(site, &v, t, &why)) /* whatever the vCenter says, it is not the client's ticket that is wrong */
        return err_set(e, why.kind == ERR_STORE || why.kind == ERR_LIMIT ? why.kind : ERR_PEER, "%s", why.msg);
    t->session = xstrdup(c->session);
    t->user = xstrdup(c->user);
    t->user_name = xstrdup(c->who);
    t->org = xstrdup(c->org);
    t->org_name = xstrdup(c->org_name);
    t->vm = xstrdup(v.urn);
    t->vm_name = xstrdup(v.name);
    t->from = xstrdup(from);
    *ret = STEAL(t);
    return true;
}

/* The session that asked for the ticket, with what its user may do now. */
static bool find_session(const struct site *site, const char *urn, struct arena *a, struct caller *ret, struct err *e)
{
    struct session_info info;
    struct err none;
    if (!session_get(site->sessions, urn, a, &info, &none))
        return err_set(e, none.kind == ERR_STORE ? ERR_STORE : ERR_DENIED, "the session of this console ticket has ended");
    *ret = info.caller;
    return true;
}

static bool admit(void *self, const char *ticket, const char *from, struct gate_target **ret, struct err *e)
{
    const struct site *site = self;
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record r;
    struct caller c;
    json_t *data = NULL;
    bool ok = console_ticket_take(site->shelf, ticket, clock_wall_ms(), &a, &r, e) && find_session(site, r.owner, &a, &c, e) &&
              kept_json(&r, &data, e) && reach_host(site, &c, kept_text(data, "vm", &a), from, ret, e);
    json_decref(data);
    return ok;
}

static bool again(void *self, const struct gate_target *t, struct gate_target **ret, struct err *e)
{
    const struct site *site = self;
    AUTO(arena_done) struct arena a = { 0 };
    struct caller c;
    return find_session(site, t->session, &a, &c, e) && reach_host(site, &c, t->vm, t->from, ret, e);
}

static void tell(void *self, const struct gate_news *n, char ret_event[RANDOM_UUID])
{
    const struct site *site = self;
    host_target_event(self, n, feature, ret_event);
    if (site->pulse)
        pulse_beat(site->pulse, "console");
}

static void proved(void *self, const struct gate_target *t, const struct trust_verdict *v)
{
    const struct site *site = self;
    evidence_note(site->evidence, v->anchor, t->endpoint, EVIDENCE_CONSOLE);
    if (site->pulse)
        pulse_beat(site->pulse, "console");
}

const struct gate_policy console_policy = { admit, again, tell, proved };

/* ---- the list ---- */

struct listing {
    const struct caller *caller;
    struct arena *arena;
    struct console_row *rows;
    size_t len, cap;
};

static bool may_see(const struct caller *c, const struct gate_target *t)
{
    return c->system || (t->org && !strcmp(t->org, c->org));
}

static const char *copy(struct arena *a, const char *s)
{
    return s ? arena_strdup(a, s) : "";
}

static void on_session(void *self, const struct gate_session *s)
{
    struct listing *l = self;
    const struct gate_target *t = s->target;
    struct arena *a = l->arena;
    if (s->kind != GATE_CONSOLE || !may_see(l->caller, t))
        return;
    GROW(l->rows, l->len, l->cap);
    struct console_row *r = &l->rows[l->len++];
    *r = (struct console_row){ copy(a, s->id), copy(a, t->user), copy(a, t->user_name), copy(a, t->org), copy(a, t->org_name),
                               copy(a, t->vm), copy(a, t->vm_name), copy(a, t->from), copy(a, t->vcenter), copy(a, t->host_name),
                               s->since_ms, s->bytes[RELAY_UP], s->bytes[RELAY_DOWN], { 0 }, s->single_proof };
    memcpy(r->anchor, s->anchor, sizeof(r->anchor));
}

static int by_time(const void *a, const void *b)
{
    const struct console_row *x = a, *y = b;
    return x->since_ms != y->since_ms ? (x->since_ms < y->since_ms ? -1 : 1) : strcmp(x->id, y->id);
}

void console_list(const struct site *site, const struct caller *c, struct arena *a, struct console_row **ret, size_t *ret_len)
{
    struct listing l = { .caller = c, .arena = a };
    if (site->gate)
        gate_list(site->gate, on_session, &l);
    *ret = arena_memdup(a, l.rows ? (void *)l.rows : "", l.len * sizeof(*l.rows));
    *ret_len = l.len;
    free(l.rows);
    qsort(*ret, l.len, sizeof(**ret), by_time);
}

bool console_end(const struct site *site, const struct caller *c, const char *id, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct console_row *rows;
    size_t len;
    console_list(site, c, &a, &rows, &len);
    for (size_t i = 0; i < len; i++)
        if (!strcmp(rows[i].id, id) && gate_end(site->gate, id)) {
            LOG(INFO, "console.end", "id=%s by=\"%s\"", id, c->who);
            return true;
        }
    return err_set(e, ERR_NOT_FOUND, "no such console session");
}
