#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
    if (!p) {
        static const char text[] = "out of memory\n";
        (void)fwrite(text, 1, sizeof(text) - 1, stderr);
        abort();
    }
    return p;
}

void *(xmalloc)(size_t size)
{
    return must(malloc(size ? size : 1));
}

void *(xcalloc)(size_t count, size_t size)
{
    return must(calloc(count ? count : 1, size ? size : 1));
}

void *(xrealloc)(void *p, size_t size)
{
    return must(realloc(p, size ? size : 1));
}

void *(xreallocarray)(void *p, size_t count, size_t size)
{
    return must(reallocarray(p, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

char *xstrndup(const char *s, size_t len)
{
    char *copy = xmalloc(len + 1);
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

void *xmemdup(const void *p, size_t len)
{
    void *copy = xmalloc(len);
    if (len)
        memcpy(copy, p, len);
    return copy;
}

void freep(void *pointer_to_pointer)
{
    void **p = pointer_to_pointer;
    free(*p);
    *p = NULL;
}
