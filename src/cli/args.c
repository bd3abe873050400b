#include "cli/args.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/suggest.h"

enum { SHOWN_MAX = 80 }; /* of a wrong word, in a message */

static void *field_of(const struct arg_set *set, size_t at)
{
    return (char *)set->into + at;
}

void arg_list_add(struct arg_list *l, const char *text, struct arena *arena)
{
    if ((l->len & (l->len - 1)) == 0) { /* full at each power of two */
        const char **more = arena_array(arena, l->len ? l->len * 2 : 1, sizeof(*more));
        if (l->len)
            memcpy(more, l->items, l->len * sizeof(*more));
        l->items = more;
    }
    l->items[l->len++] = text;
}

static bool flag_value(const char *text, bool *ret)
{
    static const char yes[] = "1|true|yes|on", no[] = "0|false|no|off";
    bool on = text_choice(yes, text) >= 0;
    if (!on && text_choice(no, text) < 0)
        return false;
    *ret = on;
    return true;
}

static bool duration_value(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    int64_t ms;
    if (!text_duration(text, &ms) || ms < min || ms > max)
        return false;
    *ret = ms;
    return true;
}

static bool time_value(const char *text, int64_t *ret)
{
    uint64_t v;
    bool negative = text[0] == '-';
    if (text_number(text + negative, 0, INT64_MAX, &v)) {
        *ret = negative ? -(int64_t)v : (int64_t)v;
        return true;
    }
    return text_time_parse(text, ret);
}

/* What a number may be, for a message. */
static void duration_text(int64_t ms, char *out, size_t size)
{
    if (ms % 1000)
        (void)snprintf(out, size, "%lldms", (long long)ms);
    else
        (void)snprintf(out, size, "%llds", (long long)(ms / 1000));
}

static bool wrong_value(const struct arg_option *o, const char *what, const char *text, struct err *e)
{
    char shown[SHOWN_MAX], low[32], high[32];
    text_escape(shown, sizeof(shown), text, strlen(text));
    switch (o->type) {
    case ARG_FLAG:
        return err_set(e, ERR_INPUT, "%s: '%s' is not yes or no", what, shown);
    case ARG_CHOICE:
        return err_set(e, ERR_INPUT, "%s: '%s' is not one of %s", what, shown, o->choices);
    case ARG_NUMBER:
        return err_set(e, ERR_INPUT, "%s: '%s' is not a number from %lld to %lld", what, shown, (long long)o->min,
                       (long long)o->max);
    case ARG_DURATION:
        duration_text(o->min, low, sizeof(low));
        duration_text(o->max, high, sizeof(high));
        return err_set(e, ERR_INPUT, "%s: '%s' is not a time from %s to %s (10, 10s, 500ms, 2m)", what, shown, low,
                       high);
    case ARG_TIME:
        return err_set(e, ERR_INPUT, "%s: '%s' is not a moment (2026-11-23T10:00:00Z, or seconds since 1970)", what,
                       shown);
    case ARG_TEXT:
    case ARG_LIST:
        return err_set(e, ERR_INPUT, "%s: the %s is empty", what, o->value);
    }
    return false;
}

bool args_value(const struct arg_option *o, const char *what, const char *text, void *field, struct arena *arena,
               struct err *e)
{
    struct arg_number *number = field;
    uint64_t v;
    bool ok = strnlen(text, ARGS_WORD_MAX) < ARGS_WORD_MAX;
    if (!ok)
        return err_set(e, ERR_INPUT, "%s: longer than %d bytes", what, ARGS_WORD_MAX);
    switch (o->type) {
    case ARG_FLAG:
        ok = flag_value(text, field);
        break;
    case ARG_TEXT:
        if ((ok = text[0] != '\0'))
            *(const char **)field = text;
        break;
    case ARG_LIST:
        if ((ok = text[0] != '\0'))
            arg_list_add(field, text, arena);
        break;
    case ARG_CHOICE: {
        int i = text_choice(o->choices, text);
        if ((ok = i >= 0))
            *(int *)field = i;
        break;
    }
    case ARG_NUMBER:
        if ((ok = text_number(text, (uint64_t)o->min, (uint64_t)o->max, &v)))
            *number = (struct arg_number){ true, (int64_t)v };
        break;
    case ARG_DURATION:
        ok = number->given = duration_value(text, o->min, o->max, &number->value);
        break;
    case ARG_TIME:
        ok = number->given = time_value(text, &number->value);
        break;
    }
    return ok || wrong_value(o, what, text, e);
}

bool args_is_option(const struct args *a, const char *word)
{
    return !a->plain && word[0] == '-' && word[1];
}

/* The dash that word processors and web pages make of "--" (U+2013, U+2014) turns options into operands. */
static bool has_typographic_dash(const char *word)
{
    return !strncmp(word, "\xe2\x80\x93", 3) || !strncmp(word, "\xe2\x80\x94", 3);
}

static bool unknown_option(const struct args *a, const char *word, struct err *e)
{
    char shown[SHOWN_MAX], name[SUGGEST_WORD_MAX + 1];
    text_escape(shown, sizeof(shown), word, strlen(word));
    const char *start = word + strspn(word, "-");
    size_t len = strcspn(start, "=");
    struct suggest s = { .word = name };
    if (len && len < sizeof(name)) {
        memcpy(name, start, len);
        name[len] = '\0';
        for (size_t i = 0; i < a->sets_len; i++)
            for (size_t k = 0; k < a->sets[i].len; k++)
                suggest_offer(&s, a->sets[i].options[k].name);
    }
    if (s.best)
        return err_set(e, ERR_INPUT, "unknown option %s; did you mean --%s?", shown, s.best);
    return err_set(e, ERR_INPUT, "unknown option %s", shown);
}

/* Finds the option that this word names. letters: "-o", else "--output". */
static const struct arg_option *option_find(const struct args *a, const char *word, size_t len, bool letter,
                                            const struct arg_set **ret_set)
{
    for (size_t i = 0; i < a->sets_len; i++) {
        for (size_t k = 0; k < a->sets[i].len; k++) {
            const struct arg_option *o = &a->sets[i].options[k];
            *ret_set = &a->sets[i];
            if (letter ? len && o->letter == word[0] : strlen(o->name) == len && !memcmp(o->name, word, len))
                return o;
        }
    }
    return NULL;
}

static bool option_set(const struct args *a, const struct arg_set *set, const struct arg_option *o, const char *text,
                       struct err *e)
{
    char what[SHOWN_MAX];
    (void)snprintf(what, sizeof(what), "--%s", o->name);
    bool *seen = &set->seen[o - set->options];
    if (*seen && o->type != ARG_FLAG && o->type != ARG_LIST)
        return err_set(e, ERR_INPUT, "%s is given twice", what);
    *seen = true;
    return args_value(o, what, text, field_of(set, o->at), a->arena, e);
}

/* "-qo json", "-ojson": letters that share a dash. */
static bool letters(struct args *a, char *const *argv, size_t argc, size_t *at, struct err *e)
{
    const char *word = argv[(*at)++];
    for (const char *p = word + 1; *p; p++) {
        const struct arg_set *set;
        const struct arg_option *o = option_find(a, p, 1, true, &set);
        if (!o)
            return unknown_option(a, word, e);
        if (o->type == ARG_FLAG) {
            if (!option_set(a, set, o, "yes", e))
                return false;
            continue;
        }
        const char *value = p[1] ? p + 1 : *at < argc ? argv[(*at)++] : NULL;
        if (!value || (!p[1] && args_is_option(a, value)))
            return err_set(e, ERR_INPUT, "-%c needs a value (%s)", o->letter, o->value);
        return option_set(a, set, o, value, e);
    }
    return true;
}

bool args_option(struct args *a, char *const *argv, size_t argc, size_t *at, struct err *e)
{
    const char *word = argv[*at];
    if (!strcmp(word, "--")) {
        a->plain = true;
        (*at)++;
        return true;
    }
    if (word[1] != '-')
        return letters(a, argv, argc, at, e);
    const char *name = word + 2, *equals = strchr(name, '=');
    const struct arg_set *set;
    const struct arg_option *o = option_find(a, name, equals ? (size_t)(equals - name) : strlen(name), false, &set);
    if (!o)
        return unknown_option(a, word, e);
    (*at)++;
    if (o->type == ARG_FLAG) {
        if (equals)
            return err_set(e, ERR_INPUT, "--%s takes no value", o->name);
        return option_set(a, set, o, "yes", e);
    }
    if (equals)
        return option_set(a, set, o, equals + 1, e);
    if (*at >= argc || args_is_option(a, argv[*at]))
        return err_set(e, ERR_INPUT, "--%s needs a value (%s); one that begins with a dash is written --%s=VALUE",
                       o->name, o->value, o->name);
    return option_set(a, set, o, argv[(*at)++], e);
}

bool args_operand(const struct arg_operand *operands, size_t len, void *into, size_t *used, const char *word,
                  struct arena *arena, struct err *e)
{
    char shown[SHOWN_MAX];
    text_escape(shown, sizeof(shown), word, strlen(word));
    if (has_typographic_dash(word))
        return err_set(e, ERR_INPUT, "'%s' begins with a typographic dash; type -- instead", shown);
    if (!word[0])
        return err_set(e, ERR_INPUT, "an empty word is not a %s", len ? operands[0].name : "known argument");
    size_t last = len ? len - 1 : 0;
    const struct arg_operand *o = *used < len ? &operands[*used] : len && operands[last].many ? &operands[last] : NULL;
    if (!o)
        return err_set(e, ERR_INPUT, "'%s' is one argument too many", shown);
    void *field = (char *)into + o->at;
    if (o->many)
        arg_list_add(field, word, arena);
    else
        *(const char **)field = word;
    (*used)++;
    return true;
}

bool args_finish(struct args *a, struct err *e)
{
    for (size_t i = 0; i < a->sets_len; i++) {
        for (size_t k = 0; k < a->sets[i].len; k++) {
            const struct arg_option *o = &a->sets[i].options[k];
            if (a->sets[i].seen[k])
                continue;
            const char *text = o->env && a->env ? a->env(o->env) : NULL;
            bool from_env = text && text[0]; /* set but empty counts as unset */
            if (!from_env)
                text = o->fallback;
            if (text && !args_value(o, from_env ? o->env : o->name, text, field_of(&a->sets[i], o->at), a->arena, e))
                return false;
        }
    }
    return true;
}
