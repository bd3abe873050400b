/* tests/fuzz/http1_trace.h - one reader's view of some bytes, so that two runs can be compared. */
#pragma once
#include <string.h>

#include "fuzz/fuzz.h"
#include "wire/http1.h"

enum { TRACE_MAX = 1 << 22 };

struct trace {
    enum http1_event last;
    int refusal;
    size_t used;       /* up to HTTP1_END */
    int minor;
    enum http1_form form;
    struct buf head;   /* written anew */
    struct buf text;   /* what was decided about the message, and its body */
};

static void put_head(struct trace *t, const struct http1_head *h)
{
    MUST(h->status ? http1_write_status(&t->head, h->status, h->reason, NULL)
                   : http1_write_request(&t->head, h->method, h->target, NULL));
    for (size_t i = 0; i < h->fields_len; i++)
        MUST(http1_write_field(&t->head, h->fields[i].name, h->fields[i].value, NULL));
    MUST(http1_write_end(&t->head, NULL));
    MUST(buf_printf(&t->text, NULL, "%d %d %d %d %d %d %llu %s:%u ", h->minor, h->form, h->keep_alive,
                    h->expect_continue, h->upgrade, h->framing, (unsigned long long)h->length, h->host.name,
                    h->host.port));
    t->minor = h->minor;
    t->form = h->form;
}

/* Feeds data in pieces of `step` bytes until the first message is complete or refused. */
static void trace_run(struct trace *t, enum http1_kind kind, unsigned flags, const uint8_t *data, size_t len, size_t step)
{
    struct http1_reader r;
    struct err e;
    size_t at = 0, end = 0;
    *t = (struct trace){ .last = HTTP1_MORE };
    buf_init(&t->head, TRACE_MAX);
    buf_init(&t->text, TRACE_MAX);
    http1_reader_init(&r, kind, NULL);
    r.to_head = flags & 1;
    r.to_connect = flags & 2;
    while (t->last != HTTP1_END && t->last != HTTP1_BAD) {
        if (at == end && t->last == HTTP1_MORE) {
            if (end == len)
                break;
            end = len - end < step ? len : end + step;
        }
        size_t used;
        struct url_span body;
        t->last = http1_feed(&r, data + at, end - at, &used, &body, &e);
        MUST(used <= end - at);
        at += used;
        if (t->last == HTTP1_HEAD) {
            MUST(r.head.fields_len <= HTTP1_FIELDS_MAX && r.bytes.len <= HTTP1_HEAD_MAX);
            put_head(t, &r.head);
        } else if (t->last == HTTP1_BODY) {
            MUST(body.len && body.at + body.len <= (const char *)data + at);
            MUST(buf_append(&t->text, body.at, body.len, NULL));
        } else if (t->last == HTTP1_MORE) {
            MUST(at == end);
        }
    }
    t->refusal = t->last == HTTP1_BAD ? r.refusal : 0;
    t->used = t->last == HTTP1_END ? at : 0;
    http1_reader_done(&r);
}

static void trace_done(struct trace *t)
{
    buf_done(&t->head);
    buf_done(&t->text);
}

static bool trace_same(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && !memcmp(buf_str(a), buf_str(b), a->len);
}

/* However the bytes are cut, the same comes out. */
static void trace_compare(enum http1_kind kind, unsigned flags, const uint8_t *data, size_t len)
{
    static const size_t steps[] = { 1, 7, 100 };
    struct trace whole, cut;
    trace_run(&whole, kind, flags, data, len, len ? len : 1);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        trace_run(&cut, kind, flags, data, len, steps[i]);
        MUST(cut.last == whole.last && cut.refusal == whole.refusal && cut.used == whole.used);
        MUST(whole.last == HTTP1_BAD || (trace_same(&cut.head, &whole.head) && trace_same(&cut.text, &whole.text)));
        trace_done(&cut);
    }
    trace_done(&whole);
}
