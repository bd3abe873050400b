#include "api/inventory.h"

#include <string.h>

#include "api/task.h"
#include "base/arena.h"
#include "flow/task.h"
#include "flow/vcenter.h"

bool inventory_is(const struct api_call *c, const char *prefix)
{
    size_t len = strlen(prefix);
    const char *id = api_param(c, "id");
    return strncmp(id, prefix, len) == 0 && id[len] == '-';
}

bool inventory_param(const struct api_call *c, const char *prefix, const char *type, const char **ret, struct err *e)
{
    const char *id = api_param(c, "id");
    if (inventory_is(c, prefix) && api_urn(c, id + strlen(prefix) + 1, type, ret, e) && !strchr(id, ':'))
        return true;
    return err_set(e, ERR_DENIED, "No access to entity \"%s\".", id);
}

int inventory_status(enum vm_power p)
{
    static const int statuses[] = { [VM_OFF] = INVENTORY_OFF, [VM_ON] = INVENTORY_ON, [VM_SUSPENDED] = INVENTORY_SUSPENDED,
                                    [VM_POWER_UNKNOWN] = INVENTORY_UNKNOWN };
    return statuses[p];
}

int inventory_status_of(const struct vm *vms, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if (vms[i].power != vms[0].power)
            return INVENTORY_MIXED;
    return len ? inventory_status(vms[0].power) : INVENTORY_RESOLVED;
}

const char *inventory_status_name(int status)
{
    switch (status) {
    case INVENTORY_RESOLVED: return "RESOLVED";
    case INVENTORY_SUSPENDED: return "SUSPENDED";
    case INVENTORY_ON: return "POWERED_ON";
    case INVENTORY_OFF: return "POWERED_OFF";
    case INVENTORY_MIXED: return "MIXED";
    }
    return "UNKNOWN";
}

bool inventory_deployed(const struct vm *v)
{
    return v->power == VM_ON || v->power == VM_SUSPENDED;
}

/* What went away meanwhile leaves its place empty. */
static bool there(bool found, const struct err *e)
{
    return found || e->kind == ERR_NOT_FOUND;
}

bool inventory_vm_complete(struct api_call *c, struct store *s, struct inventory_vm *v, struct err *e)
{
    struct vapp vapp = { .name = "" };
    struct vcenter vcenter = { .name = "" };
    v->vdc = (struct vdc){ .urn = v->vm.vdc, .name = "", .datastore_name = "", .network_name = "", .network = "", .datastore = "" };
    if (!there(vdc_find(s, v->vm.vdc, c->arena, &v->vdc, e), e) || !there(vapp_find(s, v->vm.vapp, c->arena, &vapp, e), e) ||
        !there(vcenter_get(s, v->vm.vcenter, c->arena, &vcenter, e), e))
        return false;
    v->vapp_name = vapp.name;
    v->vcenter_name = vcenter.name;
    return gc_get(s, &v->vm, c->arena, &v->gc, e) && task_under_way(s, v->vm.urn, c->arena, &v->tasks, &v->tasks_len, e);
}

bool inventory_vm_get(struct api_call *c, struct store *s, struct inventory_vm *ret, struct err *e)
{
    const char *urn;
    return inventory_param(c, "vm", "vm", &urn, e) && vm_get(s, &c->caller, urn, c->arena, &ret->vm, e) &&
           inventory_vm_complete(c, s, ret, e);
}

void inventory_tasks(struct legacy *l, const struct task *tasks, size_t len)
{
    if (len == 0)
        return;
    legacy_open(l, "Tasks");
    for (size_t i = 0; i < len; i++) {
        legacy_item(l, "Task");
        api_task_body(l, &tasks[i]);
        legacy_close(l);
    }
    legacy_close(l);
}

/* What is found in a vCenter was made by nobody of the organization. */
void inventory_owner(struct legacy *l)
{
    legacy_open(l, "Owner");
    legacy_attr(l, "type", "application/vnd.vmware.vcloud.owner+xml");
    legacy_open(l, "User");
    legacy_attr(l, "name", "system");
    legacy_attr(l, "type", "application/vnd.vmware.admin.user+xml");
    legacy_close(l);
    legacy_close(l);
}

void inventory_lease(struct legacy *l)
{
    legacy_leaf(l, "ovf:Info", "Lease settings section");
    legacy_leaf_number(l, "DeploymentLeaseInSeconds", 0);
    legacy_leaf_number(l, "StorageLeaseInSeconds", 0);
}
