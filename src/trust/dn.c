#include "trust/dn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { RDN_VALUES_MAX = 16 };

/* One AttributeTypeAndValue. */
struct ava {
    struct der oid, value;
    uint8_t tag;
};

static bool take_ava(struct der *set, struct ava *ret)
{
    struct der pair;
    return der_take(set, DER_SEQUENCE, &pair) && der_take(&pair, DER_OID, &ret->oid) && der_oid(ret->oid) &&
           der_next(&pair, &ret->tag, &ret->value, NULL) && pair.len == 0;
}

struct out {
    uint8_t *p;
    size_t len, max;
    bool full;
};

static void put(struct out *o, uint8_t byte)
{
    if (o->len == o->max)
        o->full = true;
    else
        o->p[o->len++] = byte;
}

static void put_code_point(struct out *o, uint32_t c)
{
    if (c < 0x80) {
        put(o, (uint8_t)text_lower((char)c));
    } else if (c < 0x800) {
        put(o, (uint8_t)(0xc0 | c >> 6));
        put(o, (uint8_t)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        put(o, (uint8_t)(0xe0 | c >> 12));
        put(o, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        put(o, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        put(o, (uint8_t)(0xf0 | c >> 18));
        put(o, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        put(o, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        put(o, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

/* Octets per character of the text types that are compared as text; 0 for every other type. */
static size_t text_width(uint8_t tag)
{
    switch (tag) {
    case DER_UTF8:
    case DER_NUMERIC:
    case DER_PRINTABLE:
    case DER_T61:
    case DER_IA5: return 1;
    case DER_BMP: return 2;
    case DER_UNIVERSAL: return 4;
    default: return 0;
    }
}

/* Folds case and white space: none at the ends, one space between words. */
static bool put_text(struct out *o, uint8_t tag, struct der v)
{
    size_t width = text_width(tag);
    if (v.len % width || (tag == DER_UTF8 && !text_utf8((const char *)v.p, v.len)))
        return false;
    bool space = false, any = false;
    for (size_t i = 0; i < v.len; i += width) {
        uint32_t c = 0;
        for (size_t k = 0; k < width; k++)
            c = c << 8 | v.p[i + k];
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            space = any;
            continue;
        }
        if (c > 0x10ffff)
            return false;
        if (space)
            put(o, ' ');
        space = false;
        any = true;
        /* UTF-8 is well formed already: its octets pass as they are, only ASCII is folded. */
        if (tag == DER_UTF8 && c >= 0x80)
            put(o, (uint8_t)c);
        else
            put_code_point(o, c);
    }
    return true;
}

static void put_length(struct out *o, size_t at, size_t len)
{
    if (len > 0xffff || at + 2 > o->max) {
        o->full = true;
        return;
    }
    o->p[at] = (uint8_t)(len >> 8);
    o->p[at + 1] = (uint8_t)len;
}

static bool put_ava(struct out *o, const struct ava *a)
{
    size_t start = o->len;
    put(o, 0);
    put(o, 0);
    put(o, (uint8_t)a->oid.len);
    for (size_t i = 0; i < a->oid.len; i++)
        put(o, a->oid.p[i]);
    bool text = text_width(a->tag) != 0;
    /* The other types that libcrypto reads in a name: no peer's certificate gets here with any else. */
    bool bits = a->tag == DER_BIT_STRING && a->value.len && a->value.p[0] <= 7 && (a->value.len > 1 || !a->value.p[0]);
    if (!text && !bits && a->tag != DER_SEQUENCE)
        return false;
    put(o, text ? 0 : a->tag);
    if (text) {
        if (!put_text(o, a->tag, a->value))
            return false;
    } else {
        for (size_t i = 0; i < a->value.len; i++)
            put(o, a->value.p[i]);
    }
    if (!o->full)
        put_length(o, start, o->len - start - 2);
    return !o->full && a->oid.len < 256;
}

static int by_bytes(const void *left, const void *right)
{
    const struct der *a = left, *b = right;
    int order = memcmp(a->p, b->p, a->len < b->len ? a->len : b->len);
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* The values of a multi-valued RDN are a set: sorted, so that order does not matter. */
static void sort_values(struct out *o, size_t from, size_t count)
{
    struct der parts[RDN_VALUES_MAX] = { 0 };
    uint8_t copy[TRUST_DN_MAX];
    size_t total = o->len - from;
    memcpy(copy, o->p + from, total);
    for (size_t i = 0, at = 0; i < count; i++) {
        size_t len = 2 + ((size_t)copy[at] << 8 | copy[at + 1]);
        parts[i] = (struct der){ copy + at, len };
        at += len;
    }
    qsort(parts, count, sizeof(parts[0]), by_bytes);
    for (size_t i = 0, at = from; i < count; i++) {
        memcpy(o->p + at, parts[i].p, parts[i].len);
        at += parts[i].len;
    }
}

static bool put_rdn(struct out *o, struct der set)
{
    size_t start = o->len, count = 0;
    put(o, 0);
    put(o, 0);
    while (set.len) {
        struct ava a;
        if (count == RDN_VALUES_MAX || !take_ava(&set, &a) || !put_ava(o, &a))
            return false;
        count++;
    }
    if (count == 0 || o->full)
        return false;
    put_length(o, start, o->len - start - 2);
    if (!o->full && count > 1)
        sort_values(o, start + 2, count);
    return !o->full;
}

bool dn_canonical(struct der name, uint8_t *out, size_t max, size_t *ret_len)
{
    struct out o = { .p = out, .max = max < TRUST_DN_MAX ? max : TRUST_DN_MAX };
    while (name.len) {
        struct der set;
        if (!der_take(&name, DER_SET, &set) || !put_rdn(&o, set))
            return false;
    }
    *ret_len = o.len;
    return true;
}

bool dn_canonical_rdn(struct der set, uint8_t *out, size_t max, size_t *ret_len)
{
    struct out o = { .p = out, .max = max < TRUST_DN_MAX ? max : TRUST_DN_MAX };
    if (!put_rdn(&o, set))
        return false;
    *ret_len = o.len;
    return true;
}

bool dn_each(struct der name, struct der oid, dn_value_fn *each, void *self)
{
    struct der set;
    while (der_take(&name, DER_SET, &set)) {
        struct ava a;
        while (take_ava(&set, &a))
            if (der_equal(a.oid, oid) && !each(self, a.tag, a.value))
                return false;
    }
    return true;
}

/* ---- text ---- */

static const struct {
    const char *name;
    uint8_t oid[10];
    uint8_t len;
} attribute_names[] = {
    { "CN", { 0x55, 4, 3 }, 3 },
    { "SN", { 0x55, 4, 4 }, 3 },
    { "SERIALNUMBER", { 0x55, 4, 5 }, 3 },
    { "C", { 0x55, 4, 6 }, 3 },
    { "L", { 0x55, 4, 7 }, 3 },
    { "ST", { 0x55, 4, 8 }, 3 },
    { "STREET", { 0x55, 4, 9 }, 3 },
    { "O", { 0x55, 4, 10 }, 3 },
    { "OU", { 0x55, 4, 11 }, 3 },
    { "DC", { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25 }, 10 },
    { "UID", { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1 }, 10 },
    { "emailAddress", { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 }, 9 },
    { "unstructuredName", { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 2 }, 9 },
};

static void add(char *out, size_t size, const char *s)
{
    size_t len = strlen(out);
    (void)text_copy(out + len, size - len, s);
}

static void add_oid(char *out, size_t size, struct der oid)
{
    for (size_t i = 0; i < ARRAY_LEN(attribute_names); i++)
        if (der_equal(oid, (struct der){ attribute_names[i].oid, attribute_names[i].len })) {
            add(out, size, attribute_names[i].name);
            return;
        }
    uint64_t n = 0;
    bool first = true;
    for (size_t i = 0; i < oid.len; i++) {
        n = n << 7 | (oid.p[i] & 0x7f);
        if (oid.p[i] & 0x80)
            continue;
        char part[48];
        if (first)
            (void)snprintf(part, sizeof(part), "%u.%llu", n >= 80 ? 2 : (unsigned)(n / 40),
                           (unsigned long long)(n >= 80 ? n - 80 : n % 40));
        else
            (void)snprintf(part, sizeof(part), ".%llu", (unsigned long long)n);
        add(out, size, part);
        first = false;
        n = 0;
    }
}

static void add_value(char *out, size_t size, const struct ava *a)
{
    char text[512];
    size_t width = text_width(a->tag);
    if (width == 0 || a->value.len % width) {
        char hex[131];
        size_t len = a->value.len < 64 ? a->value.len : 64;
        text_hex(a->value.p, len, hex);
        add(out, size, "#");
        add(out, size, hex);
        return;
    }
    uint8_t utf8[512];
    struct out o = { .p = utf8, .max = sizeof(utf8) };
    for (size_t i = 0; i < a->value.len; i += width) {
        uint32_t c = 0;
        for (size_t k = 0; k < width; k++)
            c = c << 8 | a->value.p[i + k];
        if (c && c < 0x80 && strchr(",+\"\\<>;=", (int)c))
            put(&o, '\\');
        if (c < 0x80 || a->tag == DER_UTF8)
            put(&o, (uint8_t)c);
        else if (c <= 0x10ffff)
            put_code_point(&o, c);
    }
    /* text_escape shows a backslash as \x5c; RFC 4514's own escapes are put back for the reader. */
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < o.len && at + 8 < sizeof(text);) {
        size_t run = i;
        while (run < o.len && utf8[run] != '\\' && utf8[run] != '"')
            run++;
        text_escape(text + at, sizeof(text) - at - 3, (const char *)utf8 + i, run - i);
        at += strlen(text + at);
        if (run < o.len)
            text[at++] = (char)utf8[run++];
        text[at] = '\0';
        i = run;
    }
    add(out, size, text);
}

void dn_text(struct der name, char *out, size_t size)
{
    enum { SHOWN = 64 };
    struct der sets[SHOWN], set;
    size_t count = 0;
    out[0] = '\0';
    while (count < SHOWN && der_take(&name, DER_SET, &set))
        sets[count++] = set;
    for (size_t i = count; i-- > 0;) {
        struct ava a;
        bool first = true;
        while (take_ava(&sets[i], &a)) {
            if (!first)
                add(out, size, "+");
            first = false;
            add_oid(out, size, a.oid);
            add(out, size, "=");
            add_value(out, size, &a);
        }
        if (i)
            add(out, size, ",");
    }
}
