#include "lab/change.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "lab/keep.h"
#include "wire/json.h"

static bool add_line(struct buf *b, const struct lab_change *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *line = json_pack("{s:s, s:s, s:I, s:I, s:s*}", "what", c->what, "target", c->target,
        "value", (json_int_t)c->value, "at", (json_int_t)c->at, "text", c->text);
    return line && wire_json_write(b, line, e) && buf_puts(b, "\n", e);
}

static bool write_lines(struct lab_estate *s, const struct lab_change *c, size_t len, struct err *e)
{
    struct buf b;
    bool ok = true;
    buf_init(&b, LAB_FILE_MAX);
    for (size_t i = 0; ok && i < len; i++)
        ok = add_line(&b, &c[i], e);
    ok = ok && lab_keep_append(s->dir, "journal", b.data, b.len, e);
    buf_done(&b);
    return ok;
}

bool lab_change_all(struct lab_estate *s, const struct lab_change *c, size_t len, struct err *e)
{
    if (!len)
        return true;
    if (!write_lines(s, c, len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!lab_change_apply(s, &c[i], e))
            return false;
    return true;
}

bool lab_change(struct lab_estate *s, const struct lab_change *c, struct err *e)
{
    return lab_change_all(s, c, 1, e);
}

/* One line of the journal. first: it says when the estate was born and with which marks. */
static bool take_line(struct lab_estate *s, const char *text, size_t len, bool first, bool replay, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *line = NULL;
    struct lab_change c = { .text = NULL };
    json_int_t value, at;
    if (!wire_json_read(text, len, NULL, &line, e))
        return false;
    if (json_unpack(line, "{s:s, s:s, s:I, s:I, s?s}", "what", &c.what, "target", &c.target, "value", &value, "at", &at,
                    "text", &c.text) != 0)
        return err_set(e, ERR_STORE, "a line of the journal lacks something");
    c.value = (uint64_t)value;
    c.at = at;
    if (!first)
        return !replay || lab_change_apply(s, &c, e);
    if (strcmp(c.what, "born") != 0)
        return err_set(e, ERR_STORE, "the journal does not begin with a birth");
    if ((value != 0) != s->mark)
        return err_set(e, ERR_CONFLICT, "%s was made %s --byte-exact: it stays so", s->dir, value ? "without" : "with");
    s->born = at;
    return true;
}

static bool read_lines(struct lab_estate *s, const struct buf *b, bool replay, struct err *e)
{
    const char *at = buf_str(b), *end = at + b->len;
    for (size_t n = 1; at < end; n++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) /* cut off while it was written: that change was never acknowledged */
            return true;
        if (!take_line(s, at, (size_t)(stop - at), n == 1, replay, e))
            return err_in(e, "%s/journal line %zu", s->dir, n);
        if (!replay)
            return true;
        at = stop + 1;
    }
    return true;
}

static bool read_journal(struct lab_estate *s, bool replay, bool *ret_found, struct err *e)
{
    struct buf b;
    struct err why;
    buf_init(&b, LAB_FILE_MAX);
    *ret_found = lab_keep_read(s->dir, "journal", &b, &why) && b.len;
    bool ok = *ret_found ? read_lines(s, &b, replay, e) : b.len == 0 && why.kind == ERR_NOT_FOUND;
    /* What was cut off while it was written must not become the beginning of the next line. */
    size_t whole = b.len;
    while (whole && b.data[whole - 1] != '\n')
        whole--;
    *ret_found = whole > 0;
    if (ok && whole < b.len)
        ok = lab_keep_write(s->dir, "journal", b.data, whole, 0600, e);
    if (!b.len && !ok && e)
        *e = why;
    buf_done(&b);
    return ok;
}

bool lab_journal_begin(struct lab_estate *s, struct err *e)
{
    bool found;
    if (!read_journal(s, false, &found, e))
        return false;
    const struct lab_change born = { .what = "born", .target = "estate", .value = s->mark, .at = s->born };
    return found || write_lines(s, &born, 1, e);
}

bool lab_journal_replay(struct lab_estate *s, struct err *e)
{
    bool found;
    return read_journal(s, true, &found, e);
}
