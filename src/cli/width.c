#include "cli/width.h"

#include <stdint.h>

#include "base/def.h"

struct range {
    uint32_t first, last;
};

static const struct range marks[] = {
    { 0x300, 0x36f },     { 0x483, 0x489 },     { 0x591, 0x5bd },     { 0x610, 0x61a },     { 0x64b, 0x65f },
    { 0x93a, 0x93a },     { 0x93c, 0x93c },     { 0x941, 0x948 },     { 0xe31, 0xe31 },     { 0xe34, 0xe3a },
    { 0xe47, 0xe4e },     { 0x1ab0, 0x1aff },   { 0x1dc0, 0x1dff },   { 0x200b, 0x200f },   { 0x20d0, 0x20ff },
    { 0x302a, 0x302f },   { 0x3099, 0x309a },   { 0xfe00, 0xfe0f },   { 0xfe20, 0xfe2f },   { 0xe0100, 0xe01ef },
};

static const struct range wide[] = {
    { 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0x33ff },   { 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },
    { 0xa000, 0xa4cf },   { 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },
    { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x1b000, 0x1b2ff }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
    { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

static int is_in(const struct range *ranges, size_t len, uint32_t c)
{
    for (size_t i = 0; i < len; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return 1;
    return 0;
}

/* The code point at p, and how many bytes it takes; a byte that starts none stands for itself. */
static size_t take_code_point(const uint8_t *p, uint32_t *ret)
{
    size_t n = *p < 0xc2 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 1;
    uint32_t c = n == 1 ? *p : *p & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            *ret = *p;
            return 1;
        }
        c = c << 6 | (p[i] & 63u);
    }
    *ret = c;
    return n;
}

size_t width_of(const char *s)
{
    size_t columns = 0;
    for (const uint8_t *p = (const uint8_t *)s; *p;) {
        uint32_t c;
        p += take_code_point(p, &c);
        if (c >= 0x300 && is_in(marks, ARRAY_LEN(marks), c))
            continue;
        columns += c >= 0x1100 && is_in(wide, ARRAY_LEN(wide), c) ? 2 : 1;
    }
    return columns;
}
