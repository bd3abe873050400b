#include "base/text.h"

#include <stdio.h>
#include <string.h>

void text_hex(const uint8_t *p, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[p[i] >> 4];
        *out++ = digits[p[i] & 15];
    }
    *out = '\0';
}

void text_fingerprint(const uint8_t *p, size_t len, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < len; i++) {
        if (i)
            *out++ = ':';
        *out++ = digits[p[i] >> 4];
        *out++ = digits[p[i] & 15];
    }
    *out = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = text_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_unhex(const char *s, uint8_t *out, size_t len)
{
    bool colons = len > 1 && s[0] && s[1] && s[2] == ':';
    for (size_t i = 0; i < len; i++) {
        if (i && colons && *s++ != ':')
            return false;
        int high = hex_value(s[0]), low = high < 0 ? -1 : hex_value(s[1]);
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
        s += 2;
    }
    return *s == '\0';
}

bool text_base64(struct buf *b, const void *bytes, size_t len, struct err *e)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = bytes;
    uint8_t *at;
    size_t total = (len + 2) / 3 * 4;
    if (!buf_reserve(b, total, &at, e))
        return false;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < len ? p[i + 2] : 0);
        *at++ = (uint8_t)digits[v >> 18];
        *at++ = (uint8_t)digits[v >> 12 & 63];
        *at++ = i + 1 < len ? (uint8_t)digits[v >> 6 & 63] : '=';
        *at++ = i + 2 < len ? (uint8_t)digits[v & 63] : '=';
    }
    buf_commit(b, total);
    return true;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool text_unbase64(const char *s, size_t len, bool lines, struct buf *b, struct err *e)
{
    uint8_t *at;
    if (!buf_reserve(b, len / 4 * 3 + 3, &at, e))
        return false;
    uint8_t *start = at;
    uint32_t v = 0;
    unsigned have = 0, pad = 0;
    for (size_t i = 0; i < len; i++) {
        char c = s[i];
        if (lines && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
            continue;
        int digit = 0;
        if (c == '=' && have >= 2)
            pad++;
        else if (pad || (digit = base64_value(c)) < 0)
            return err_set(e, ERR_INPUT, "not base64 at byte %zu", i);
        v = v << 6 | (uint32_t)digit;
        if (++have < 4)
            continue;
        *at++ = (uint8_t)(v >> 16);
        if (pad < 2)
            *at++ = (uint8_t)(v >> 8);
        if (pad < 1)
            *at++ = (uint8_t)v;
        if ((pad == 2 && (v & 0xffff)) || (pad == 1 && (v & 0xff)))
            return err_set(e, ERR_INPUT, "base64 ends in stray bits");
        v = 0;
        have = 0; /* after padding anything but white space is refused by `pad` above */
    }
    if (have)
        return err_set(e, ERR_INPUT, "base64 ends in the middle");
    buf_commit(b, (size_t)(at - start));
    return true;
}

bool text_number(const char *s, uint64_t min, uint64_t max, uint64_t *ret)
{
    uint64_t v = 0;
    if (!*s)
        return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
            return false;
    }
    if (v < min || v > max)
        return false;
    *ret = v;
    return true;
}

struct unit {
    const char *name;
    uint64_t factor;
};

/* A number followed by exactly one of the units, not above INT64_MAX after scaling. */
static bool quantity(const char *s, const struct unit *units, size_t units_len, uint64_t *ret)
{
    size_t digits = strspn(s, "0123456789");
    char number[24];
    if (digits >= sizeof(number))
        return false;
    memcpy(number, s, digits);
    number[digits] = '\0';
    for (size_t i = 0; i < units_len; i++) {
        uint64_t v;
        if (strcmp(s + digits, units[i].name) != 0)
            continue;
        if (!text_number(number, 0, (uint64_t)INT64_MAX / units[i].factor, &v))
            return false;
        *ret = v * units[i].factor;
        return true;
    }
    return false;
}

bool text_duration(const char *s, int64_t *ret_ms)
{
    static const struct unit units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "", 1000 } };
    uint64_t ms;
    if (!quantity(s, units, ARRAY_LEN(units), &ms))
        return false;
    *ret_ms = (int64_t)ms;
    return true;
}

bool text_size(const char *s, uint64_t *ret)
{
    static const struct unit units[] = { { "", 1 }, { "K", 1 << 10 }, { "M", 1 << 20 }, { "G", 1 << 30 } };
    return quantity(s, units, ARRAY_LEN(units), ret);
}

int text_choice(const char *choices, const char *s)
{
    size_t len = strlen(s);
    for (int i = 0;; i++) {
        size_t n = strcspn(choices, "|");
        if (n == len && memcmp(choices, s, n) == 0)
            return i;
        if (!choices[n])
            return -1;
        choices += n + 1;
    }
}

char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool text_caseeq_n(const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len != b_len)
        return false;
    for (size_t i = 0; i < a_len; i++)
        if (text_lower(a[i]) != text_lower(b[i]))
            return false;
    return true;
}

bool text_caseeq(const char *a, const char *b)
{
    return text_caseeq_n(a, strlen(a), b, strlen(b));
}

bool text_copy(char *dst, size_t size, const char *src)
{
    size_t len = strlen(src);
    bool whole = len < size;
    if (!whole)
        len = size - 1;
    memcpy(dst, src, len);
    dst[len] = '\0';
    return whole;
}

/* Length of the well-formed UTF-8 sequence at s, or 0 (RFC 3629 section 4: no overlong form, no surrogate). */
static size_t utf8_len(const uint8_t *s, size_t left)
{
    uint8_t c = s[0];
    if (c < 0x80)
        return c ? 1 : 0;
    size_t n = c >= 0xc2 && c <= 0xdf ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;
    if (!n || left < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && s[1] < 0xa0) || (c == 0xed && s[1] > 0x9f) || (c == 0xf0 && s[1] < 0x90) ||
        (c == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

size_t text_printable(const char *s, size_t len)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = 0x80 * ones;
    size_t i = 0;
    for (uint64_t w; i + sizeof(w) <= len; i += sizeof(w)) {
        memcpy(&w, s + i, sizeof(w));
        /* In each byte: below 0x80; then +0x60 carries into the top bit from 0x20 on, and +1 only from 0x7f on. */
        if ((w & highs) || ((w + 0x60 * ones) & highs) != highs || ((w + ones) & highs))
            break;
    }
    while (i < len && s[i] >= 0x20 && s[i] < 0x7f)
        i++;
    return i;
}

size_t text_clip(const char *s, size_t most)
{
    size_t len = strnlen(s, most + 1);
    for (len = len < most ? len : most; len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80;)
        len--;
    return len;
}

bool text_utf8(const char *s, size_t len)
{
    for (size_t i = text_printable(s, len); i < len; i += text_printable(s + i, len - i)) {
        size_t n = utf8_len((const uint8_t *)s + i, len - i);
        if (!n)
            return false;
        i += n;
    }
    return true;
}

/* Well-formed, but a terminal would obey it, or nobody would see it: C1 controls, zero-width characters and the
 * bidirectional controls (Unicode TR 36 section 3). */
static bool utf8_is_hidden(const uint8_t *s, size_t n)
{
    if (n == 2)
        return (s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xd8 && s[1] == 0x9c);
    if (n != 3)
        return false;
    uint32_t c = (uint32_t)(s[0] & 15) << 12 | (uint32_t)(s[1] & 63) << 6 | (s[2] & 63);
    return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

void text_escape(char *dst, size_t size, const char *src, size_t len)
{
    size_t at = 0;
    for (size_t i = 0; i < len;) {
        uint8_t c = (uint8_t)src[i];
        size_t n = utf8_len((const uint8_t *)src + i, len - i);
        bool plain = n && c >= 0x20 && c != 0x7f && c != '\\' && c != '"' &&
                     !utf8_is_hidden((const uint8_t *)src + i, n);
        size_t need = plain ? n : 4;
        if (at + need >= size)
            break;
        if (plain) {
            memcpy(dst + at, src + i, n);
            i += n;
        } else {
            (void)snprintf(dst + at, 5, "\\x%02x", c);
            i++;
        }
        at += need;
    }
    dst[at] = '\0';
}

void text_time(int64_t t, char out[TEXT_TIME])
{
    /* Civil date from days, proleptic Gregorian calendar; no locale, no time zone table. */
    int64_t days = t / 86400, rest = t % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    if (year < 0 || year > 9999) {
        (void)text_copy(out, TEXT_TIME, year < 0 ? "before-year-0" : "after-year-9999");
        return;
    }
    char text[64];
    (void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, (int)month, (int)day,
                   (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
    (void)text_copy(out, TEXT_TIME, text);
}

/* `digits` decimal digits at *s, moved past. */
static bool read_digits(const char **s, int digits, int min, int max, int *ret)
{
    int v = 0;
    for (; digits > 0; digits--, (*s)++) {
        if (**s < '0' || **s > '9')
            return false;
        v = v * 10 + (**s - '0');
    }
    *ret = v;
    return v >= min && v <= max;
}

static bool read_char(const char **s, char c)
{
    bool ok = text_lower(**s) == c;
    *s += ok;
    return ok;
}

/* "Z" or "+hh:mm", in seconds to take away. */
static bool read_offset(const char **s, int64_t *ret)
{
    int hours, minutes;
    *ret = 0;
    if (read_char(s, 'z'))
        return true;
    int sign = **s == '+' ? 1 : **s == '-' ? -1 : 0;
    if (!sign)
        return false;
    (*s)++;
    if (!read_digits(s, 2, 0, 23, &hours) || !read_char(s, ':') || !read_digits(s, 2, 0, 59, &minutes))
        return false;
    *ret = sign * (hours * 3600 + minutes * 60);
    return true;
}

static int days_in_month(int year, int month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Days from 1970-01-01, the inverse of what text_time does. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t yoe = year - era * 400;
    int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

bool text_time_parse(const char *s, int64_t *ret_unix_seconds)
{
    int year, month, day, hour, minute, second;
    int64_t offset;
    if (!read_digits(&s, 4, 0, 9999, &year) || !read_char(&s, '-') || !read_digits(&s, 2, 1, 12, &month) ||
        !read_char(&s, '-') || !read_digits(&s, 2, 1, days_in_month(year, month), &day) || !read_char(&s, 't') ||
        !read_digits(&s, 2, 0, 23, &hour) || !read_char(&s, ':') || !read_digits(&s, 2, 0, 59, &minute) ||
        !read_char(&s, ':') || !read_digits(&s, 2, 0, 60, &second))
        return false;
    if (read_char(&s, '.')) {
        if (*s < '0' || *s > '9')
            return false;
        while (*s >= '0' && *s <= '9')
            s++;
    }
    if (!read_offset(&s, &offset) || *s)
        return false;
    *ret_unix_seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
    return true;
}
