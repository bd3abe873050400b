#include "lab/vm_method.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { DISK_MIN_KB = 1, CPUS_MAX = 256, UNITS = 16, SCSI_OWN_UNIT = 7 };
static const int64_t disk_max_kb = INT64_C(62) << 30, memory_max_mb = INT64_C(24) << 20;

static const char *child(const struct xml_element *el, const char *name)
{
    return xml_child_text(el, VIM_NS, name);
}

static bool take_text(const struct xml_element *spec, const char *name, char *out, size_t size, const char **ret_wrong)
{
    const char *text = child(spec, name);
    if (!text || text_copy(out, size, text))
        return true;
    *ret_wrong = name;
    return false;
}

static bool take_number(const struct xml_element *spec, const char *name, int64_t max, int64_t *out, const char **ret_wrong)
{
    const struct xml_element *el = xml_child(spec, VIM_NS, name);
    if (!el || xml_integer(el, 1, max, out))
        return true;
    *ret_wrong = name;
    return false;
}

/* "[shared1] web/" of "[shared1] web/web.vmx". */
static void folder_of(const struct lab_vm *vm, char out[LAB_FILE_NAME])
{
    const char *slash = strrchr(vm->path, '/');
    (void)snprintf(out, LAB_FILE_NAME, "%.*s", slash ? (int)(slash - vm->path) + 1 : 0, vm->path);
}

/* ---- disks ---- */

static bool unit_is_free(const struct lab_vm *vm, int unit)
{
    for (size_t i = 0; i < vm->disks_len; i++)
        if (vm->disks[i].unit == unit)
            return false;
    return unit != SCSI_OWN_UNIT;
}

static void name_disk(const struct lab_asking *k, const struct lab_vm *vm, struct lab_disk *d, const char *wanted)
{
    char folder[LAB_FILE_NAME], base[LAB_FILE_NAME];
    unsigned datastore;
    const char *file;
    if (wanted && lab_datastore_path(k, wanted, &datastore, &file) && *file) {
        (void)text_copy(d->file, sizeof(d->file), wanted);
        return;
    }
    folder_of(vm, folder);
    const char *slash = strrchr(vm->path, '/');
    (void)text_copy(base, sizeof(base), slash ? slash + 1 : vm->name);
    char *dot = strrchr(base, '.');
    if (dot)
        *dot = '\0';
    if (vm->disks_len)
        (void)snprintf(d->file, sizeof(d->file), "%s%.80s_%zu.vmdk", folder, base, vm->disks_len);
    else
        (void)snprintf(d->file, sizeof(d->file), "%s%.80s.vmdk", folder, base);
}

static bool add_disk(const struct lab_asking *k, struct lab_vm *vm, const struct xml_element *device)
{
    int64_t kb = 0, unit = -1, bytes;
    struct lab_disk d = { .key = LAB_DISK_KEY };
    if (!xml_integer(xml_child(device, VIM_NS, "capacityInKB"), DISK_MIN_KB, disk_max_kb, &kb) &&
        (!xml_integer(xml_child(device, VIM_NS, "capacityInBytes"), 1024, disk_max_kb * 1024, &bytes) || !(kb = bytes / 1024)))
        kb = 0;
    if (vm->disks_len == LAB_DISKS_MAX)
        return false;
    if (!xml_integer(xml_child(device, VIM_NS, "unitNumber"), 0, UNITS - 1, &unit) || !unit_is_free(vm, (int)unit))
        for (unit = 0; !unit_is_free(vm, (int)unit); unit++)
            ;
    for (size_t i = 0; i < vm->disks_len; i++)
        d.key = vm->disks[i].key >= d.key ? vm->disks[i].key + 1 : d.key;
    d.kb = kb ? kb : 1024; /* the file that is attached knows better; the lab has no more than its name */
    d.unit = (int)unit;
    name_disk(k, vm, &d, child(xml_child(device, VIM_NS, "backing"), "fileName"));
    vm->disks[vm->disks_len++] = d;
    return true;
}

static struct lab_disk *disk_of(struct lab_vm *vm, const struct xml_element *device)
{
    int64_t key;
    for (size_t i = 0; i < vm->disks_len; i++)
        if (xml_integer(xml_child(device, VIM_NS, "key"), 0, INT32_MAX, &key) && vm->disks[i].key == key)
            return &vm->disks[i];
    return NULL;
}

static bool change_disk(const struct lab_asking *k, struct lab_vm *vm, const struct xml_element *device, const char *operation)
{
    struct lab_disk *d = disk_of(vm, device);
    int64_t kb;
    if (!strcmp(operation, "add"))
        return add_disk(k, vm, device);
    if (!d)
        return false;
    if (!strcmp(operation, "remove")) {
        size_t at = (size_t)(d - vm->disks);
        memmove(d, d + 1, (vm->disks_len - at - 1) * sizeof(*d));
        vm->disks_len--;
        return true;
    }
    if (!xml_integer(xml_child(device, VIM_NS, "capacityInKB"), d->kb, disk_max_kb, &kb))
        return !xml_child(device, VIM_NS, "capacityInKB"); /* a disk never shrinks */
    d->kb = kb;
    return true;
}

/* ---- network cards and the CD drive ---- */

static bool is_card(const char *type)
{
    static const char *const cards[] = { "VirtualVmxnet3", "VirtualE1000", "VirtualE1000e", "VirtualVmxnet2", "VirtualPCNet32",
                                         "VirtualVmxnet3Vrdma", "VirtualSriovEthernetCard" };
    for (size_t i = 0; type && i < ARRAY_LEN(cards); i++)
        if (!strcmp(cards[i], type))
            return true;
    return false;
}

static bool network_of(const struct lab_asking *k, const struct xml_element *device, unsigned *ret)
{
    const struct xml_element *backing = xml_child(device, VIM_NS, "backing");
    const char *moid = child(backing, "network"), *name = child(backing, "deviceName");
    struct lab_object o;
    if (moid && lab_object_find(k, moid, &o) && o.mo == MO_NETWORK) {
        *ret = o.n;
        return true;
    }
    for (unsigned i = 0; name && i < lab_count(k->vc, MO_NETWORK); i++)
        if (!strcmp(lab_object_name(k, (struct lab_object){ .mo = MO_NETWORK, .n = i }), name)) {
            *ret = i;
            return true;
        }
    return !backing;
}

static void take_card(struct lab_nic *n, const struct xml_element *device)
{
    const struct xml_element *c = xml_child(device, VIM_NS, "connectable");
    const char *mac = child(device, "macAddress");
    bool started;
    if (mac && strlen(mac) == sizeof(n->mac) - 1)
        (void)text_copy(n->mac, sizeof(n->mac), mac);
    if (xml_boolean(xml_child(c, VIM_NS, "startConnected"), &started))
        n->connected = started;
}

static bool change_card(const struct lab_asking *k, struct lab_vm *vm, const struct xml_element *device, const char *operation)
{
    int64_t key = -1;
    size_t at = 0;
    (void)!xml_integer(xml_child(device, VIM_NS, "key"), INT32_MIN, INT32_MAX, &key);
    while (at < vm->nics_len && vm->nics[at].key != key)
        at++;
    if (!strcmp(operation, "remove")) {
        if (at == vm->nics_len)
            return false;
        memmove(&vm->nics[at], &vm->nics[at + 1], (vm->nics_len - at - 1) * sizeof(vm->nics[0]));
        vm->nics_len--;
        return true;
    }
    if (!strcmp(operation, "add")) {
        if (vm->nics_len == LAB_NICS_MAX)
            return false;
        struct lab_nic n = { .key = LAB_NIC_KEY, .connected = true };
        for (size_t i = 0; i < vm->nics_len; i++)
            n.key = vm->nics[i].key >= n.key ? vm->nics[i].key + 1 : n.key;
        (void)text_copy(n.type, sizeof(n.type), device->type);
        (void)snprintf(n.mac, sizeof(n.mac), "00:50:56:%02x:%02x:%02x", 0x80 | (k->vc->at.n & 63), vm->n & 255,
                       (unsigned)(n.key - LAB_NIC_KEY) << 4 | (vm->n >> 8 & 15));
        at = vm->nics_len++;
        vm->nics[at] = n;
    }
    if (at == vm->nics_len || !network_of(k, device, &vm->nics[at].network))
        return false;
    take_card(&vm->nics[at], device);
    return true;
}

static bool change_cdrom(const struct lab_asking *k, struct lab_vm *vm, const struct xml_element *device, const char *operation)
{
    const struct xml_element *backing = xml_child(device, VIM_NS, "backing");
    const char *file = child(backing, "fileName"), *rest;
    unsigned datastore;
    bool iso = backing && backing->type && !strcmp(backing->type, "VirtualCdromIsoBackingInfo") && strcmp(operation, "remove") != 0;
    if (iso && file && *file && !lab_datastore_path(k, file, &datastore, &rest))
        return false;
    return text_copy(vm->iso, sizeof(vm->iso), iso && file ? file : "");
}

static bool change_device(const struct lab_asking *k, struct lab_vm *vm, const struct xml_element *change)
{
    const struct xml_element *device = xml_child(change, VIM_NS, "device");
    const char *operation = child(change, "operation");
    operation = operation ? operation : "edit";
    if (!device || !device->type)
        return false;
    if (!strcmp(device->type, "VirtualDisk"))
        return change_disk(k, vm, device, operation);
    if (!strcmp(device->type, "VirtualCdrom"))
        return change_cdrom(k, vm, device, operation);
    if (is_card(device->type))
        return change_card(k, vm, device, operation);
    return true; /* controllers and the like: every machine has what it needs */
}

static bool take_extra(struct lab_vm *vm, const struct xml_element *spec)
{
    for (const struct xml_element *x = xml_child(spec, VIM_NS, "extraConfig"); x; x = xml_next(x, VIM_NS, "extraConfig")) {
        const char *key = child(x, "key");
        if (!key || !*key || !lab_vm_set_extra(vm, key, child(x, "value")))
            return false;
    }
    return true;
}

static bool take_all(const struct lab_asking *k, struct lab_vm *vm, const struct xml_element *spec, const char **ret_wrong)
{
    int64_t cpus = vm->cpus;
    if (!take_text(spec, "name", vm->name, sizeof(vm->name), ret_wrong) ||
        !take_text(spec, "version", vm->version, sizeof(vm->version), ret_wrong) ||
        !take_text(spec, "uuid", vm->uuid, sizeof(vm->uuid), ret_wrong) ||
        !take_text(spec, "instanceUuid", vm->instance_uuid, sizeof(vm->instance_uuid), ret_wrong) ||
        !take_text(spec, "guestId", vm->guest_id, sizeof(vm->guest_id), ret_wrong) ||
        !take_text(spec, "annotation", vm->note, sizeof(vm->note), ret_wrong) ||
        !take_text(spec, "firmware", vm->firmware, sizeof(vm->firmware), ret_wrong) ||
        !take_number(spec, "numCPUs", CPUS_MAX, &cpus, ret_wrong) ||
        !take_number(spec, "memoryMB", memory_max_mb, &vm->memory_mb, ret_wrong))
        return false;
    vm->cpus = (int)cpus;
    for (const struct xml_element *d = xml_child(spec, VIM_NS, "deviceChange"); d; d = xml_next(d, VIM_NS, "deviceChange"))
        if (!change_device(k, vm, d)) {
            *ret_wrong = "deviceChange";
            return false;
        }
    if (take_extra(vm, spec))
        return true;
    *ret_wrong = "extraConfig";
    return false;
}

bool lab_vm_configure(const struct lab_asking *k, struct lab_vm *vm, const struct xml_element *spec, const char **ret_wrong)
{
    struct lab_vm next = *vm;
    next.extra = vm->extra ? json_deep_copy(vm->extra) : NULL;
    bool ok = take_all(k, &next, spec, ret_wrong);
    json_decref(ok ? vm->extra : next.extra);
    if (ok)
        *vm = next;
    return ok;
}
