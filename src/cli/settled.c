#include "cli/settled.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/input.h"
#include "flow/init.h"

#define MASK "[removed]"

const char *settled_mask(const char *url, struct arena *a)
{
    const char *scheme = strstr(url, "://"), *rest = scheme ? scheme + 3 : url;
    const char *at = scheme ? memrchr(rest, '@', strcspn(rest, "/?#")) : NULL;
    const char *colon = at ? memchr(rest, ':', (size_t)(at - rest)) : NULL;
    if (colon)
        url = arena_printf(a, "%.*s:" MASK "%s", (int)(colon - url), url, at);
    const char *word = strcasestr(url, "password=");
    if (!word)
        return url;
    word += strlen("password=");
    return arena_printf(a, "%.*s" MASK "%s", (int)(word - url), url, word + strcspn(word, "& "));
}

static const char *shown(const char *text, struct arena *a)
{
    size_t room = 4 * strlen(text) + 1;
    char *out = arena_alloc(a, room);
    text_escape(out, room, text, strlen(text));
    return out;
}

static const char *key_of(const struct setting *s, struct arena *a)
{
    return *s->section ? arena_printf(a, "%s.%s", s->section, s->key) : s->key;
}

/* What is made of another key when nobody said it. */
static void settle(struct settled_row *r, const struct config *c, struct arena *a)
{
    const struct init_place place = { c->data_dir, c->store_url, c->master_key_file };
    char *url = arena_alloc(a, STORE_PATH_MAX), *key = arena_alloc(a, STORE_PATH_MAX);
    struct err none;
    if (r->value || !c->data_dir || !init_paths(&place, url, key, &none))
        return;
    if (!strcmp(r->key, "store_url") || !strcmp(r->key, "master_key_file")) {
        r->value = !strcmp(r->key, "store_url") ? url : key;
        r->made_of = "data_dir";
    } else if (!strcmp(r->key, "public_url")) {
        r->made_of = "listen and the host's name";
    }
}

static void fill_rows(struct settled *s, const struct setting_origin *origins, struct arena *a)
{
    const struct setting *table = config_table(&s->rows_len);
    s->rows = arena_array(a, s->rows_len, sizeof(*s->rows));
    for (size_t i = 0; i < s->rows_len; i++) {
        struct settled_row *r = &s->rows[i];
        *r = (struct settled_row){ .key = key_of(&table[i], a), .line = origins[i].line, .reload = table[i].reload, .help = table[i].help,
                                   .value = origins[i].text ? settled_mask(shown(origins[i].text, a), a) : NULL };
        settle(r, &s->config, a);
    }
}

/* ---- everything that is wrong ---- */

/* "configuration: line 5: unknown key 'x'": the line, and what stands behind it. */
static unsigned line_of(const char **text)
{
    static const char prefix[] = "configuration: ", word[] = "line ";
    unsigned line = 0;
    int used = 0;
    if (!strncmp(*text, prefix, sizeof(prefix) - 1))
        *text += sizeof(prefix) - 1;
    if (!strncmp(*text, word, sizeof(word) - 1) && sscanf(*text + sizeof(word) - 1, "%u: %n", &line, &used) == 1 && used)
        *text += sizeof(word) - 1 + (size_t)used;
    return line;
}

/* A value that its own key accepts and the whole does not: "listen: ..". Its line, if the file says it. */
static unsigned key_line(const char *text, const struct setting_origin *origins, struct arena *a)
{
    size_t len;
    const struct setting *table = config_table(&len);
    for (size_t i = 0; i < len; i++) {
        const char *key = key_of(&table[i], a);
        size_t n = strlen(key);
        if (!strncmp(text, key, n) && (text[n] == ':' || text[n] == ' '))
            return origins[i].line;
    }
    return 0;
}

/* Nothing is left of a line but its end, so that the next error can be found. */
static bool blank(char *text, size_t len, unsigned line)
{
    char *at = text, *end = text + len;
    for (unsigned n = 1; at < end; n++) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        char *stop = newline ? newline : end;
        if (n == line) {
            memset(at, ' ', (size_t)(stop - at));
            return true;
        }
        at = stop + 1;
    }
    return false;
}

static void add_error(struct settled *s, unsigned line, const char *text, struct arena *a)
{
    s->errors[s->errors_len++] = (struct settled_error){ line, arena_strdup(a, text) };
}

bool settled_read(const char *path, struct arena *a, struct settled *ret, struct err *e)
{
    AUTO(buf_done) struct buf text;
    size_t len;
    struct err why = { 0 };
    buf_init(&text, CONFIG_BYTES_MAX);
    (void)config_table(&len);
    struct setting_origin *origins = arena_array(a, len, sizeof(*origins));
    struct settled s = { .path = path, .errors = arena_array(a, SETTLED_ERRORS_MAX, sizeof(*s.errors)) };
    if (!input_file(path, &text, e))
        return false;
    char *copy = arena_strndup(a, buf_str(&text), text.len);
    while (!config_read_from(copy, text.len, &s.config, origins, a, &why)) {
        const char *said = why.msg;
        unsigned line = line_of(&said);
        if (!line)
            line = key_line(said, origins, a);
        add_error(&s, line, said, a);
        if (!line || s.errors_len == SETTLED_ERRORS_MAX || !blank(copy, text.len, line))
            break;
    }
    fill_rows(&s, origins, a);
    *ret = s;
    return true;
}
