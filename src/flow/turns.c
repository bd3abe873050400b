#include "flow/turns.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/ring.h"
#include "base/text.h"

struct turns {
    size_t at_once;
    pthread_mutex_t lock; /* of what follows */
    struct ring line;     /* the first at_once have their turn */
};

struct turn {
    struct ring ring;
    char task[TURNS_TASK];
};

struct turns *turns_create(size_t at_once)
{
    struct turns *t = xcalloc(1, sizeof(*t));
    t->at_once = at_once;
    (void)pthread_mutex_init(&t->lock, NULL);
    ring_init(&t->line);
    return t;
}

struct turns *turns_destroy(struct turns *t)
{
    struct ring *r;
    if (!t)
        return NULL;
    while ((r = ring_pop(&t->line)))
        free(CONTAINER_OF(r, struct turn, ring));
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
    return NULL;
}

/* Under the lock; *ret_place counts from 0, and is the length of the line when there is none. */
static struct turn *find(const struct turns *t, const char *task, size_t *ret_place)
{
    *ret_place = 0;
    for (struct ring *r = t->line.next; r != &t->line; r = r->next, (*ret_place)++)
        if (strcmp(CONTAINER_OF(r, struct turn, ring)->task, task) == 0)
            return CONTAINER_OF(r, struct turn, ring);
    return NULL;
}

bool turns_take(struct turns *t, const char *task)
{
    size_t place;
    (void)pthread_mutex_lock(&t->lock);
    if (!find(t, task, &place)) {
        struct turn *last = xcalloc(1, sizeof(*last));
        (void)text_copy(last->task, sizeof(last->task), task);
        ring_put(&t->line, &last->ring);
    }
    (void)pthread_mutex_unlock(&t->lock);
    return place < t->at_once;
}

void turns_over(struct turns *t, const char *task, char ret_next[TURNS_TASK])
{
    size_t place, n = 0;
    ret_next[0] = '\0';
    (void)pthread_mutex_lock(&t->lock);
    struct turn *over = find(t, task, &place);
    for (const struct ring *r = t->line.next; over && place < t->at_once && r != &t->line; r = r->next)
        if (n++ == t->at_once) /* the first that waits moves up */
            (void)text_copy(ret_next, TURNS_TASK, CONTAINER_OF(r, const struct turn, ring)->task);
    if (over)
        ring_take(&over->ring);
    (void)pthread_mutex_unlock(&t->lock);
    free(over);
}

void turns_count(struct turns *t, size_t *ret_at_it, size_t *ret_waiting)
{
    size_t len = 0;
    (void)pthread_mutex_lock(&t->lock);
    for (const struct ring *r = t->line.next; r != &t->line; r = r->next)
        len++;
    (void)pthread_mutex_unlock(&t->lock);
    *ret_at_it = len < t->at_once ? len : t->at_once;
    *ret_waiting = len - *ret_at_it;
}
