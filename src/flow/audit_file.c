#include "flow/audit_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "wire/json.h"

/* ---- members ---- */

static json_t *fingerprint(const uint8_t *digest)
{
    char text[3 * DIGEST_SHA256];
    if (!digest)
        return json_null();
    text_fingerprint(digest, DIGEST_SHA256, text);
    return json_string(text);
}

static bool get_text(const json_t *o, const char *key, struct arena *a, const char **ret, struct err *e)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_string(v))
        return err_set(e, ERR_INPUT, "\"%s\" is missing or no text", key);
    *ret = a ? arena_strndup(a, json_string_value(v), json_string_length(v)) : json_string_value(v);
    return true;
}

static bool get_number(const json_t *o, const char *key, int64_t *ret, struct err *e)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_integer(v) || json_integer_value(v) < 0)
        return err_set(e, ERR_INPUT, "\"%s\" is missing or no number", key);
    *ret = json_integer_value(v);
    return true;
}

static bool get_digest(const json_t *o, const char *key, uint8_t ret[DIGEST_SHA256], struct err *e)
{
    const char *text = json_string_value(json_object_get(o, key));
    return (text && text_unhex(text, ret, DIGEST_SHA256)) || err_set(e, ERR_INPUT, "\"%s\" is missing or no SHA-256", key);
}

/* ---- lines ---- */

json_t *audit_line_write(const struct store_audit *l)
{
    return json_pack("{s:I, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:o}", "seq", (json_int_t)l->seq, "id", l->id, "at_ms",
                     (json_int_t)l->by.at_ms, "who", l->by.who, "from", l->by.from, "flow", l->by.flow, "action", l->action, "entity",
                     l->entity, "sha256", fingerprint(l->sha256), "text", l->text, "data", l->data, "hash", fingerprint(l->hash));
}

bool audit_line_read(const json_t *o, struct arena *a, struct store_audit *ret, struct err *e)
{
    struct store_audit l = { 0 };
    const json_t *sha256 = json_object_get(o, "sha256");
    int64_t seq;
    if (!json_is_object(o))
        return err_set(e, ERR_INPUT, "it is no JSON object");
    if (json_object_size(o) != 12)
        return err_set(e, ERR_INPUT, "it has %zu members instead of 12", json_object_size(o));
    if (!get_number(o, "seq", &seq, e) || !get_text(o, "id", a, &l.id, e) || !get_number(o, "at_ms", &l.by.at_ms, e) ||
        !get_text(o, "who", a, &l.by.who, e) || !get_text(o, "from", a, &l.by.from, e) || !get_text(o, "flow", a, &l.by.flow, e) ||
        !get_text(o, "action", a, &l.action, e) || !get_text(o, "entity", a, &l.entity, e) || !get_text(o, "text", a, &l.text, e) ||
        !get_text(o, "data", a, &l.data, e) || !get_digest(o, "hash", l.hash, e))
        return false;
    if (!json_is_null(sha256)) {
        uint8_t *digest = arena_alloc(a, DIGEST_SHA256);
        if (!get_digest(o, "sha256", digest, e))
            return false;
        l.sha256 = digest;
    }
    l.seq = (uint64_t)seq;
    *ret = l;
    return true;
}

/* ---- heads ---- */

json_t *audit_head_write(const char *format, const struct audit_head *h)
{
    return json_pack("{s:s, s:s, s:I, s:o, s:I}", "format", format, "store", h->store, "count", (json_int_t)h->count, "head", fingerprint(h->hash),
                     "at_ms", (json_int_t)h->at_ms);
}

bool audit_head_read(const char *format, const json_t *o, struct audit_head *ret, struct err *e)
{
    struct audit_head h = { 0 };
    const char *said = "", *store = ""; /* optimizing, gcc can't follow that they are set */
    int64_t count;
    if (!get_text(o, "format", NULL, &said, e) || !get_text(o, "store", NULL, &store, e) || !get_number(o, "count", &count, e) ||
        !get_digest(o, "head", h.hash, e) || !get_number(o, "at_ms", &h.at_ms, e))
        return false;
    if (strcmp(said, format) != 0)
        return err_set(e, ERR_INPUT, "its format is not \"%s\"", format);
    if (!text_copy(h.store, sizeof(h.store), store) || !*h.store)
        return err_set(e, ERR_INPUT, "\"store\" is no identity of a store");
    h.count = (uint64_t)count;
    *ret = h;
    return true;
}

static bool put_number(struct buf *b, uint64_t v, struct err *e)
{
    uint8_t out[8];
    for (unsigned i = 0; i < sizeof(out); i++)
        out[i] = (uint8_t)(v >> (8 * (sizeof(out) - 1 - i)));
    return buf_append(b, out, sizeof(out), e);
}

bool audit_head_signed(const struct audit_head *h, struct buf *out, struct err *e)
{
    static const char tag[] = "vouchsafe audit head 1"; /* with its NUL */
    char spaces[64];
    memset(spaces, ' ', sizeof(spaces));
    return buf_append(out, spaces, sizeof(spaces), e) && buf_append(out, tag, sizeof(tag), e) && put_number(out, strlen(h->store), e) &&
           buf_puts(out, h->store, e) && put_number(out, h->count, e) && buf_append(out, h->hash, sizeof(h->hash), e) &&
           put_number(out, (uint64_t)h->at_ms, e);
}

/* ---- checking ---- */

void audit_check_start(struct audit_check *c, const struct audit_head *noted)
{
    *c = (struct audit_check){ .next = 1, .report = { .sound = true } };
    if (!noted)
        return;
    c->noted_at = noted->count;
    memcpy(c->noted, noted->hash, sizeof(c->noted));
}

static bool broken(struct audit_check *c, uint64_t at, uint64_t file_line, const char *fmt, ...) PRINTF(4, 5);
static bool broken(struct audit_check *c, uint64_t at, uint64_t file_line, const char *fmt, ...)
{
    va_list args;
    if (!c->report.sound)
        return false;
    c->report.sound = false;
    c->report.broken_at = at;
    c->broken_line = file_line;
    va_start(args, fmt);
    (void)vsnprintf(c->report.why, sizeof(c->report.why), fmt, args);
    va_end(args);
    return false;
}

static bool begin(struct audit_check *c, const json_t *o)
{
    struct err why = { 0 };
    if (!audit_head_read(AUDIT_FILE_FORMAT, o, &c->head, &why))
        return broken(c, 0, c->file_line, "it is no export of an audit trail: %s", why.msg);
    c->begun = true;
    store_audit_start(c->head.store, c->hash);
    return true;
}

/* Another line than the next. What it means is known when the missing one turns up, or does not. */
static bool elsewhere(struct audit_check *c, const struct store_audit *l)
{
    if (!c->missing) {
        c->missing = c->next;
        c->instead = l->seq;
        c->broken_line = c->file_line;
    }
    if (l->seq == c->missing && c->instead != l->seq)
        return broken(c, c->missing, c->broken_line, "line %" PRIu64 " stands behind line %" PRIu64 ": the lines were reordered", c->missing, c->instead);
    if (c->instead < c->missing)
        return broken(c, c->missing, c->broken_line, "line %" PRIu64 " stands where line %" PRIu64 " should be", c->instead, c->missing);
    return true;
}

static bool follow(struct audit_check *c, const struct store_audit *l)
{
    uint8_t hash[DIGEST_SHA256];
    if (c->missing || l->seq != c->next)
        return elsewhere(c, l);
    store_audit_hash(c->hash, l, hash);
    if (memcmp(hash, l->hash, sizeof(hash)) != 0)
        return broken(c, l->seq, c->file_line, "line %" PRIu64 " is not what was written", l->seq);
    if (l->seq == c->noted_at && memcmp(hash, c->noted, sizeof(hash)) != 0)
        return broken(c, l->seq, c->file_line, "line %" PRIu64 " has not the hash that was noted: this is another trail, or it was rewritten", l->seq);
    if (c->next > c->head.count)
        return broken(c, l->seq, c->file_line, "line %" PRIu64 " is one more than the head says", l->seq);
    memcpy(c->hash, hash, sizeof(c->hash));
    c->report.checked = c->next++;
    return true;
}

bool audit_check_line(struct audit_check *c, const char *text, size_t len)
{
    static const struct wire_json_limits limits = { .bytes = AUDIT_LINE_MAX, .depth = 2, .values = 32 };
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(wire_json_decrefp) json_t *o = NULL;
    struct store_audit l;
    struct err why = { 0 };
    c->file_line++;
    if (!c->report.sound)
        return false;
    if (!wire_json_read(text, len, &limits, &o, &why))
        return broken(c, c->begun ? c->next : 0, c->file_line, "line %" PRIu64 " of the file can't be read: %.100s", c->file_line, why.msg);
    if (!c->begun)
        return begin(c, o);
    if (!audit_line_read(o, &a, &l, &why))
        return broken(c, c->next, c->file_line, "line %" PRIu64 " of the file can't be read: %.100s", c->file_line, why.msg);
    return follow(c, &l);
}

bool audit_check_end(struct audit_check *c)
{
    if (!c->report.sound)
        return false;
    if (!c->begun)
        return broken(c, 0, 0, "the file is empty");
    if (c->missing) {
        uint64_t last = c->instead - 1;
        return last > c->missing ? broken(c, c->missing, c->broken_line, "lines %" PRIu64 " to %" PRIu64 " are missing", c->missing, last)
                                 : broken(c, c->missing, c->broken_line, "line %" PRIu64 " is missing", c->missing);
    }
    if (c->report.checked < c->head.count)
        return c->next == c->head.count
                   ? broken(c, c->next, 0, "line %" PRIu64 " is missing at the end", c->next)
                   : broken(c, c->next, 0, "lines %" PRIu64 " to %" PRIu64 " are missing at the end", c->next, c->head.count);
    if (memcmp(c->hash, c->head.hash, sizeof(c->hash)) != 0)
        return broken(c, c->head.count, 0, "the head is not that of these lines");
    if (c->noted_at > c->head.count)
        return broken(c, c->next, 0, "line %" PRIu64 ", whose hash was noted, is not there: the trail was cut off", c->noted_at);
    return true;
}
