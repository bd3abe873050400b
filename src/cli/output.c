#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static bool env_set(const char *(*env)(const char *), const char *name)
{
    const char *v = env ? env(name) : NULL;
    return v && v[0];
}

bool out_colour_wanted(enum out_colour wish, bool tty, const char *(*env)(const char *))
{
    if (wish != OUT_COLOUR_AUTO)
        return wish == OUT_COLOUR_ALWAYS;
    if (env_set(env, "NO_COLOR"))
        return false;
    if (env_set(env, "CLICOLOR_FORCE") && strcmp(env("CLICOLOR_FORCE"), "0") != 0)
        return true;
    return tty && env_set(env, "TERM") && strcmp(env("TERM"), "dumb") != 0;
}

static const char *sequence(enum out_style style)
{
    switch (style) {
    case OUT_GOOD:
        return "\033[32m";
    case OUT_BAD:
        return "\033[31m";
    case OUT_WARN:
        return "\033[33m";
    case OUT_DIM:
        return "\033[2m";
    case OUT_BOLD:
        return "\033[1m";
    case OUT_PLAIN:
        return "";
    }
    return "";
}

const char *out_begin(const struct out *o, enum out_style style)
{
    return o->colour ? sequence(style) : "";
}

const char *out_end(const struct out *o, enum out_style style)
{
    return o->colour && style != OUT_PLAIN ? "\033[0m" : "";
}

static void note_failure(struct out *o, bool failed)
{
    if (failed && !o->sys)
        o->sys = errno ? errno : EIO;
}

void out_printf(struct out *o, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    note_failure(o, vfprintf(o->data, fmt, ap) < 0);
    va_end(ap);
}

void out_flush(struct out *o)
{
    note_failure(o, fflush(o->data) != 0);
}

json_t *out_text(const char *s)
{
    if (!s)
        return json_null();
    size_t len = strlen(s);
    if (text_utf8(s, len))
        return json_stringn_nocheck(s, len);
    AUTO(freep) char *safe = xmalloc(4 * len + 1);
    text_escape(safe, 4 * len + 1, s, len);
    return json_string(safe);
}

void out_json(struct out *o, json_t *take)
{
    json_t *document = json_pack("{s:i}", "schema", OUT_SCHEMA);
    json_object_update(document, take);
    json_decref(take);
    size_t flags = JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9) | (o->format == OUT_JSON ? JSON_INDENT(2) : JSON_COMPACT);
    AUTO(freep) char *text = json_dumps(document, flags);
    json_decref(document);
    out_printf(o, "%s\n", text ? text : "{}");
    out_flush(o);
}

static void say(struct out *o, enum out_style style, const char *fmt, va_list ap) PRINTF(3, 0);

static void say(struct out *o, enum out_style style, const char *fmt, va_list ap)
{
    if (o->progress_open) /* the line that is being redrawn makes room */
        (void)fputs("\r\033[K", o->talk);
    o->progress_open = false;
    const char *colour = o->talk_colour ? sequence(style) : "";
    (void)fprintf(o->talk, "%s: %s", o->program, colour);
    (void)vfprintf(o->talk, fmt, ap);
    (void)fprintf(o->talk, "%s\n", *colour ? "\033[0m" : "");
    (void)fflush(o->talk);
}

void out_note(struct out *o, const char *fmt, ...)
{
    if (o->quiet)
        return;
    va_list ap;
    va_start(ap, fmt);
    say(o, OUT_PLAIN, fmt, ap);
    va_end(ap);
}

void out_warn(struct out *o, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(o, OUT_WARN, fmt, ap);
    va_end(ap);
}

void out_error(struct out *o, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(o, OUT_BAD, fmt, ap);
    va_end(ap);
}

bool out_finish(struct out *o, int *ret_sys)
{
    out_flush(o);
    *ret_sys = o->sys;
    return !o->sys;
}
