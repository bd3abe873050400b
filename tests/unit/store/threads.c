/* Handles on threads of their own: changes take turns, reads see whole moments. Run under TSan as well. */
#include <pthread.h>

#include "trust/set.h"
#include "unit/store/kept.h"

enum { WRITERS = 3, READERS = 2, CHANGES = 25 };

struct work {
    struct kept *kept;
    unsigned number;
    bool ok;
    struct err e;
};

static bool grant_some(struct store *s, unsigned first, struct err *e)
{
    for (unsigned i = 0; i < CHANGES; i++) {
        char id[STORE_ID_MAX + 1], alias[32];
        uint8_t der[4];
        struct trust_scope any = { .kind = TRUST_SCOPE_ANY };
        unsigned number = first * CHANGES + i;
        memcpy(der, &number, sizeof(der));
        (void)snprintf(alias, sizeof(alias), "cert %u", number);
        const struct store_grant_data data = { alias, &any, der, sizeof(der) };
        if (!store_begin(s, STORE_WRITE, e))
            return false;
        AUTO(store_abortp) struct store *open = s;
        if (!store_grant_add(s, STORE_SYSTEM, &data, &kept_by, id, e) || !store_commit(STEAL(open), e))
            return false;
    }
    return true;
}

static void *writer(void *arg)
{
    struct work *w = arg;
    AUTO(store_closep) struct store *s = NULL;
    w->ok = store_open(w->kept->src, &s, &w->e) && grant_some(s, w->number, &w->e);
    return NULL;
}

/* Each grant raises the generation once: a torn read would show another number of rows. */
static bool watch(struct store *s, struct err *e)
{
    uint64_t last = 0;
    while (last < (uint64_t)WRITERS * CHANGES) {
        AUTO(arena_done) struct arena a = { 0 };
        struct trust_rows rows;
        if (!store_trust_rows(s, &a, &rows, e))
            return false;
        if (rows.anchors_len != rows.generation || rows.generation < last)
            return err_set(e, ERR_INTERNAL, "%zu rows at generation %llu, before %llu", rows.anchors_len,
                           (unsigned long long)rows.generation, (unsigned long long)last);
        last = rows.generation;
    }
    return true;
}

static void *reader(void *arg)
{
    struct work *w = arg;
    AUTO(store_closep) struct store *s = NULL;
    w->ok = store_open(w->kept->src, &s, &w->e) && watch(s, &w->e);
    return NULL;
}

static void handles_work_side_by_side(void **state)
{
    struct kept *k = *state;
    pthread_t threads[WRITERS + READERS];
    struct work work[WRITERS + READERS] = { 0 };
    for (unsigned i = 0; i < WRITERS + READERS; i++) {
        work[i].kept = k;
        work[i].number = i;
        CHECK_EQ(pthread_create(&threads[i], NULL, i < WRITERS ? writer : reader, &work[i]), 0);
    }
    for (unsigned i = 0; i < WRITERS + READERS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    for (unsigned i = 0; i < WRITERS + READERS; i++)
        if (!work[i].ok)
            fail_msg("thread %u: %s", i, work[i].e.msg);
    CHECK_EQ(kept_generation(k), WRITERS * CHANGES);
    kept_is_sound(k);
}

GROUP(store_threads, CONFORM(handles_work_side_by_side, &kept_sqlite))
