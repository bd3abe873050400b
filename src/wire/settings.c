#include "wire/settings.h"

#include <assert.h>
#include <ini.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"

enum { SHOWN = 80 };

struct reading {
    const char *at, *end; /* what is left of the text */
    unsigned line;        /* number of the line last handed to the parser */
    const struct setting *table;
    size_t table_len;
    bool *seen; /* a flag for each row */
    struct setting_origin *origins; /* one for each row; NULL: nobody asks */
    void *fields;
    struct arena *arena;
    struct err *e;
    bool failed; /* e is set */
};

/* inih keeps its manner in process-wide variables: long lines on the heap, no continuation lines, no comments behind
 * values (a password may hold a semicolon), no byte order mark. Set once, before its first use. */
static pthread_once_t manner = PTHREAD_ONCE_INIT;

static void set_manner(void)
{
    ini_use_stack = false;
    ini_max_line = SETTINGS_LINE_MAX;
    ini_initial_alloc = SETTINGS_LINE_MAX;
    ini_allow_multiline = false;
    ini_allow_inline_comments = false;
    ini_allow_bom = false;
}

static bool fail(struct reading *r, const char *what, const char *text)
{
    char shown[SHOWN];
    text_escape(shown, sizeof(shown), text, strlen(text));
    r->failed = true;
    return err_set(r->e, ERR_INPUT, "line %u: %s%s%s%s", r->line, what, *text ? " '" : "", shown, *text ? "'" : "");
}

/* ---- values ---- */

static bool in_range(const struct setting *s, uint64_t v)
{
    return v >= s->min && (s->max == 0 || v <= s->max);
}

static bool read_list(const char *text, struct setting_list *ret, struct arena *arena)
{
    static const char blanks[] = " \t,";
    const char *items[SETTINGS_LIST_MAX];
    size_t len = 0;
    for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
        size_t n = strcspn(text, blanks);
        if (len == SETTINGS_LIST_MAX)
            return false;
        items[len++] = arena_strndup(arena, text, n);
        text += n;
    }
    *ret = (struct setting_list){ arena_memdup(arena, items, len * sizeof(items[0])), len };
    return len != 0;
}

static bool read_bool(const char *text, bool *ret)
{
    int which = text_choice("no|yes|false|true|off|on|0|1", text);
    if (which >= 0)
        *ret = which % 2;
    return which >= 0;
}

static bool store_value(const struct setting *s, const char *text, void *fields, struct arena *arena)
{
    void *field = (char *)fields + s->at;
    uint64_t number;
    int64_t ms;
    int choice;
    if (!*text)
        return false;
    switch (s->type) {
    case SETTING_TEXT: *(const char **)field = arena_strdup(arena, text); return true;
    case SETTING_LIST: return read_list(text, field, arena);
    case SETTING_BOOL: return read_bool(text, field);
    case SETTING_NUMBER:
        if (!text_number(text, 0, UINT64_MAX, &number) || !in_range(s, number))
            return false;
        *(uint64_t *)field = number;
        return true;
    case SETTING_SIZE:
        if (!text_size(text, &number) || !in_range(s, number))
            return false;
        *(uint64_t *)field = number;
        return true;
    case SETTING_DURATION:
        if (!text_duration(text, &ms) || !in_range(s, (uint64_t)ms))
            return false;
        *(int64_t *)field = ms;
        return true;
    case SETTING_CHOICE:
        if ((choice = text_choice(s->choices, text)) < 0)
            return false;
        *(int *)field = choice;
        return true;
    }
    return false;
}

/* What the value should have been: "a number from 1 to 9". */
static const char *wanted(const struct setting *s, char *out, size_t size)
{
    static const char *const kinds[] = { "a text", "a list of at most 64 values", "yes or no", "a number",
                                         "a time (500ms, 10s, 2m, 1h)", "a size (512, 64K, 16M)", "one of" };
    int len = snprintf(out, size, "%s.%s must be %s", *s->section ? s->section : "(top)", s->key, kinds[s->type]);
    if (s->type == SETTING_CHOICE)
        (void)snprintf(out + len, size - (size_t)len, " %s", s->choices);
    else if (s->max)
        (void)snprintf(out + len, size - (size_t)len, " from %" PRIu64 " to %" PRIu64 "%s", s->min, s->max,
                       s->type == SETTING_DURATION ? " ms" : "");
    return out;
}

/* ---- the file ---- */

static size_t find(const struct reading *r, const char *section, const char *key)
{
    size_t i = 0;
    while (i < r->table_len && (strcmp(r->table[i].section, section) != 0 || strcmp(r->table[i].key, key) != 0))
        i++;
    return i;
}

/* inih's handler: 1 = go on. */
static int take(void *user, const char *section, const char *key, const char *value)
{
    struct reading *r = user;
    char text[160];
    if (r->failed)
        return 0;
    size_t i = find(r, section, key);
    if (i == r->table_len)
        (void)fail(r, *section ? "unknown key or section, key" : "unknown key", key);
    else if (r->seen[i])
        (void)fail(r, "this key was set before:", key);
    else if (!text_utf8(value, strlen(value)))
        (void)fail(r, "not UTF-8:", value);
    else if (!store_value(&r->table[i], value, r->fields, r->arena))
        (void)fail(r, wanted(&r->table[i], text, sizeof(text)), value);
    else
        r->seen[i] = true;
    if (!r->failed && r->origins)
        r->origins[i] = (struct setting_origin){ r->line, arena_strdup(r->arena, value) };
    return !r->failed;
}

/* inih's reader: one line, as fgets would. A line that does not fit ends the reading. */
static char *next_line(char *out, int size, void *stream)
{
    struct reading *r = stream;
    if (r->failed || r->at == r->end)
        return NULL;
    const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
    size_t len = (size_t)((newline ? newline + 1 : r->end) - r->at);
    r->line++;
    if (len >= (size_t)size || len >= SETTINGS_LINE_MAX) {
        (void)fail(r, "the line is too long", "");
        return NULL;
    }
    if (memchr(r->at, '\0', len)) {
        (void)fail(r, "a NUL byte", "");
        return NULL;
    }
    memcpy(out, r->at, len);
    out[len] = '\0';
    r->at += len;
    return out;
}

static void set_defaults(const struct reading *r)
{
    for (size_t i = 0; i < r->table_len; i++)
        if (r->table[i].fallback) {
            bool ok = store_value(&r->table[i], r->table[i].fallback, r->fields, r->arena);
            assert(ok);
            (void)ok;
        }
}

bool settings_read(const char *text, size_t len, const struct setting *table, size_t table_len, void *fields,
                   struct arena *arena, struct err *e)
{
    return settings_read_from(text, len, table, table_len, &(struct setting_target){ .fields = fields }, arena, e);
}

bool settings_read_from(const char *text, size_t len, const struct setting *table, size_t table_len,
                        const struct setting_target *to, struct arena *arena, struct err *e)
{
    if (len > SETTINGS_FILE_MAX)
        return err_set(e, ERR_LIMIT, "a configuration of more than %d bytes", SETTINGS_FILE_MAX);
    (void)pthread_once(&manner, set_manner);
    struct reading r = { .at = text, .end = text + len, .table = table, .table_len = table_len, .fields = to->fields,
                         .origins = to->origins, .arena = arena, .e = e, .seen = arena_array(arena, table_len, sizeof(bool)) };
    for (size_t i = 0; to->origins && i < table_len; i++)
        to->origins[i] = (struct setting_origin){ 0, table[i].fallback };
    set_defaults(&r);
    int bad = ini_parse_stream(next_line, &r, take, &r);
    if (r.failed)
        return false;
    /* inih names the first line that is no section, key or comment, and goes on; nothing was read beyond the text. */
    return bad == 0 || err_set(e, ERR_INPUT, "line %d: neither [section] nor key = value", bad);
}

bool settings_write(const struct setting *table, size_t table_len, struct buf *out, struct err *e)
{
    const char *section = "";
    for (size_t i = 0; i < table_len; i++) {
        const struct setting *s = &table[i];
        if (strcmp(section, s->section) != 0 && !buf_printf(out, e, "%s[%s]\n", i ? "\n" : "", s->section))
            return false;
        section = s->section;
        if (!buf_printf(out, e, "# %s\n%s%s = %s\n", s->help, s->fallback ? "" : "#", s->key,
                        s->fallback ? s->fallback : ""))
            return false;
    }
    return true;
}
