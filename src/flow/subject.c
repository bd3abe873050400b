#include "flow/subject.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "flow/look.h"
#include "flow/nsx.h"
#include "flow/site_settings.h"
#include "flow/vcenter_table.h"
#include "net/chain.h"
#include "trust/cert.h"
#include "trust/set.h"

const char *subject_kind_text(enum subject_kind k)
{
    static const char *const texts[] = { "vCenter Server", "NSX-V Manager", "NSX-T Manager" };
    return texts[k];
}

bool subject_of_vcenter(struct store *s, const struct vcenter *v, struct subject *ret, struct err *e)
{
    bool checks;
    if (!vcenter_checks_names(s, v, &checks, e))
        return false;
    *ret = (struct subject){ .kind = SUBJECT_VCENTER, .urn = v->urn, .name = v->name, .host = v->host, .port = v->port,
                             .enabled = v->enabled, .checks_names = checks,
                             .unpinned_acknowledged = v->unpinned_acknowledged, .vcenter = *v };
    return true;
}

static struct subject of_nsxv(const struct vcenter *v, bool checks, struct arena *a)
{
    const struct vcenter_nsxv *n = &v->nsxv;
    return (struct subject){ .kind = SUBJECT_NSXV, .urn = n->urn,
                             .name = n->name && n->name[0] ? n->name : arena_printf(a, "NSX of %s", v->name), .host = n->host,
                             .port = n->port, .enabled = v->enabled, .checks_names = checks, .vcenter = *v };
}

bool subject_of_nsxv(struct store *s, const struct vcenter *v, struct arena *a, struct subject *ret, bool *ret_there, struct err *e)
{
    struct site_settings settings;
    *ret_there = v->nsxv.urn && v->nsxv.urn[0];
    if (!*ret_there)
        return true;
    if (!site_settings_read(s, &settings, e))
        return false;
    *ret = of_nsxv(v, settings.verify_nsx, a);
    return true;
}

bool subject_list(struct store *s, struct arena *a, struct subject **ret, size_t *ret_len, struct err *e)
{
    struct vcenter *vcs;
    struct nsx *nsxs;
    struct site_settings settings;
    size_t vcs_len, nsxs_len, len = 0;
    if (!site_settings_read(s, &settings, e) || !vcenter_list(s, a, &vcs, &vcs_len, e) || !nsx_list(s, a, &nsxs, &nsxs_len, e))
        return false;
    struct subject *list = arena_array(a, 2 * vcs_len + nsxs_len + 1, sizeof(*list));
    for (size_t i = 0; i < vcs_len; i++) {
        if (!subject_of_vcenter(s, &vcs[i], &list[len++], e))
            return false;
        if (vcs[i].nsxv.urn && vcs[i].nsxv.urn[0])
            list[len++] = of_nsxv(&vcs[i], settings.verify_nsx, a);
    }
    for (size_t i = 0; i < nsxs_len; i++)
        list[len++] = (struct subject){ .kind = SUBJECT_NSXT, .urn = nsxs[i].urn, .name = nsxs[i].name, .host = nsxs[i].host,
                                        .port = nsxs[i].port, .enabled = true, .checks_names = settings.verify_nsx };
    *ret = list;
    *ret_len = len;
    return true;
}

void subject_request(const struct subject *x, struct look_request *ret)
{
    *ret = (struct look_request){
        .host = x->host, .port = x->port, .names_mode = x->checks_names ? TRUST_NAMES_CHECK : TRUST_NAMES_OFF,
        .unpinned_acknowledged = x->unpinned_acknowledged,
        .behalf = { x->kind == SUBJECT_VCENTER ? TRUST_FOR_VCENTER : TRUST_FOR_NSX, x->port, x->urn, x->host },
    };
}

void subject_scope(const struct subject *x, struct trust_scope *ret)
{
    *ret = (struct trust_scope){ .kind = x->kind == SUBJECT_VCENTER ? TRUST_SCOPE_VCENTER_ENDPOINT : TRUST_SCOPE_NSX };
    (void)snprintf(ret->name, sizeof(ret->name), "%s", x->urn);
}

void subject_hosts_scope(const char *vcenter, struct trust_scope *ret)
{
    *ret = (struct trust_scope){ .kind = TRUST_SCOPE_VCENTER_HOSTS };
    (void)snprintf(ret->name, sizeof(ret->name), "%s", vcenter);
}

void subject_would(const struct site *site, const struct subject *x, const struct look *l, const struct trust_cert *granted,
                   struct trust_verdict *ret)
{
    struct look_request rq;
    struct trust_question q;
    struct trust_row row = { .system = true };
    row.der = trust_cert_der(granted, &row.len);
    subject_scope(x, &row.scope);
    AUTO(trust_set_unrefp) struct trust_set *set =
        trust_set_create(&(struct trust_rows){ .anchors = &row, .anchors_len = 1 }, NULL);
    subject_request(x, &rq);
    look_question(site, &rq, &q);
    q.chain = chain_certs(l->chain);
    q.chain_len = chain_len(l->chain);
    q.now = clock_wall_ms() / 1000;
    if (q.crl_mode == TRUST_CRL_REQUIRE)
        q.crl_mode = TRUST_CRL_SOFT; /* the CRLs are in the live set */
    trust_decide(set, &q, ret);
}
