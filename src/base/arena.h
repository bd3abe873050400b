/* base/arena.h - memory with the lifetime of one request, one workflow step or one command.
 * Allocations are never freed one by one; arena_done frees them all. Not thread-safe: one owner. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"

struct arena_block;

struct arena {
    struct arena_block *head; /* owned; the block that is being filled */
    size_t used;              /* bytes given out, for limits and tests */
};

void arena_init(struct arena *a); /* a zeroed struct is a valid empty arena as well */
void arena_done(struct arena *a); /* frees all; leaves it zeroed and usable */

/* Aligned for any type, zeroed. Aborts when memory is out. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull));
void *arena_array(struct arena *a, size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* A list with room for one more: the same, or a copy twice as long. It begins as NULL, 0 and 0. */
void *arena_room(struct arena *a, void *list, size_t len, size_t *cap, size_t size);
char *arena_strdup(struct arena *a, const char *s) __attribute__((returns_nonnull));
char *arena_strndup(struct arena *a, const char *s, size_t len) __attribute__((returns_nonnull));
void *arena_memdup(struct arena *a, const void *p, size_t len) __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3) __attribute__((returns_nonnull));
