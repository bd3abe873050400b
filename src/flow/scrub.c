#include "flow/scrub.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "wire/json.h"
#include "wire/url.h"

enum { HEAD = 4, BITS = 1 << 16, GROUPS = 8, FORM_MAX = 4 * SCRUB_VALUE_MAX + 16 };

struct needle {
    uint8_t *p; /* owned */
    size_t len;
};

/* What is removed is one group of an expression; the rest stays. */
struct pattern {
    const char *text;
    unsigned group;
    bool (*really)(const char *p, size_t len); /* NULL: always */
};

struct scrub {
    struct needle *needles;
    size_t len, cap;
    uint8_t seen[BITS / 8]; /* which heads there are, hashed */
    regex_t *compiled;
};

/* ---- what looks like a secret ---- */

/* A value of a key like "secrets": a number, a word of JSON and what was removed already are none. */
static bool is_value(const char *p, size_t len)
{
    static const char *const words[] = { "true", "false", "null", "none", "yes", "no", SCRUB_MARK };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (len == strlen(words[i]) && !strncmp(p, words[i], len))
            return false;
    return strspn(p, "0123456789.") < len && p[0] != '[' && p[0] != '{';
}

/* Letters of both cases and digits, few slashes: no path and no word. */
static bool is_random(const char *p, size_t len)
{
    bool lower = false, upper = false, digit = false;
    size_t slashes = 0;
    for (size_t i = 0; i < len; i++) {
        lower = lower || (p[i] >= 'a' && p[i] <= 'z');
        upper = upper || (p[i] >= 'A' && p[i] <= 'Z');
        digit = digit || (p[i] >= '0' && p[i] <= '9');
        slashes += p[i] == '/';
    }
    return lower && upper && digit && slashes < len / 10;
}

#define SECRET_WORD                                                                                                                       \
    "(password|passwd|passphrase|pwd|secret|token|ticket|credential|session[_-]?id|session[_-]?key|api[_-]?key|private[_-]?key|"          \
    "master[_-]?key|soap[_-]session|api[_-]session|x-vcloud-authorization)"

static const struct pattern patterns[] = {
    { "((set-)?cookie2?\"?[[:space:]]*[:=][[:space:]]*\"?)([^\"]+)", 3, NULL },
    { "(authorization\"?[[:space:]]*[:=][[:space:]]*\"?)([^\"]+)", 2, NULL },
    { "((bearer|basic)[[:space:]]+)([A-Za-z0-9+/_.=~-]{8,})", 3, NULL },
    { "(" SECRET_WORD "[A-Za-z_-]*\\\\\"[[:space:]]*[:=][[:space:]]*\\\\\")([^\"\\\\]*)", 3, is_value }, /* JSON in JSON */
    { "(" SECRET_WORD "[A-Za-z_-]*\"[[:space:]]*[:=][[:space:]]*\")(([^\"\\\\]|\\\\.)*)", 3, is_value },
    { "(" SECRET_WORD "[A-Za-z_-]*'?[[:space:]]*[:=][[:space:]]*')([^']*)", 3, is_value },
    { "(" SECRET_WORD "[A-Za-z_-]*\"?[[:space:]]*(=|:|=>)[[:space:]]*)([^][:space:]\"',;&<>{}[]+)", 4, is_value },
    { "(<[^<>/]*" SECRET_WORD "[^<>]*>)([^<]+)", 3, NULL },
    { "(://[^][:space:]/:@\"]*:)([^][:space:]/@\"]+)@", 2, NULL },
    { "(/ticket/|wss?://[^][:space:];\"]*;)([^][:space:]\"'?]+)", 2, NULL },
    { "(eyJ[A-Za-z0-9_-]{6,}\\.[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]*)?)", 1, NULL },
    { "(cst-[A-Za-z0-9-]{10,})", 1, NULL },
    { "(\\$argon2[^][:space:]\"']+)", 1, NULL },
    { "([0-9a-f]{32,})", 1, NULL },
    { "([A-Za-z0-9+/_-]{40,}={0,2})", 1, is_random },
};

struct scrub *scrub_create(void)
{
    struct scrub *s = xcalloc(1, sizeof(*s));
    s->compiled = xcalloc(ARRAY_LEN(patterns), sizeof(*s->compiled));
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
        if (regcomp(&s->compiled[i], patterns[i].text, REG_EXTENDED | REG_ICASE) != 0)
            abort(); /* the table is ours, and the unit tests use every row */
    return s;
}

struct scrub *scrub_destroy(struct scrub *s)
{
    if (!s)
        return NULL;
    for (size_t i = 0; i < s->len; i++) {
        secret_wipe(s->needles[i].p, s->needles[i].len);
        free(s->needles[i].p);
    }
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
        regfree(&s->compiled[i]);
    free(s->compiled);
    free(s->needles);
    free(s);
    return NULL;
}

/* ---- known values ---- */

static unsigned hash_head(const uint8_t *p)
{
    uint32_t h = ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]) * UINT32_C(2654435761);
    return h >> 16;
}

static void add(struct scrub *s, const void *p, size_t len)
{
    if (len < SCRUB_MIN)
        return;
    if (s->len == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 64;
        s->needles = xrealloc(s->needles, s->cap * sizeof(*s->needles));
    }
    uint8_t *copy = xmalloc(len);
    memcpy(copy, p, len);
    s->needles[s->len++] = (struct needle){ copy, len };
    unsigned h = hash_head(copy);
    s->seen[h / 8] |= (uint8_t)(1u << (h % 8));
}

/* In either alphabet. The first and the last character also depend on what stands beside, and are left out. */
static void add_base64(struct scrub *s, const uint8_t *p, size_t len)
{
    for (size_t shift = 0; shift < 3; shift++) {
        AUTO(buf_done) struct buf whole, text;
        buf_init(&whole, len + 3);
        buf_init(&text, 2 * len + 16);
        if (!buf_append(&whole, "\0\0", shift, NULL) || !buf_append(&whole, p, len, NULL) || !text_base64(&text, whole.data, whole.len, NULL))
            continue;
        size_t from = shift ? shift + 1 : 0, to = (shift + len) * 8 / 6;
        if (to <= from + HEAD)
            continue;
        add(s, text.data + from, to - from);
        for (size_t i = 0; i < text.len; i++)
            text.data[i] = text.data[i] == '+' ? '-' : text.data[i] == '/' ? '_' : text.data[i];
        add(s, text.data + from, to - from);
        secret_wipe(whole.data, whole.len);
        secret_wipe(text.data, text.len);
    }
}

static void add_hex(struct scrub *s, const uint8_t *p, size_t len)
{
    char *text = xmalloc(3 * len + 1);
    text_hex(p, len, text);
    add(s, text, 2 * len);
    for (char *c = text; *c; c++)
        *c = *c >= 'a' && *c <= 'f' ? (char)(*c - 'a' + 'A') : *c;
    add(s, text, 2 * len);
    text_fingerprint(p, len, text);
    add(s, text, 3 * len - 1);
    for (char *c = text; *c; c++)
        *c = text_lower(*c);
    add(s, text, 3 * len - 1);
    secret_wipe(text, 3 * len + 1);
    free(text);
}

/* As JSON and URLs have it, where that differs. */
static void add_escaped(struct scrub *s, const uint8_t *p, size_t len)
{
    AUTO(buf_done) struct buf json, url;
    AUTO(wire_json_decrefp) json_t *text = json_stringn((const char *)p, len);
    buf_init(&json, FORM_MAX + FORM_MAX);
    buf_init(&url, FORM_MAX);
    if (text && wire_json_write(&json, text, NULL) && json.len > 2 && json.len - 2 != len)
        add(s, json.data + 1, json.len - 2);
    if (url_encode(&url, (const char *)p, len, NULL) && url.len != len)
        add(s, url.data, url.len);
}

void scrub_value(struct scrub *s, const void *value, size_t len)
{
    const uint8_t *p = value;
    if (len > SCRUB_VALUE_MAX)
        len = SCRUB_VALUE_MAX;
    if (len < SCRUB_MIN)
        return;
    add(s, p, len);
    add_hex(s, p, len);
    add_base64(s, p, len);
    add_escaped(s, p, len);
}

/* The longest value that stands here; 0 = none. */
static size_t stands_at(const struct scrub *s, const uint8_t *p, size_t left)
{
    size_t found = 0;
    if (left < HEAD)
        return 0;
    unsigned h = hash_head(p);
    if (!(s->seen[h / 8] & (1u << (h % 8))))
        return 0;
    for (size_t i = 0; i < s->len; i++)
        if (s->needles[i].len <= left && s->needles[i].len > found && !memcmp(p, s->needles[i].p, s->needles[i].len))
            found = s->needles[i].len;
    return found;
}

bool scrub_finds(const struct scrub *s, const void *text, size_t len)
{
    const uint8_t *p = text;
    for (size_t i = 0; i < len; i++)
        if (stands_at(s, p + i, len - i))
            return true;
    return false;
}

static bool without_values(const struct scrub *s, const uint8_t *p, size_t len, struct buf *out, struct err *e)
{
    size_t from = 0;
    for (size_t i = 0; i < len;) {
        size_t n = stands_at(s, p + i, len - i);
        if (!n) {
            i++;
            continue;
        }
        if (!buf_append(out, p + from, i - from, e) || !buf_puts(out, SCRUB_MARK, e))
            return false;
        from = i += n;
    }
    return buf_append(out, p + from, len - from, e);
}

/* ---- private keys ---- */

/* From the BEGIN line of a private key to the end of its END line, or of the text. */
static bool without_keys(const uint8_t *p, size_t len, struct buf *out, struct err *e)
{
    static const char mark[] = "PRIVATE KEY-----", end_mark[] = "-----END ";
    while (len) {
        const uint8_t *at = memmem(p, len, mark, sizeof(mark) - 1);
        if (!at)
            break;
        const uint8_t *behind = at + sizeof(mark) - 1, *end = p + len;
        const uint8_t *stop = memmem(behind, (size_t)(end - behind), end_mark, sizeof(end_mark) - 1);
        const uint8_t *last = stop ? memmem(stop, (size_t)(end - stop), mark, sizeof(mark) - 1) : NULL;
        if (!buf_append(out, p, (size_t)(behind - p), e) || !buf_puts(out, SCRUB_MARK, e))
            return false;
        p = last ? last + sizeof(mark) - 1 : end;
        len = (size_t)(end - p);
    }
    return buf_append(out, p, len, e);
}

/* ---- lines ---- */

static bool apply(const struct scrub *s, size_t which, const char *line, struct buf *out, struct err *e)
{
    const struct pattern *p = &patterns[which];
    regmatch_t m[GROUPS];
    int flags = 0;
    while (*line && regexec(&s->compiled[which], line, GROUPS, m, flags) == 0 && m[0].rm_eo > 0) {
        const regmatch_t *g = &m[p->group];
        bool removes = g->rm_so >= 0 && (!p->really || p->really(line + g->rm_so, (size_t)(g->rm_eo - g->rm_so)));
        if (removes ? !buf_append(out, line, (size_t)g->rm_so, e) || !buf_puts(out, SCRUB_MARK, e) ||
                          !buf_append(out, line + g->rm_eo, (size_t)(m[0].rm_eo - g->rm_eo), e)
                    : !buf_append(out, line, (size_t)m[0].rm_eo, e))
            return false;
        line += m[0].rm_eo;
        flags = REG_NOTBOL;
    }
    return buf_puts(out, line, e);
}

/* Bytes that are no text would end an expression's string early. */
static bool clean_line(const uint8_t *p, size_t len, struct buf *out, struct err *e)
{
    buf_clear(out);
    for (size_t i = 0; i < len && i < SCRUB_LINE_MAX; i++)
        if (!buf_append(out, p[i] ? (const char *)p + i : " ", 1, e))
            return false;
    return len <= SCRUB_LINE_MAX || buf_puts(out, " [cut]", e);
}

static bool without_patterns(const struct scrub *s, const uint8_t *p, size_t len, struct buf *out, struct err *e)
{
    AUTO(buf_done) struct buf one, two;
    const uint8_t *end = p + len;
    buf_init(&one, 8 * SCRUB_LINE_MAX);
    buf_init(&two, 8 * SCRUB_LINE_MAX);
    while (p < end) {
        const uint8_t *newline = memchr(p, '\n', (size_t)(end - p));
        struct buf *from = &one, *to = &two;
        if (!clean_line(p, (size_t)((newline ? newline : end) - p), from, e))
            return false;
        for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
            struct buf *other = from;
            buf_clear(to);
            if (!apply(s, i, buf_str(from), to, e))
                return false;
            from = to;
            to = other;
        }
        if (!buf_append(out, from->data, from->len, e) || (newline && !buf_puts(out, "\n", e)))
            return false;
        p = newline ? newline + 1 : end;
    }
    return true;
}

bool scrub_text(const struct scrub *s, const void *text, size_t len, struct buf *out, struct err *e)
{
    AUTO(buf_done) struct buf known, keyless;
    buf_init(&known, SCRUB_TEXT_MAX);
    buf_init(&keyless, SCRUB_TEXT_MAX);
    return without_values(s, text, len, &known, e) && without_keys(known.data, known.len, &keyless, e) &&
           without_patterns(s, keyless.data, keyless.len, out, e);
}
