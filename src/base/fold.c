#include "base/fold.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "base/text.h"

/* glibc carries C.UTF-8 itself (since 2.35), so that no installed locale can change what is equal. */
static locale_t unicode;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!unicode)
        abort();
}

/* The code point at *s, which is known to be well-formed; moves past it. */
static uint32_t next(const uint8_t **s)
{
    const uint8_t *p = *s;
    size_t more = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
    uint32_t c = more == 0 ? p[0] : p[0] & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++)
        c = c << 6 | (p[i] & 0x3fu);
    *s = p + more + 1;
    return c;
}

static size_t put(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    for (size_t i = more; i > 0; i--, c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
    static const uint8_t lead[] = { 0, 0xc0, 0xe0, 0xf0 };
    out[0] = (uint8_t)(lead[more] | c);
    return more + 1;
}

bool fold_case(const char *s, struct buf *b, struct err *e)
{
    size_t len = strlen(s);
    if (!text_utf8(s, len))
        return err_set(e, ERR_INPUT, "not UTF-8");
    (void)pthread_once(&once, load);
    for (const uint8_t *at = (const uint8_t *)s, *end = at + len; at < end;) {
        uint8_t bytes[4];
        size_t n = put((uint32_t)towlower_l((wint_t)next(&at), unicode), bytes);
        if (!buf_append(b, bytes, n, e))
            return false;
    }
    return true;
}
