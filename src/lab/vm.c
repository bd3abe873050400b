#include "lab/vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "lab/console.h"
#include "lab/customize.h"
#include "lab/work.h"

enum { KB_OF_DISK = 8 * 1024 * 1024, MB_OF_MEMORY = 2048, NUMBER_FROM = 100000 };

/* Records, in order of their numbers. */
struct lab_vms {
    struct lab_vm **list; /* owned, and each of them */
    size_t len, cap;
    unsigned end;         /* numbers given so far */
};

static struct lab_vms *vms_of(struct lab_vcenter *vc)
{
    if (!vc->vms) {
        vc->vms = xcalloc(1, sizeof(*vc->vms));
        vc->vms->end = (unsigned)vc->vms_len;
    }
    return vc->vms;
}

struct lab_vms *lab_vms_destroy(struct lab_vms *all)
{
    for (size_t i = 0; all && i < all->len; i++) {
        json_decref(all->list[i]->extra);
        free(all->list[i]);
    }
    if (all)
        free(all->list);
    free(all);
    return NULL;
}

/* Where the record of that number stands, or would. */
static size_t place_of(const struct lab_vms *all, unsigned n)
{
    size_t from = 0, to = all ? all->len : 0;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (all->list[middle]->n < n)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static struct lab_vm *find(const struct lab_vcenter *vc, unsigned n)
{
    size_t at = place_of(vc->vms, n);
    return vc->vms && at < vc->vms->len && vc->vms->list[at]->n == n ? vc->vms->list[at] : NULL;
}

static void uuid_of(const struct lab_vcenter *vc, unsigned n, const char *what, char out[40])
{
    uint8_t b[16];
    char label[LAB_NAME];
    (void)snprintf(label, sizeof(label), "%s %s %u", what, vc->plan->name, n);
    lab_keys_derive(vc->at.estate->keys, label, b, sizeof(b));
    (void)snprintf(out, 40, "%02x%02x%02x%02x-%02x%02x-4%01x%02x-a%01x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
                   b[3], b[4], b[5], b[6] & 15, b[7], b[8] & 15, b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static void guest_says(struct lab_vm *vm)
{
    (void)text_copy(vm->guest_name, sizeof(vm->guest_name), vm->name);
    (void)snprintf(vm->guest_ip, sizeof(vm->guest_ip), "10.%u.%u.%u", (64 + vm->vc->at.n) & 255, vm->n / 250 & 255, vm->n % 250 + 2);
}

/* What every new one has. */
static void furnish(struct lab_vm *vm)
{
    vm->cpus = 2;
    vm->memory_mb = MB_OF_MEMORY;
    (void)text_copy(vm->guest_id, sizeof(vm->guest_id), "debian11_64Guest");
    (void)text_copy(vm->version, sizeof(vm->version), "vmx-13");
    (void)text_copy(vm->firmware, sizeof(vm->firmware), "bios");
    uuid_of(vm->vc, vm->n, "bios", vm->uuid);
    uuid_of(vm->vc, vm->n, "instance", vm->instance_uuid);
}

/* As the scenario made it. */
static void plan(struct lab_vcenter *vc, unsigned n, struct lab_vm *vm)
{
    const struct lab_vcenter_plan *p = vc->plan;
    *vm = (struct lab_vm){ .vc = vc, .n = n, .host = n / (unsigned)p->vms };
    bool off = n % p->vms >= p->vms - (p->vms_off < p->vms ? p->vms_off : p->vms);
    furnish(vm);
    (void)snprintf(vm->name, sizeof(vm->name), "vm-%u", n + 1);
    (void)snprintf(vm->path, sizeof(vm->path), "[shared1] vm-%u/vm-%u.vmx", n + 1, n + 1);
    vm->pool = p->pools ? 1 + n % (unsigned)p->pools : 0;
    vm->power = off ? LAB_OFF : LAB_ON;
    vm->powered_at = off ? 0 : vc->at.estate->born;
    vm->booted = !off;
    vm->disks_len = vm->nics_len = 1;
    vm->disks[0] = (struct lab_disk){ .key = LAB_DISK_KEY, .kb = KB_OF_DISK };
    (void)snprintf(vm->disks[0].file, LAB_FILE_NAME, "[shared1] vm-%u/vm-%u.vmdk", n + 1, n + 1);
    vm->nics[0] = (struct lab_nic){ .key = LAB_NIC_KEY, .type = "VirtualVmxnet3", .connected = true };
    (void)snprintf(vm->nics[0].mac, sizeof(vm->nics[0].mac), "00:50:56:%02x:%02x:%02x", vc->at.n & 63, n >> 8 & 255, n & 255);
    guest_says(vm);
}

bool lab_vm_exists(const struct lab_vcenter *vc, unsigned n)
{
    const struct lab_vm *vm = find(vc, n);
    return vm ? !vm->gone : n < vc->vms_len;
}

unsigned lab_vms_end(const struct lab_vcenter *vc)
{
    return vc->vms ? vc->vms->end : (unsigned)vc->vms_len;
}

unsigned lab_vm_host(const struct lab_vcenter *vc, unsigned n)
{
    const struct lab_vm *vm = find(vc, n);
    return vm ? vm->host : n / (unsigned)vc->plan->vms;
}

unsigned lab_vm_next(const struct lab_vcenter *vc, unsigned host, unsigned n)
{
    const struct lab_vms *all = vc->vms;
    unsigned vms = (unsigned)vc->plan->vms, end = (unsigned)vc->vms_len < (host + 1) * vms ? (unsigned)vc->vms_len : (host + 1) * vms;
    unsigned planned = n > host * vms ? n : host * vms, made = lab_vms_end(vc);
    while (planned < end && (find(vc, planned) || n > planned))
        planned++;
    for (size_t at = place_of(all, n); all && at < all->len && made == lab_vms_end(vc); at++)
        if (!all->list[at]->gone && all->list[at]->host == host)
            made = all->list[at]->n;
    return planned < end && planned < made ? planned : made;
}

uint64_t lab_vm_changed(const struct lab_vcenter *vc, unsigned n)
{
    const struct lab_vm *vm = find(vc, n);
    return vm ? vm->changed : 0;
}

const char *lab_vm_name(const struct lab_asking *k, unsigned n)
{
    const struct lab_vm *vm = find(k->vc, n);
    return vm ? vm->name : arena_printf(k->arena, "vm-%u", n + 1);
}

const struct lab_vm *lab_vm_look(const struct lab_asking *k, unsigned n)
{
    const struct lab_vm *vm = find(k->vc, n);
    if (vm)
        return vm->gone ? NULL : vm;
    if (n >= k->vc->vms_len)
        return NULL;
    struct lab_vm *planned = arena_alloc(k->arena, sizeof(*planned));
    plan(k->vc, n, planned);
    return planned;
}

struct lab_vm *lab_vm_record(struct lab_vcenter *vc, unsigned n)
{
    struct lab_vms *all = vms_of(vc);
    size_t at = place_of(all, n);
    if (at < all->len && all->list[at]->n == n)
        return all->list[at];
    if (all->len == LAB_VMS_MADE_MAX)
        return NULL;
    if (all->len == all->cap) {
        all->cap = all->cap ? all->cap * 2 : 16;
        all->list = xrealloc(all->list, all->cap * sizeof(*all->list));
    }
    struct lab_vm *vm = xcalloc(1, sizeof(*vm));
    *vm = (struct lab_vm){ .vc = vc, .n = n };
    if (n < vc->vms_len)
        plan(vc, n, vm);
    memmove(all->list + at + 1, all->list + at, (all->len - at) * sizeof(*all->list));
    all->list[at] = vm;
    all->len++;
    if (n >= all->end)
        all->end = n + 1;
    return vm;
}

struct lab_vm *lab_vm_take(struct lab_vcenter *vc, unsigned n)
{
    struct lab_vm *vm = lab_vm_exists(vc, n) ? lab_vm_record(vc, n) : NULL;
    return vm && !vm->gone ? vm : NULL;
}

void lab_vm_touch(struct lab_vm *vm)
{
    vm->changed = lab_touch(vm->vc);
}

bool lab_vm_keep(struct lab_vm *vm, struct err *e)
{
    lab_vm_touch(vm);
    return lab_vm_write(vm, e);
}

struct lab_vm *lab_vm_make(struct lab_vcenter *vc, const char *name, struct err *e)
{
    struct lab_vm *vm = lab_vm_record(vc, lab_vms_end(vc));
    if (!vm) {
        (void)err_set(e, ERR_LIMIT, "a vCenter of the lab remembers %d machines", LAB_VMS_MADE_MAX);
        return NULL;
    }
    furnish(vm);
    random_uuid(vm->uuid);
    random_uuid(vm->instance_uuid);
    (void)text_copy(vm->name, sizeof(vm->name), name);
    guest_says(vm);
    return vm;
}

bool lab_vm_remove(struct lab_vm *vm, struct err *e)
{
    lab_console_end(vm);
    vm->gone = true;
    vm->runs++;
    return lab_vm_keep(vm, e);
}

bool lab_vm_is_taken(const struct lab_vcenter *vc, const char *name, unsigned but)
{
    for (size_t i = 0; vc->vms && i < vc->vms->len; i++)
        if (!vc->vms->list[i]->gone && vc->vms->list[i]->n != but && !strcmp(vc->vms->list[i]->name, name))
            return true;
    uint64_t n;
    return !strncmp(name, "vm-", 3) && text_number(name + 3, 1, vc->vms_len, &n) && n - 1 != but && !find(vc, (unsigned)n - 1);
}

struct lab_vm *lab_vm_named(struct lab_vcenter *vc, const char *name)
{
    uint64_t n;
    for (size_t i = 0; vc->vms && i < vc->vms->len; i++)
        if (!vc->vms->list[i]->gone && !strcmp(vc->vms->list[i]->name, name))
            return vc->vms->list[i];
    if (strncmp(name, "vm-", 3) != 0)
        return NULL;
    if (text_number(name + 3, 1, vc->vms_len, &n))
        return lab_vm_take(vc, (unsigned)n - 1);
    return text_number(name + 3, NUMBER_FROM, UINT32_MAX, &n) ? lab_vm_take(vc, (unsigned)n - NUMBER_FROM) : NULL;
}

bool lab_vm_uses(const struct lab_asking *k, unsigned n, struct lab_object o)
{
    struct lab_vm planned = { 0 };
    const struct lab_vm *vm = find(k->vc, n);
    unsigned datastore;
    const char *file;
    if (!vm)
        plan(k->vc, n, &planned);
    vm = vm ? vm : &planned;
    if (o.mo == MO_POOL)
        return vm->pool == o.n && !vm->template;
    bool uses = o.mo == MO_DATASTORE && lab_datastore_path(k, vm->path, &datastore, &file) && datastore == o.n;
    for (size_t i = 0; o.mo == MO_DATASTORE && i < vm->disks_len; i++)
        uses = uses || (lab_datastore_path(k, vm->disks[i].file, &datastore, &file) && datastore == o.n);
    for (size_t i = 0; o.mo == MO_NETWORK && i < vm->nics_len; i++)
        uses = uses || vm->nics[i].network == o.n;
    return uses;
}

/* ---- power ---- */

/* Tools say that they run, and whatever waited for that goes on. */
static void booted(struct lab_vcenter *vc, uint64_t id)
{
    struct lab_vm *vm = lab_vm_take(vc, (unsigned)id);
    if (!vm || vm->runs != (unsigned)(id >> 32) || vm->power != LAB_ON)
        return;
    vm->booted = true;
    lab_vm_touch(vm);
    lab_customize_booted(vm);
}

void lab_vm_boot(struct lab_vm *vm)
{
    vm->runs++;
    vm->booted = false;
    vm->powered_at = lab_now(vm->vc->at.estate);
    lab_later(vm->vc, (int64_t)vm->vc->plan->boot_ms, booted, (uint64_t)vm->runs << 32 | vm->n);
}

void lab_vm_set_power(struct lab_vm *vm, enum lab_power power)
{
    bool resumed = vm->power == LAB_SUSPENDED && power == LAB_ON;
    vm->power = power;
    if (power != LAB_ON) {
        vm->booted = false;
        vm->powered_at = 0;
        vm->runs++;
        lab_console_end(vm);
    } else if (resumed) {
        vm->booted = true;
        vm->powered_at = lab_now(vm->vc->at.estate);
    } else {
        lab_vm_boot(vm);
    }
}

const char *lab_vm_guest_full_name(const char *guest_id)
{
    static const char *const names[][2] = {
        { "debian11_64Guest", "Debian GNU/Linux 11 (64-bit)" }, { "debian12_64Guest", "Debian GNU/Linux 12 (64-bit)" },
        { "rhel8_64Guest", "Red Hat Enterprise Linux 8 (64-bit)" }, { "ubuntu64Guest", "Ubuntu Linux (64-bit)" },
        { "windows2019srv_64Guest", "Microsoft Windows Server 2019 (64-bit)" },
        { "otherGuest", "Other (32-bit)" }, { "otherGuest64", "Other (64-bit)" }, { "otherLinux64Guest", "Other Linux (64-bit)" },
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!strcmp(names[i][0], guest_id))
            return names[i][1];
    return guest_id;
}

/* ---- extraConfig, and where files are ---- */

const char *lab_vm_extra(const struct lab_vm *vm, const char *key)
{
    return json_string_value(json_object_get(vm->extra, key));
}

bool lab_vm_set_extra(struct lab_vm *vm, const char *key, const char *value)
{
    if (!value || !*value) {
        (void)json_object_del(vm->extra, key);
        return true;
    }
    if (!vm->extra)
        vm->extra = json_object();
    if (!json_object_get(vm->extra, key) && json_object_size(vm->extra) >= LAB_EXTRAS_MAX)
        return false;
    return json_object_set_new(vm->extra, key, json_string(value)) == 0;
}

bool lab_datastore_path(const struct lab_asking *k, const char *path, unsigned *ret_datastore, const char **ret_file)
{
    const char *close = path && path[0] == '[' ? strchr(path, ']') : NULL;
    for (unsigned i = 0; close && i <= k->vc->plan->datastores; i++) {
        const char *name = lab_object_name(k, (struct lab_object){ .mo = MO_DATASTORE, .n = i });
        if (strlen(name) != (size_t)(close - path - 1) || strncmp(name, path + 1, strlen(name)) != 0)
            continue;
        *ret_datastore = i;
        *ret_file = close + 1 + strspn(close + 1, " ");
        return true;
    }
    return false;
}
