#include "trust/set.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "trust/set_fields.h"
#include "trust/verdict.h"

/* ---- building ---- */

static int by_digest(const void *left, const void *right)
{
    const struct set_row *a = left, *b = right;
    int order = memcmp(a->cert->sha256, b->cert->sha256, DIGEST_SHA256);
    return order ? order : (a->row > b->row) - (a->row < b->row);
}

static int by_key(const void *left, const void *right)
{
    const struct anchor_key *a = left, *b = right;
    if (a->subject != b->subject)
        return a->subject > b->subject ? 1 : -1;
    if (a->key != b->key)
        return a->key > b->key ? 1 : -1;
    return (a->anchor > b->anchor) - (a->anchor < b->anchor);
}

static uint64_t key_hash(struct der key_id)
{
    uint64_t h = key_id.p ? trust_hash_bytes(key_id.p, key_id.len) : 0;
    return key_id.p && h == 0 ? 1 : h;
}

static void refuse_row(struct trust_set_report *report, size_t *count, const struct err *e, size_t row)
{
    if (report->bad_anchors + report->bad_crls == 0) {
        report->first = *e;
        (void)err_in(&report->first, "row %zu", row);
    }
    (*count)++;
}

void set_fill(struct trust_set *s, struct set_row *rows, size_t len)
{
    if (len)
        qsort(rows, len, sizeof(*rows), by_digest);
    s->anchors = xcalloc(len, sizeof(s->anchors[0]));
    s->grants = xcalloc(len, sizeof(s->grants[0]));
    for (size_t i = 0; i < len; i++) {
        struct anchor *last = s->anchors_len ? &s->anchors[s->anchors_len - 1] : NULL;
        if (last && memcmp(last->cert->sha256, rows[i].cert->sha256, DIGEST_SHA256) == 0) {
            (void)trust_cert_unref(rows[i].cert);
        } else {
            last = &s->anchors[s->anchors_len++];
            last->cert = rows[i].cert;
            last->grants_from = (uint32_t)s->grants_len;
        }
        s->grants[s->grants_len++] = rows[i].grant;
        last->grants_len++;
    }
    s->keys = xcalloc(s->anchors_len, sizeof(s->keys[0]));
    for (size_t i = 0; i < s->anchors_len; i++)
        s->keys[i] = (struct anchor_key){ s->anchors[i].cert->subject.hash, key_hash(s->anchors[i].cert->key_id),
                                          (uint32_t)i };
    if (s->anchors_len)
        qsort(s->keys, s->anchors_len, sizeof(s->keys[0]), by_key);
}

struct trust_set *set_create(uint64_t generation)
{
    struct trust_set *s = xcalloc(1, sizeof(*s));
    atomic_init(&s->refs, 1);
    s->generation = generation;
    return s;
}

static void add_anchors(struct trust_set *s, const struct trust_rows *rows, struct trust_set_report *report)
{
    AUTO(freep) struct set_row *parsed = xcalloc(rows->anchors_len, sizeof(*parsed));
    size_t len = 0;
    for (size_t i = 0; i < rows->anchors_len; i++) {
        const struct trust_row *row = &rows->anchors[i];
        struct trust_cert *cert;
        struct err e;
        if (!trust_cert_parse(row->der, row->len, &cert, &e)) {
            refuse_row(report, &report->bad_anchors, &e, i);
            continue;
        }
        parsed[len++] = (struct set_row){ .cert = cert, .row = i,
                                          .grant = { .scope = row->scope, .system = row->system, .public_ca = row->public_ca,
                                                     .org = row->org && !row->system ? xstrdup(row->org) : NULL } };
    }
    set_fill(s, parsed, len);
}

/* Newest first: a list replaces the older ones of its scope (RFC 5280 6.3.3 takes the current one). */
static int by_age(const void *left, const void *right)
{
    const struct scoped_crl *a = left, *b = right;
    if (a->crl->this_update != b->crl->this_update)
        return a->crl->this_update < b->crl->this_update ? 1 : -1;
    return trust_crl_compare(b->crl, a->crl);
}

static void add_crls(struct trust_set *s, const struct trust_rows *rows, struct trust_set_report *report)
{
    s->crls = xcalloc(rows->crls_len, sizeof(s->crls[0]));
    for (size_t i = 0; i < rows->crls_len; i++) {
        struct trust_crl *crl;
        struct err e;
        if (!trust_crl_parse(rows->crls[i].der, rows->crls[i].len, &crl, &e)) {
            refuse_row(report, &report->bad_crls, &e, i);
            continue;
        }
        s->crls[s->crls_len++] = (struct scoped_crl){ crl, rows->crls[i].urn ? xstrdup(rows->crls[i].urn) : NULL };
    }
    if (s->crls_len)
        qsort(s->crls, s->crls_len, sizeof(s->crls[0]), by_age);
}

struct trust_set *trust_set_create(const struct trust_rows *rows, struct trust_set_report *report)
{
    struct trust_set_report unused;
    if (!report)
        report = &unused;
    *report = (struct trust_set_report){ 0 };
    struct trust_set *s = set_create(rows->generation);
    add_anchors(s, rows, report);
    add_crls(s, rows, report);
    return s;
}

struct trust_set *trust_set_ref(struct trust_set *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

struct trust_set *trust_set_unref(struct trust_set *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return NULL;
    for (size_t i = 0; i < s->anchors_len; i++)
        (void)trust_cert_unref(s->anchors[i].cert);
    for (size_t i = 0; i < s->grants_len; i++)
        free(s->grants[i].org);
    for (size_t i = 0; i < s->crls_len; i++) {
        (void)trust_crl_unref(s->crls[i].crl);
        free(s->crls[i].urn);
    }
    free(s->anchors);
    free(s->keys);
    free(s->grants);
    free(s->crls);
    free(s);
    return NULL;
}

uint64_t trust_set_generation(const struct trust_set *s)
{
    return s->generation;
}

size_t trust_set_count(const struct trust_set *s)
{
    return s->anchors_len;
}

/* ---- looking up ---- */

const struct anchor *set_anchor(const struct trust_set *s, const uint8_t sha256[DIGEST_SHA256])
{
    size_t low = 0, high = s->anchors_len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = memcmp(s->anchors[mid].cert->sha256, sha256, DIGEST_SHA256);
        if (order == 0)
            return &s->anchors[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct trust_cert *trust_set_find(const struct trust_set *s, const uint8_t sha256[DIGEST_SHA256])
{
    const struct anchor *a = set_anchor(s, sha256);
    return a ? a->cert : NULL;
}

/* The first entry that is not below (subject, key). */
static size_t lower_bound(const struct trust_set *s, uint64_t subject, uint64_t key)
{
    size_t low = 0, high = s->anchors_len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct anchor_key *k = &s->keys[mid];
        if (k->subject < subject || (k->subject == subject && k->key < key))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The end of all entries with this subject and key; keys past the last hash have no successor in their subject. */
static size_t upper_bound(const struct trust_set *s, uint64_t subject, uint64_t key)
{
    if (key != UINT64_MAX)
        return lower_bound(s, subject, key + 1);
    return subject == UINT64_MAX ? s->anchors_len : lower_bound(s, subject + 1, 0);
}

struct anchor_range set_range(const struct trust_set *s, const struct dn *subject, struct der key_id)
{
    struct anchor_range r = { .set = s, .subject = subject, .key_id = key_id };
    if (key_id.p) {
        uint64_t key = key_hash(key_id);
        r.at = lower_bound(s, subject->hash, key);
        r.end = upper_bound(s, subject->hash, key);
        r.next_at = lower_bound(s, subject->hash, 0);
        r.next_end = upper_bound(s, subject->hash, 0);
    } else {
        r.at = lower_bound(s, subject->hash, 0);
        r.end = upper_bound(s, subject->hash, UINT64_MAX);
    }
    return r;
}

const struct anchor *set_next(struct anchor_range *r)
{
    for (;;) {
        if (r->at == r->end) {
            if (r->next_at == r->next_end)
                return NULL;
            r->at = r->next_at;
            r->end = r->next_end;
            r->next_at = r->next_end;
            continue;
        }
        /* Hashes only pointed here. */
        const struct anchor *a = &r->set->anchors[r->set->keys[r->at++].anchor];
        if (cert_may_be(a->cert, r->subject, r->key_id))
            return a;
    }
}

/* System's grants count for infrastructure, an organization's own only for its own question (product rule 2.2). */
static bool owner_counts(const struct grant *g, const struct trust_question *q)
{
    return q->org ? g->org && strcmp(g->org, q->org) == 0 : g->system;
}

bool set_grant_serves(const struct trust_set *s, uint32_t grant, const struct trust_question *q)
{
    const struct grant *g = &s->grants[grant];
    return !(s->without && s->without[grant]) && owner_counts(g, q) && trust_scope_serves(&g->scope, &q->behalf);
}

enum anchor_grant set_granted(const struct trust_set *s, const struct anchor *a, const struct trust_question *q)
{
    enum anchor_grant best = NOT_GRANTED;
    for (uint32_t i = 0; i < a->grants_len; i++) {
        const struct grant *g = &s->grants[a->grants_from + i];
        if (!set_grant_serves(s, a->grants_from + i, q))
            continue;
        if (!g->public_ca || q->names_mode != TRUST_NAMES_OFF)
            return GRANTED;
        best = GRANTED_PUBLIC_ONLY;
    }
    return best;
}

bool set_granted_exactly(const struct trust_set *s, const struct anchor *a, const struct trust_question *q)
{
    for (uint32_t i = 0; i < a->grants_len; i++) {
        const struct grant *g = &s->grants[a->grants_from + i];
        if (set_grant_serves(s, a->grants_from + i, q) && !g->public_ca && trust_scope_is_exact(&g->scope, &q->behalf))
            return true;
    }
    return false;
}

bool trust_set_grants(const struct trust_set *s, const uint8_t sha256[DIGEST_SHA256], const struct trust_behalf *b)
{
    const struct trust_question q = { .behalf = *b };
    const struct anchor *a = set_anchor(s, sha256);
    return a && set_granted(s, a, &q) == GRANTED;
}
