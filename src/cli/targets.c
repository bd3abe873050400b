#include "cli/targets.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/input.h"
#include "probe/endpoint.h"

void targets_done(struct targets *t)
{
    for (size_t i = 0; i < t->len; i++)
        json_decref(t->items[i].row);
    free(t->items);
    *t = (struct targets){ 0 };
}

static bool add(struct targets *t, const char *word, struct arena *arena, struct err *e)
{
    struct target target = { 0 };
    if (!probe_endpoint_parse(word, &target.endpoint, e))
        return false;
    if (t->len == TARGETS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d endpoints", TARGETS_MAX);
    char text[URL_HOST_TEXT];
    url_host_write(&target.endpoint, 0, text);
    target.text = arena_strdup(arena, text);
    target.host = arena_strdup(arena, target.endpoint.name);
    GROW(t->items, t->len, t->cap);
    t->items[t->len++] = target;
    return true;
}

bool targets_words(struct targets *t, const struct arg_list *words, struct arena *arena, struct err *e)
{
    for (size_t i = 0; i < words->len; i++)
        if (!add(t, words->items[i], arena, e))
            return false;
    return true;
}

/* One line without its comment and the white space around it. */
static bool add_line(struct targets *t, struct url_span line, struct arena *arena, struct err *e)
{
    static const char space[] = " \t\r";
    char word[TARGETS_LINE_MAX + 1];
    if (memchr(line.at, '\0', line.len))
        return err_set(e, ERR_INPUT, "a NUL is no part of an endpoint");
    memcpy(word, line.at, line.len);
    word[line.len] = '\0';
    word[strcspn(word, "#")] = '\0';
    char *start = word + strspn(word, space);
    size_t len = strlen(start);
    while (len && strchr(space, start[len - 1]))
        len--;
    start[len] = '\0';
    return !len || add(t, start, arena, e);
}

static bool add_lines(struct targets *t, int fd, struct arena *arena, struct err *e)
{
    struct input_lines in;
    enum input_event event = INPUT_PAUSE;
    bool ok = true;
    input_lines_init(&in, fd, TARGETS_LINE_MAX);
    for (size_t number = 0; ok && event != INPUT_END;) {
        struct url_span line = { 0 };
        event = input_lines_next(&in, &line, e);
        number += event == INPUT_LINE || event == INPUT_TOO_LONG;
        if (event == INPUT_TOO_LONG)
            ok = err_set(e, ERR_INPUT, "line %zu: longer than %d bytes", number, TARGETS_LINE_MAX);
        else if (event == INPUT_LINE)
            ok = add_line(t, line, arena, e) || err_in(e, "line %zu", number);
        else
            ok = event != INPUT_FAILED;
    }
    input_lines_done(&in);
    return ok;
}

bool targets_file(struct targets *t, const char *path, struct arena *arena, struct err *e)
{
    int fd = -1;
    if (!input_open(path, &fd, e))
        return false;
    char shown[120];
    text_escape(shown, sizeof(shown), path, strlen(path));
    bool ok = add_lines(t, fd, arena, e) || err_in(e, "%s", shown);
    input_close(fd);
    return ok;
}
