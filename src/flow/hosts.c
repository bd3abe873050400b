#include "flow/hosts.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "flow/change.h"
#include "flow/evidence.h"
#include "flow/host_table.h"
#include "flow/look.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "net/chain.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "probe/scan.h"
#include "store/endpoint.h"
#include "store/evidence.h"
#include "trust/cert.h"
#include "vim/inventory.h"

enum { TICK_MS = 100, KEEP_AT_ONCE = 200 /* rows of one transaction, so that others get their turn */ };

/* All hosts of one vCenter, while they are looked at. */
struct looking {
    const struct site *site;
    const struct hosts_look *how;
    struct hosts_report *report;
    const struct vim_hosts *hosts;
    struct loop *loop;
    struct loop_timer tick;
    int64_t deadline_ms, each_ms; /* each: for one host, as the site's settings say */
    size_t next, done;
    bool stopped;
};

static void forget_certs(struct host_row *r)
{
    for (size_t i = 0; i < r->certs_len; i++)
        (void)trust_cert_unref(r->certs[i]);
    r->certs_len = 0;
}

void hosts_report_done(struct hosts_report *r)
{
    for (size_t i = 0; i < r->len; i++)
        forget_certs(&r->rows[i]);
    arena_done(&r->arena);
    *r = (struct hosts_report){ 0 };
}

/* ---- whom to ask ---- */

const char *hosts_dialled(const struct site *site, const struct vim_host *h, uint16_t port)
{
    struct resolve_answer at;
    struct err none;
    if (h->name && resolve_quick(site->resolver, h->name, port, &at, &none))
        return h->name;
    return h->addresses_len ? h->addresses[0] : h->name ? h->name : "";
}

static void fill_row(const struct looking *g, const struct vim_host *h, struct host_row *r)
{
    struct arena *a = &g->report->arena;
    const char **names = arena_array(a, TRUST_NAMES_MAX, sizeof(*names));
    r->id = arena_strdup(a, h->object.id);
    r->key = arena_printf(a, "%s/%s", g->how->vcenter, h->object.id);
    r->port = h->port ? h->port : 443;
    r->names_len = vim_host_names(h, names, TRUST_NAMES_MAX);
    for (size_t i = 0; i < r->names_len; i++)
        names[i] = arena_strdup(a, names[i]);
    r->names = names;
    r->name = h->name ? arena_strdup(a, h->name) : r->id;
    r->dialled = arena_strdup(a, hosts_dialled(g->site, h, r->port));
    r->class = HOST_NO_EVIDENCE;
    (void)err_set(&r->err, ERR_CANCELLED, "it was not looked at");
}

static struct trust_behalf behalf_of(const struct hosts_look *how, const struct host_row *r)
{
    return (struct trust_behalf){ TRUST_FOR_ESXI, r->port, how->vcenter, r->dialled };
}

/* ---- looking ---- */

static bool fill_endpoint(const struct host_row *r, struct url_host *ret, struct err *e)
{
    char text[URL_HOST_TEXT];
    if (strlen(r->dialled) > URL_HOST_MAX)
        return err_set(e, ERR_INPUT, "its name is too long");
    bool v6 = strchr(r->dialled, ':');
    (void)snprintf(text, sizeof(text), v6 ? "[%s]:%u" : "%s:%u", r->dialled, r->port);
    return url_host_parse(text, strlen(text), ret, e);
}

static bool next(void *self, struct probe_request *ret)
{
    struct looking *g = self;
    const struct hosts_look *how = g->how;
    while (!g->stopped && g->next < g->report->len) {
        struct host_row *r = &g->report->rows[g->next++];
        struct err why;
        if (how->only && strcmp(r->id, how->only) != 0) {
            g->done++;
            continue;
        }
        if (!fill_endpoint(r, &ret->endpoint, &why)) {
            (void)err_set(&r->err, ERR_PEER, "the vCenter names it in a way that can't be dialled: %s", why.msg);
            g->done++;
            continue;
        }
        ret->server_name = r->dialled;
        ret->timeout_ms = g->each_ms;
        ret->tag = r;
        ret->question = (struct trust_question){
            .names = r->names, .names_len = r->names_len, .names_mode = how->names_off ? TRUST_NAMES_OFF : TRUST_NAMES_CHECK,
            .behalf = behalf_of(how, r), .purpose = TRUST_PURPOSE_SERVER, .crl_mode = look_crl_mode(g->site),
            .policy = look_policy(g->site),
        };
        return true;
    }
    return false;
}

static void ended(void *self, void *tag, const struct probe_report *p)
{
    struct looking *g = self;
    struct host_row *r = tag;
    const struct vim_host *h = &g->hosts->list[r - g->report->rows];
    g->done++;
    r->seen = p->seen && chain_len(p->chain) > 0;
    if (!r->seen) {
        r->err = p->err;
        if (p->seen)
            (void)err_set(&r->err, ERR_PEER, "its certificate can't be read: %s", chain_defect(p->chain));
        else if (h->state == VIM_HOST_DISCONNECTED || h->state == VIM_HOST_NOT_RESPONDING)
            (void)err_set(&r->err, ERR_CANCELLED, "the vCenter has no connection to it, nor has the cell");
        return;
    }
    r->verdict = p->verdict;
    r->seen_ms = clock_wall_ms();
    r->certs_len = chain_len(p->chain) < STORE_CHAIN_MAX ? chain_len(p->chain) : STORE_CHAIN_MAX;
    r->certs = arena_array(&g->report->arena, r->certs_len, sizeof(*r->certs));
    for (size_t i = 0; i < r->certs_len; i++)
        r->certs[i] = trust_cert_ref(chain_certs(p->chain)[i]);
}

static void finished(void *self)
{
    struct looking *g = self;
    loop_stop(g->loop);
}

static void on_tick(struct loop_timer *t)
{
    struct looking *g = CONTAINER_OF(t, struct looking, tick);
    bool go_on = !g->how->progress || g->how->progress(g->how->self, g->done, g->report->len);
    if (go_on && clock_mono_ms() < g->deadline_ms) {
        loop_timer_start(g->loop, t, TICK_MS);
        return;
    }
    g->stopped = true;
    loop_stop(g->loop);
}

static bool look_at_all(struct looking *g, struct err *e)
{
    static const struct scan_ops ops = { next, ended, finished };
    AUTO(loop_destroyp) struct loop *loop = loop_create(e);
    AUTO(tls_client_destroyp) struct tls_client *tls = loop ? tls_client_create(g->site->live, e) : NULL;
    if (!tls)
        return false;
    const struct probe_net net = { .tls = tls, .resolver = g->site->resolver };
    AUTO(scan_destroyp) struct scan *scan = scan_create(loop, &net, HOSTS_PARALLEL, &ops, g);
    g->loop = loop;
    g->tick.fired = on_tick;
    loop_timer_start(loop, &g->tick, TICK_MS);
    scan_start(scan);
    bool ok = loop_run(loop, e);
    loop_timer_stop(&g->tick);
    return ok;
}

/* ---- keeping ---- */

struct keeping {
    const struct looking *g;
    size_t from, to;
};

static bool keep_row(struct store *s, const struct hosts_look *how, const struct host_row *r, struct err *e)
{
    const struct look_seen seen = { r->key, r->dialled, r->port, behalf_of(how, r), r->names, r->names_len, r->certs,
                                    r->certs_len, &r->verdict, r->seen_ms };
    if (!look_keep(s, &seen, e))
        return false;
    if (!r->verdict.ok)
        return true;
    struct store_evidence ev = { .endpoint = r->key, .purpose = EVIDENCE_PROBE, .first_ms = r->seen_ms, .last_ms = r->seen_ms,
                                 .count = 1 };
    size_t dropped;
    memcpy(ev.anchor, r->verdict.anchor, sizeof(ev.anchor));
    return store_evidence_add(s, &ev, 1, &dropped, e);
}

static bool keep_some(void *self, struct store *s, struct err *e)
{
    const struct keeping *k = self;
    for (size_t i = k->from; i < k->to; i++)
        if (k->g->report->rows[i].seen && !keep_row(s, k->g->how, &k->g->report->rows[i], e))
            return false;
    return true;
}

/* Rows of hosts that the vCenter lists no more. */
struct going {
    const struct looking *g;
    struct arena arena;
    const char *keys[STORE_PAGE_MAX];
    size_t len;
    const char *last;
    size_t rows;
};

static bool listed(const struct hosts_report *r, const char *key)
{
    for (size_t i = 0; i < r->len; i++)
        if (strcmp(r->rows[i].key, key) == 0)
            return true;
    return false;
}

static bool on_endpoint(void *self, const struct store_endpoint *ep, struct err *e)
{
    struct going *w = self;
    (void)e;
    w->rows++;
    w->last = arena_strdup(&w->arena, ep->key);
    if (ep->kind == TRUST_FOR_ESXI && !listed(w->g->report, ep->key))
        w->keys[w->len++] = w->last;
    return true;
}

static bool forget_gone(void *self, struct store *s, struct err *e)
{
    struct going *w = self;
    struct store_endpoint_query q = { .urn = w->g->how->vcenter, .after = w->last };
    w->len = w->rows = 0;
    if (!store_endpoint_list(s, &q, on_endpoint, w, e))
        return false;
    for (size_t i = 0; i < w->len; i++)
        if (!store_endpoint_remove(s, w->keys[i], e))
            return false;
    return true;
}

static bool keep_all(const struct looking *g, struct err *e)
{
    struct keeping k = { .g = g };
    for (; k.from < g->report->len; k.from = k.to) {
        k.to = k.from + KEEP_AT_ONCE < g->report->len ? k.from + KEEP_AT_ONCE : g->report->len;
        if (!change_keep(g->site, keep_some, &k, e))
            return err_in(e, "keeping what the hosts present");
        host_table_touch(g->site->host_table, g->how->vcenter);
    }
    struct going w = { .g = g };
    bool ok;
    do {
        ok = change_keep(g->site, forget_gone, &w, e);
    } while (ok && w.rows == STORE_PAGE_MAX);
    arena_done(&w.arena);
    host_table_touch(g->site->host_table, g->how->vcenter);
    return ok;
}

static bool read_settings(void *self, struct store *s, struct err *e)
{
    struct looking *g = self;
    struct site_settings all;
    if (!site_settings_read(s, &all, e))
        return false;
    g->each_ms = all.host_check_timeout_seconds * 1000;
    return true;
}

bool hosts_look(const struct site *site, const struct hosts_look *how, struct hosts_report *ret, struct err *e)
{
    AUTO(arena_done) struct arena inventory = { 0 };
    struct vim_hosts hosts;
    struct looking g = { .site = site, .how = how, .report = ret, .hosts = &hosts };
    g.deadline_ms = clock_mono_ms() + (how->timeout_ms ? how->timeout_ms : HOSTS_ALL_MS);
    if (!change_read(site, read_settings, &g, e))
        return false;
    if (!vim_hosts_read(how->session, g.deadline_ms, &inventory, &hosts, e))
        return err_in(e, "reading the hosts of the vCenter");
    ret->rows = arena_array(&ret->arena, hosts.len + 1, sizeof(*ret->rows));
    for (size_t i = 0; i < hosts.len; i++)
        fill_row(&g, &hosts.list[i], &ret->rows[i]);
    ret->len = hosts.len;
    ret->at_ms = clock_wall_ms();
    if (!look_at_all(&g, e) || !keep_all(&g, e)) {
        hosts_report_done(ret);
        return false;
    }
    hosts_classify(ret, NULL, clock_wall_ms() / 1000);
    return true;
}
