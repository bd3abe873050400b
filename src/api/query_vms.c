#include <string.h>

#include "api/inventory.h"
#include "api/query_rows.h"
#include "flow/catalog.h"

/* ---- vApp, vm ---- */

const struct fiql_field query_vapp_fields[] = {
    { "name", FIQL_TEXT, false, false },          { "status", FIQL_TEXT, false, false },
    { "creationDate", FIQL_TIME, false, false },  { "vdcName", FIQL_TEXT, false, false },
    { "vdc", FIQL_TEXT, false, false },           { "org", FIQL_TEXT, false, false },
    { "ownerName", FIQL_TEXT, false, false },     { "isEnabled", FIQL_BOOL, false, false },
    { "isBusy", FIQL_BOOL, false, false },        { "isDeployed", FIQL_BOOL, false, false },
    { "isExpired", FIQL_BOOL, false, false },     { "isInMaintenanceMode", FIQL_BOOL, false, false },
    { "isAutoNature", FIQL_BOOL, false, false },  { "isVdcEnabled", FIQL_BOOL, false, false },
    { "numberOfVMs", FIQL_NUMBER, false, false }, { "numberOfCpus", FIQL_NUMBER, false, false },
    { "memoryAllocationMB", FIQL_NUMBER, false, false }, { "storageKB", FIQL_NUMBER, false, false }, QUERY_OWN,
};

static int by_vapp(const void *a, const void *b)
{
    return strcmp(((const struct vm *)a)->vapp, ((const struct vm *)b)->vapp);
}

static void fill_vapp(struct query_asking *q, const struct vapp *a, const struct vm *vms, size_t len)
{
    const struct vdc *v = query_vdc_of(&q->around, a->vdc);
    struct query_filling f = query_begin(q, a->urn);
    bool deployed = false;
    int64_t cpus = 0, memory = 0, storage = 0;
    for (size_t i = 0; i < len; i++) {
        deployed |= inventory_deployed(&vms[i]);
        cpus += vms[i].cpus;
        memory += vms[i].memory_mb;
        storage += vms[i].storage_bytes / QUERY_KIB;
    }
    query_text(&f, a->name);
    query_text(&f, inventory_status_name(inventory_status_of(vms, len)));
    query_number(&f, a->made_ms);
    query_text(&f, v->name);
    query_ref(&f, a->vdc);
    query_ref(&f, a->org);
    query_text(&f, "system");
    query_number(&f, true);
    query_number(&f, false);
    query_number(&f, deployed);
    query_number(&f, false);
    query_number(&f, false);
    query_number(&f, a->alone);
    query_number(&f, v->enabled);
    query_number(&f, (int64_t)len);
    query_number(&f, cpus);
    query_number(&f, memory);
    query_number(&f, storage);
    query_own(&f);
}

bool query_fill_vapps(struct query_asking *q, struct err *e)
{
    struct vapp *list;
    struct vm *vms;
    size_t len, vms_len, at = 0;
    if (!vapp_list(q->s, &(struct vapp_query){ .org = q->org }, q->c->arena, &list, &len, e) ||
        !vm_list(q->s, &(struct vm_query){ .org = q->org }, q->c->arena, &vms, &vms_len, e))
        return false;
    query_room(q, len);
    if (vms_len)
        qsort(vms, vms_len, sizeof(*vms), by_vapp);
    for (size_t i = 0; i < len; i++) { /* both in the order of the vApps' URNs */
        size_t n = 0;
        while (at < vms_len && strcmp(vms[at].vapp, list[i].urn) < 0)
            at++;
        while (at + n < vms_len && strcmp(vms[at + n].vapp, list[i].urn) == 0)
            n++;
        fill_vapp(q, &list[i], &vms[at], n);
        at += n;
    }
    return true;
}

const struct fiql_field query_vm_fields[] = {
    { "name", FIQL_TEXT, false, false },          { "status", FIQL_TEXT, false, false },
    { "containerName", FIQL_TEXT, false, false }, { "container", FIQL_TEXT, false, false },
    { "vdcName", FIQL_TEXT, false, false },       { "vdc", FIQL_TEXT, false, false },
    { "org", FIQL_TEXT, false, false },           { "ownerName", FIQL_TEXT, false, false },
    { "guestOs", FIQL_TEXT, false, false },       { "numberOfCpus", FIQL_NUMBER, false, false },
    { "memoryMB", FIQL_NUMBER, false, false },    { "hardwareVersion", FIQL_NUMBER, false, false },
    { "ipAddress", FIQL_TEXT, false, false },     { "networkName", FIQL_TEXT, false, false },
    { "storageProfileName", FIQL_TEXT, false, false }, { "totalStorageAllocatedMb", FIQL_NUMBER, false, false },
    { "dateCreated", FIQL_TIME, false, false },   { "gcStatus", FIQL_TEXT, false, false },
    { "isVAppTemplate", FIQL_BOOL, false, false }, { "isDeployed", FIQL_BOOL, false, false },
    { "isDeleted", FIQL_BOOL, false, false },     { "isBusy", FIQL_BOOL, false, false },
    { "isExpired", FIQL_BOOL, false, false },     { "isInMaintenanceMode", FIQL_BOOL, false, false },
    { "isPublished", FIQL_BOOL, false, false },   { "isAutoNature", FIQL_BOOL, false, false },
    { "isVdcEnabled", FIQL_BOOL, false, false },  { "moref", FIQL_TEXT, false, false },
    { "vc", FIQL_TEXT, false, false },            { "hostName", FIQL_TEXT, false, false },
    { "vmNameInVc", FIQL_TEXT, false, false },    { "catalogName", FIQL_TEXT, false, false }, QUERY_OWN,
};

static int64_t hardware_version(const struct vm *v)
{
    return strncmp(v->hardware, "vmx-", 4) == 0 ? strtol(v->hardware + 4, NULL, 10) : 0;
}

struct states {
    bool in_template, deployed, alone, vdc_enabled;
};

static void fill_states(struct query_filling *f, const struct states *s)
{
    query_number(f, s->in_template);
    query_number(f, s->deployed);
    query_number(f, false);
    query_number(f, false);
    query_number(f, false);
    query_number(f, false);
    query_number(f, false);
    query_number(f, s->alone);
    query_number(f, s->vdc_enabled);
}

static bool fill_vm(struct query_asking *q, const struct vm *m, const struct vapp *a, struct err *e)
{
    const struct vdc *v = query_vdc_of(&q->around, m->vdc);
    bool provider = q->c->caller.system;
    struct gc gc;
    if (!gc_get(q->s, m, q->c->arena, &gc, e))
        return false;
    struct query_filling f = query_begin(q, m->urn);
    query_text(&f, m->name);
    query_text(&f, inventory_status_name(inventory_status(m->power)));
    query_text(&f, a ? a->name : NULL);
    query_ref(&f, m->vapp);
    query_text(&f, v->name);
    query_ref(&f, m->vdc);
    query_ref(&f, m->org);
    query_text(&f, "system");
    query_text(&f, m->guest_os);
    query_number(&f, m->cpus);
    query_number(&f, m->memory_mb);
    query_number(&f, hardware_version(m));
    query_text(&f, m->address);
    query_text(&f, v->network_name);
    query_text(&f, v->datastore_name);
    query_number(&f, m->storage_bytes / QUERY_MIB);
    query_number(&f, m->made_ms);
    query_text(&f, gc_status_name(gc.status));
    fill_states(&f, &(struct states){ false, inventory_deployed(m), a && a->alone, v->enabled });
    query_text(&f, provider ? m->moref : NULL);
    query_ref(&f, provider ? m->vcenter : NULL);
    query_text(&f, provider ? m->host_name : NULL);
    query_text(&f, provider ? m->name : NULL);
    query_text(&f, NULL);
    query_own(&f);
    return true;
}

/* It has no power and no guest of its own. */
static void fill_template_vm(struct query_asking *q, const struct template *t, const struct template_vm *m)
{
    const struct vdc *v = query_vdc_of(&q->around, t->vdc);
    bool provider = q->c->caller.system;
    struct query_filling f = query_begin(q, m->urn);
    f.row->in_template = true;
    query_text(&f, m->name);
    query_text(&f, inventory_status_name(INVENTORY_OFF));
    query_text(&f, t->name);
    query_ref(&f, t->urn);
    query_text(&f, v->name);
    query_ref(&f, t->vdc);
    query_ref(&f, t->org);
    query_text(&f, t->user_name);
    query_text(&f, m->guest_os);
    query_number(&f, m->cpus);
    query_number(&f, m->memory_mb);
    query_number(&f, 0);
    query_text(&f, NULL);
    query_text(&f, NULL);
    query_text(&f, v->datastore_name);
    query_number(&f, t->size / QUERY_MIB);
    query_number(&f, t->made_ms);
    query_text(&f, gc_status_name(GC_COMPLETE));
    fill_states(&f, &(struct states){ .in_template = true, .vdc_enabled = v->enabled });
    query_text(&f, provider ? m->moref : NULL);
    query_ref(&f, provider ? v->vcenter : NULL);
    query_text(&f, NULL);
    query_text(&f, provider ? m->name : NULL);
    query_text(&f, query_catalog_name(&q->around, t->catalog));
    query_own(&f);
}

bool query_fill_vms(struct query_asking *q, struct err *e)
{
    struct vapp *vapps;
    struct vm *vms;
    struct template *templates = NULL;
    size_t vapps_len, len, templates_len = 0, inside = 0;
    if (!vapp_list(q->s, &(struct vapp_query){ .org = q->org }, q->c->arena, &vapps, &vapps_len, e) ||
        !vm_list(q->s, &(struct vm_query){ .org = q->org }, q->c->arena, &vms, &len, e))
        return false;
    bool shown = caller_may(&q->c->caller, RIGHT_TEMPLATE_VIEW);
    if (shown && !template_list(q->s, q->org, q->c->arena, &templates, &templates_len, e))
        return false;
    for (size_t i = 0; i < templates_len; i++)
        inside += templates[i].vms_len;
    query_room(q, len + inside);
    for (size_t i = 0; i < len; i++)
        if (!fill_vm(q, &vms[i], QUERY_FIND(vapps, vms[i].vapp), e))
            return false;
    for (size_t i = 0; i < templates_len; i++)
        for (size_t n = 0; templates[i].status == TEMPLATE_READY && n < templates[i].vms_len; n++)
            fill_template_vm(q, &templates[i], &templates[i].vms[n]);
    return true;
}
