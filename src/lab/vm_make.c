#include "lab/vm_method.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/customize.h"
#include "lab/event.h"
#include "lab/store.h"
#include "lab/vmx.h"

/* A name that may stand in an inventory; the fault otherwise. */
static bool good_name(struct lab_task *t, const char *name, unsigned but)
{
    if (!name || !*name || strlen(name) >= LAB_VM_NAME || !text_utf8(name, strlen(name))) {
        (void)lab_task_fault(t, "InvalidName", "The name is not valid");
        lab_string(&t->arena, t->fault, "name", name ? arena_strdup(&t->arena, name) : "");
        return false;
    }
    if (!lab_vm_is_taken(t->vc, name, but))
        return true;
    struct lab_value *f = lab_task_fault(t, "DuplicateName", arena_printf(&t->arena, "The name '%s' already exists.", name));
    (void)lab_string(&t->arena, f, "name", arena_strdup(&t->arena, name));
    const struct lab_asking k = lab_task_asking(t);
    (void)lab_ref(&t->arena, f, "object", "VirtualMachine", lab_object_moid(&k, (struct lab_object){ .mo = MO_VM, .n = but }));
    return false;
}

/* A host for a new one: that which was asked for, or the first that answers. */
static bool find_host(const struct lab_asking *k, const char *moid, unsigned *ret)
{
    struct lab_object o;
    if (moid) {
        if (!lab_object_find(k, moid, &o) || o.mo != MO_HOST)
            return false;
        *ret = o.n;
        return true;
    }
    for (unsigned i = 0; i < k->vc->hosts_len; i++)
        if (lab_host_takes_vms(&k->vc->hosts[i])) {
            *ret = i;
            return true;
        }
    return false;
}

static bool find_pool(const struct lab_asking *k, const char *moid, unsigned *ret)
{
    struct lab_object o;
    if (!moid)
        return true;
    if (!lab_object_find(k, moid, &o) || o.mo != MO_POOL)
        return false;
    *ret = o.n;
    return true;
}

/* "[shared1]" becomes "[shared1] web/web.vmx". */
bool lab_vm_set_path(const struct lab_asking *k, struct lab_vm *vm, const char *wanted)
{
    unsigned datastore = 0;
    const char *file = "";
    char safe[LAB_VM_NAME];
    (void)text_copy(safe, sizeof(safe), vm->name);
    for (char *c = safe; *c; c++)
        *c = *c == '/' || *c == '\\' || *c == ']' ? '_' : *c;
    if (wanted && *wanted && !lab_datastore_path(k, wanted, &datastore, &file))
        return false;
    if (*file)
        return text_copy(vm->path, sizeof(vm->path), wanted);
    (void)snprintf(vm->path, sizeof(vm->path), "[%s] %s/%s.vmx", lab_object_name(k, (struct lab_object){ .mo = MO_DATASTORE, .n = datastore }),
                   safe, safe);
    return true;
}

/* A new machine, with its configuration file. */
static enum lab_task_next kept(struct lab_task *t, const struct lab_asking *k, struct lab_vm *vm)
{
    struct err e;
    if (!lab_vmx_write(k, vm, &e))
        return lab_task_refuse(t, "CannotCreateFile", e.msg);
    lab_task_result(t, "VirtualMachine", lab_object_moid(k, (struct lab_object){ .mo = MO_VM, .n = vm->n }));
    return lab_vm_done(t, vm);
}

static enum lab_task_next made(struct lab_task *t, struct lab_vm *vm, const char *type, const char *user)
{
    struct lab_event_plan ev = { .type = type, .user = user };
    const struct lab_asking k = lab_task_asking(t);
    (void)lab_event_vm(vm, &ev, "%s virtual machine %s on %s", !strcmp(type, "VmRegisteredEvent") ? "Registered" : "Created", vm->name,
                       t->vc->hosts[vm->host].at.name);
    return kept(t, &k, vm);
}

struct lab_vm *lab_vm_create(const struct lab_asking *k, const char *name, const char *pool, const char *host, const char **ret_wrong,
                             struct err *e)
{
    unsigned host_n, pool_n = 0;
    *ret_wrong = !find_host(k, host, &host_n) ? "host" : !find_pool(k, pool, &pool_n) ? "pool" : NULL;
    if (*ret_wrong)
        return NULL;
    struct lab_vm *vm = lab_vm_make(k->vc, name, e);
    if (vm) {
        vm->host = host_n;
        vm->pool = pool_n;
    }
    return vm;
}

static enum lab_task_next create_step(struct lab_task *t, void *state)
{
    const struct lab_vm_work *w = state;
    const struct xml_element *body = lab_vm_request(t, w), *spec = xml_child(body, VIM_NS, "config");
    const struct lab_asking k = lab_task_asking(t);
    const char *wrong = "config", *name = xml_child_text(spec, VIM_NS, "name");
    struct err e;
    if (!good_name(t, name, UINT32_MAX))
        return LAB_TASK_FAILED;
    struct lab_vm *vm = lab_vm_create(&k, name, xml_child_text(body, VIM_NS, "pool"), xml_child_text(body, VIM_NS, "host"), &wrong, &e);
    if (!vm)
        return wrong ? lab_task_bad_argument(t, wrong) : lab_task_refuse(t, "RuntimeFault", e.msg);
    wrong = "config.files.vmPathName";
    if (lab_vm_set_path(&k, vm, xml_child_text(xml_child(spec, VIM_NS, "files"), VIM_NS, "vmPathName")) &&
        lab_vm_configure(&k, vm, spec, &wrong))
        return made(t, vm, "VmCreatedEvent", w->user);
    vm->gone = true;
    return lab_task_bad_argument(t, wrong);
}

static bool start(struct lab_call *c, const char *method, const char *description,
                  enum lab_task_next (*step)(struct lab_task *t, void *state))
{
    const struct lab_task_plan plan = { method, description, c->self, false, step, lab_vm_work_free, lab_vm_work_make(c) };
    return lab_task_start(c, &plan);
}

bool lab_create_vm(struct lab_call *c)
{
    if (c->self.mo != MO_VM_FOLDER)
        return lab_say(c, "NotSupported", "The operation is not supported on the object.");
    return start(c, "CreateVM_Task", "Folder.createVm", create_step);
}

/* Whose configuration file that is; NULL. */
static const struct lab_vm *owner_of(const struct lab_asking *k, const char *path)
{
    for (unsigned i = 0; i < lab_vms_end(k->vc); i++) {
        const struct lab_vm *vm = lab_vm_look(k, i);
        if (vm && !strcmp(vm->path, path))
            return vm;
    }
    return NULL;
}

/* The fault for a file that can't be registered. */
static enum lab_task_next bad_file(struct lab_task *t, const char *path, const struct err *e)
{
    if (e->kind == ERR_NOT_FOUND)
        return lab_task_refuse(t, "NotFound", arena_printf(&t->arena, "The configuration file %s was not found.", path));
    struct lab_value *f = lab_task_fault(t, "InvalidVmConfig", arena_strdup(&t->arena, e->msg));
    (void)lab_string(&t->arena, f, "property", "path");
    return LAB_TASK_FAILED;
}

static enum lab_task_next register_step(struct lab_task *t, void *state)
{
    const struct lab_vm_work *w = state;
    const struct xml_element *body = lab_vm_request(t, w);
    const struct lab_asking k = lab_task_asking(t);
    const char *path = xml_child_text(body, VIM_NS, "path"), *name = xml_child_text(body, VIM_NS, "name"), *file, *wrong;
    char said[LAB_VM_NAME];
    unsigned datastore;
    struct err e;
    if (!path || !lab_datastore_path(&k, path, &datastore, &file) || !*file || strlen(path) >= LAB_FILE_NAME)
        return lab_task_bad_argument(t, "path");
    const struct lab_vm *owner = owner_of(&k, path);
    if (owner) {
        struct lab_value *f = lab_task_fault(t, "AlreadyExists", arena_printf(&t->arena, "%s belongs to %s", path, owner->name));
        (void)lab_string(&t->arena, f, "name", arena_strdup(&t->arena, owner->name));
        return LAB_TASK_FAILED;
    }
    if (!lab_vmx_name(&k, path, said, &e))
        return bad_file(t, path, &e);
    if (!name && !said[0]) {
        const char *slash = strrchr(file, '/');
        name = slash ? slash + 1 : file;
        name = arena_strndup(&t->arena, name, strcspn(name, "."));
    }
    name = name ? name : said;
    if (!good_name(t, name, UINT32_MAX))
        return LAB_TASK_FAILED;
    struct lab_vm *vm = lab_vm_create(&k, name, xml_child_text(body, VIM_NS, "pool"), xml_child_text(body, VIM_NS, "host"), &wrong, &e);
    if (!vm)
        return wrong ? lab_task_bad_argument(t, wrong) : lab_task_refuse(t, "RuntimeFault", e.msg);
    (void)text_copy(vm->path, sizeof(vm->path), path);
    if (!lab_vmx_read(&k, vm, &e)) {
        vm->gone = true;
        return bad_file(t, path, &e);
    }
    vm->template = lab_yes(xml_child(body, VIM_NS, "asTemplate"));
    return made(t, vm, "VmRegisteredEvent", w->user);
}

bool lab_register_vm(struct lab_call *c)
{
    if (c->self.mo != MO_VM_FOLDER)
        return lab_say(c, "NotSupported", "The operation is not supported on the object.");
    return start(c, "RegisterVM_Task", "Folder.registerVm", register_step);
}

/* ---- Destroy, Unregister, Rename ---- */

static void removed(const struct lab_vm *vm, const char *user)
{
    struct lab_event_plan ev = { .type = "VmRemovedEvent", .user = user };
    (void)lab_event_vm(vm, &ev, "Removed %s on %s", vm->name, vm->vc->hosts[vm->host].at.name);
}

static enum lab_task_next destroy_step(struct lab_task *t, void *state)
{
    const struct lab_vm_work *w = state;
    struct lab_vm *vm = lab_vm_of_task(t, w);
    struct err e;
    if (!vm)
        return LAB_TASK_FAILED;
    if (vm->power != LAB_OFF)
        return lab_vm_bad_power(t, vm, LAB_OFF);
    removed(vm, w->user);
    return lab_vm_erase(vm, &e) ? LAB_TASK_DONE : lab_task_refuse(t, "FileFault", e.msg);
}

bool lab_destroy(struct lab_call *c)
{
    if (c->self.mo != MO_VM)
        return lab_say(c, "NotSupported", "The operation is not supported on the object.");
    return start(c, "Destroy_Task", "VirtualMachine.destroy", destroy_step);
}

bool lab_unregister_vm(struct lab_call *c)
{
    const struct lab_vm *seen = lab_vm_of_call(c);
    struct err e;
    if (!seen)
        return false;
    if (seen->power != LAB_OFF)
        return lab_say(c, "InvalidPowerState", "The attempted operation cannot be performed in the current state.");
    struct lab_vm *vm = lab_vm_take(c->k.vc, c->self.n);
    if (!lab_vmx_write(&c->k, vm, &e)) /* so that it can be registered again as it is now */
        return lab_say(c, "FileFault", arena_strdup(c->k.arena, e.msg));
    removed(vm, c->k.session->user);
    return lab_vm_remove(vm, &e) || lab_say(c, "FileFault", arena_strdup(c->k.arena, e.msg));
}

static enum lab_task_next rename_step(struct lab_task *t, void *state)
{
    const struct lab_vm_work *w = state;
    struct lab_vm *vm = lab_vm_of_task(t, w);
    const char *name = xml_child_text(lab_vm_request(t, w), VIM_NS, "newName");
    if (!vm || !good_name(t, name, w->vm))
        return LAB_TASK_FAILED;
    struct lab_event_plan ev = { .type = "VmRenamedEvent", .user = w->user };
    struct lab_value *said = lab_event_vm(vm, &ev, "Renamed %s from %s to %s", vm->name, vm->name, name);
    (void)lab_string(ev.arena, said, "oldName", arena_strdup(ev.arena, vm->name));
    (void)lab_string(ev.arena, said, "newName", arena_strdup(ev.arena, name));
    (void)text_copy(vm->name, sizeof(vm->name), name);
    return lab_vm_done(t, vm);
}

bool lab_rename(struct lab_call *c)
{
    if (c->self.mo != MO_VM)
        return lab_say(c, "NotSupported", "The operation is not supported on the object.");
    return start(c, "Rename_Task", "VirtualMachine.rename", rename_step);
}

/* ---- Reconfigure ---- */

static enum lab_task_next reconfigure_step(struct lab_task *t, void *state)
{
    const struct lab_vm_work *w = state;
    struct lab_vm *vm = lab_vm_of_task(t, w);
    const struct lab_asking k = lab_task_asking(t);
    const struct xml_element *spec = xml_child(lab_vm_request(t, w), VIM_NS, "spec");
    const char *wrong = "spec", *name = xml_child_text(spec, VIM_NS, "name");
    if (!vm || (name && !good_name(t, name, w->vm)))
        return LAB_TASK_FAILED;
    if (!spec || !lab_vm_configure(&k, vm, spec, &wrong))
        return lab_task_bad_argument(t, wrong);
    struct lab_event_plan ev = { .type = "VmReconfiguredEvent", .user = w->user };
    struct lab_value *said = lab_event_vm(vm, &ev, "Reconfigured %s on %s", vm->name, t->vc->hosts[vm->host].at.name);
    (void)lab_struct(ev.arena, said, "configSpec", "VirtualMachineConfigSpec");
    return lab_vm_done(t, vm);
}

bool lab_reconfigure_vm(struct lab_call *c)
{
    return lab_vm_of_call(c) && start(c, "ReconfigVM_Task", "VirtualMachine.reconfigure", reconfigure_step);
}

/* ---- Clone ---- */

/* The copy has disks of its own, named after it. */
static void copy_shape(const struct lab_vm *from, struct lab_vm *to)
{
    char folder[LAB_FILE_NAME];
    const char *slash = strrchr(to->path, '/');
    (void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - to->path) + 1 : 0, to->path);
    to->cpus = from->cpus;
    to->memory_mb = from->memory_mb;
    (void)text_copy(to->guest_id, sizeof(to->guest_id), from->guest_id);
    (void)text_copy(to->version, sizeof(to->version), from->version);
    (void)text_copy(to->firmware, sizeof(to->firmware), from->firmware);
    (void)text_copy(to->note, sizeof(to->note), from->note);
    (void)text_copy(to->iso, sizeof(to->iso), from->iso);
    memcpy(to->disks, from->disks, sizeof(to->disks));
    memcpy(to->nics, from->nics, sizeof(to->nics));
    to->disks_len = from->disks_len;
    to->nics_len = from->nics_len;
    to->extra = from->extra ? json_deep_copy(from->extra) : NULL;
    for (size_t i = 0; i < to->disks_len; i++)
        (void)snprintf(to->disks[i].file, LAB_FILE_NAME, i ? "%.80s%.80s_%zu.vmdk" : "%.80s%.80s.vmdk", folder, to->name, i);
    for (size_t i = 0; i < to->nics_len; i++)
        (void)snprintf(to->nics[i].mac, sizeof(to->nics[i].mac), "00:50:56:%02x:%02x:%02x", 0xa0 | (to->vc->at.n & 31), to->n & 255,
                       (unsigned)i << 4 | (to->n >> 8 & 15));
}

/* Disks that have bytes are copied; one that has none yet gets its own when it is exported. */
static void copy_files(const struct lab_asking *k, const struct lab_vm *from, const struct lab_vm *to)
{
    char old[LAB_PATH_MAX], fresh[LAB_PATH_MAX];
    for (size_t i = 0; i < to->disks_len; i++)
        if (lab_store_file(k, from->disks[i].file, old, NULL) && lab_store_file(k, to->disks[i].file, fresh, NULL) &&
            lab_store_parents(k->vc->at.estate, fresh, NULL))
            (void)!lab_store_copy(old, fresh, NULL);
}

static enum lab_task_next clone_step(struct lab_task *t, void *state)
{
    struct lab_vm_work *w = state;
    struct lab_vm *from = lab_vm_of_task(t, w);
    const struct xml_element *body = lab_vm_request(t, w), *spec = xml_child(body, VIM_NS, "spec");
    const struct xml_element *where = xml_child(spec, VIM_NS, "location"), *config = xml_child(spec, VIM_NS, "config");
    const struct lab_asking k = lab_task_asking(t);
    const char *name = xml_child_text(body, VIM_NS, "name"), *wrong = "spec", *datastore = xml_child_text(where, VIM_NS, "datastore");
    struct lab_object ds = { .mo = MO_DATASTORE };
    struct err e;
    if (!from || !good_name(t, name, UINT32_MAX))
        return LAB_TASK_FAILED;
    if ((t->progress += 30) < 90)
        return LAB_TASK_AGAIN;
    if (datastore && (!lab_object_find(&k, datastore, &ds) || ds.mo != MO_DATASTORE))
        return lab_task_bad_argument(t, "spec.location.datastore");
    struct lab_vm *vm = lab_vm_create(&k, name, xml_child_text(where, VIM_NS, "pool"), xml_child_text(where, VIM_NS, "host"), &wrong, &e);
    if (!vm)
        return wrong ? lab_task_bad_argument(t, wrong) : lab_task_refuse(t, "RuntimeFault", e.msg);
    bool placed = lab_vm_set_path(&k, vm, arena_printf(&t->arena, "[%s]", lab_object_name(&k, ds)));
    copy_shape(from, vm);
    vm->template = lab_yes(xml_child(spec, VIM_NS, "template"));
    if (!placed || (config && !lab_vm_configure(&k, vm, config, &wrong))) {
        vm->gone = true;
        return lab_task_bad_argument(t, wrong);
    }
    copy_files(&k, from, vm);
    const struct xml_element *custom = xml_child(spec, VIM_NS, "customization");
    if (custom && !lab_customize(t, vm, custom)) {
        vm->gone = true;
        return LAB_TASK_FAILED;
    }
    struct lab_event_plan ev = { .type = "VmClonedEvent", .user = w->user };
    (void)lab_event_vm(vm, &ev, "Clone of %s completed: %s", from->name, vm->name);
    if (lab_yes(xml_child(spec, VIM_NS, "powerOn")))
        lab_vm_set_power(vm, LAB_ON);
    return kept(t, &k, vm);
}

bool lab_clone_vm(struct lab_call *c)
{
    return lab_vm_of_call(c) && start(c, "CloneVM_Task", "VirtualMachine.clone", clone_step);
}

/* ---- Relocate, Migrate ---- */

static enum lab_task_next relocate_step(struct lab_task *t, void *state)
{
    const struct lab_vm_work *w = state;
    struct lab_vm *vm = lab_vm_of_task(t, w);
    const struct xml_element *body = lab_vm_request(t, w), *spec = xml_child(body, VIM_NS, "spec");
    const struct lab_asking k = lab_task_asking(t);
    spec = spec ? spec : body; /* MigrateVM names host and pool itself */
    const char *host = xml_child_text(spec, VIM_NS, "host"), *pool = xml_child_text(spec, VIM_NS, "pool");
    unsigned to, pool_n;
    struct err e;
    if (!vm)
        return LAB_TASK_FAILED;
    to = vm->host;
    pool_n = vm->pool;
    if (host && !find_host(&k, host, &to))
        return lab_task_bad_argument(t, "host");
    if (!find_pool(&k, pool, &pool_n))
        return lab_task_bad_argument(t, "pool");
    if (t->vc->hosts[to].maintenance)
        return lab_task_refuse(t, "InvalidState", "The operation is not allowed in the current state of the host.");
    if (t->vc->hosts[to].at.faults & LAB_FAULT_DISCONNECTED)
        return lab_task_refuse(t, "HostNotConnected", "Unable to communicate with the remote host, since it is disconnected.");
    if (!t->progress) {
        t->progress = 50;
        return LAB_TASK_AGAIN;
    }
    vm->pool = pool_n;
    if (!lab_vm_move(vm, to, w->user, "VmMigratedEvent", &e))
        return lab_task_refuse(t, "FileFault", e.msg);
    return lab_vm_done(t, vm);
}

bool lab_relocate_vm(struct lab_call *c)
{
    return lab_vm_of_call(c) && start(c, "RelocateVM_Task", "VirtualMachine.relocate", relocate_step);
}

bool lab_migrate_vm(struct lab_call *c)
{
    return lab_vm_of_call(c) && start(c, "MigrateVM_Task", "VirtualMachine.migrate", relocate_step);
}
