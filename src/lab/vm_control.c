#include "lab/vm_control.h"

#include <stdio.h>
#include <string.h>

#include "lab/console.h"
#include "lab/guest.h"
#include "lab/vm_method.h"

static struct lab_vm *find(struct lab_estate *s, const char *target, struct err *e)
{
    const char *slash = target ? strchr(target, '/') : NULL;
    for (size_t i = 0; slash && i < s->vcenters_len; i++) {
        struct lab_vcenter *vc = &s->vcenters[i];
        if (strlen(vc->plan->name) != (size_t)(slash - target) || strncmp(vc->plan->name, target, (size_t)(slash - target)) != 0)
            continue;
        struct lab_vm *vm = lab_vm_named(vc, slash + 1);
        if (vm)
            return vm;
    }
    (void)err_set(e, ERR_NOT_FOUND, "no machine is called %s: \"target\" is a vCenter's name, '/', a machine's", target ? target : "so");
    return NULL;
}

static json_t *disks(const struct lab_vm *vm)
{
    json_t *list = json_array();
    for (size_t i = 0; i < vm->disks_len; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:I}", "file", vm->disks[i].file, "kb", (json_int_t)vm->disks[i].kb));
    return list;
}

bool lab_vm_report(struct lab_estate *s, const char *target, json_t *answer, struct err *e)
{
    static const char *const customs[] = { "none", "pending", "running", "succeeded", "failed" };
    const struct lab_vm *vm = find(s, target, e);
    if (!vm)
        return false;
    json_t *j = json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:s, s:s, s:s*, s:s, s:s}", "name", vm->name, "host",
        vm->vc->hosts[vm->host].at.name, "power", lab_power_names[vm->power], "template", (int)vm->template, "tools", (int)vm->booted,
        "path", vm->path, "uuid", vm->uuid, "iso", vm->iso, "note", vm->note[0] ? vm->note : NULL, "guest_name", vm->guest_name,
        "guest_ip", vm->guest_ip);
    (void)json_object_set_new(j, "disks", disks(vm));
    (void)json_object_set_new(j, "consoles", lab_console_report(vm->vc, vm->n));
    (void)json_object_set_new(j, "programs", lab_programs_report(vm->vc, vm->n));
    (void)json_object_set_new(j, "guest_files", json_sprintf("guests/%s/%u/files", vm->vc->plan->name, vm->n));
    (void)json_object_set_new(j, "customization", json_pack("{s:s, s:s}", "status", customs[vm->custom], "error", vm->custom_error));
    return json_object_set_new(answer, "vm", j) == 0 || err_set(e, ERR_INTERNAL, "the machine can't be written as JSON");
}

bool lab_vm_move_to(struct lab_estate *s, const char *target, const char *host, struct err *e)
{
    struct lab_vm *vm = find(s, target, e);
    char name[LAB_NAME];
    if (!vm)
        return false;
    (void)snprintf(name, sizeof(name), "%s/%s", vm->vc->plan->name, host ? host : "");
    const struct lab_endpoint *to = host ? lab_endpoint_named(s, name) : NULL;
    if (host && !to)
        to = lab_endpoint_named(s, host);
    if (!to || to->kind != LAB_HOST || to->vcenter != vm->vc)
        return err_set(e, ERR_NOT_FOUND, "%s has no host %s", vm->vc->plan->name, host ? host : "");
    return lab_vm_move(vm, to->n, "", "DrsVmMigratedEvent", e);
}
