#include "http/blob.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "http/range.h"
#include "http/request.h"
#include "net/conn.h"
#include "unit/check.h"
#include "unit/http/rig.h"

/* What is served: some bytes, a file, some bytes. One test at a time. */
enum { FILE_LEN = 2 * HTTP_BLOB_PIECE + 1000, LEN = 5 + FILE_LEN + 3 };
static char path[64];
static uint8_t want[LEN];
static uint64_t claimed; /* the file's length */
static int done;
static int allowed; /* pieces of the file */

static void on_done(void *self)
{
    CHECK(self == want);
    done++;
}

static bool may(void *self, struct err *e)
{
    CHECK(self == want);
    return allowed-- > 0 || err_set(e, ERR_UNTRUSTED, "not any more");
}

static void serve(struct http_request *rq, struct http_response *rs)
{
    AUTO(http_blob_destroyp) struct http_blob *b = http_blob_create();
    struct http_range r;
    char text[HTTP_RANGE_TEXT];
    http_blob_bytes(b, want, 5);
    http_blob_file(b, path, claimed);
    http_blob_bytes(b, want + 5 + FILE_LEN, 3);
    http_blob_kept(b, may, on_done, want);
    enum http_range_kind kind = http_range_read(rq->head, http_blob_len(b), "\"x\"", &r);
    rs->status = kind == HTTP_RANGE_PART ? 206 : 200;
    if (kind == HTTP_RANGE_PART) {
        http_range_write(kind, &r, http_blob_len(b), text);
        http_response_field(rs, "Content-Range", text);
    }
    http_blob_narrow(b, r.first, r.len);
    rs->onward = http_blob_onward(STEAL(b));
}

static const struct http_route routes[] = { { .method = "GET", .pattern = "/blob", .call = serve } };

static void start(struct rig *r)
{
    struct err e;
    for (size_t i = 0; i < LEN; i++)
        want[i] = (uint8_t)(i * 7 + i / 251);
    (void)snprintf(path, sizeof(path), "/tmp/unit-http-blob-%ld", (long)getpid());
    CHECK_OK(file_put(path, want + 5, FILE_LEN, 0600, true, &e), &e);
    claimed = FILE_LEN;
    done = 0;
    allowed = 100;
    rig_start(r, &(struct rig_options){ .routes = routes, .routes_len = 1, .threads = 1 });
}

static void stop(struct rig *r)
{
    rig_stop(r);
    (void)unlink(path);
}

static void ask(struct rig *r, const char *method, const char *range)
{
    char text[200];
    (void)snprintf(text, sizeof(text), "%s /blob HTTP/1.1\r\nHost: a\r\n%s%s\r\n", method, range, range[0] ? "\r\n" : "");
    rig_send(r, text);
}

/* Until so many bytes of body are there, or the end. */
static const uint8_t *read_body(struct rig *r, size_t len)
{
    rig_wait(r, "\r\n\r\n");
    size_t head = (size_t)(strstr(buf_str(&r->got), "\r\n\r\n") - buf_str(&r->got)) + 4;
    while (r->got.len < head + len && !r->client_ended)
        rig_turn(r);
    return r->got.data + head;
}

static void a_file_that_became_shorter_breaks_off(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    claimed = FILE_LEN + 1;
    ask(&r, "GET", "");
    (void)read_body(&r, LEN + 1);
    CHECK(r.client_ended && r.got.len < LEN + 1);
    CHECK_EQ(done, 1);
    rig_connect(&r);
    (void)unlink(path);
    buf_clear(&r.got);
    ask(&r, "GET", "");
    (void)read_body(&r, LEN);
    CHECK(r.client_ended);
    CHECK_EQ(done, 2);
    stop(&r);
}

static void what_may_not_go_out_any_more_breaks_off(void **state)
{
    (void)state;
    for (int pieces = 0; pieces < 3; pieces++) {
        struct rig r;
        start(&r);
        allowed = pieces;
        ask(&r, "GET", "");
        const uint8_t *body = read_body(&r, LEN);
        size_t len = (size_t)(r.got.data + r.got.len - body);
        CHECK(r.client_ended && len <= 5 + (size_t)pieces * HTTP_BLOB_PIECE && memcmp(body, want, len) == 0);
        CHECK_EQ(done, 1);
        stop(&r);
    }
}

static void a_client_that_goes_is_let_go(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    ask(&r, "GET", "");
    rig_wait(&r, "\r\n\r\n");
    rig_hang_up(&r);
    while (done < 1)
        rig_turn(&r);
    stop(&r);
}

/* It reads nothing: one piece is taken from the disk, and no more. */
#define ASKED "GET /blob HTTP/1.1\r\nHost: a\r\n\r\n"

static void a_client_that_does_not_read_holds_one_piece(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    CHECK_EQ(rig_offer(&r, ASKED, sizeof(ASKED) - 1), sizeof(ASKED) - 1); /* rig_send would read, and all of it if the pool is quick */
    for (int i = 0; i < 50; i++)
        rig_turn_deaf(&r);
    CHECK_EQ(done, 0);
    CHECK(memcmp(read_body(&r, LEN), want, LEN) == 0);
    stop(&r);
}

static void all_of_it_goes_out_in_order(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    ask(&r, "GET", "");
    CHECK(memcmp(read_body(&r, LEN), want, LEN) == 0);
    CHECK(strstr(buf_str(&r.got), "HTTP/1.1 200 "));
    char length[40];
    (void)snprintf(length, sizeof(length), "Content-Length: %d\r\n", LEN);
    CHECK(strstr(buf_str(&r.got), length));
    rig_turn(&r);
    CHECK(!r.client_ended); /* the connection goes on */
    buf_clear(&r.got);
    ask(&r, "HEAD", "");
    rig_wait(&r, length);
    rig_turn(&r);
    CHECK(strcmp(strstr(buf_str(&r.got), "\r\n\r\n"), "\r\n\r\n") == 0);
    while (done < 2)
        rig_turn(&r);
    stop(&r);
}

static void ranges_begin_and_end_anywhere(void **state)
{
    (void)state;
    static const size_t edges[] = { 0, 1, 4, 5, 6, 5 + HTTP_BLOB_PIECE, 4 + FILE_LEN, 5 + FILE_LEN, 6 + FILE_LEN, LEN - 1 };
    struct rig r;
    start(&r);
    for (size_t i = 0; i < ARRAY_LEN(edges); i++)
        for (size_t j = i; j < ARRAY_LEN(edges); j++) {
            char range[80];
            size_t len = edges[j] - edges[i] + 1;
            (void)snprintf(range, sizeof(range), "Range: bytes=%zu-%zu", edges[i], edges[j]);
            ask(&r, "GET", range);
            CHECK(memcmp(read_body(&r, len), want + edges[i], len) == 0);
            CHECK(strstr(buf_str(&r.got), "HTTP/1.1 206 "));
            rig_turn(&r);
            buf_clear(&r.got);
        }
    stop(&r);
}

GROUP(http_blob, cmocka_unit_test(a_file_that_became_shorter_breaks_off), cmocka_unit_test(a_client_that_goes_is_let_go), cmocka_unit_test(what_may_not_go_out_any_more_breaks_off),
      cmocka_unit_test(a_client_that_does_not_read_holds_one_piece), cmocka_unit_test(all_of_it_goes_out_in_order),
      cmocka_unit_test(ranges_begin_and_end_anywhere))
