#include "net/desk.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

/* An id is the seat's number below and how often the seat was taken above, so looking up is one comparison. */
struct seat {
    void *object; /* NULL while free */
    uint32_t times;
    uint32_t next_free; /* index + 1; 0 = none */
};

struct desk {
    struct loop *loop;
    struct seat *seats;
    size_t len, taken;
    uint32_t free; /* index + 1 of the first free seat; 0 = none */
};

struct desk *desk_create(struct loop *l)
{
    struct desk *d = xcalloc(1, sizeof(*d));
    d->loop = l;
    return d;
}

struct desk *desk_destroy(struct desk *d)
{
    if (!d)
        return NULL;
    assert(!d->taken);
    free(d->seats);
    free(d);
    return NULL;
}

static void add_seats(struct desk *d)
{
    size_t len = d->len ? d->len * 2 : 16;
    assert(len < UINT32_MAX);
    d->seats = xreallocarray(d->seats, len, sizeof(*d->seats));
    for (size_t i = len; i-- > d->len;) {
        d->seats[i] = (struct seat){ .next_free = d->free };
        d->free = (uint32_t)i + 1;
    }
    d->len = len;
}

uint64_t desk_enter(struct desk *d, void *object)
{
    assert(object);
    if (!d->free)
        add_seats(d);
    uint32_t index = d->free - 1;
    struct seat *s = &d->seats[index];
    d->free = s->next_free;
    s->object = object;
    s->times++;
    d->taken++;
    return (uint64_t)s->times << 32 | index;
}

static struct seat *seat_find(const struct desk *d, uint64_t id)
{
    uint32_t index = (uint32_t)id;
    if (index >= d->len)
        return NULL;
    struct seat *s = &d->seats[index];
    return s->object && s->times == id >> 32 ? s : NULL;
}

void desk_leave(struct desk *d, uint64_t id)
{
    struct seat *s = seat_find(d, id);
    if (!s)
        return;
    s->object = NULL;
    d->taken--;
    if (s->times == UINT32_MAX)
        return; /* worn out: an id is never used again, so the seat stays empty */
    s->next_free = d->free;
    d->free = (uint32_t)id + 1;
}

void *desk_find(const struct desk *d, uint64_t id)
{
    struct seat *s = seat_find(d, id);
    return s ? s->object : NULL;
}

size_t desk_count(const struct desk *d)
{
    return d->taken;
}

struct loop *desk_loop(const struct desk *d)
{
    return d->loop;
}
