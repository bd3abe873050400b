#include "flow/busy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/limits.h"

struct busy {
    pthread_mutex_t lock;
    unsigned all, per_owner;
    char (*owners)[STORE_ID_MAX + 1]; /* owned, `all` of them; "" = free */
};

struct busy *busy_create(unsigned all, unsigned per_owner)
{
    struct busy *b = xcalloc(1, sizeof(*b));
    b->all = all;
    b->per_owner = per_owner;
    b->owners = xcalloc(all, sizeof(*b->owners));
    (void)pthread_mutex_init(&b->lock, NULL);
    return b;
}

struct busy *busy_destroy(struct busy *b)
{
    if (!b)
        return NULL;
    (void)pthread_mutex_destroy(&b->lock);
    free(b->owners);
    free(b);
    return NULL;
}

bool busy_begin(struct busy *b, const char *owner, struct busy_turn *ret, struct err *e)
{
    unsigned mine = 0, free_slot = 0;
    bool any = false;
    if (!b)
        return true;
    (void)pthread_mutex_lock(&b->lock);
    for (unsigned i = 0; i < b->all; i++) {
        mine += strcmp(b->owners[i], owner) == 0;
        if (!b->owners[i][0] && !any) {
            free_slot = i;
            any = true;
        }
    }
    bool ok = any && mine < b->per_owner;
    if (ok)
        (void)text_copy(b->owners[free_slot], sizeof(b->owners[0]), owner);
    (void)pthread_mutex_unlock(&b->lock);
    if (!ok)
        return err_set(e, ERR_LIMIT, "too many looks at other hosts are under way; wait for one of them to end");
    *ret = (struct busy_turn){ b, free_slot };
    return true;
}

void busy_end(struct busy_turn *t)
{
    if (!t->busy)
        return;
    (void)pthread_mutex_lock(&t->busy->lock);
    t->busy->owners[t->slot][0] = '\0';
    (void)pthread_mutex_unlock(&t->busy->lock);
    t->busy = NULL;
}
