#include <string.h>

#include "api/query_rows.h"
#include "flow/site.h"
#include "flow/vapp.h"
#include "flow/vdc.h"
#include "flow/vm.h"

/* ---- orgVdc ---- */

const struct fiql_field query_vdc_fields[] = {
    { "name", FIQL_TEXT, false, false },             { "description", FIQL_TEXT, false, false },
    { "isEnabled", FIQL_BOOL, false, false },        { "isBusy", FIQL_BOOL, false, false },
    { "status", FIQL_TEXT, false, false },           { "orgName", FIQL_TEXT, false, false },
    { "org", FIQL_TEXT, false, false },              { "allocationModel", FIQL_TEXT, false, false },
    { "vcName", FIQL_TEXT, false, false },           { "vc", FIQL_TEXT, false, false },
    { "numberOfVApps", FIQL_NUMBER, false, false },  { "numberOfVMs", FIQL_NUMBER, false, false },
    { "numberOfRunningVMs", FIQL_NUMBER, false, false }, { "numberOfStorageProfiles", FIQL_NUMBER, false, false },
    { "storageLimitMB", FIQL_NUMBER, false, false }, { "isVCEnabled", FIQL_BOOL, false, false }, QUERY_OWN,
};

bool query_fill_vdcs(struct query_asking *q, struct err *e)
{
    struct vm *vms;
    struct vapp *vapps;
    size_t vms_len, vapps_len;
    const struct query_around *r = &q->around;
    if (!vm_list(q->s, &(struct vm_query){ .org = q->org }, q->c->arena, &vms, &vms_len, e) ||
        !vapp_list(q->s, &(struct vapp_query){ .org = q->org }, q->c->arena, &vapps, &vapps_len, e))
        return false;
    query_room(q, r->vdcs_len);
    for (size_t i = 0; i < r->vdcs_len; i++) {
        const struct vdc *v = &r->vdcs[i];
        int64_t counts[3] = { 0 };
        if (q->org && strcmp(v->org, q->org) != 0)
            continue;
        for (size_t n = 0; n < vapps_len; n++)
            counts[0] += strcmp(vapps[n].vdc, v->urn) == 0;
        for (size_t n = 0; n < vms_len; n++)
            if (strcmp(vms[n].vdc, v->urn) == 0) {
                counts[1]++;
                counts[2] += vms[n].power == VM_ON;
            }
        struct query_filling f = query_begin(q, v->urn);
        query_text(&f, v->name);
        query_text(&f, v->description);
        query_number(&f, v->enabled);
        query_number(&f, false);
        query_text(&f, "READY");
        query_text(&f, query_org_name(r, v->org));
        query_ref(&f, v->org);
        query_text(&f, "Flex");
        query_text(&f, q->c->caller.system ? query_vcenter_name(r, v->vcenter) : NULL);
        query_ref(&f, q->c->caller.system ? v->vcenter : NULL);
        query_number(&f, counts[0]);
        query_number(&f, counts[1]);
        query_number(&f, counts[2]);
        query_number(&f, 1);
        query_number(&f, v->capacity_bytes / QUERY_MIB);
        query_number(&f, true);
        query_own(&f);
    }
    return true;
}

/* ---- orgVdcStorageProfile, orgVdcNetwork, resourcePool: what a VDC has one of ---- */

const struct fiql_field query_profile_fields[] = {
    { "name", FIQL_TEXT, false, false },        { "isEnabled", FIQL_BOOL, false, false },
    { "isDefaultStorageProfile", FIQL_BOOL, false, false }, { "storageLimitMB", FIQL_NUMBER, false, false },
    { "storageUsedMB", FIQL_NUMBER, false, false }, { "vdcName", FIQL_TEXT, false, false },
    { "vdc", FIQL_TEXT, false, false },         { "org", FIQL_TEXT, false, false }, QUERY_OWN,
};

bool query_fill_profiles(struct query_asking *q, struct err *e)
{
    const struct query_around *r = &q->around;
    (void)e;
    query_room(q, r->vdcs_len);
    for (size_t i = 0; i < r->vdcs_len; i++) {
        const struct vdc *v = &r->vdcs[i];
        if (q->org && strcmp(v->org, q->org) != 0)
            continue;
        struct query_filling f = query_begin(q, vdc_profile_urn(v, q->c->arena));
        query_text(&f, v->datastore_name);
        query_number(&f, true);
        query_number(&f, true);
        query_number(&f, v->capacity_bytes / QUERY_MIB);
        query_number(&f, 0);
        query_text(&f, v->name);
        query_ref(&f, v->urn);
        query_ref(&f, v->org);
        query_own(&f);
    }
    return true;
}

const struct fiql_field query_network_fields[] = {
    { "name", FIQL_TEXT, false, false },    { "vdcName", FIQL_TEXT, false, false }, { "vdc", FIQL_TEXT, false, false },
    { "org", FIQL_TEXT, false, false },     { "isShared", FIQL_BOOL, false, false }, { "linkType", FIQL_NUMBER, false, false },
    { "connectedTo", FIQL_TEXT, false, false }, QUERY_OWN,
};

bool query_fill_networks(struct query_asking *q, struct err *e)
{
    const struct query_around *r = &q->around;
    (void)e;
    query_room(q, r->vdcs_len);
    for (size_t i = 0; i < r->vdcs_len; i++) {
        const struct vdc *v = &r->vdcs[i];
        if (q->org && strcmp(v->org, q->org) != 0)
            continue;
        struct query_filling f = query_begin(q, vdc_network_urn(v, q->c->arena));
        query_text(&f, v->network_name);
        query_text(&f, v->name);
        query_ref(&f, v->urn);
        query_ref(&f, v->org);
        query_number(&f, false);
        query_number(&f, 0); /* bridged to a network of the provider's */
        query_text(&f, v->network_name);
        query_own(&f);
    }
    return true;
}

const struct fiql_field query_pool_fields[] = {
    { "name", FIQL_TEXT, false, false },  { "moref", FIQL_TEXT, false, false }, { "vcName", FIQL_TEXT, false, false },
    { "vc", FIQL_TEXT, false, false },    { "isEnabled", FIQL_BOOL, false, false }, { "isDeleted", FIQL_BOOL, false, false }, QUERY_OWN,
};

/* Those that VDCs have: GET virtualCenters/{urn}/resourcePools/browseAll lists the others. */
bool query_fill_pools(struct query_asking *q, struct err *e)
{
    const struct query_around *r = &q->around;
    (void)e;
    query_room(q, r->vdcs_len);
    for (size_t i = 0; i < r->vdcs_len; i++) {
        const struct vdc *v = &r->vdcs[i];
        struct query_filling f = query_begin(q, v->urn);
        query_text(&f, v->pool_name);
        query_text(&f, v->pool);
        query_text(&f, query_vcenter_name(r, v->vcenter));
        query_ref(&f, v->vcenter);
        query_number(&f, true);
        query_number(&f, false);
        query_own(&f);
    }
    return true;
}
