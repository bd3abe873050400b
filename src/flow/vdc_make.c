#include "flow/vdc_make.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "flow/catalog.h"
#include "flow/gc.h"
#include "flow/inventory.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/site.h"
#include "flow/vapp.h"
#include "flow/vcenter.h"
#include "flow/vcenter_table.h"
#include "flow/vm.h"
#include "store/store.h"
#include "store/words.h"
#include "vim/places.h"

/* ---- finding what is named ---- */

/* By id, else by the one name. */
static bool pick(const struct vim_place_list *l, const char *what, const char *wanted, const struct vim_place **ret, struct err *e)
{
    const struct vim_place *named = NULL;
    size_t count = 0;
    for (size_t i = 0; i < l->len; i++) {
        if (strcmp(l->list[i].object.id, wanted) == 0) {
            *ret = &l->list[i];
            return true;
        }
        if (strcmp(l->list[i].name, wanted) == 0) {
            named = &l->list[i];
            count++;
        }
    }
    *ret = named;
    if (count == 0)
        return err_set(e, ERR_INPUT, "the vCenter Server has no %s \"%s\"", what, wanted);
    return count == 1 || err_set(e, ERR_INPUT, "the vCenter Server has %zu %ss called \"%s\": name one by its id", count, what, wanted);
}

static const struct vim_place *cluster_of(const struct vim_place_list *clusters, const char *id)
{
    for (size_t i = 0; i < clusters->len; i++)
        if (strcmp(clusters->list[i].object.id, id) == 0)
            return &clusters->list[i];
    return NULL;
}

/* "Cluster1" is its root pool, "Cluster1/web" one in it. */
static bool is_meant(const struct vim_place *p, const struct vim_place *cluster, const char *wanted)
{
    size_t len = strlen(cluster->name);
    if (strncmp(wanted, cluster->name, len) != 0)
        return false;
    return wanted[len] == '/' ? strcmp(p->name, wanted + len + 1) == 0
                              : wanted[len] == '\0' && strcmp(p->parent, cluster->object.id) == 0;
}

static bool pick_pool(const struct vim_place_list *pools, const struct vim_place_list *clusters, const char *wanted,
                      const struct vim_place **ret, struct err *e)
{
    size_t count = 0;
    for (size_t i = 0; i < pools->len; i++) {
        const struct vim_place *cluster = cluster_of(clusters, pools->list[i].owner);
        if (!cluster || !is_meant(&pools->list[i], cluster, wanted))
            continue;
        *ret = &pools->list[i];
        count++;
    }
    return count == 1 || pick(pools, "resource pool", wanted, ret, e);
}

static bool find_places(const struct site *site, const struct vdc_new *n, struct arena *a, struct vdc *v, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold h = { 0 };
    const int64_t until = vim_deadline(VDC_ASK_MS);
    struct vim_place_list sorts[VIM_PLACE_SORTS];
    const struct vim_place *pool, *datastore, *network;
    if (!vcenter_borrow(site, n->vcenter, &h, e))
        return false;
    for (int i = 0; i < VIM_PLACE_SORTS; i++)
        if (!vim_places_read(h.session, (enum vim_place_sort)i, until, a, &sorts[i], e))
            return false;
    if (!pick_pool(&sorts[VIM_PLACE_POOL], &sorts[VIM_PLACE_CLUSTER], n->pool, &pool, e) ||
        !pick(&sorts[VIM_PLACE_DATASTORE], "datastore", n->datastore, &datastore, e) ||
        !pick(&sorts[VIM_PLACE_NETWORK], "network", n->network, &network, e))
        return false;
    v->pool = pool->object.id;
    v->pool_name = pool->name;
    v->datastore = datastore->object.id;
    v->datastore_name = datastore->name;
    v->network = network->object.id;
    v->network_name = network->name;
    v->capacity_bytes = datastore->capacity;
    return true;
}

bool vdc_pools(const struct site *site, const char *vcenter, struct arena *a, struct vdc_pool **ret, size_t *ret_len, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold h = { 0 };
    struct vim_place_list pools;
    if (!vcenter_borrow(site, vcenter, &h, e) ||
        !vim_places_read(h.session, VIM_PLACE_POOL, vim_deadline(VDC_ASK_MS), a, &pools, e))
        return false;
    *ret = arena_array(a, pools.len + 1, sizeof(**ret));
    for (size_t i = 0; i < pools.len; i++)
        (*ret)[i] = (struct vdc_pool){ pools.list[i].object.id, pools.list[i].name, pools.list[i].parent, pools.list[i].owner };
    *ret_len = pools.len;
    return true;
}

/* ---- keeping ---- */

/* IAAS as long as a VDC uses it. */
static bool set_mode(struct store *s, const char *vcenter, struct arena *a, struct err *e)
{
    struct vcenter v;
    struct vdc *list;
    size_t len;
    bool used = false;
    if (!vcenter_get(s, vcenter, a, &v, e))
        return e->kind == ERR_NOT_FOUND;
    if (!vdc_list(s, NULL, a, &list, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        used |= strcmp(list[i].vcenter, vcenter) == 0;
    v.mode = used ? "IAAS" : "NONE";
    return vcenter_put(s, &v, e);
}

static bool pool_is_free(struct store *s, const struct vdc *v, struct arena *a, struct err *e)
{
    struct vdc *list;
    size_t len;
    if (!vdc_list(s, NULL, a, &list, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (strcmp(list[i].vcenter, v->vcenter) == 0 && strcmp(list[i].pool, v->pool) == 0)
            return err_set(e, ERR_CONFLICT, "the resource pool %s is that of the VDC %s already", v->pool_name, list[i].name);
    return true;
}

static bool check(const struct vdc_new *n, struct err *e)
{
    if (org_is_system(n->org))
        return err_set(e, ERR_INPUT, "System is no tenant: a VDC belongs to another organization");
    return store_take_text("name", STORE_LINE, n->name, VDC_NAME_MAX, e) &&
           store_take_text("description", STORE_PROSE, n->description, VDC_TEXT_MAX, e) &&
           store_take_text("resourcePool", STORE_LINE, n->pool, STORE_NAME_MAX, e) &&
           store_take_text("datastore", STORE_LINE, n->datastore, STORE_NAME_MAX, e) &&
           store_take_text("network", STORE_LINE, n->network, STORE_NAME_MAX, e);
}

bool vdc_make(const struct site *site, const struct caller *c, const struct vdc_new *n, struct arena *a, struct vdc *ret,
              struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = site_by(c, "vdc");
    struct org org;
    struct vdc v = { .name = n->name, .description = n->description, .org = n->org, .enabled = true, .vcenter = n->vcenter,
                     .made_ms = clock_wall_ms() };
    if (!check(n, e) || !find_places(site, n, a, &v, e) || !loan_begin(site->shelf, &l, e) ||
        !store_begin(l.store, STORE_WRITE, e))
        return false;
    if (!org_get(l.store, n->org, a, &org, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_INPUT, "there is no organization of this id") : false;
    v.urn = kept_urn("vdc", a);
    if (!pool_is_free(l.store, &v, a, e) || !vdc_put(l.store, &v, e) || !set_mode(l.store, v.vcenter, a, e) ||
        !kept_audit(l.store, &by, "vdc.add", v.urn, e, "VDC %s of the organization %s made of the resource pool %s (%s)", v.name,
                    org.name, v.pool_name, v.pool) ||
        !store_commit(l.store, e))
        return false;
    inventory_poke(site->inventory, v.vcenter);
    *ret = v;
    return true;
}

/* What was uploaded there has to go first. */
static bool is_empty(struct store *s, const struct vdc *v, struct arena *a, struct err *e)
{
    struct template *templates;
    struct media *media;
    size_t templates_len, media_len, count = 0;
    if (!template_list(s, v->org, a, &templates, &templates_len, e) || !media_list(s, v->org, a, &media, &media_len, e))
        return false;
    for (size_t i = 0; i < templates_len; i++)
        count += template_is_in(&templates[i], v->urn);
    for (size_t i = 0; i < media_len; i++)
        count += media_is_in(&media[i], v->urn);
    return count == 0 || err_set(e, ERR_INPUT, "%zu templates and media lie in the VDC %s: remove them first", count, v->name);
}

static bool drop_things(struct store *s, const struct vdc *v, struct arena *a, struct err *e)
{
    struct vapp *vapps;
    struct vm *vms;
    size_t vapps_len, vms_len;
    if (!vapp_list(s, &(struct vapp_query){ .vdc = v->urn }, a, &vapps, &vapps_len, e))
        return false;
    for (size_t i = 0; i < vapps_len; i++) {
        if (!vm_list(s, &(struct vm_query){ .vapp = vapps[i].urn }, a, &vms, &vms_len, e))
            return false;
        for (size_t n = 0; n < vms_len; n++)
            if (!vm_drop(s, vms[n].urn, e) || !gc_drop(s, vms[n].urn, e))
                return false;
        if (!vapp_drop(s, vapps[i].urn, e))
            return false;
    }
    return true;
}

bool vdc_remove(const struct site *site, const struct caller *c, const char *urn, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    const struct store_by by = site_by(c, "vdc");
    struct vdc v;
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !vdc_get(l.store, c, urn, &a, &v, e))
        return false;
    if (!is_empty(l.store, &v, &a, e) || !drop_things(l.store, &v, &a, e) || !vdc_drop(l.store, urn, e) || !set_mode(l.store, v.vcenter, &a, e) ||
        !kept_audit(l.store, &by, "vdc.remove", urn, e, "VDC %s removed", v.name) || !store_commit(l.store, e))
        return false;
    inventory_poke(site->inventory, v.vcenter);
    return true;
}
