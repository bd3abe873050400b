#include "cell/page.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "flow/config.h"

bool page_example(struct buf *out, struct err *e)
{
    size_t len;
    const struct setting *table = config_table(&len);
    return buf_puts(out,
                    "# The configuration of a Vouchsafe cell (vouchsafed(8)). Every key with its default; what stands behind a # has none.\n",
                    e) &&
           settings_write(table, len, out, e);
}

/* What a value may be. */
static bool write_range(const struct setting *s, struct buf *out, struct err *e)
{
    unsigned long long min = s->min, max = s->max;
    switch (s->type) {
    case SETTING_TEXT:     return buf_puts(out, "text", e);
    case SETTING_LIST:     return buf_printf(out, e, "up to %d values, with blanks or commas between them", SETTINGS_LIST_MAX);
    case SETTING_BOOL:     return buf_puts(out, "yes or no", e);
    case SETTING_NUMBER:   return buf_printf(out, e, "%llu to %llu", min, max);
    case SETTING_SIZE:     return buf_printf(out, e, "%llu to %llu bytes (K, M, G)", min, max);
    case SETTING_DURATION: return buf_printf(out, e, "%llu to %llu ms (ms, s, m, h; a bare number is seconds)", min, max);
    case SETTING_CHOICE:
        for (const char *p = s->choices; *p; p++)
            if (*p == '|' ? !buf_puts(out, ", ", e) : !buf_append(out, p, 1, e))
                return false;
        return true;
    }
    abort();
}

bool page_table(struct buf *out, struct err *e)
{
    size_t len;
    const struct setting *table = config_table(&len);
    if (!buf_puts(out, "| section | key | value | default | on SIGHUP | what it is |\n|---|---|---|---|---|---|\n", e))
        return false;
    for (size_t i = 0; i < len; i++) {
        const struct setting *s = &table[i];
        if (!buf_printf(out, e, "| %s | `%s` | ", s->section[0] ? s->section : "(none)", s->key) || !write_range(s, out, e) ||
            !buf_printf(out, e, " | %s%s%s | %s | %s |\n", s->fallback ? "`" : "", s->fallback ? s->fallback : "none",
                        s->fallback ? "`" : "", s->reload ? "counts" : "waits for a restart", s->help))
            return false;
    }
    return true;
}
