#include "flow/preview.h"

#include <string.h>

#include "base/clock.h"
#include "flow/anchor.h"
#include "flow/change.h"
#include "flow/hosts.h"
#include "flow/look.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/vcenter.h"
#include "flow/vcenter_table.h"
#include "store/endpoint.h"
#include "trust/cert.h"
#include "vim/roots.h"

void preview_done(struct preview *p)
{
    for (size_t i = 0; i < p->certs_len; i++)
        (void)trust_cert_unref(p->certs[i].cert);
    arena_done(&p->arena);
    *p = (struct preview){ 0 };
}

/* ---- what is kept ---- */

/* One vCenter: how its names are checked, and what it presented itself. */
struct place {
    bool names_off;
    struct trust_cert *endpoint[STORE_CHAIN_MAX]; /* references */
    size_t endpoint_len;
};

struct work {
    struct preview *p;
    const char *only;      /* URN, or NULL */
    struct place *places;  /* beside p->vcenters */
    struct store_grant *grants;
    size_t grants_len;
};

static void places_done(struct work *w)
{
    for (size_t i = 0; w->places && i < w->p->vcenters_len; i++)
        for (size_t k = 0; k < w->places[i].endpoint_len; k++)
            (void)trust_cert_unref(w->places[i].endpoint[k]);
}

static void read_endpoint(struct store *s, const char *urn, struct place *ret)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_endpoint ep;
    struct err none;
    if (!store_endpoint_get(s, urn, &a, &ep, &none))
        return;
    for (size_t i = 0; i < ep.chain_len; i++)
        if (trust_cert_parse(ep.chain[i].der, ep.chain[i].len, &ret->endpoint[ret->endpoint_len], &none))
            ret->endpoint_len++;
}

static bool read_kept(void *self, struct store *s, struct err *e)
{
    struct work *w = self;
    struct arena *a = &w->p->arena;
    struct vcenter one, *all = &one;
    struct site_settings settings;
    size_t len = 1;
    if (!(w->only ? vcenter_get(s, w->only, a, &one, e) : vcenter_list(s, a, &all, &len, e)) || !site_settings_read(s, &settings, e) ||
        !anchor_list(s, STORE_SYSTEM, NULL, a, &w->grants, &w->grants_len, e))
        return false;
    w->p->vcenters = arena_array(a, len + 1, sizeof(*w->p->vcenters));
    w->places = arena_array(a, len + 1, sizeof(*w->places));
    for (size_t i = 0; i < len; i++) {
        w->p->vcenters[i] = (struct preview_vcenter){ .urn = arena_strdup(a, all[i].urn), .name = arena_strdup(a, all[i].name), .problem = "" };
        w->places[i] = (struct place){ .names_off = all[i].names == VCENTER_NAMES_OFF ||
                                                    (all[i].names == VCENTER_NAMES_INHERIT && !settings.verify_vc) };
        read_endpoint(s, all[i].urn, &w->places[i]);
        w->p->vcenters_len = i + 1;
    }
    return true;
}

/* ---- what was handed over ---- */

static bool take_certs(struct work *w, const void *data, size_t len, struct err *e)
{
    AUTO(vim_roots_done) struct vim_roots roots = { 0 };
    struct preview *p = w->p;
    const int64_t now = clock_wall_ms() / 1000;
    if (!vim_roots_bytes(data, len, "what was handed over", &roots, e))
        return false;
    if (roots.len > PREVIEW_CERTS_MAX)
        return err_set(e, ERR_LIMIT, "it holds %zu certificates; at most %d are looked at", roots.len, PREVIEW_CERTS_MAX);
    p->crls = roots.crls_len;
    p->unreadable = roots.unreadable;
    p->certs = arena_array(&p->arena, roots.len + 1, sizeof(*p->certs));
    for (size_t i = 0; i < roots.len; i++) {
        struct trust_cert *c = trust_cert_ref(roots.list[i].cert);
        p->certs[p->certs_len++] = (struct preview_cert){
            .cert = c, .from = arena_strdup(&p->arena, roots.list[i].from ? roots.list[i].from : ""),
            .when = now > trust_cert_not_after(c) ? PREVIEW_EXPIRED : now < trust_cert_not_before(c) ? PREVIEW_NOT_YET : PREVIEW_VALID,
        };
    }
    return true;
}

static void find_grants(struct work *w)
{
    struct preview *p = w->p;
    for (size_t i = 0; i < p->certs_len; i++) {
        struct preview_cert *c = &p->certs[i];
        c->grants = arena_array(&p->arena, w->grants_len + 1, sizeof(*c->grants));
        c->uses = arena_array(&p->arena, p->vcenters_len + 1, sizeof(*c->uses));
        for (size_t k = 0; k < w->grants_len; k++)
            if (memcmp(w->grants[k].sha256, trust_cert_sha256(c->cert), DIGEST_SHA256) == 0)
                c->grants[c->grants_len++] = w->grants[k];
    }
}

/* ---- what they verify ---- */

static bool presents(const struct host_row *h, const struct trust_cert *c)
{
    return h->seen && h->certs_len && memcmp(trust_cert_sha256(h->certs[0]), trust_cert_sha256(c), DIGEST_SHA256) == 0;
}

static void count_hosts(struct preview *p, struct preview_use *u, size_t at, const struct hosts_report *hosts,
                        const struct trust_vmca_answer *found, bool *covered)
{
    const struct trust_cert *c = p->certs[at].cert;
    for (size_t i = 0; i < hosts->len && i < TRUST_VMCA_HOSTS; i++) {
        if (trust_cert_is_ca(c) ? found->host_root[i] != at : !presents(&hosts->rows[i], c))
            continue;
        u->hosts++;
        covered[i] = p->certs[at].when == PREVIEW_VALID;
        if (u->names_len < PREVIEW_NAMES)
            u->names[u->names_len++] = arena_strdup(&p->arena, hosts->rows[i].name);
    }
}

static void judge(const struct site *site, struct work *w, size_t vcenter, const struct hosts_report *hosts)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct preview *p = w->p;
    struct preview_vcenter *v = &p->vcenters[vcenter];
    const struct place *place = &w->places[vcenter];
    struct trust_vmca_answer found;
    const struct trust_cert **roots = arena_array(&a, p->certs_len + 1, sizeof(*roots));
    struct trust_vmca_chain *chains = arena_array(&a, hosts->len + 1, sizeof(*chains));
    bool *covered = arena_array(&a, hosts->len + 1, sizeof(*covered));
    uint32_t share = (uint32_t)(TRUST_VMCA_SIGNATURES / p->vcenters_len);
    size_t n = 0;
    for (size_t i = 0; i < p->certs_len; i++)
        roots[i] = p->certs[i].cert;
    for (; n < hosts->len && n < TRUST_VMCA_HOSTS; n++)
        chains[n] = (struct trust_vmca_chain){ hosts->rows[n].certs, hosts->rows[n].seen ? hosts->rows[n].certs_len : 0 };
    const struct trust_vmca_question q = {
        .roots = roots, .roots_len = p->certs_len, .hosts = chains, .hosts_len = n,
        .endpoint = { (const struct trust_cert *const *)place->endpoint, place->endpoint_len }, .now = clock_wall_ms() / 1000,
        .policy = look_policy(site), .signatures = share > PREVIEW_SIGNATURES_MIN ? share : PREVIEW_SIGNATURES_MIN,
    };
    trust_vmca_find(&q, &a, &found);
    for (size_t i = 0; i < p->certs_len; i++) {
        struct preview_use u = { .vcenter = vcenter, .use = found.roots[i].use, .endpoint = found.roots[i].endpoint };
        count_hosts(p, &u, i, hosts, &found, covered);
        if (u.hosts || u.endpoint)
            p->certs[i].uses[p->certs[i].uses_len++] = u;
    }
    v->hosts = hosts->len;
    for (size_t i = 0; i < hosts->len; i++) {
        v->seen += hosts->rows[i].seen && hosts->rows[i].certs_len;
        v->verified += covered[i];
    }
}

/* The hosts as they are now. False: they can't be had, and e says why. */
static bool look(const struct site *site, const struct preview_vcenter *v, bool names_off, struct hosts_report *ret, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    if (!vcenter_borrow(site, v->urn, &hold, e))
        return false;
    const struct hosts_look how = { .vcenter = v->urn, .session = hold.session, .names_off = names_off };
    return hosts_look(site, &how, ret, e);
}

static bool visit(const struct site *site, struct work *w, size_t i, struct err *e)
{
    AUTO(hosts_report_done) struct hosts_report hosts = { 0 };
    struct preview_vcenter *v = &w->p->vcenters[i];
    struct err why = { 0 };
    v->looked = w->only && look(site, v, w->places[i].names_off, &hosts, &why);
    if (w->only && !v->looked) {
        hosts_report_done(&hosts);
        v->problem = arena_strdup(&w->p->arena, why.msg);
    }
    if (!v->looked && !hosts_kept(site, v->urn, w->places[i].names_off, &hosts, e))
        return false;
    judge(site, w, i, &hosts);
    return true;
}

bool preview_make(const struct site *site, const void *data, size_t len, const char *vcenter, struct preview *ret, struct err *e)
{
    struct work w = { .p = ret, .only = vcenter };
    bool ok = take_certs(&w, data, len, e) && change_read(site, read_kept, &w, e);
    if (ok)
        find_grants(&w);
    for (size_t i = 0; ok && i < ret->vcenters_len; i++)
        ok = visit(site, &w, i, e);
    places_done(&w);
    if (!ok)
        preview_done(ret);
    return ok;
}
