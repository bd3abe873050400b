#include "trust/der.h"

#include <string.h>

bool der_next(struct der *in, uint8_t *ret_tag, struct der *ret_value, struct der *ret_whole)
{
    const uint8_t *p = in->p;
    size_t left = in->len;
    if (left < 2 || (p[0] & 0x1f) == 0x1f)
        return false;
    size_t len = p[1], head = 2;
    if (len & 0x80) {
        size_t octets = len & 0x7f;
        if (octets == 0 || octets > 4 || left < 2 + octets || p[2] == 0)
            return false;
        len = 0;
        for (size_t i = 0; i < octets; i++)
            len = len << 8 | p[2 + i];
        if (len < 0x80)
            return false;
        head += octets;
    }
    if (len > left - head)
        return false;
    *ret_tag = p[0];
    *ret_value = (struct der){ p + head, len };
    if (ret_whole)
        *ret_whole = (struct der){ p, head + len };
    in->p += head + len;
    in->len -= head + len;
    return true;
}

bool der_take(struct der *in, uint8_t tag, struct der *ret_value)
{
    struct der after = *in, value;
    uint8_t seen;
    if (!der_next(&after, &seen, &value, NULL) || seen != tag)
        return false;
    *in = after;
    *ret_value = value;
    return true;
}

size_t der_sequence_head(const uint8_t *p, size_t len)
{
    if (len < 2 || p[0] != DER_SEQUENCE)
        return 0;
    size_t head = p[1] > 0x80 ? 2 + (size_t)(p[1] & 0x7f) : 2;
    return head < len ? head : 0;
}

bool der_at(const struct der *in, uint8_t tag)
{
    return in->len && in->p[0] == tag;
}

bool der_boolean(struct der value, bool *ret)
{
    if (value.len != 1 || (value.p[0] != 0 && value.p[0] != 0xff))
        return false;
    *ret = value.p[0] != 0;
    return true;
}

bool der_integer(struct der v)
{
    if (v.len == 0)
        return false;
    return v.len == 1 || !((v.p[0] == 0 && !(v.p[1] & 0x80)) || (v.p[0] == 0xff && (v.p[1] & 0x80)));
}

bool der_small(struct der v, uint32_t *ret)
{
    if (!der_integer(v) || (v.p[0] & 0x80) || v.len > 4)
        return false;
    uint32_t n = 0;
    for (size_t i = 0; i < v.len; i++)
        n = n << 8 | v.p[i];
    *ret = n;
    return true;
}

bool der_bits(struct der v, struct der *ret)
{
    if (v.len < 1 || v.p[0] != 0)
        return false;
    *ret = (struct der){ v.p + 1, v.len - 1 };
    return true;
}

bool der_flags(struct der v, uint32_t *ret)
{
    if (v.len < 1 || v.len > 5 || v.p[0] > 7 || (v.len == 1 && v.p[0]))
        return false;
    if (v.len > 1) {
        uint8_t last = v.p[v.len - 1];
        /* Unused bits are zero; trailing zero bits are tolerated, as every decoder in the field does. */
        if (last & ((1u << v.p[0]) - 1))
            return false;
    }
    uint32_t flags = 0;
    for (size_t i = 1; i < v.len; i++)
        for (unsigned bit = 0; bit < 8; bit++)
            if (v.p[i] & (0x80u >> bit))
                flags |= 1u << ((i - 1) * 8 + bit);
    *ret = flags;
    return true;
}

static bool digits(const uint8_t *p, unsigned count, int *ret)
{
    int n = 0;
    for (unsigned i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        n = n * 10 + (p[i] - '0');
    }
    *ret = n;
    return true;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t yoe = year - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

bool der_time(uint8_t tag, struct der v, int64_t *ret)
{
    static const int month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    unsigned year_digits = tag == DER_UTC_TIME ? 2 : 4;
    int year, month, day, hour, minute, second;
    if ((tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) || v.len != year_digits + 11 || v.p[v.len - 1] != 'Z' ||
        !digits(v.p, year_digits, &year))
        return false;
    const uint8_t *p = v.p + year_digits;
    if (!digits(p, 2, &month) || !digits(p + 2, 2, &day) || !digits(p + 4, 2, &hour) || !digits(p + 6, 2, &minute) ||
        !digits(p + 8, 2, &second))
        return false;
    if (tag == DER_UTC_TIME)
        year += year < 50 ? 2000 : 1900;
    if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > month_days[month - 1] + (month == 2 && leap))
        return false;
    *ret = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

bool der_oid(struct der v)
{
    if (v.len == 0 || (v.p[v.len - 1] & 0x80))
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (v.p[i] == 0x80 && (i == 0 || !(v.p[i - 1] & 0x80)))
            return false;
    return true;
}

bool der_equal(struct der a, struct der b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

struct der der_magnitude(struct der v)
{
    while (v.len && v.p[0] == 0) {
        v.p++;
        v.len--;
    }
    return v;
}

int der_compare_integers(struct der a, struct der b)
{
    a = der_magnitude(a);
    b = der_magnitude(b);
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    int order = a.len ? memcmp(a.p, b.p, a.len) : 0;
    return (order > 0) - (order < 0);
}
