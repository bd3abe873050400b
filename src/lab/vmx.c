#include "lab/vmx.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/store.h"

enum { VMX_MAX = 256 * 1024, UNITS = 16 };

/* What is text in the machine and in the file. */
#define AT(field) .at = offsetof(struct lab_vm, field), .size = sizeof(((struct lab_vm *)0)->field)
static const struct {
    const char *key;
    size_t at, size;
} texts[] = {
    { "displayName", AT(name) }, { "guestOS", AT(guest_id) }, { "vsphere-lab.hardware", AT(version) }, { "firmware", AT(firmware) },
    { "uuid.bios", AT(uuid) }, { "vc.uuid", AT(instance_uuid) }, { "annotation", AT(note) }, { "ide0:0.fileName", AT(iso) },
};

/* key = "value", with |XX for what can't stand in quotes. */
static bool put(struct buf *b, const char *key, const char *value)
{
    bool ok = buf_printf(b, NULL, "%s = \"", key);
    for (; ok && *value; value++)
        ok = (unsigned char)*value < ' ' || *value == '"' || *value == '|' ? buf_printf(b, NULL, "|%02X", (unsigned char)*value)
                                                                           : buf_append(b, value, 1, NULL);
    return ok && buf_puts(b, "\"\n", NULL);
}

static bool put_number(struct buf *b, const char *key, int64_t n)
{
    return buf_printf(b, NULL, "%s = \"%lld\"\n", key, (long long)n);
}

static bool put_devices(const struct lab_asking *k, struct buf *b, const struct lab_vm *vm)
{
    struct arena *a = k->arena;
    bool ok = true;
    for (size_t i = 0; i < vm->disks_len; i++) {
        const char *at = arena_printf(a, "scsi0:%d", vm->disks[i].unit);
        ok = ok && put(b, arena_printf(a, "%s.present", at), "TRUE") && put(b, arena_printf(a, "%s.fileName", at), vm->disks[i].file) &&
             put_number(b, arena_printf(a, "%s.vsphere-lab.kb", at), vm->disks[i].kb);
    }
    for (size_t i = 0; i < vm->nics_len; i++) {
        const struct lab_nic *n = &vm->nics[i];
        const char *at = arena_printf(a, "ethernet%zu", i);
        ok = ok && put(b, arena_printf(a, "%s.present", at), "TRUE") && put(b, arena_printf(a, "%s.vsphere-lab.type", at), n->type) &&
             put(b, arena_printf(a, "%s.networkName", at), lab_object_name(k, (struct lab_object){ .mo = MO_NETWORK, .n = n->network })) &&
             put(b, arena_printf(a, "%s.address", at), n->mac) &&
             put(b, arena_printf(a, "%s.startConnected", at), n->connected ? "TRUE" : "FALSE");
    }
    return ok;
}

bool lab_vmx_write(const struct lab_asking *k, const struct lab_vm *vm, struct err *e)
{
    const struct lab_estate *s = k->vc->at.estate;
    char path[LAB_PATH_MAX];
    struct buf b;
    buf_init(&b, VMX_MAX);
    bool ok = put(&b, ".encoding", "UTF-8") && put_number(&b, "memSize", vm->memory_mb) && put_number(&b, "numvcpus", vm->cpus);
    for (size_t i = 0; ok && i < ARRAY_LEN(texts); i++)
        ok = put(&b, texts[i].key, (const char *)vm + texts[i].at);
    ok = (ok && put_devices(k, &b, vm)) || err_set(e, ERR_LIMIT, "a machine with too much to say");
    ok = ok && lab_store_file(k, vm->path, path, e) && lab_store_parents(s, path, e) &&
         lab_keep_write(s->dir, path + strlen(s->dir) + 1, b.data, b.len, 0600, e);
    buf_done(&b);
    return ok;
}

/* The value of a key in the whole text; NULL. Keys are told apart without regard to case, as hosts do. */
static const char *value_of(struct arena *a, const char *text, const char *key)
{
    size_t len = strlen(key);
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        line += strspn(line, " \t\r");
        if (!text_caseeq_n(line, strnlen(line, len), key, len))
            continue;
        const char *at = line + len + strspn(line + len, " \t");
        if (*at++ != '=')
            continue;
        at += strspn(at, " \t");
        at += *at == '"';
        char *value = arena_strndup(a, at, strcspn(at, "\"\r\n")), *to = value;
        for (const char *from = value; *from; from++) {
            uint8_t c = (uint8_t)*from;
            if (c == '|' && from[1] && from[2] && text_unhex(arena_strndup(a, from + 1, 2), &c, 1))
                from += 2;
            *to++ = (char)c;
        }
        *to = '\0';
        return value;
    }
    return NULL;
}

static int64_t number_of(struct arena *a, const char *text, const char *key, int64_t max, int64_t otherwise)
{
    const char *value = value_of(a, text, key);
    uint64_t n;
    return value && text_number(value, 1, (uint64_t)max, &n) ? (int64_t)n : otherwise;
}

/* A disk's file stands beside the machine's own when no datastore is named. */
static bool take_disk(const struct lab_asking *k, struct lab_vm *vm, const char *text, int unit)
{
    struct arena *a = k->arena;
    const char *file = value_of(a, text, arena_printf(a, "scsi0:%d.fileName", unit));
    const char *slash = strrchr(vm->path, '/');
    struct lab_disk *d = &vm->disks[vm->disks_len];
    if (!file)
        return true;
    if (*file != '[' && slash)
        file = arena_printf(a, "%.*s/%s", (int)(slash - vm->path), vm->path, file);
    *d = (struct lab_disk){ .key = LAB_DISK_KEY + unit, .unit = unit };
    d->kb = number_of(a, text, arena_printf(a, "scsi0:%d.vsphere-lab.kb", unit), INT64_C(62) << 30, 1024);
    vm->disks_len++;
    return text_copy(d->file, sizeof(d->file), file);
}

static bool take_card(const struct lab_asking *k, struct lab_vm *vm, const char *text, int n)
{
    struct arena *a = k->arena;
    const char *mac = value_of(a, text, arena_printf(a, "ethernet%d.address", n));
    const char *type = value_of(a, text, arena_printf(a, "ethernet%d.vsphere-lab.type", n));
    const char *network = value_of(a, text, arena_printf(a, "ethernet%d.networkName", n));
    const char *starts = value_of(a, text, arena_printf(a, "ethernet%d.startConnected", n));
    struct lab_nic *card = &vm->nics[vm->nics_len];
    if (!mac)
        return true;
    *card = (struct lab_nic){ .key = LAB_NIC_KEY + n, .connected = !starts || text_caseeq(starts, "TRUE") };
    for (unsigned i = 0; network && i < lab_count(k->vc, MO_NETWORK); i++)
        if (!strcmp(lab_object_name(k, (struct lab_object){ .mo = MO_NETWORK, .n = i }), network))
            card->network = i;
    vm->nics_len++;
    return text_copy(card->type, sizeof(card->type), type ? type : "VirtualVmxnet3") && text_copy(card->mac, sizeof(card->mac), mac);
}

static const char *load(const struct lab_asking *k, const char *file, struct buf *b, struct err *e)
{
    char path[LAB_PATH_MAX];
    if (!lab_store_file(k, file, path, e) || !lab_keep_load(path, b, e))
        return NULL;
    if (!text_utf8(buf_str(b), b->len) || memchr(buf_str(b), '\0', b->len)) {
        (void)!err_set(e, ERR_INPUT, "%.200s is no machine's configuration", file);
        return NULL;
    }
    return buf_str(b);
}

bool lab_vmx_read(const struct lab_asking *k, struct lab_vm *vm, struct err *e)
{
    struct buf b;
    buf_init(&b, VMX_MAX);
    const char *text = load(k, vm->path, &b, e);
    bool ok = text != NULL;
    if (ok) {
        vm->disks_len = vm->nics_len = 0;
        vm->memory_mb = number_of(k->arena, text, "memSize", INT64_C(24) << 20, vm->memory_mb);
        vm->cpus = (int)number_of(k->arena, text, "numvcpus", 768, vm->cpus);
    }
    for (size_t i = 1; ok && i < ARRAY_LEN(texts); i++) { /* its name is the caller's to choose */
        const char *value = value_of(k->arena, text, texts[i].key);
        ok = !value || text_copy((char *)vm + texts[i].at, texts[i].size, value) || err_set(e, ERR_INPUT, "%s is too long", texts[i].key);
    }
    for (int i = 0; ok && i < UNITS; i++)
        ok = take_disk(k, vm, text, i) && (i >= LAB_NICS_MAX || take_card(k, vm, text, i));
    if (!ok && text && e->kind != ERR_INPUT)
        ok = err_set(e, ERR_INPUT, "%.200s has a device that can't be", vm->path);
    buf_done(&b);
    return ok;
}

bool lab_vmx_name(const struct lab_asking *k, const char *path, char out[LAB_VM_NAME], struct err *e)
{
    struct buf b;
    buf_init(&b, VMX_MAX);
    const char *text = load(k, path, &b, e), *name = text ? value_of(k->arena, text, "displayName") : NULL;
    bool ok = text && (!name || text_copy(out, LAB_VM_NAME, name) || err_set(e, ERR_INPUT, "displayName is too long"));
    if (ok && !name)
        *out = '\0';
    buf_done(&b);
    return ok;
}
