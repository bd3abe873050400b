#include "flow/evidence.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "flow/loan.h"
#include "store/evidence.h"
#include "store/limits.h"
#include "store/store.h"

struct note {
    uint8_t anchor[DIGEST_SHA256];
    char endpoint[STORE_ENDPOINT_MAX + 1], purpose[STORE_WORD_MAX + 1];
    int64_t first_ms, last_ms;
    uint64_t count;
};

struct evidence {
    struct loan_shelf *shelf;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop;
    struct note *waiting, *writing; /* owned, EVIDENCE_WAITING each; the second is the thread's */
    size_t len;
    uint64_t dropped;
};

static bool is(const struct note *n, const uint8_t *anchor, const char *endpoint, const char *purpose)
{
    return memcmp(n->anchor, anchor, DIGEST_SHA256) == 0 && strcmp(n->endpoint, endpoint) == 0 && strcmp(n->purpose, purpose) == 0;
}

void evidence_note(struct evidence *v, const uint8_t anchor[DIGEST_SHA256], const char *endpoint, const char *purpose)
{
    size_t i = 0;
    int64_t now = clock_wall_ms();
    if (!v || strlen(endpoint) > STORE_ENDPOINT_MAX || strlen(purpose) > STORE_WORD_MAX)
        return;
    (void)pthread_mutex_lock(&v->lock);
    while (i < v->len && !is(&v->waiting[i], anchor, endpoint, purpose))
        i++;
    if (i == EVIDENCE_WAITING) {
        v->dropped++;
    } else {
        struct note *n = &v->waiting[i];
        if (i == v->len) {
            v->len++;
            *n = (struct note){ .first_ms = now };
            memcpy(n->anchor, anchor, DIGEST_SHA256);
            (void)text_copy(n->endpoint, sizeof(n->endpoint), endpoint);
            (void)text_copy(n->purpose, sizeof(n->purpose), purpose);
        }
        n->last_ms = now;
        n->count++;
    }
    (void)pthread_mutex_unlock(&v->lock);
}

uint64_t evidence_dropped(struct evidence *v)
{
    (void)pthread_mutex_lock(&v->lock);
    uint64_t dropped = v->dropped;
    (void)pthread_mutex_unlock(&v->lock);
    return dropped;
}

/* In one transaction. The notes are gone whatever comes of it: a store that is down must not fill the table. */
static void write_notes(struct evidence *v, const struct note *notes, size_t len)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct err e;
    bool ok = loan_begin(v->shelf, &l, &e) && store_begin(l.store, STORE_WRITE, &e);
    for (size_t i = 0; ok && i < len; i++) {
        const struct note *n = &notes[i];
        struct store_evidence row = { .endpoint = n->endpoint, .purpose = n->purpose, .first_ms = n->first_ms,
                                      .last_ms = n->last_ms, .count = n->count };
        size_t dropped;
        memcpy(row.anchor, n->anchor, DIGEST_SHA256);
        ok = store_evidence_add(l.store, &row, 1, &dropped, &e);
    }
    if (!ok || !store_commit(l.store, &e))
        LOG(WARN, "evidence.lost", "rows=%zu error=\"%s\"", len, e.msg);
}

static void wait_a_moment(struct evidence *v)
{
    const int64_t until = clock_mono_ms() + EVIDENCE_FLUSH_MS;
    while (!v->stop && cond_wait_until(&v->changed, &v->lock, until)) {
    }
}

static void *work(void *arg)
{
    struct evidence *v = arg;
    bool last = false;
    (void)pthread_mutex_lock(&v->lock);
    while (!last) {
        wait_a_moment(v);
        last = v->stop;
        size_t len = v->len;
        struct note *full = v->waiting;
        v->waiting = v->writing;
        v->writing = full;
        v->len = 0;
        (void)pthread_mutex_unlock(&v->lock);
        if (len)
            write_notes(v, full, len);
        (void)pthread_mutex_lock(&v->lock);
    }
    (void)pthread_mutex_unlock(&v->lock);
    return NULL;
}

bool evidence_create(struct loan_shelf *shelf, struct evidence **ret, struct err *e)
{
    struct evidence *v = xcalloc(1, sizeof(*v));
    v->shelf = shelf;
    v->waiting = xcalloc(EVIDENCE_WAITING, sizeof(*v->waiting));
    v->writing = xcalloc(EVIDENCE_WAITING, sizeof(*v->writing));
    (void)pthread_mutex_init(&v->lock, NULL);
    cond_init(&v->changed);
    int sys = pthread_create(&v->thread, NULL, work, v);
    if (sys) {
        v->stop = true;
        (void)pthread_cond_destroy(&v->changed);
        (void)pthread_mutex_destroy(&v->lock);
        free(v->waiting);
        free(v->writing);
        free(v);
        return err_sys(e, ERR_INTERNAL, sys, "starting the writer of evidence");
    }
    *ret = v;
    return true;
}

struct evidence *evidence_destroy(struct evidence *v)
{
    if (!v)
        return NULL;
    (void)pthread_mutex_lock(&v->lock);
    v->stop = true;
    (void)pthread_cond_broadcast(&v->changed);
    (void)pthread_mutex_unlock(&v->lock);
    (void)pthread_join(v->thread, NULL);
    (void)pthread_cond_destroy(&v->changed);
    (void)pthread_mutex_destroy(&v->lock);
    free(v->waiting);
    free(v->writing);
    free(v);
    return NULL;
}
