/* net/desk.h - who on one loop waits for answers from elsewhere. An object that asks is entered and gets an id; the
 * answer carries the id, and finds the object, or finds that it has left: then the answer is dropped.
 * Belongs to one loop's thread; ids travel to other threads, pointers to objects never do. An id is never reused. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"

struct loop;
struct desk;

struct desk *desk_create(struct loop *l);
struct desk *desk_destroy(struct desk *d); /* everybody has left, and no job may still answer to it */
DEFINE_AUTO(desk_destroyp, struct desk *, desk_destroy)

/* object is borrowed until it leaves. Ids are not 0. */
uint64_t desk_enter(struct desk *d, void *object);
void desk_leave(struct desk *d, uint64_t id); /* harmless when it has left already */
void *desk_find(const struct desk *d, uint64_t id); /* NULL when it has left */

size_t desk_count(const struct desk *d);
struct loop *desk_loop(const struct desk *d);
