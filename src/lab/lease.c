#include "lab/lease.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "lab/event.h"
#include "lab/store.h"
#include "lab/ticket.h"
#include "lab/work.h"

enum { READY_MS = 20 };

struct lab_leases {
    struct lab_lease *newest; /* owned */
    unsigned next;
};

struct lab_leases *lab_leases_destroy(struct lab_leases *all)
{
    while (all && all->newest) {
        struct lab_lease *gone = all->newest;
        all->newest = gone->next;
        free(gone);
    }
    free(all);
    return NULL;
}

unsigned lab_leases_end(const struct lab_vcenter *vc)
{
    return vc->leases ? vc->leases->next : 0;
}

struct lab_lease *lab_lease_find(const struct lab_vcenter *vc, unsigned n)
{
    for (struct lab_lease *l = vc->leases ? vc->leases->newest : NULL; l; l = l->next)
        if (l->n == n)
            return l;
    return NULL;
}

static bool is_over(const struct lab_lease *l)
{
    return l->state == LAB_LEASE_DONE || l->state == LAB_LEASE_ERROR;
}

static void changed(struct lab_lease *l)
{
    l->changed = lab_touch(l->vc);
}

static void ready(struct lab_vcenter *vc, uint64_t id)
{
    struct lab_lease *l = lab_lease_find(vc, (unsigned)id);
    if (!l || l->state != LAB_LEASE_INITIALIZING)
        return;
    l->state = LAB_LEASE_READY;
    l->touched_ms = clock_mono_ms();
    changed(l);
}

static int64_t left_ms(const struct lab_lease *l)
{
    return l->touched_ms + (int64_t)l->vc->plan->lease_s * 1000 - clock_mono_ms();
}

static void look_for_timeout(struct lab_vcenter *vc, uint64_t id)
{
    struct lab_lease *l = lab_lease_find(vc, (unsigned)id);
    if (!l || is_over(l))
        return;
    if (left_ms(l) > 0)
        lab_later(vc, left_ms(l), look_for_timeout, id);
    else
        (void)!lab_lease_end(l, "Timedout", "The lease timed out: nobody said HttpNfcLeaseProgress.", NULL);
}

/* Those that are over make room, the oldest first; returns how many are not. */
static size_t tidy(struct lab_leases *all)
{
    size_t live = 0, over = 0;
    for (struct lab_lease **at = &all->newest; *at;) {
        struct lab_lease *l = *at;
        live += !is_over(l);
        if (!is_over(l) || ++over <= LAB_LEASES_OVER) {
            at = &l->next;
            continue;
        }
        *at = l->next;
        free(l);
    }
    return live;
}

struct lab_lease *lab_lease_make(struct lab_vm *vm, bool import)
{
    struct lab_vcenter *vc = vm->vc;
    if (!vc->leases)
        vc->leases = xcalloc(1, sizeof(*vc->leases));
    if (tidy(vc->leases) >= LAB_LEASES_MAX)
        return NULL;
    struct lab_lease *l = xcalloc(1, sizeof(*l));
    *l = (struct lab_lease){ .vc = vc, .n = vc->leases->next++, .import = import, .vm = vm->n, .host = vm->host,
                             .touched_ms = clock_mono_ms(), .next = vc->leases->newest };
    random_uuid(l->id);
    vc->leases->newest = l;
    changed(l);
    lab_later(vc, READY_MS, ready, l->n);
    lab_later(vc, left_ms(l), look_for_timeout, l->n);
    return l;
}

bool lab_lease_add(struct lab_lease *l, const struct lab_lease_item *item)
{
    if (l->items_len == LAB_LEASE_ITEMS)
        return false;
    l->items[l->items_len++] = *item;
    return true;
}

bool lab_lease_open(struct lab_endpoint *host, const char *id, const char *name, struct lab_lease **ret, struct lab_lease_item **ret_item)
{
    struct lab_lease *l = host->vcenter->leases ? host->vcenter->leases->newest : NULL;
    while (l && (strlen(id) != strlen(l->id) || CRYPTO_memcmp(l->id, id, strlen(id)) != 0))
        l = l->next;
    if (!l || l->host != host->n || l->state != LAB_LEASE_READY)
        return false;
    for (size_t i = 0; i < l->items_len; i++)
        if (!strcmp(l->items[i].name, name)) {
            *ret = l;
            *ret_item = &l->items[i];
            return true;
        }
    return false;
}

void lab_lease_touch(struct lab_lease *l)
{
    l->touched_ms = clock_mono_ms();
}

bool lab_lease_end(struct lab_lease *l, const char *fault, const char *text, struct err *e)
{
    struct lab_vm *vm = lab_vm_take(l->vc, l->vm);
    l->state = fault ? LAB_LEASE_ERROR : LAB_LEASE_DONE;
    l->fault = fault;
    l->fault_text = text;
    changed(l);
    if (!vm || !l->import)
        return true;
    if (fault)
        return lab_vm_erase(vm, e);
    struct lab_event_plan ev = { .type = "VmCreatedEvent", .user = "" };
    vm->making = false;
    (void)lab_event_vm(vm, &ev, "Imported virtual machine %s on %s", vm->name, vm->vc->hosts[vm->host].at.name);
    return lab_vm_keep(vm, e);
}

/* ---- properties ---- */

#define LOOK(k, o, l)                                        \
    const struct lab_lease *l = lab_lease_find((k)->vc, (o).n); \
    if (!l)                                                  \
        return NULL

struct lab_value *lab_lease_state(const struct lab_asking *k, struct lab_object o)
{
    static const char *const names[] = { "initializing", "ready", "done", "error" };
    LOOK(k, o, l);
    return lab_text(k->arena, NULL, NULL, "HttpNfcLeaseState", names[l->state]);
}

struct lab_value *lab_lease_progress(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, l);
    return lab_int(k->arena, NULL, NULL, l->state == LAB_LEASE_INITIALIZING ? 0 : 100);
}

struct lab_value *lab_lease_transfer(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, l);
    return lab_int(k->arena, NULL, NULL, l->progress);
}

struct lab_value *lab_lease_mode(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return lab_string(k->arena, NULL, NULL, "pushOrGet");
}

struct lab_value *lab_lease_capabilities(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *v = lab_struct(k->arena, NULL, NULL, "HttpNfcLeaseCapabilities");
    (void)lab_bool(k->arena, v, "pullModeSupported", false);
    (void)lab_bool(k->arena, v, "corsSupported", false);
    return v;
}

struct lab_value *lab_lease_error(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, l);
    if (!l->fault)
        return NULL;
    struct lab_value *v = lab_struct(k->arena, NULL, NULL, "LocalizedMethodFault");
    (void)lab_poly(k->arena, v, "fault", l->fault);
    (void)lab_string(k->arena, v, "localizedMessage", l->fault_text);
    return v;
}

static void device_url(const struct lab_asking *k, struct lab_value *list, const struct lab_lease *l, size_t n)
{
    struct arena *a = k->arena;
    const struct lab_lease_item *item = &l->items[n];
    struct lab_endpoint *host = &l->vc->hosts[l->host].at;
    char print[60];
    lab_said_thumbprint(host, print);
    struct lab_value *v = lab_struct(a, list, NULL, "HttpNfcLeaseDeviceUrl");
    (void)lab_string(a, v, "key", item->key);
    (void)lab_string(a, v, "importKey", l->import ? item->key : "");
    (void)lab_string(a, v, "url", arena_printf(a, "https://%s:%u/nfc/%s/%s", host->name, host->estate->port, l->id, item->name));
    (void)lab_string(a, v, "sslThumbprint", arena_strdup(a, print));
    (void)lab_bool(a, v, "disk", item->disk);
    if (!l->import)
        (void)lab_string(a, v, "targetId", item->name);
    (void)lab_string(a, v, "datastoreKey", arena_printf(a, "https://%s:%u/nfc/%s/", host->name, host->estate->port, l->id));
    if (!l->import && !item->disk)
        (void)lab_long(a, v, "fileSize", (int64_t)item->size);
}

struct lab_value *lab_lease_info(const struct lab_asking *k, struct lab_object o)
{
    LOOK(k, o, l);
    struct arena *a = k->arena;
    int64_t kb = 0;
    char print[60];
    if (l->state != LAB_LEASE_READY)
        return NULL;
    struct lab_endpoint *host = &l->vc->hosts[l->host].at;
    struct lab_value *v = lab_struct(a, NULL, NULL, "HttpNfcLeaseInfo");
    (void)lab_ref(a, v, "lease", "HttpNfcLease", lab_object_moid(k, o));
    (void)lab_ref(a, v, "entity", "VirtualMachine", lab_object_moid(k, (struct lab_object){ .mo = MO_VM, .n = l->vm }));
    struct lab_value *urls = lab_array(a, v, "deviceUrl", "HttpNfcLeaseDeviceUrl");
    for (size_t i = 0; i < l->items_len; i++) {
        device_url(k, urls, l, i);
        kb += l->items[i].kb;
    }
    (void)lab_long(a, v, "totalDiskCapacityInKB", kb);
    (void)lab_int(a, v, "leaseTimeout", (int64_t)l->vc->plan->lease_s);
    struct lab_value *map = lab_struct(a, lab_array(a, v, "hostMap", "HttpNfcLeaseDatastoreLeaseInfo"), NULL,
                                       "HttpNfcLeaseDatastoreLeaseInfo");
    const char *base = arena_printf(a, "https://%s:%u/nfc/%s/", host->name, host->estate->port, l->id);
    (void)lab_string(a, map, "datastoreKey", base);
    struct lab_value *h = lab_struct(a, lab_array(a, map, "hosts", "HttpNfcLeaseHostInfo"), NULL, "HttpNfcLeaseHostInfo");
    lab_said_thumbprint(host, print);
    (void)lab_string(a, h, "url", base);
    (void)lab_string(a, h, "sslThumbprint", arena_strdup(a, print));
    return v;
}
