/* base/mem.h - memory that is either there or the process ends.
 * Out of memory aborts and the service manager restarts us; that is safe only because every size that a peer
 * controls was capped before it got here (house style 3.5). Raw malloc/realloc live in mem.c only. */
#pragma once
#include <stddef.h>

#include "base/def.h"

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull)); /* aborts on overflow */
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
void *xreallocarray(void *p, size_t count, size_t size) __attribute__((returns_nonnull)); /* aborts on overflow */
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t len) __attribute__((malloc, returns_nonnull));
void *xmemdup(const void *p, size_t len) __attribute__((malloc, returns_nonnull));

/* The analyzer sees one file at a time; it must know that these never return NULL. */
#ifdef __clang_analyzer__
#define mem_there_(call) ({ void *there_ = (call); if (!there_) __builtin_trap(); there_; })
#define xmalloc(...) mem_there_(xmalloc(__VA_ARGS__))
#define xcalloc(...) mem_there_(xcalloc(__VA_ARGS__))
#define xrealloc(...) mem_there_(xrealloc(__VA_ARGS__))
#define xreallocarray(...) mem_there_(xreallocarray(__VA_ARGS__))
#endif

/* Room for one more in a list of its own memory, which begins as NULL, 0 and 0. */
#define GROW(list, len, cap)                                              \
    do {                                                                  \
        if ((len) == (cap)) {                                             \
            (cap) = (cap) ? 2 * (cap) : 64;                               \
            (list) = xreallocarray((list), (cap), sizeof(*(list)));       \
        }                                                                 \
    } while (0)

/* AUTO(freep) frees what a local pointer holds. */
void freep(void *pointer_to_pointer);
