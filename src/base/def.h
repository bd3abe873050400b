/* base/def.h - the few macros that every floor uses.
 * Included by headers and sources alike; includes nothing but <stddef.h>.
 * Never grows a function or a domain word. */
#pragma once
#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))
#define NORETURN __attribute__((noreturn))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* AUTO(fn) runs fn(&variable) when the variable leaves its scope; STEAL hands the value over and
 * leaves NULL behind, so that the cleanup does nothing (house style 3.5). */
#define AUTO(fn) __attribute__((cleanup(fn)))
#define STEAL(p)                      \
    ({                                \
        __typeof__(p) stolen_ = (p);  \
        (p) = NULL;                   \
        stolen_;                      \
    })

/* Defines the cleanup function `name` for a pointer type, from its destroy function. */
#define DEFINE_AUTO(name, type, destroy)      \
    static inline UNUSED void name(type *p)   \
    {                                         \
        if (*p)                               \
            (void)destroy(*p);                \
    }

#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))
