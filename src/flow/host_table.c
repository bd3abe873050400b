#include "flow/host_table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "flow/anchor.h"
#include "flow/site.h"
#include "flow/vcenter.h"
#include "flow/vmca.h"
#include "trust/cert.h"
#include "trust/set.h"

enum { AGE_MAX_MS = 10 * 60 * 1000 }; /* what no certificate's own times foretell is seen after so long: an anchor's, a CRL's */

/* What a list was made from: another one is made when any of it is no more so. */
struct basis {
    uint64_t generation; /* of the live set */
    uint64_t touched;    /* of the entry */
    uint8_t record[DIGEST_SHA256]; /* of the trust record */
    bool names_off;
};

/* A list and what it owns. */
struct held {
    struct host_list list; /* first: who has the list has this */
    atomic_size_t refs;
    struct arena arena;
    struct basis basis;
    int64_t until_ms;      /* good until then */
};

struct entry {
    struct entry *next;
    char *urn;
    atomic_uint_least64_t touched;
    pthread_mutex_t making; /* held by who makes the list */
    struct held *held;      /* a reference, under `making`; NULL = none yet */
};

/* Entries stay until the end: as many as vCenters were ever asked for. */
struct host_table {
    pthread_mutex_t lock; /* of the chain; `making` is taken without it */
    struct entry *first;
};

/* ---- lists ---- */

static struct held *held_of(const struct host_list *l)
{
    return CONTAINER_OF((struct host_list *)(uintptr_t)l, struct held, list);
}

const struct host_list *host_list_unref(const struct host_list *l)
{
    struct held *h = l ? held_of(l) : NULL;
    if (h && atomic_fetch_sub_explicit(&h->refs, 1, memory_order_acq_rel) == 1) {
        arena_done(&h->arena);
        free(h);
    }
    return NULL;
}

static int64_t sooner(int64_t until_ms, int64_t seconds, int64_t now_ms)
{
    return seconds >= now_ms / 1000 && seconds < until_ms / 1000 ? (seconds + 1) * 1000 : until_ms;
}

/* When the first certificate of the report begins or ends. */
static int64_t good_until(const struct hosts_report *r, int64_t now_ms)
{
    int64_t until = now_ms + AGE_MAX_MS;
    for (size_t i = 0; i < r->len; i++)
        for (size_t k = 0; k < r->rows[i].certs_len; k++) {
            until = sooner(until, trust_cert_not_before(r->rows[i].certs[k]), now_ms);
            until = sooner(until, trust_cert_not_after(r->rows[i].certs[k]), now_ms);
        }
    return until;
}

static void fill_line(struct held *h, const struct host_row *r, struct host_line *ret)
{
    const size_t id = (size_t)(r->id - r->key); /* the id is the end of the key, or all of it */
    const char *key = arena_strdup(&h->arena, r->key);
    *ret = (struct host_line){
        .list = &h->list, .key = key, .id = id <= strlen(r->key) ? key + id : arena_strdup(&h->arena, r->id),
        .name = arena_strdup(&h->arena, r->name), .why = r->seen ? NULL : arena_strdup(&h->arena, r->err.msg),
        .class = r->class, .rule = r->seen ? r->verdict.rule : TRUST_OK, .seen = r->seen, .verified = r->seen && r->verdict.ok,
        .seen_ms = r->seen_ms,
    };
}

static void fill(struct held *h, const struct hosts_report *r)
{
    struct host_line *lines = arena_array(&h->arena, r->len + 1, sizeof(*lines));
    for (size_t i = 0; i < r->len; i++)
        fill_line(h, &r->rows[i], &lines[i]);
    h->list.lines = lines;
    h->list.len = r->len;
    h->list.verified = r->verified;
    memcpy(h->list.classes, r->classes, sizeof(h->list.classes));
    h->list.at_ms = r->at_ms;
    hosts_text(r, h->list.text);
}

static bool make(const struct site *site, const struct vcenter *v, const struct basis *b, struct held **ret, struct err *e)
{
    AUTO(hosts_report_done) struct hosts_report report = { 0 };
    AUTO(trust_cert_unrefp) struct trust_cert *vmca = NULL;
    struct vmca_summary said;
    struct err none;
    const int64_t now_ms = clock_wall_ms();
    if (!hosts_kept(site, v->urn, b->names_off, &report, e))
        return false;
    vmca_summary_read(v->trust, &report.arena, &said);
    if (said.pem && !anchor_read(said.pem, strlen(said.pem), &vmca, &none))
        vmca = NULL;
    hosts_classify(&report, vmca, now_ms / 1000);
    struct held *h = xcalloc(1, sizeof(*h));
    atomic_init(&h->refs, 1);
    h->basis = *b;
    h->until_ms = good_until(&report, now_ms);
    h->list.vcenter = arena_strdup(&h->arena, v->urn);
    h->list.names_off = b->names_off;
    fill(h, &report);
    *ret = h;
    return true;
}

/* ---- the table ---- */

struct host_table *host_table_create(void)
{
    struct host_table *t = xcalloc(1, sizeof(*t));
    (void)pthread_mutex_init(&t->lock, NULL);
    return t;
}

struct host_table *host_table_destroy(struct host_table *t)
{
    if (!t)
        return NULL;
    while (t->first) {
        struct entry *n = t->first;
        t->first = n->next;
        if (n->held)
            (void)host_list_unref(&n->held->list);
        (void)pthread_mutex_destroy(&n->making);
        free(n->urn);
        free(n);
    }
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
    return NULL;
}

void host_table_touch(struct host_table *t, const char *urn)
{
    if (!t)
        return;
    (void)pthread_mutex_lock(&t->lock);
    for (struct entry *n = t->first; n; n = n->next)
        if (!urn || strcmp(n->urn, urn) == 0)
            atomic_fetch_add(&n->touched, 1);
    (void)pthread_mutex_unlock(&t->lock);
}

static struct entry *entry_of(struct host_table *t, const char *urn)
{
    (void)pthread_mutex_lock(&t->lock);
    struct entry *n = t->first;
    while (n && strcmp(n->urn, urn) != 0)
        n = n->next;
    if (!n) {
        n = xcalloc(1, sizeof(*n));
        n->urn = xstrdup(urn);
        (void)pthread_mutex_init(&n->making, NULL);
        n->next = t->first;
        t->first = n;
    }
    (void)pthread_mutex_unlock(&t->lock);
    return n;
}

static bool same(const struct basis *a, const struct basis *b)
{
    return a->generation == b->generation && a->touched == b->touched && a->names_off == b->names_off &&
           memcmp(a->record, b->record, sizeof(a->record)) == 0;
}

bool host_table_get(const struct site *site, const struct vcenter *v, bool names_off, const struct host_list **ret, struct err *e)
{
    struct entry *n = entry_of(site->host_table, v->urn);
    (void)pthread_mutex_lock(&n->making);
    /* Read before the rows are: what changes while they are read makes the next list. */
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(site->live);
    struct basis now = { .generation = trust_set_generation(set), .touched = atomic_load(&n->touched), .names_off = names_off };
    const char *record = v->trust ? v->trust : "";
    digest_sha256(record, strlen(record), now.record);
    bool ok = true;
    if (!n->held || !same(&n->held->basis, &now) || clock_wall_ms() >= n->held->until_ms) {
        struct held *made = NULL;
        ok = make(site, v, &now, &made, e);
        if (ok && n->held)
            (void)host_list_unref(&n->held->list);
        if (ok)
            n->held = made;
    }
    if (ok) {
        atomic_fetch_add_explicit(&n->held->refs, 1, memory_order_relaxed);
        *ret = &n->held->list;
    }
    (void)pthread_mutex_unlock(&n->making);
    return ok;
}

bool host_line_read(const struct site *site, const struct host_line *line, struct hosts_report *ret, struct err *e)
{
    if (!hosts_kept_one(site, line->list->vcenter, line->list->names_off, line->key, ret, e))
        return false;
    if (ret->len == 0 && !line->why)
        return true;
    if (ret->len == 0) { /* no look has ever seen it */
        ret->rows = arena_alloc(&ret->arena, sizeof(*ret->rows));
        ret->rows[ret->len++] = (struct host_row){ .key = line->key, .id = line->id, .name = line->name, .dialled = line->name };
    }
    struct host_row *r = &ret->rows[0];
    r->class = line->class;
    r->seen = line->seen;
    if (line->why)
        (void)err_set(&r->err, line->class == HOST_NO_EVIDENCE ? ERR_CANCELLED : ERR_PEER, "%s", line->why);
    return true;
}
