#include "flow/loan.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/store.h"

struct loan_shelf {
    pthread_mutex_t lock;
    struct store_source *source;
    struct store *kept[LOAN_KEPT]; /* owned */
    size_t len;
};

struct loan_shelf *loan_shelf_create(struct store_source *source)
{
    struct loan_shelf *s = xcalloc(1, sizeof(*s));
    (void)pthread_mutex_init(&s->lock, NULL);
    s->source = source;
    return s;
}

struct loan_shelf *loan_shelf_destroy(struct loan_shelf *s)
{
    if (!s)
        return NULL;
    while (s->len > 0)
        (void)store_close(s->kept[--s->len]);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
    return NULL;
}

bool loan_begin(struct loan_shelf *s, struct loan *ret, struct err *e)
{
    (void)pthread_mutex_lock(&s->lock);
    struct store *store = s->len > 0 ? s->kept[--s->len] : NULL;
    (void)pthread_mutex_unlock(&s->lock);
    if (!store && !store_open(s->source, &store, e))
        return false;
    *ret = (struct loan){ store, s };
    return true;
}

void loan_end(struct loan *l)
{
    struct store *store = STEAL(l->store);
    if (!store)
        return;
    store_abort(store);
    (void)pthread_mutex_lock(&l->shelf->lock);
    if (l->shelf->len < LOAN_KEPT)
        l->shelf->kept[l->shelf->len++] = STEAL(store);
    (void)pthread_mutex_unlock(&l->shelf->lock);
    (void)store_close(store);
}
