#include "wire/http1.h"

#include "base/arena.h"
#include "base/text.h"
#include "unit/check.h"
#include "unit/wire/cases.h"

/* What came out of a reader, in words. */
struct run {
    enum http1_kind kind;
    struct http1_limits limits;
    bool to_head, to_connect, eof;
    size_t used;    /* of the last run, up to HTTP1_END */
    int refusal;
    struct err error;
};

static void say(struct buf *out, const char *name, const char *text, size_t len)
{
    char safe[2048];
    struct err e;
    text_escape(safe, sizeof(safe), text, len);
    CHECK_OK(buf_printf(out, &e, "%s %s\n", name, safe), &e);
}

static void say_head(const struct http1_head *h, struct buf *out)
{
    static const char *const forms[] = { "origin", "absolute", "authority", "asterisk" };
    struct err e;
    if (h->status) {
        CHECK_OK(buf_printf(out, &e, "status %d 1.%d\n", h->status, h->minor), &e);
        say(out, "reason", h->reason, strlen(h->reason));
    } else {
        char host[URL_HOST_TEXT];
        url_host_write(&h->host, 0, host);
        CHECK_OK(buf_printf(out, &e, "method %s 1.%d\n", h->method, h->minor), &e);
        CHECK_OK(buf_printf(out, &e, "target %s %s\n", forms[h->form], h->target), &e);
        say(out, "path", h->url.path.at, h->url.path.len);
        if (h->url.has_query)
            say(out, "query", h->url.query.at, h->url.query.len);
        CHECK_OK(buf_printf(out, &e, "host %s\n", host), &e);
    }
    for (size_t i = 0; i < h->fields_len; i++) {
        CHECK_OK(buf_printf(out, &e, "field %s", h->fields[i].name), &e);
        say(out, ":", h->fields[i].value, strlen(h->fields[i].value));
    }
    static const char *const framings[] = { "none", "length", "chunked", "until-close" };
    CHECK_OK(buf_printf(out, &e, "body %s %llu%s%s%s\n", framings[h->framing], (unsigned long long)h->length,
                        h->keep_alive ? " keep-alive" : "", h->expect_continue ? " expect-continue" : "",
                        h->upgrade ? " upgrade" : ""), &e);
}

/* The copy in an arena says the same as the original, also after that is gone. */
static void check_copy(const struct http1_reader *r)
{
    struct arena a = { 0 };
    struct buf original, copied;
    buf_init(&original, CASE_MAX);
    buf_init(&copied, CASE_MAX);
    say_head(&r->head, &original);
    say_head(http1_head_copy(r, &a), &copied);
    CHECK_STR(buf_str(&original), buf_str(&copied));
    buf_done(&original);
    buf_done(&copied);
    arena_done(&a);
}

static bool run_reader(void *ctx, const uint8_t *const *pieces, const size_t *lens, size_t count, struct buf *out)
{
    struct run *run = ctx;
    struct http1_reader r;
    struct buf body;
    struct err e = { 0 };
    enum http1_event event = HTTP1_MORE;
    http1_reader_init(&r, run->kind, &run->limits);
    r.to_head = run->to_head;
    r.to_connect = run->to_connect;
    buf_init(&body, CASE_MAX);
    run->used = 0;
    for (size_t i = 0; i < count && event != HTTP1_END && event != HTTP1_BAD; i++) {
        size_t at = 0;
        do {
            size_t used;
            struct url_span piece;
            event = http1_feed(&r, pieces[i] + at, lens[i] - at, &used, &piece, &e);
            CHECK(used <= lens[i] - at);
            at += used;
            run->used += used;
            if (event == HTTP1_HEAD) {
                if (count != 2) /* whole, and byte by byte */
                    check_copy(&r);
                say_head(&r.head, out);
            } else if (event == HTTP1_BODY) {
                struct err full;
                CHECK(piece.len > 0 && piece.at + piece.len == (const char *)pieces[i] + at);
                CHECK_OK(buf_append(&body, piece.at, piece.len, &full), &full);
            }
        } while (event == HTTP1_HEAD || event == HTTP1_BODY);
        if (event == HTTP1_MORE)
            CHECK_EQ(at, lens[i]);
    }
    if (event == HTTP1_MORE && run->eof)
        event = http1_eof(&r, &e);
    if (event == HTTP1_END) {
        say(out, "content", buf_str(&body), body.len);
        http1_next(&r);
        CHECK(http1_idle(&r));
    } else if (event == HTTP1_BAD) {
        size_t used;
        struct url_span piece;
        CHECK(e.msg[0] && e.kind != ERR_NONE);
        run->refusal = r.refusal;
        run->error = e;
        CHECK_EQ(http1_feed(&r, (const uint8_t *)"x", 1, &used, &piece, &e), HTTP1_BAD);
        CHECK_EQ(r.refusal, run->refusal);
        buf_clear(out); /* where it was noticed is not promised, only that it was */
        CHECK_OK(buf_printf(out, &e, "refused %d\n", run->refusal), &e);
    }
    http1_reader_done(&r);
    buf_done(&body);
    return event == HTTP1_END;
}

struct tally {
    size_t good, bad;
};

/* 400-*.http is refused with 400, ok-*.http comes out as ok-*.out says. */
static void request_file(void *ctx, const struct case_file *f)
{
    struct tally *tally = ctx;
    struct run run = { .kind = HTTP1_REQUEST };
    struct buf out;
    buf_init(&out, CASE_MAX);
    bool ok = cases_thrice(run_reader, &run, f->name, f->data, f->len, &run.used, &out);
    if (!strncmp(f->name, "ok-", 3)) {
        if (!ok)
            fail_msg("%s: %s(%s)", f->name, buf_str(&out), run.error.msg);
        cases_golden("request", f->name, &out);
        tally->good++;
    } else {
        char want[32];
        (void)snprintf(want, sizeof(want), "refused %.3s\n", f->name);
        if (ok || strcmp(buf_str(&out), want))
            fail_msg("%s: %s(%s)", f->name, buf_str(&out), run.error.msg);
        tally->bad++;
    }
    buf_done(&out);
}

static void requests_as_files(void **state)
{
    (void)state;
    struct tally tally = { 0 };
    (void)cases_each("request", ".http", request_file, &tally);
    CHECK(tally.good >= 20 && tally.bad >= 100);
}

static void response_file(void *ctx, const struct case_file *f)
{
    struct tally *tally = ctx;
    bool until_close = strstr(f->name, "until-close") != NULL;
    struct run run = { .kind = HTTP1_RESPONSE, .to_head = strstr(f->name, "-head-") != NULL,
                       .to_connect = strstr(f->name, "-connect") != NULL, .eof = until_close };
    struct buf out;
    buf_init(&out, CASE_MAX);
    bool good = !strncmp(f->name, "ok-", 3);
    /* What ends with the connection is complete wherever it is cut off, so those run whole only. */
    bool ok = until_close ? run_reader(&run, &f->data, &f->len, 1, &out)
                          : cases_thrice(run_reader, &run, f->name, f->data, f->len, &run.used, &out);
    if (ok != good)
        fail_msg("%s: %s(%s)", f->name, buf_str(&out), run.error.msg);
    if (good)
        cases_golden("response", f->name, &out);
    else
        CHECK(run.error.kind == ERR_PEER);
    *(good ? &tally->good : &tally->bad) += 1;
    buf_done(&out);
}

static void responses_as_files(void **state)
{
    (void)state;
    struct tally tally = { 0 };
    (void)cases_each("response", ".http", response_file, &tally);
    CHECK(tally.good >= 10 && tally.bad >= 20);
}

/* Each limit: at it passes, one past it is refused. */
static void limits_are_exact(void **state)
{
    (void)state;
    static const char request[] = "GET /abcdef HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
    static const struct {
        struct http1_limits limits;
        int refusal;
    } cases[] = {
        { { .target = 7, .head = sizeof(request) - 1, .fields = 2 }, 0 },
        { { .target = 6, .head = 1000, .fields = 2 }, 414 },
        { { .target = 7, .head = sizeof(request) - 2, .fields = 2 }, 431 },
        { { .target = 7, .head = 10, .fields = 2 }, 414 },
        { { .target = 7, .head = 1000, .fields = 1 }, 431 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct run run = { .kind = HTTP1_REQUEST, .limits = cases[i].limits };
        struct buf out;
        buf_init(&out, CASE_MAX);
        bool ok = cases_thrice(run_reader, &run, "limits", (const uint8_t *)request, sizeof(request) - 1, &run.used, &out);
        CHECK_EQ(ok, !cases[i].refusal);
        CHECK_EQ(run.refusal, cases[i].refusal);
        CHECK(ok || run.error.kind == ERR_LIMIT);
        buf_done(&out);
    }
}

/* Two messages in one piece: the second begins where HTTP1_END left off, however the bytes came. */
static void messages_follow_each_other(void **state)
{
    (void)state;
    static const char text[] = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                               "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
                               "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n";
    for (size_t step = 1; step < sizeof(text); step++) {
        struct http1_reader r;
        struct err e;
        struct buf seen;
        size_t at = 0;
        buf_init(&seen, 64);
        http1_reader_init(&r, HTTP1_REQUEST, NULL);
        while (at < sizeof(text) - 1 || !http1_idle(&r)) {
            size_t left = sizeof(text) - 1 - at, used;
            struct url_span piece;
            enum http1_event event = http1_feed(&r, (const uint8_t *)text + at, left < step ? left : step, &used,
                                                &piece, &e);
            at += used;
            if (event == HTTP1_HEAD)
                CHECK_OK(buf_puts(&seen, r.head.target, &e), &e);
            else if (event == HTTP1_BODY)
                CHECK_OK(buf_append(&seen, piece.at, piece.len, &e), &e);
            else if (event == HTTP1_END)
                http1_next(&r);
            else
                CHECK_EQ(event, HTTP1_MORE);
        }
        CHECK_STR(buf_str(&seen), "/1abc/2de/3");
        buf_done(&seen);
        http1_reader_done(&r);
    }
}

static void an_end_in_the_middle_is_noticed(void **state)
{
    (void)state;
    static const struct {
        enum http1_kind kind;
        const char *text;
        enum http1_event event;
    } cases[] = {
        { HTTP1_REQUEST, "", HTTP1_MORE },
        { HTTP1_REQUEST, "\r\n", HTTP1_MORE },
        { HTTP1_REQUEST, "G", HTTP1_BAD },
        { HTTP1_REQUEST, "GET / HTTP/1.1\r\nHost: a\r\n", HTTP1_BAD },
        { HTTP1_REQUEST, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na", HTTP1_BAD },
        { HTTP1_REQUEST, "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", HTTP1_BAD },
        { HTTP1_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", HTTP1_BAD },
        { HTTP1_RESPONSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", HTTP1_BAD },
        { HTTP1_RESPONSE, "HTTP/1.1 200 OK\r\n\r\n", HTTP1_END },
        { HTTP1_RESPONSE, "HTTP/1.1 200 OK\r\n\r\nabc", HTTP1_END },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http1_reader r;
        struct err e;
        size_t at = 0, len = strlen(cases[i].text), used;
        struct url_span piece;
        enum http1_event event;
        http1_reader_init(&r, cases[i].kind, NULL);
        do {
            event = http1_feed(&r, (const uint8_t *)cases[i].text + at, len - at, &used, &piece, &e);
            at += used;
        } while (event != HTTP1_MORE && event != HTTP1_END);
        CHECK_EQ(http1_eof(&r, &e), cases[i].event);
        http1_reader_done(&r);
    }
}

static void fields_are_found(void **state)
{
    (void)state;
    struct http1_field fields[] = {
        { "Accept", "a/b" }, { "accept", "c/d" }, { "Connection", "keep-alive , Upgrade" }, { "Connection", "x,,close" },
        { "X-Empty", "" },
    };
    struct http1_head h = { .fields = fields, .fields_len = ARRAY_LEN(fields) };
    struct err e;
    const char *value;
    CHECK_STR(http1_find(&h, "ACCEPT"), "a/b");
    CHECK(!http1_find(&h, "Accep"));
    CHECK_OK(http1_find_single(&h, "x-empty", &value, &e), &e);
    CHECK_STR(value, "");
    CHECK_OK(http1_find_single(&h, "absent", &value, &e), &e);
    CHECK(!value);
    CHECK_FAILS(http1_find_single(&h, "Accept", &value, &e), &e, ERR_INPUT);
    CHECK(http1_list_has(&h, "connection", "upgrade") && http1_list_has(&h, "connection", "close"));
    CHECK(!http1_list_has(&h, "connection", "keep") && !http1_list_has(&h, "connection", "") &&
          !http1_list_has(&h, "x-empty", "x") && !http1_list_has(&h, "connection", "alive"));
}

static void writers_refuse_what_splits(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
    } bad[] = {
        { "X", "a\rb" }, { "X", "a\nb" }, { "X", "a\r\nSet-Cookie: b" }, { "X", "\x01" }, { "X", "\x7f" },
        { "", "a" }, { "X:", "a" }, { "X ", "a" }, { "X\r\nY", "a" }, { "X\xc3\xa9", "a" },
    };
    struct buf b;
    struct err e;
    buf_init(&b, 200);
    CHECK_OK(http1_write_field(&b, "X-Name", "J\xc3\xa9r\tme", &e), &e);
    size_t before = b.len;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_FAILS(http1_write_field(&b, bad[i].name, bad[i].value, &e), &e, ERR_INPUT);
    static const char *const methods[] = { "", "GET ", "G\r\nET", "GET /", "G:T" };
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        CHECK_FAILS(http1_write_request(&b, methods[i], "/", &e), &e, ERR_INPUT);
    static const char *const targets[] = { "", "/a b", "/a\r\nX: y", "/\xc3\xa9", "/\x7f" };
    for (size_t i = 0; i < ARRAY_LEN(targets); i++)
        CHECK_FAILS(http1_write_request(&b, "GET", targets[i], &e), &e, ERR_INPUT);
    CHECK_FAILS(http1_write_status(&b, 99, NULL, &e), &e, ERR_INPUT);
    CHECK_FAILS(http1_write_status(&b, 600, NULL, &e), &e, ERR_INPUT);
    CHECK_FAILS(http1_write_status(&b, 200, "O\nK", &e), &e, ERR_INPUT);
    CHECK_FAILS(http1_write_chunk(&b, "", 0, &e), &e, ERR_INPUT);
    char text[200];
    memset(text, 'a', sizeof(text) - 1);
    text[199] = '\0';
    CHECK_FAILS(http1_write_field(&b, "X", text, &e), &e, ERR_LIMIT);
    CHECK_FAILS(http1_write_request(&b, "GET", text, &e), &e, ERR_LIMIT);
    CHECK_FAILS(http1_write_status(&b, 200, text, &e), &e, ERR_LIMIT);
    CHECK_FAILS(http1_write_chunk(&b, text, 190, &e), &e, ERR_LIMIT);
    CHECK_EQ(b.len, before);
    CHECK_STR(buf_str(&b), "X-Name: J\xc3\xa9r\tme\r\n");
    buf_done(&b);
}

/* What was written is read back as the same, and written again as the same bytes. */
static void what_is_written_is_read(void **state)
{
    (void)state;
    struct buf b, out;
    struct err e;
    buf_init(&b, 4096);
    buf_init(&out, 4096);
    CHECK_OK(http1_write_request(&b, "PUT", "/transfer/1/disk-0.vmdk", &e), &e);
    CHECK_OK(http1_write_field(&b, "Host", "vc1.example:8443", &e), &e);
    CHECK_OK(http1_write_field(&b, "Transfer-Encoding", "chunked", &e), &e);
    CHECK_OK(http1_write_end(&b, &e), &e);
    CHECK_OK(http1_write_chunk(&b, "hello", 5, &e), &e);
    CHECK_OK(http1_write_chunk(&b, " world and more", 15, &e), &e);
    CHECK_OK(http1_write_last_chunk(&b, &e), &e);
    struct run request = { .kind = HTTP1_REQUEST };
    CHECK(cases_thrice(run_reader, &request, "request", b.data, b.len, &request.used, &out));
    CHECK_STR(buf_str(&out), "method PUT 1.1\ntarget origin /transfer/1/disk-0.vmdk\npath /transfer/1/disk-0.vmdk\n"
                             "host vc1.example:8443\nfield Host: vc1.example:8443\n"
                             "field Transfer-Encoding: chunked\nbody chunked 0 keep-alive\n"
                             "content hello world and more\n");
    buf_clear(&b);
    buf_clear(&out);
    CHECK_OK(http1_write_status(&b, 206, NULL, &e), &e);
    CHECK_OK(http1_write_field_number(&b, "Content-Length", 18446744073709551615u, &e), &e);
    CHECK_STR(buf_str(&b), "HTTP/1.1 206 Partial Content\r\nContent-Length: 18446744073709551615\r\n");
    buf_done(&b);
    buf_done(&out);
}

static void dates_are_http_dates(void **state)
{
    (void)state;
    static const struct {
        int64_t t;
        const char *text;
    } cases[] = {
        { 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
        { 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" }, /* the example of RFC 9110 section 5.6.7 */
        { 1795428000, "Mon, 23 Nov 2026 10:00:00 GMT" },
        { 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
        { INT64_MAX, "Thu, 01 Jan 1970 00:00:00 GMT" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[HTTP1_DATE];
        http1_date(cases[i].t, out);
        CHECK_STR(out, cases[i].text);
    }
}

GROUP(wire_http1, cmocka_unit_test(requests_as_files), cmocka_unit_test(responses_as_files),
      cmocka_unit_test(limits_are_exact), cmocka_unit_test(messages_follow_each_other),
      cmocka_unit_test(an_end_in_the_middle_is_noticed), cmocka_unit_test(fields_are_found),
      cmocka_unit_test(writers_refuse_what_splits), cmocka_unit_test(what_is_written_is_read),
      cmocka_unit_test(dates_are_http_dates))
