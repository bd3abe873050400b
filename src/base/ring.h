/* base/ring.h - a doubly linked list through the things themselves: a head and its members form one ring.
 * For queues, timers, caches; nothing is allocated, taking out needs no search and no head.
 * A zeroed member is in no ring; a head is made by ring_init. Not thread-safe: one owner. */
#pragma once
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/def.h"

struct ring {
    struct ring *next, *prev; /* NULL in a member that is in no ring */
};

static inline void ring_init(struct ring *head)
{
    head->next = head->prev = head;
}

static inline bool ring_empty(const struct ring *head)
{
    return head->next == head;
}

static inline bool ring_member(const struct ring *r)
{
    return r->next != NULL; /* NOLINT(clang-analyzer-unix.Malloc): it does not see that what was freed had left its ring */
}

/* Puts r, which is in no ring, last. */
static inline void ring_put(struct ring *head, struct ring *r)
{
    assert(!ring_member(r));
    r->next = head;
    r->prev = head->prev;
    head->prev->next = r;
    head->prev = r;
}

/* Takes r out; harmless when it is in no ring. */
static inline void ring_take(struct ring *r)
{
    if (!ring_member(r))
        return;
    r->prev->next = r->next;
    r->next->prev = r->prev;
    r->next = r->prev = NULL;
}

/* Takes out the first, or gives NULL when there is none. */
static inline struct ring *ring_pop(struct ring *head)
{
    struct ring *r = ring_empty(head) ? NULL : head->next;
    if (r)
        ring_take(r); /* NOLINT(clang-analyzer-unix.Malloc): as in ring_member */
    return r;
}

/* Moves all members of `from` behind those of `to`; from is empty then. */
static inline void ring_splice(struct ring *to, struct ring *from)
{
    if (ring_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    ring_init(from);
}
