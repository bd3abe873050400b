#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "trust/set.h"

/* A lock held for one increment: taking the reference and swapping the pointer must not fall between each other. */
struct trust_live {
    pthread_mutex_t lock;
    struct trust_set *set; /* a reference */
};

struct trust_live *trust_live_create(struct trust_set *take_first)
{
    struct trust_live *l = xcalloc(1, sizeof(*l));
    (void)pthread_mutex_init(&l->lock, NULL);
    l->set = take_first;
    return l;
}

struct trust_live *trust_live_destroy(struct trust_live *l)
{
    if (l) {
        (void)trust_set_unref(l->set);
        (void)pthread_mutex_destroy(&l->lock);
        free(l);
    }
    return NULL;
}

struct trust_set *trust_live_get(struct trust_live *l)
{
    (void)pthread_mutex_lock(&l->lock);
    struct trust_set *set = trust_set_ref(l->set);
    (void)pthread_mutex_unlock(&l->lock);
    return set;
}

struct trust_set *trust_live_swap(struct trust_live *l, struct trust_set *take_next)
{
    (void)pthread_mutex_lock(&l->lock);
    struct trust_set *old = l->set;
    l->set = take_next;
    (void)pthread_mutex_unlock(&l->lock);
    return old;
}
