/* Whatever a client sends, the server answers with well-formed HTTP, one answer a request and in order; each handler
 * that was begun is ended; and when the client has gone nothing is left. The loop is the real one, its clock stands. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "http/exchange.h"
#include "http/router.h"
#include "http/server.h"
#include "net/address.h"
#include "net/conn.h"
#include "net/loop.h"
#include "net/memory.h"
#include "wire/http1.h"

enum { OUT_MAX = 1 << 22, ROUNDS = 40, HEADS_MAX = 4096 };

struct app {
    int begun, ended;
    struct conn *taken;
    bool upgraded;
};

static void ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    struct app *app = http_app(x);
    MUST((how == HTTP_GONE) == (e != NULL));
    app->ended++;
}

static void sink_begin(struct http_exchange *x)
{
    ((struct app *)http_app(x))->begun++;
    http_body_want(x);
}

/* Takes at most 5 bytes a time, so that pieces stay lying. */
static void sink_body(struct http_exchange *x)
{
    const uint8_t *p;
    size_t len;
    bool end;
    do {
        http_body_peek(x, &p, &len, &end);
        http_body_consume(x, len < 5 ? len : 5);
    } while (len > 5);
    if (end)
        http_answer(x, 200, NULL, 0, "taken", 5);
}

static const struct http_stream sink = { .begin = sink_begin, .body = sink_body, .ended = ended };

static void early_begin(struct http_exchange *x)
{
    ((struct app *)http_app(x))->begun++;
    http_answer(x, 200, NULL, 0, "early", 5);
}

static const struct http_stream early = { .begin = early_begin, .ended = ended };

static void pieces_begin(struct http_exchange *x)
{
    static const char text[1000] = { 'x' };
    ((struct app *)http_app(x))->begun++;
    http_answer_start(x, 200, NULL, 0, HTTP_LENGTH_UNKNOWN);
    MUST(http_answer_write(x, text, sizeof(text)) == sizeof(text));
    http_answer_end(x);
}

static const struct http_stream pieces = { .begin = pieces_begin, .ended = ended };

static void upgrade_begin(struct http_exchange *x)
{
    ((struct app *)http_app(x))->begun++;
    if (http_head(x)->upgrade)
        http_upgrade(x, NULL, 0);
    else
        http_answer(x, 204, NULL, 0, NULL, 0);
}

static void upgrade_upgraded(struct http_exchange *x, struct http_takeover *t)
{
    struct app *app = http_app(x);
    app->taken = t->take_conn;
    app->upgraded = true;
}

static const struct http_stream upgrade = { .begin = upgrade_begin, .upgraded = upgrade_upgraded, .ended = ended };

static const struct http_route routes[] = {
    { .method = "GET", .pattern = "/", .stream = &early },    { .method = "POST", .pattern = "/", .stream = &early },
    { .method = "GET", .pattern = "/api", .stream = &pieces }, { .method = "POST", .pattern = "/api", .stream = &sink },
    { .method = "GET", .pattern = "/{a}", .stream = &sink },  { .method = "PUT", .pattern = "/{a}", .stream = &sink },
    { .method = "GET", .pattern = "/{port};{*ticket}", .stream = &upgrade },
};

static void turn(struct loop *l, struct conn *client, struct buf *out)
{
    uint8_t *at;
    size_t len;
    MUST(loop_turn(l, 1000, NULL));
    while (buf_reserve(out, 4096, &at, NULL) && conn_read(client, at, 4096, &len, NULL) == IO_DONE && len)
        buf_commit(out, len);
}

/* Which of the requests are HEAD: their answers have no body. Returns how many there are. */
static size_t list_heads(const uint8_t *data, size_t len, bool heads[HEADS_MAX])
{
    struct http1_reader r;
    struct url_span body;
    size_t at = 0, used, count = 0;
    enum http1_event event;
    http1_reader_init(&r, HTTP1_REQUEST, NULL);
    do {
        event = http1_feed(&r, data + at, len - at, &used, &body, NULL);
        at += used;
        if (event == HTTP1_HEAD && count < HEADS_MAX)
            heads[count++] = !strcmp(r.head.method, "HEAD");
        if (event == HTTP1_END)
            http1_next(&r);
    } while (event != HTTP1_BAD && event != HTTP1_MORE && count < HEADS_MAX);
    http1_reader_done(&r);
    return count;
}

static void check_answers(const struct app *app, const uint8_t *data, size_t len, const struct buf *out)
{
    static bool heads[HEADS_MAX];
    size_t requests = list_heads(data, len, heads), answers = 0, at = 0, used;
    struct http1_reader r;
    struct url_span body;
    enum http1_event event = HTTP1_MORE;
    bool interim = false;
    http1_reader_init(&r, HTTP1_RESPONSE, NULL);
    while (at < out->len) {
        r.to_head = answers < requests && heads[answers];
        event = http1_feed(&r, out->data + at, out->len - at, &used, &body, NULL);
        at += used;
        MUST(event != HTTP1_BAD);
        if (event == HTTP1_HEAD) {
            interim = r.head.status == 100;
            MUST(r.head.status != 500 && r.head.minor == 1);
            MUST(r.head.status != 101 || app->upgraded);
            if (r.head.framing == HTTP1_UNTIL_CLOSE)
                break; /* to HTTP/1.0 */
        }
        if (event == HTTP1_END || (event == HTTP1_HEAD && at == out->len)) {
            if (event == HTTP1_HEAD)
                event = http1_feed(&r, NULL, 0, &used, &body, NULL);
            if (event != HTTP1_END)
                continue;
            answers += !interim;
            http1_next(&r);
        }
    }
    MUST(answers <= requests + 1); /* one more for what could not be understood */
    http1_reader_done(&r);
}

static void run(const uint8_t *data, size_t len, size_t step, struct buf *out)
{
    struct app app = { 0 };
    struct loop *l = loop_create_at(1000, NULL);
    struct http_router *router = http_router_create(routes, sizeof(routes) / sizeof(routes[0]), NULL);
    struct address from = { .family = ADDRESS_V4 };
    struct conn *near, *client;
    MUST(l && router);
    struct http_server_config config = { .router = router, .app = &app };
    struct http_server *s = http_server_create(l, &config);
    memory_pair(2000, &near, &client);
    MUST(memory_watchable(near, NULL));
    http_server_adopt(s, near, &from);
    for (size_t at = 0, idle = 0; at < len && idle < ROUNDS;) {
        size_t some = len - at < step ? len - at : step, done = 0;
        bool moved = conn_write(client, data + at, some, &done, NULL) == IO_DONE;
        at += moved ? done : 0;
        idle = moved ? 0 : idle + 1; /* after a refusal it may stop reading */
        turn(l, client, out);
    }
    for (int i = 0; i < ROUNDS; i++)
        turn(l, client, out);
    check_answers(&app, data, len, out);
    (void)conn_destroy(client);
    for (int i = 0; i < ROUNDS; i++)
        MUST(loop_turn(l, 1000, NULL));
    MUST(http_server_conns(s) == (app.upgraded ? 1 : 0));
    MUST(app.begun == app.ended);
    (void)conn_destroy(app.taken);
    (void)http_server_destroy(s);
    (void)loop_destroy(l);
    (void)http_router_destroy(router);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct buf whole, cut;
    buf_init(&whole, OUT_MAX);
    buf_init(&cut, OUT_MAX);
    run(data, len, len ? len : 1, &whole);
    run(data, len, 11, &cut);
    buf_done(&whole);
    buf_done(&cut);
    return 0;
}
