#include "store/audit.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "store/backend.h"
#include "store/words.h"

/* docs/store.md has the encoding. Every variable part has its length before it, so that no two lines encode alike. */
static const char line_tag[] = "vouchsafe audit line 1", start_tag[] = "vouchsafe audit start 1";

enum { TEXTS = 8 };

static void put_bytes(struct buf *b, const void *p, size_t len)
{
    if (!buf_append(b, p, len, NULL))
        abort(); /* the buffer was made for what goes in */
}

static void put_number(struct buf *b, uint64_t v, unsigned bytes)
{
    uint8_t out[8];
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    put_bytes(b, out, bytes);
}

static void put_counted(struct buf *b, const void *p, size_t len)
{
    put_number(b, len, 4);
    put_bytes(b, p, len);
}

void store_audit_start(const char *identity, uint8_t ret[DIGEST_SHA256])
{
    AUTO(buf_done) struct buf b;
    buf_init(&b, sizeof(start_tag) + 4 + STORE_ID_MAX);
    put_bytes(&b, start_tag, sizeof(start_tag));
    put_counted(&b, identity, strnlen(identity, STORE_ID_MAX));
    digest_sha256(b.data, b.len, ret);
}

void store_audit_hash(const uint8_t before[DIGEST_SHA256], const struct store_audit *line, uint8_t ret[DIGEST_SHA256])
{
    const char *const texts[TEXTS] = { line->id,     line->by.who, line->by.from, line->by.flow,
                                       line->action, line->entity, line->text,    line->data };
    size_t lens[TEXTS], total = sizeof(line_tag) + DIGEST_SHA256 + 8 + 8 + 4 * TEXTS + 4 + DIGEST_SHA256;
    for (size_t i = 0; i < TEXTS; i++)
        total += lens[i] = strlen(texts[i]);
    AUTO(buf_done) struct buf b;
    buf_init(&b, total);
    put_bytes(&b, line_tag, sizeof(line_tag));
    put_bytes(&b, before, DIGEST_SHA256);
    put_number(&b, line->seq, 8);
    put_number(&b, (uint64_t)line->by.at_ms, 8);
    for (size_t i = 0; i < TEXTS; i++)
        put_counted(&b, texts[i], lens[i]);
    put_counted(&b, line->sha256, line->sha256 ? DIGEST_SHA256 : 0);
    digest_sha256(b.data, b.len, ret);
}

static bool check(const struct store_audit *line, struct err *e)
{
    return store_take_by(&line->by, e) &&
           store_take_text("the action", STORE_WORD, line->action, STORE_WORD_MAX, e) &&
           store_take_text("the entity", STORE_LINE_OR_NONE, line->entity, STORE_ENDPOINT_MAX, e) &&
           store_take_text("the text", STORE_PROSE, line->text, STORE_TEXT_MAX, e) &&
           store_take_text("the data", STORE_PROSE, line->data, STORE_DATA_MAX, e);
}

bool store_audit_append(struct store *s, const struct store_audit *line, struct err *e)
{
    struct store_audit row = *line;
    uint8_t before[DIGEST_SHA256];
    char id[RANDOM_UUID];
    uint64_t count;
    if (!store_writing(s, "audit", e) || !check(line, e) || !store_ran(s, s->ops->audit->head(s, &count, before, e), e))
        return false;
    random_uuid(id);
    row.id = id;
    row.seq = count + 1;
    store_audit_hash(before, &row, row.hash);
    return store_ran(s, s->ops->audit->append(s, &row, e), e);
}

bool store_audit_list(struct store *s, const struct store_audit_query *q, store_audit_sink *sink, void *self,
                      struct err *e)
{
    struct store_audit_query as = *q;
    return store_list_begin(s, q->limit, &as.limit, e) &&
           store_list_end(s, s->ops->audit->list(s, &as, sink, self, e), e);
}

bool store_audit_head(struct store *s, uint64_t *ret_count, uint8_t ret_hash[DIGEST_SHA256], struct err *e)
{
    return store_reading(s, e) && store_ran(s, s->ops->audit->head(s, ret_count, ret_hash, e), e);
}

struct walk {
    uint8_t hash[DIGEST_SHA256];
    struct store_audit_report *report;
};

static void broken(struct store_audit_report *r, const char *why)
{
    r->sound = false;
    r->broken_at = r->checked + 1;
    (void)snprintf(r->why, sizeof(r->why), "audit line %llu: %s", (unsigned long long)r->broken_at, why);
}

static bool follow(void *self, const struct store_audit *line, struct err *e)
{
    struct walk *w = self;
    uint8_t hash[DIGEST_SHA256];
    (void)e;
    if (!w->report->sound)
        return true;
    store_audit_hash(w->hash, line, hash);
    if (line->seq != w->report->checked + 1)
        broken(w->report, "missing");
    else if (memcmp(hash, line->hash, sizeof(hash)) != 0)
        broken(w->report, "not what was written, or what stood before it is gone");
    else
        w->report->checked++;
    memcpy(w->hash, line->hash, sizeof(hash));
    return true;
}

static bool verify(struct store *s, struct store_audit_report *ret, struct err *e)
{
    const struct store_audit_query all = { .limit = UINT32_MAX };
    struct store_audit_report report = { .sound = true };
    struct walk walk = { .report = &report };
    uint8_t head[DIGEST_SHA256];
    uint64_t count;
    struct err found;
    if (!s->ops->audit->head(s, &count, head, e))
        return false;
    store_audit_start(s->identity, walk.hash);
    if (!s->ops->audit->list(s, &all, follow, &walk, &found)) {
        if (found.kind != ERR_STORE) {
            if (e)
                *e = found;
            return false;
        }
        if (report.sound)
            broken(&report, found.msg); /* a line that can't even be read */
    }
    if (report.sound && report.checked < count)
        broken(&report, "missing at the end");
    else if (report.sound && (report.checked > count || memcmp(walk.hash, head, sizeof(head)) != 0))
        broken(&report, "the head is not that of these lines");
    *ret = report;
    return true;
}

bool store_audit_verify(struct store *s, struct store_audit_report *ret, struct err *e)
{
    AUTO(store_abortp) struct store *mine = NULL;
    if (!store_one_moment(s, &mine, e))
        return false;
    return store_ran(s, verify(s, ret, e), e);
}
