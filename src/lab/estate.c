#include "lab/estate.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "lab/change.h"
#include "lab/console.h"
#include "lab/event.h"
#include "lab/guest.h"
#include "lab/keep.h"
#include "lab/lease.h"
#include "lab/ledger.h"
#include "lab/option.h"
#include "lab/own.h"
#include "lab/pass.h"
#include "lab/task.h"
#include "lab/ticket.h"
#include "lab/vm.h"
#include "lab/work.h"
#include "net/address.h"
#include "net/tls_server.h"
#include "wire/settings.h"

enum { PER_BLOCK = 250, HOST_NETS = 20, VCENTER_NET = 10, NSX_NET = 11 };

void lab_lock(struct lab_estate *s)
{
    if (pthread_mutex_lock(&s->mutex) != 0)
        abort();
}

void lab_unlock(struct lab_estate *s)
{
    if (pthread_mutex_unlock(&s->mutex) != 0)
        abort();
}

uint64_t lab_touch(struct lab_vcenter *vc)
{
    struct lab_estate *s = vc->at.estate;
    (void)pthread_cond_broadcast(&s->news);
    return vc->changed = ++s->version;
}

int64_t lab_now_ms(const struct lab_estate *s)
{
    return s->stopped ? s->clock * 1000 : clock_wall_ms() + s->clock * 1000;
}

int64_t lab_now(const struct lab_estate *s)
{
    return lab_now_ms(s) / 1000;
}

int64_t lab_now_at(const struct lab_endpoint *ep)
{
    bool wrong = ep->faults & LAB_FAULT_SKEW;
    return lab_now(ep->estate) + (!wrong ? 0 : ep->kind == LAB_HOST ? -LAB_SKEW : LAB_SKEW);
}

void lab_ip_text(uint32_t ip, char out[16])
{
    (void)snprintf(out, 16, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

static uint32_t ip_of(unsigned net, unsigned block, unsigned n)
{
    return 127u << 24 | net << 16 | block << 8 | n;
}

void lab_dns_name(const struct lab_endpoint *ep, char out[LAB_NAME])
{
    if (ep->kind == LAB_HOST)
        (void)snprintf(out, LAB_NAME, "esx%u.%s.%s", ep->n + 1, ep->vcenter->plan->name, ep->estate->scenario->domain);
    else
        (void)text_copy(out, LAB_NAME, ep->name);
}

static void uuid_of(const struct lab_estate *s, const char *label, char out[40])
{
    uint8_t b[16];
    lab_keys_derive(s->keys, label, b, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    char hex[33];
    text_hex(b, sizeof(b), hex);
    (void)snprintf(out, 40, "%.8s-%.4s-%.4s-%.4s-%s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

/* What the plan wants wrong with its n-th host: the kinds stand in a row, in the plan's order. */
static unsigned planned(const struct lab_vcenter_plan *p, uint64_t n, bool *ret_by_ip)
{
    const struct {
        uint64_t count;
        unsigned faults;
        bool by_ip;
    } row[] = {
        { p->hosts, 0, false },
        { p->by_ip_hosts, 0, true },
        { p->foreign_hosts, LAB_FAULT_FOREIGN, false },
        { p->self_signed_hosts, LAB_FAULT_SELF_SIGNED, false },
        { p->installer_hosts, LAB_FAULT_INSTALLER, false },
        { p->expired_hosts, LAB_FAULT_EXPIRED, false },
        { p->future_hosts, LAB_FAULT_FUTURE, false },
        { p->misnamed_hosts, LAB_FAULT_MISNAMED, false },
        { p->down_hosts, LAB_FAULT_DOWN, false },
    };
    *ret_by_ip = false;
    for (size_t i = 0; i < ARRAY_LEN(row); n -= row[i].count, i++) {
        if (n < row[i].count) {
            *ret_by_ip = row[i].by_ip;
            return row[i].faults;
        }
    }
    return 0;
}

static void add_host(struct lab_vcenter *vc, unsigned n)
{
    struct lab_estate *s = vc->at.estate;
    struct lab_host *h = &vc->hosts[n];
    bool by_ip;
    char label[LAB_NAME];
    h->at = (struct lab_endpoint){ .estate = s, .vcenter = vc, .kind = LAB_HOST, .n = n, .made_at = s->born };
    h->at.ip = ip_of(HOST_NETS + vc->at.n, n / PER_BLOCK, n % PER_BLOCK + 1);
    h->at.faults = planned(vc->plan, n, &by_ip);
    h->at.terms = vc->settings.terms;
    h->known_roots = 1;
    h->vms_from = n * (unsigned)vc->plan->vms;
    if (by_ip)
        lab_ip_text(h->at.ip, h->at.name);
    else
        lab_dns_name(&h->at, h->at.name);
    (void)snprintf(label, sizeof(label), "uuid %s %u", vc->plan->name, n);
    uuid_of(s, label, h->uuid);
}

static void add_vcenter(struct lab_estate *s, unsigned n)
{
    struct lab_vcenter *vc = &s->vcenters[n];
    const struct lab_vcenter_plan *p = &s->scenario->vcenters[n];
    char label[LAB_NAME];
    vc->at = (struct lab_endpoint){ .estate = s, .vcenter = vc, .kind = LAB_VCENTER, .n = n, .made_at = s->born };
    vc->at.ip = ip_of(VCENTER_NET, n + 1, 1);
    (void)snprintf(vc->at.name, sizeof(vc->at.name), "%s.%s", p->name, s->scenario->domain);
    vc->plan = p;
    lab_settings_init(&vc->settings);
    vc->at.issuer = p->endpoint;
    vc->hosts_len = (size_t)lab_plan_hosts(p);
    vc->hosts = xcalloc(vc->hosts_len + 1, sizeof(*vc->hosts));
    vc->vms_len = vc->hosts_len * (size_t)p->vms;
    (void)snprintf(label, sizeof(label), "uuid %s", p->name);
    uuid_of(s, label, vc->uuid);
    (void)text_copy(vc->user, sizeof(vc->user), "administrator@vsphere.local");
    if (!p->password || !text_copy(vc->password, sizeof(vc->password), p->password)) {
        uint8_t bytes[12];
        (void)snprintf(label, sizeof(label), "password %s", p->name);
        lab_keys_derive(s->keys, label, bytes, sizeof(bytes));
        text_hex(bytes, sizeof(bytes), vc->password);
    }
    for (unsigned i = 0; i < vc->hosts_len; i++)
        add_host(vc, i);
}

static void add_nsx(struct lab_estate *s, unsigned n)
{
    struct lab_nsx *x = &s->nsx[n];
    x->plan = &s->scenario->nsx[n];
    x->at = (struct lab_endpoint){ .estate = s, .kind = LAB_NSX, .n = n, .made_at = s->born,
                                    .issuer = x->plan->endpoint };
    x->at.ip = ip_of(NSX_NET, n / PER_BLOCK, n % PER_BLOCK + 1);
    (void)snprintf(x->at.name, sizeof(x->at.name), "%s.%s", x->plan->name, s->scenario->domain);
    for (size_t i = 0; i < s->vcenters_len; i++)
        if (!strcmp(s->vcenters[i].plan->name, x->plan->vcenter))
            x->at.vcenter = &s->vcenters[i];
}

/* Every vCenter without a psc key has a VMCA of its own. */
static void add_vmcas(struct lab_estate *s)
{
    for (size_t i = 0; i < s->vcenters_len; i++) {
        const struct lab_vcenter_plan *p = s->vcenters[i].plan;
        if (p->psc)
            continue;
        struct lab_vmca *v = &s->vmcas[s->vmcas_len++];
        v->home = &s->vcenters[i];
        (void)text_copy(v->label, sizeof(v->label), p->name);
        (void)text_copy(v->o, sizeof(v->o), p->root_o ? p->root_o : s->vcenters[i].at.name);
        v->version = (enum lab_version)p->version;
        v->san = p->root_san == 1 || (p->root_san == 0 && p->version < LAB_80U3);
        v->roots = xcalloc(LAB_ROOTS_MAX, sizeof(*v->roots));
    }
    for (size_t i = 0; i < s->vcenters_len; i++) {
        const struct lab_vcenter_plan *p = s->vcenters[i].plan;
        for (size_t j = 0; j < s->vmcas_len; j++)
            if (!strcmp(s->vmcas[j].label, p->psc ? p->psc : p->name))
                s->vcenters[i].vmca = &s->vmcas[j];
    }
}

/* Linked vCenters, and those that share a PSC, have one directory. */
static void add_directories(struct lab_estate *s)
{
    s->directories = xcalloc(s->vcenters_len, sizeof(*s->directories));
    s->directories_len = s->vcenters_len;
    for (size_t i = 0; i < s->vcenters_len; i++) {
        const struct lab_vcenter_plan *p = s->vcenters[i].plan;
        const char *of = p->psc ? p->psc : p->link;
        size_t n = i;
        /* A psc may itself be linked. */
        for (int hop = 0; of && hop < 2; hop++) {
            for (n = 0; strcmp(s->vcenters[n].plan->name, of) != 0;)
                n++;
            of = s->vcenters[n].plan->link;
        }
        s->vcenters[i].directory = &s->directories[n];
    }
}

static void build(struct lab_estate *s)
{
    s->vcenters_len = s->scenario->vcenters_len;
    s->vcenters = xcalloc(s->vcenters_len, sizeof(*s->vcenters));
    s->vmcas = xcalloc(s->vcenters_len, sizeof(*s->vmcas));
    s->nsx_len = s->scenario->nsx_len;
    s->nsx = xcalloc(s->nsx_len + 1, sizeof(*s->nsx));
    for (unsigned i = 0; i < s->vcenters_len; i++)
        add_vcenter(s, i);
    for (unsigned i = 0; i < s->nsx_len; i++)
        add_nsx(s, i);
    add_vmcas(s);
    add_directories(s);
}

/* A seed makes an estate that anybody can make again; without one the secret is this directory's own. */
static bool find_secret(const char *dir, const char *seed, uint8_t out[LAB_SECRET], struct err *e)
{
    if (seed) {
        char text[LAB_NAME + 32];
        int len = snprintf(text, sizeof(text), "vsphere-lab seed %s", seed);
        digest_sha256(text, (size_t)len, out);
        return true;
    }
    struct buf b;
    struct err why;
    buf_init(&b, LAB_SECRET + 1);
    bool found = lab_keep_read(dir, "keys/secret", &b, &why);
    if (found && b.len == LAB_SECRET)
        memcpy(out, b.data, LAB_SECRET);
    size_t len = b.len;
    buf_done(&b);
    if (found && len == LAB_SECRET)
        return true;
    if (found || why.kind != ERR_NOT_FOUND)
        return err_set(e, ERR_STORE, "keys/secret in the lab's directory can't be read, or isn't %d bytes", LAB_SECRET);
    random_bytes(out, LAB_SECRET);
    return lab_keep_write(dir, "keys/secret", out, LAB_SECRET, 0600, e);
}

/* The scenario that dir holds, or the one that is given for a new dir. */
static bool settle_scenario(struct lab_estate *s, const char *given, size_t given_len, struct err *e)
{
    struct buf kept;
    struct err why;
    buf_init(&kept, SETTINGS_FILE_MAX);
    bool found = lab_keep_read(s->dir, "scenario.ini", &kept, &why);
    bool ok = false;
    if (!found && why.kind != ERR_NOT_FOUND) {
        if (e)
            *e = why;
    } else if (found && given && (given_len != kept.len || memcmp(given, buf_str(&kept), kept.len) != 0)) {
        (void)err_set(e, ERR_CONFLICT, "%s holds the estate of another scenario: give another --dir, or remove it", s->dir);
    } else if (!found && !given) {
        (void)err_set(e, ERR_INPUT, "%s holds no estate: give a scenario file", s->dir);
    } else {
        const char *text = found ? buf_str(&kept) : given;
        s->scenario = lab_scenario_parse(text, found ? kept.len : given_len, e);
        ok = s->scenario && (found || lab_keep_write(s->dir, "scenario.ini", given, given_len, 0644, e));
    }
    buf_done(&kept);
    return ok;
}

static bool load_machines(struct lab_estate *s, struct err *e)
{
    for (size_t i = 0; i < s->vcenters_len; i++)
        if (!lab_vms_load(&s->vcenters[i], e))
            return false;
    return true;
}

static bool open_estate(struct lab_estate *s, const char *text, size_t len, int64_t now, bool byte_exact, struct err *e)
{
    uint8_t secret[LAB_SECRET];
    if (!lab_keep_prepare(s->dir, e) || !settle_scenario(s, text, len, e) ||
        !find_secret(s->dir, s->scenario->seed, secret, e))
        return false;
    s->keys = lab_keys_create(secret, s->dir);
    OPENSSL_cleanse(secret, sizeof(secret));
    s->mark = !byte_exact && !s->scenario->byte_exact;
    s->born = now;
    if (s->scenario->clock) {
        s->stopped = text_time_parse(s->scenario->clock, &s->clock);
        s->born = s->clock;
    }
    char path[LAB_PATH_MAX];
    if (!lab_keep_path(s->dir, "issued", path, e) || !(s->ledger = lab_ledger_open(path, e)))
        return false;
    return lab_journal_begin(s, e) && (build(s), true) && lab_cas_make(s, e) && lab_journal_replay(s, e) && load_machines(s, e);
}

struct lab_estate *lab_estate_open(const char *dir, const char *scenario_text, size_t len, int64_t now, bool byte_exact,
                                   struct err *e)
{
    struct lab_estate *s = xcalloc(1, sizeof(*s));
    s->dir = xstrdup(dir);
    s->version = 1;
    s->work = lab_work_create(s);
    pthread_condattr_t monotonic;
    if (pthread_mutex_init(&s->mutex, NULL) != 0 || pthread_condattr_init(&monotonic) != 0 ||
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0 || pthread_cond_init(&s->news, &monotonic) != 0)
        abort();
    (void)pthread_condattr_destroy(&monotonic);
    if (!open_estate(s, scenario_text, len, now, byte_exact, e))
        return lab_estate_destroy(s);
    return s;
}

static void endpoint_done(struct lab_endpoint *ep)
{
    for (size_t i = 0; i < ARRAY_LEN(ep->cached); i++)
        X509_free(ep->cached[i]);
    ep->own = lab_own_destroy(ep->own);
    (void)tls_identity_unref(ep->identity);
}

static void vcenter_done(struct lab_vcenter *vc)
{
    for (size_t j = 0; j < vc->hosts_len; j++) {
        endpoint_done(&vc->hosts[j].at);
        free(vc->hosts[j].castore);
    }
    free(vc->hosts);
    for (size_t j = 0; j < vc->sts_len; j++)
        lab_own_done(&vc->sts[j].own);
    free(vc->sts);
    free(vc->refused);
    lab_settings_done(&vc->settings);
}

static void directory_done(struct lab_directory *d)
{
    for (size_t i = 0; i < d->posted_len; i++)
        lab_ca_done(&d->posted[i].ca);
    free(d->posted);
    free(d->gone);
}

struct lab_estate *lab_estate_destroy(struct lab_estate *s)
{
    if (!s)
        return NULL;
    s->work = lab_work_destroy(s->work);
    for (size_t i = 0; i < s->vcenters_len; i++) {
        struct lab_vcenter *vc = &s->vcenters[i];
        lab_sessions_end(vc);
        vc->tickets = lab_tickets_destroy(vc->tickets);
        vc->consoles = lab_consoles_destroy(vc->consoles);
        vc->events = lab_events_destroy(vc->events);
        vc->leases = lab_leases_destroy(vc->leases);
        vc->passes = lab_passes_destroy(vc->passes);
        vc->programs = lab_programs_destroy(vc->programs);
        vc->tasks = lab_tasks_destroy(vc->tasks);
        vc->vms = lab_vms_destroy(vc->vms);
        endpoint_done(&vc->at);
        vcenter_done(vc);
    }
    for (size_t i = 0; i < s->nsx_len; i++)
        endpoint_done(&s->nsx[i].at);
    for (size_t i = 0; i < s->vmcas_len; i++) {
        for (size_t j = 0; j < s->vmcas[i].roots_len; j++)
            lab_ca_done(&s->vmcas[i].roots[j]);
        free(s->vmcas[i].roots);
    }
    for (size_t i = 0; i < LAB_CAS; i++)
        lab_ca_done(&s->cas[i]);
    for (size_t i = 0; i < s->directories_len; i++)
        directory_done(&s->directories[i]);
    free(s->directories);
    (void)lab_ledger_close(s->ledger);
    free(s->vcenters);
    free(s->vmcas);
    free(s->nsx);
    (void)lab_keys_destroy(s->keys);
    (void)lab_scenario_destroy(s->scenario);
    free(s->dir);
    (void)pthread_mutex_destroy(&s->mutex);
    (void)pthread_cond_destroy(&s->news);
    free(s);
    return NULL;
}

struct lab_endpoint *lab_endpoint_at(struct lab_estate *s, uint32_t ip)
{
    unsigned net = ip >> 16 & 255, block = ip >> 8 & 255, last = ip & 255;
    size_t n = (size_t)block * PER_BLOCK + last - 1;
    if (ip >> 24 != 127 || last == 0 || last > PER_BLOCK)
        return NULL;
    if (net == VCENTER_NET)
        return last == 1 && block >= 1 && block <= s->vcenters_len ? &s->vcenters[block - 1].at : NULL;
    if (net == NSX_NET)
        return n < s->nsx_len ? &s->nsx[n].at : NULL;
    if (net < HOST_NETS || net - HOST_NETS >= s->vcenters_len)
        return NULL;
    struct lab_vcenter *vc = &s->vcenters[net - HOST_NETS];
    return n < vc->hosts_len ? &vc->hosts[n].at : NULL;
}

static bool is_named(const struct lab_endpoint *ep, const char *nick, const char *name)
{
    char dns[LAB_NAME];
    lab_dns_name(ep, dns);
    return text_caseeq(name, ep->name) || text_caseeq(name, dns) || (nick && !strcmp(name, nick));
}

/* "esx12.vc1.lab.test" and "vc1/host-12" say themselves whose and which they are: an estate of fifty thousand hosts is
 * not searched for each line of its journal. */
static struct lab_endpoint *host_named(struct lab_vcenter *vc, const char *name)
{
    char nick[LAB_NAME], *end;
    bool slash = false;
    const char *digits = name;
    int len = snprintf(nick, sizeof(nick), "%s/host-", vc->plan->name);
    if (!strncmp(name, nick, (size_t)len)) {
        digits += len;
        slash = true;
    } else if (text_caseeq_n(name, strlen(name) < 3 ? 0 : 3, "esx", 3)) {
        digits += 3;
    } else {
        return NULL;
    }
    unsigned long n = *digits >= '1' && *digits <= '9' ? strtoul(digits, &end, 10) : 0;
    if (!n || n > vc->hosts_len || (slash && *end))
        return NULL;
    struct lab_endpoint *ep = &vc->hosts[n - 1].at;
    return slash || is_named(ep, NULL, name) ? ep : NULL;
}

static struct lab_endpoint *addressed(struct lab_estate *s, const char *name)
{
    struct address at;
    if (!address_parse(name, 0, &at, NULL) || at.family != ADDRESS_V4)
        return NULL;
    return lab_endpoint_at(s, (uint32_t)at.ip[0] << 24 | (uint32_t)at.ip[1] << 16 | (uint32_t)at.ip[2] << 8 | at.ip[3]);
}

struct lab_endpoint *lab_endpoint_named(struct lab_estate *s, const char *name)
{
    struct lab_endpoint *ep = addressed(s, name);
    assert((s->vcenters || !s->vcenters_len) && (s->nsx || !s->nsx_len));
    for (size_t i = 0; !ep && i < s->vcenters_len; i++) {
        struct lab_vcenter *vc = &s->vcenters[i];
        ep = is_named(&vc->at, vc->plan->name, name) ? &vc->at : host_named(vc, name);
    }
    for (size_t i = 0; !ep && i < s->nsx_len; i++)
        if (is_named(&s->nsx[i].at, s->nsx[i].plan->name, name))
            ep = &s->nsx[i].at;
    return ep;
}
