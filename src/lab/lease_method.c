#include "lab/lease.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "lab/ovf.h"
#include "lab/store.h"
#include "lab/vm_method.h"
#include "lab/vmdk.h"

enum { VMDK_SMALL = 4 * 1024 * 1024 };

static bool too_many(struct lab_call *c)
{
    return lab_say(c, "RuntimeFault", "Too many leases are open");
}

static void answer_lease(struct lab_call *c, const struct lab_lease *l)
{
    const struct lab_object o = { .mo = MO_LEASE, .n = l->n };
    lab_value_bare(c->w, "returnval", lab_ref(c->k.arena, NULL, NULL, "HttpNfcLease", lab_object_moid(&c->k, o)));
}

/* The key that CreateImportSpec promised for a disk (lab/ovf.c). */
void lab_disk_key(const char *vm, int unit, char out[LAB_FILE_NAME])
{
    (void)snprintf(out, LAB_FILE_NAME, "/%s/VirtualSCSIController0:%d", vm, unit);
}

void lab_cdrom_key(const char *vm, char out[LAB_FILE_NAME])
{
    (void)snprintf(out, LAB_FILE_NAME, "/%s/VirtualIDEController0:0", vm);
}

static bool add_disks(struct lab_lease *l, const struct lab_vm *vm)
{
    for (size_t i = 0; i < vm->disks_len; i++) {
        struct lab_lease_item item = { .disk = true, .kb = vm->disks[i].kb };
        lab_disk_key(vm->name, vm->disks[i].unit, item.key);
        (void)snprintf(item.name, sizeof(item.name), "disk-%zu.vmdk", i);
        (void)text_copy(item.file, sizeof(item.file), vm->disks[i].file);
        if (!lab_lease_add(l, &item))
            return false;
    }
    return true;
}

static bool add_iso(struct lab_lease *l, const struct lab_vm *vm)
{
    struct lab_lease_item item = { .name = "file-0.iso" };
    if (!vm->iso[0])
        return true;
    lab_cdrom_key(vm->name, item.key);
    (void)text_copy(item.file, sizeof(item.file), vm->iso);
    return lab_lease_add(l, &item);
}

/* ---- ImportVApp ---- */

static bool is_there(struct lab_call *c, const char *file)
{
    char path[LAB_PATH_MAX];
    struct stat st;
    return file[0] && lab_store_file(&c->k, file, path, NULL) && stat(path, &st) == 0;
}

/* Disks come over the lease, and an image that no datastore has yet. */
static bool import_into(struct lab_call *c, struct lab_vm *vm)
{
    struct err e;
    vm->making = true;
    struct lab_lease *l = lab_lease_make(vm, true);
    if (!l) {
        vm->gone = true;
        return too_many(c);
    }
    if (!add_disks(l, vm) || (!is_there(c, vm->iso) && !add_iso(l, vm)) || !lab_vm_keep(vm, &e)) {
        (void)!lab_lease_end(l, "RuntimeFault", "The import could not begin", NULL);
        return lab_say(c, "RuntimeFault", "The import could not begin");
    }
    answer_lease(c, l);
    return true;
}

static bool wrong(struct lab_call *c, const char *name)
{
    return lab_say_value(c, "InvalidArgument", arena_printf(c->k.arena, "A specified parameter was not correct: %s", name),
                         "invalidProperty", name);
}

bool lab_import_vapp(struct lab_call *c)
{
    const struct xml_element *spec = lab_arg(c, "spec"), *config = xml_child(spec, VIM_NS, "configSpec");
    const char *name = xml_child_text(config, VIM_NS, "name"), *folder = lab_arg_text(c, "folder"), *bad = "spec";
    struct lab_object o;
    struct err e;
    if (c->self.mo != MO_POOL)
        return lab_say(c, "NotSupported", "The operation is not supported on the object.");
    if (!spec || !spec->type || strcmp(spec->type, "VirtualMachineImportSpec") != 0 || !config)
        return wrong(c, "spec");
    if (folder && (!lab_object_find(&c->k, folder, &o) || o.mo != MO_VM_FOLDER))
        return wrong(c, "folder");
    if (!name || !*name || strlen(name) >= LAB_VM_NAME)
        return lab_say_value(c, "InvalidName", "The name is not valid", "name", name ? name : "");
    if (lab_vm_is_taken(c->k.vc, name, UINT32_MAX))
        return lab_say_value(c, "DuplicateName", arena_printf(c->k.arena, "The name '%s' already exists.", name), "name", name);
    struct lab_vm *vm = lab_vm_create(&c->k, name, c->self_moid, lab_arg_text(c, "host"), &bad, &e);
    if (!vm)
        return bad ? wrong(c, bad) : lab_say(c, "RuntimeFault", arena_strdup(c->k.arena, e.msg));
    bad = "spec.configSpec.files";
    if (lab_vm_set_path(&c->k, vm, xml_child_text(xml_child(config, VIM_NS, "files"), VIM_NS, "vmPathName")) &&
        lab_vm_configure(&c->k, vm, config, &bad))
        return import_into(c, vm);
    vm->gone = true;
    return wrong(c, bad);
}

/* ---- ExportVm ---- */

/* A disk that has no bytes yet gets some, so that what is exported can be told apart. */
static bool furnish(struct lab_call *c, const struct lab_vm *vm, struct lab_lease_item *item, struct err *e)
{
    char path[LAB_PATH_MAX];
    struct stat st;
    struct buf b;
    if (!lab_store_file(&c->k, item->file, path, e))
        return false;
    if (stat(path, &st) == 0) {
        item->size = (uint64_t)st.st_size;
        return true;
    }
    if (!item->disk)
        return err_set(e, ERR_NOT_FOUND, "%.200s is not there", item->file);
    buf_init(&b, VMDK_SMALL);
    bool ok = lab_store_parents(vm->vc->at.estate, path, e) &&
              lab_vmdk_write(&b, item->kb, arena_printf(c->k.arena, "vsphere-lab: %s of %s\n", item->file, vm->uuid), e) &&
              lab_keep_write(vm->vc->at.estate->dir, path + strlen(vm->vc->at.estate->dir) + 1, b.data, b.len, 0600, e);
    item->size = b.len;
    buf_done(&b);
    return ok;
}

bool lab_export_vm(struct lab_call *c)
{
    const struct lab_vm *seen = lab_vm_of_call(c);
    struct err e;
    if (!seen)
        return false;
    if (seen->power != LAB_OFF) {
        struct lab_value *f = lab_struct(c->k.arena, NULL, NULL, "InvalidPowerState");
        (void)lab_string(c->k.arena, f, "requestedState", lab_power_names[LAB_OFF]);
        (void)lab_string(c->k.arena, f, "existingState", lab_power_names[seen->power]);
        return lab_say_fields(c, "InvalidPowerState", "The attempted operation cannot be performed in the current state.", f);
    }
    struct lab_vm *vm = lab_vm_take(c->k.vc, c->self.n);
    struct lab_lease *l = lab_lease_make(vm, false);
    if (!l)
        return too_many(c);
    bool ok = add_disks(l, vm) && add_iso(l, vm);
    for (size_t i = 0; ok && i < l->items_len; i++)
        ok = furnish(c, vm, &l->items[i], &e);
    if (!ok) {
        (void)!lab_lease_end(l, "FileFault", "A file of the machine could not be opened", NULL);
        return lab_say(c, "FileFault", "A file of the machine could not be opened");
    }
    answer_lease(c, l);
    return true;
}

/* ---- the lease's own methods ---- */

static struct lab_lease *lease_of(struct lab_call *c)
{
    struct lab_lease *l = c->self.mo == MO_LEASE ? lab_lease_find(c->k.vc, c->self.n) : NULL;
    if (!l)
        (void)lab_say_gone(c, c->self_moid);
    else if (l->state != LAB_LEASE_READY && l->state != LAB_LEASE_INITIALIZING)
        (void)lab_say(c, l->fault && !strcmp(l->fault, "Timedout") ? "Timedout" : "InvalidState", "The lease is over.");
    else
        return l;
    return NULL;
}

bool lab_lease_progress_call(struct lab_call *c)
{
    struct lab_lease *l = lease_of(c);
    int64_t percent;
    if (!l)
        return false;
    if (!xml_integer(lab_arg(c, "percent"), 0, 100, &percent))
        return wrong(c, "percent");
    lab_lease_touch(l);
    if (l->progress != percent)
        l->changed = lab_touch(c->k.vc);
    l->progress = (int)percent;
    return true;
}

bool lab_lease_complete(struct lab_call *c)
{
    struct lab_lease *l = lease_of(c);
    struct err e;
    if (!l)
        return false;
    for (size_t i = 0; l->import && i < l->items_len; i++)
        if (!l->items[i].arrived)
            return lab_say(c, "InvalidState", arena_printf(c->k.arena, "%s has not arrived", l->items[i].key));
    return lab_lease_end(l, NULL, NULL, &e) || lab_say(c, "FileFault", arena_strdup(c->k.arena, e.msg));
}

bool lab_lease_abort(struct lab_call *c)
{
    struct lab_lease *l = lease_of(c);
    struct err e;
    return l && (lab_lease_end(l, "RequestCanceled", "The lease was aborted.", &e) || lab_say(c, "FileFault", arena_strdup(c->k.arena, e.msg)));
}

static const char *hex(struct arena *a, const uint8_t *p, size_t len)
{
    char *out = arena_alloc(a, 2 * len + 1);
    text_hex(p, len, out);
    return out;
}

bool lab_lease_manifest(struct lab_call *c)
{
    struct arena *a = c->k.arena;
    const struct lab_lease *l = lease_of(c);
    if (!l)
        return false;
    for (size_t i = 0; i < l->items_len; i++) {
        const struct lab_lease_item *item = &l->items[i];
        if (!item->arrived)
            continue;
        struct lab_value *v = lab_struct(a, NULL, NULL, "HttpNfcLeaseManifestEntry");
        (void)lab_string(a, v, "key", item->key);
        (void)lab_string(a, v, "sha1", hex(a, item->sha1, sizeof(item->sha1)));
        if (c->k.api >= 607) {
            (void)lab_string(a, v, "checksum", hex(a, item->sha256, sizeof(item->sha256)));
            (void)lab_string(a, v, "checksumType", "sha256");
        }
        (void)lab_long(a, v, "size", (int64_t)item->size);
        (void)lab_bool(a, v, "disk", item->disk);
        if (item->disk)
            (void)lab_long(a, v, "capacity", item->kb * 1024);
        (void)lab_long(a, v, "populatedSize", (int64_t)item->populated);
        lab_value_bare(c->w, "returnval", v);
    }
    return true;
}
