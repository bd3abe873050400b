#include "lab/vm.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "lab/keep.h"
#include "wire/json.h"

/* Which fields of a machine stand in its file, and how. */
#define AT(field) .at = offsetof(struct lab_vm, field), .size = sizeof(((struct lab_vm *)0)->field)

static const struct text_field {
    const char *name;
    size_t at, size;
    bool later; /* files of older estates lack it */
} texts[] = {
    { "name", AT(name) }, { "path", AT(path) }, { "guest_id", AT(guest_id) }, { "version", AT(version) },
    { "firmware", AT(firmware) }, { "uuid", AT(uuid) }, { "instance_uuid", AT(instance_uuid) }, { "note", AT(note) },
    { "iso", AT(iso) }, { "guest_name", AT(guest_name) }, { "guest_ip", AT(guest_ip) }, { "custom_error", AT(custom_error) },
    { "guest_password", AT(guest_password), .later = true },
};

static json_t *disks_json(const struct lab_vm *vm)
{
    json_t *list = json_array();
    for (size_t i = 0; i < vm->disks_len; i++)
        (void)json_array_append_new(list, json_pack("{s:i, s:i, s:I, s:s}", "key", vm->disks[i].key, "unit", vm->disks[i].unit,
                                                    "kb", (json_int_t)vm->disks[i].kb, "file", vm->disks[i].file));
    return list;
}

static json_t *nics_json(const struct lab_vm *vm)
{
    json_t *list = json_array();
    for (size_t i = 0; i < vm->nics_len; i++)
        (void)json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:i, s:b}", "key", vm->nics[i].key, "type", vm->nics[i].type,
                                                    "mac", vm->nics[i].mac, "network", (int)vm->nics[i].network,
                                                    "connected", (int)vm->nics[i].connected));
    return list;
}

static json_t *vm_json(const struct lab_vm *vm)
{
    json_t *j = json_pack("{s:b, s:b, s:b, s:i, s:i, s:i, s:I, s:i, s:I, s:i, s:I, s:I}", "gone", (int)vm->gone, "making",
        (int)vm->making, "template", (int)vm->template, "host", (int)vm->host, "pool", (int)vm->pool, "power", (int)vm->power,
        "powered_at", (json_int_t)vm->powered_at, "cpus", vm->cpus, "memory_mb", (json_int_t)vm->memory_mb, "custom",
        (int)vm->custom, "custom_from", (json_int_t)vm->custom_from, "custom_until", (json_int_t)vm->custom_until);
    for (size_t i = 0; j && i < ARRAY_LEN(texts); i++)
        (void)json_object_set_new(j, texts[i].name, json_string((const char *)vm + texts[i].at));
    (void)json_object_set_new(j, "disks", disks_json(vm));
    (void)json_object_set_new(j, "nics", nics_json(vm));
    (void)json_object_set_new(j, "extra", vm->extra ? json_deep_copy(vm->extra) : json_object());
    return j;
}

bool lab_vm_write(const struct lab_vm *vm, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = vm_json(vm);
    char folder[LAB_NAME + 8], name[LAB_NAME + 32];
    struct buf b;
    (void)snprintf(folder, sizeof(folder), "vms/%s", vm->vc->plan->name);
    (void)snprintf(name, sizeof(name), "%s/%u.json", folder, vm->n);
    buf_init(&b, LAB_FILE_MAX);
    bool ok = j && lab_keep_folder(vm->vc->at.estate->dir, folder, 0700, e) && wire_json_write(&b, j, e) &&
              buf_puts(&b, "\n", e) && lab_keep_write(vm->vc->at.estate->dir, name, b.data, b.len, 0600, e);
    buf_done(&b);
    return ok;
}

static bool read_disks(struct lab_vm *vm, const json_t *list)
{
    const json_t *it;
    size_t i;
    vm->disks_len = 0;
    json_array_foreach(list, i, it) {
        json_int_t kb;
        const char *file;
        struct lab_disk *d = &vm->disks[i];
        if (i == LAB_DISKS_MAX || json_unpack((json_t *)it, "{s:i, s:i, s:I, s:s}", "key", &d->key, "unit", &d->unit, "kb", &kb,
                                              "file", &file) != 0 || !text_copy(d->file, sizeof(d->file), file))
            return false;
        d->kb = kb;
        vm->disks_len = i + 1;
    }
    return true;
}

static bool read_nics(struct lab_vm *vm, const json_t *list)
{
    const json_t *it;
    size_t i;
    vm->nics_len = 0;
    json_array_foreach(list, i, it) {
        int network, connected;
        const char *type, *mac;
        struct lab_nic *n = &vm->nics[i];
        if (i == LAB_NICS_MAX || json_unpack((json_t *)it, "{s:i, s:s, s:s, s:i, s:b}", "key", &n->key, "type", &type, "mac", &mac,
                                             "network", &network, "connected", &connected) != 0 ||
            !text_copy(n->type, sizeof(n->type), type) || !text_copy(n->mac, sizeof(n->mac), mac))
            return false;
        n->network = (unsigned)network;
        n->connected = connected;
        vm->nics_len = i + 1;
    }
    return true;
}

bool lab_vm_read(struct lab_vm *vm, const json_t *j, struct err *e)
{
    int gone, making, template, host, pool, power, custom;
    json_int_t powered_at, memory_mb, from, until;
    bool ok = json_unpack((json_t *)j, "{s:b, s:b, s:b, s:i, s:i, s:i, s:I, s:i, s:I, s:i, s:I, s:I}", "gone", &gone, "making",
                          &making, "template", &template, "host", &host, "pool", &pool, "power", &power, "powered_at", &powered_at,
                          "cpus", &vm->cpus, "memory_mb", &memory_mb, "custom", &custom, "custom_from", &from, "custom_until",
                          &until) == 0 &&
              read_disks(vm, json_object_get(j, "disks")) && read_nics(vm, json_object_get(j, "nics"));
    for (size_t i = 0; ok && i < ARRAY_LEN(texts); i++) {
        const char *value = json_string_value(json_object_get(j, texts[i].name));
        value = value || !texts[i].later ? value : "";
        ok = value && text_copy((char *)vm + texts[i].at, texts[i].size, value);
    }
    if (!ok || host < 0 || (size_t)host >= vm->vc->hosts_len || pool < 0 || (uint64_t)pool > vm->vc->plan->pools)
        return err_set(e, ERR_STORE, "the file of machine %u of %s lacks something", vm->n, vm->vc->plan->name);
    /* An import that was cut off by the end of the lab is one that never was. */
    vm->gone = gone || making;
    vm->template = template;
    vm->host = (unsigned)host;
    vm->pool = (unsigned)pool;
    vm->power = (enum lab_power)power;
    vm->powered_at = powered_at;
    vm->memory_mb = memory_mb;
    vm->custom = custom == LAB_CUSTOM_RUNNING ? LAB_CUSTOM_PENDING : (enum lab_custom)custom;
    vm->custom_from = from;
    vm->custom_until = until;
    vm->booted = vm->power == LAB_ON;
    json_decref(vm->extra);
    vm->extra = json_deep_copy(json_object_get(j, "extra"));
    return true;
}

static bool load_one(struct lab_vcenter *vc, const char *folder, unsigned n, struct err *e)
{
    char name[LAB_NAME + 32];
    AUTO(wire_json_decrefp) json_t *j = NULL;
    const struct wire_json_limits wide = { .bytes = LAB_FILE_MAX, .values = 10000 };
    struct lab_vm *vm = lab_vm_record(vc, n);
    struct buf b;
    (void)snprintf(name, sizeof(name), "%s/%u.json", folder, n);
    buf_init(&b, LAB_FILE_MAX);
    bool ok = (vm || err_set(e, ERR_LIMIT, "too many machines are kept")) && lab_keep_read(vc->at.estate->dir, name, &b, e) &&
              wire_json_read(buf_str(&b), b.len, &wide, &j, e) && lab_vm_read(vm, j, e);
    buf_done(&b);
    return ok || err_in(e, "%s", name);
}

bool lab_vms_load(struct lab_vcenter *vc, struct err *e)
{
    char folder[LAB_NAME + 8], path[LAB_PATH_MAX];
    (void)snprintf(folder, sizeof(folder), "vms/%s", vc->plan->name);
    if (!lab_keep_path(vc->at.estate->dir, folder, path, e))
        return false;
    DIR *d = opendir(path);
    if (!d)
        return errno == ENOENT || err_sys(e, ERR_STORE, errno, "reading %s", path);
    bool ok = true;
    for (const struct dirent *it; ok && (it = readdir(d));) { /* cppcheck-suppress readdirCalled ; the stream is ours alone */
        char digits[16];
        uint64_t n;
        size_t len = strcspn(it->d_name, ".");
        if (len >= sizeof(digits) || strcmp(it->d_name + len, ".json") != 0)
            continue;
        (void)snprintf(digits, sizeof(digits), "%.*s", (int)len, it->d_name);
        if (text_number(digits, 0, UINT32_MAX - 1, &n))
            ok = load_one(vc, folder, (unsigned)n, e);
    }
    (void)closedir(d);
    return ok;
}
