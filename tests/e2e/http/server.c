/* tests/e2e/http/server.c - a server for the tests over loopback and for the bench: src/http as it is, with a handful
 * of resources. Prints "ready PORT"; a line "drain" on stdin drains it and a line "go" lets /wait answer.
 * Options: --tls CHAIN KEY, --small (limits small enough to be reached in a test), --address A. */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "http/exchange.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "http/server.h"
#include "net/conn.h"
#include "net/drive.h"
#include "net/listen.h"
#include "net/loop.h"
#include "net/pool.h"
#include "net/tls_server.h"
#include "wire/http1.h"

struct app {
    struct loop *loop;
    struct http_server *server;
    struct tls_server *tls; /* NULL: plain */
    struct loop_watch control;
    pthread_mutex_t lock;
    pthread_cond_t gate;
    bool go; /* guarded by lock */
};

static void die(const struct err *e)
{
    (void)fprintf(stderr, "%s\n", e->msg);
    exit(1);
}

/* /json: what a small API answer is, at once on the loop. */
static const char json[] = "{\"id\":\"urn:vcloud:certificateLibraryItem:0e6a2d1c-4a0f-4a32-9c0c-2a2f6f0c8f11\",\"alias\":\"vc1.example\","
                           "\"certificate\":\"-----BEGIN CERTIFICATE-----\\n...\\n-----END CERTIFICATE-----\"}";

static void json_begin(struct http_exchange *x)
{
    static const struct http1_field fields[] = { { "Content-Type", "application/json;version=37.0" } };
    http_answer(x, 200, fields, 1, json, sizeof(json) - 1);
}

static void nothing_ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    (void)x;
    (void)how;
    (void)e;
}

static const struct http_stream json_stream = { .begin = json_begin, .ended = nothing_ended };

/* /pool: the same from a pool thread. */
static void json_pool(struct http_request *rq, struct http_response *rs)
{
    (void)rq;
    http_response_field(rs, "Content-Type", "application/json;version=37.0");
    if (!buf_append(&rs->body, json, sizeof(json) - 1, NULL))
        rs->status = 500;
}

static void echo(struct http_request *rq, struct http_response *rs)
{
    http_response_field(rs, "Content-Type", "application/octet-stream");
    if (!buf_append(&rs->body, rq->body, rq->body_len, NULL))
        rs->status = 500;
}

/* /wait: answers when the test says so. */
static void wait_for_test(struct http_request *rq, struct http_response *rs)
{
    struct app *app = rq->app;
    (void)printf("waiting\n");
    (void)fflush(stdout);
    (void)pthread_mutex_lock(&app->lock);
    while (!app->go)
        (void)pthread_cond_wait(&app->gate, &app->lock);
    (void)pthread_mutex_unlock(&app->lock);
    http_response_text(rs, 200, "text/plain", "waited\n");
}

/* /count: streams the body away, then says how long it was. */
struct count {
    uint64_t len;
    uint32_t sum;
};

static void count_begin(struct http_exchange *x)
{
    http_state_set(x, xcalloc(1, sizeof(struct count)));
    http_body_want(x);
}

static void count_body(struct http_exchange *x)
{
    struct count *c = http_state(x);
    const uint8_t *p;
    size_t len;
    bool end;
    http_body_peek(x, &p, &len, &end);
    c->len += len;
    for (size_t i = 0; i < len; i += 512)
        c->sum += p[i];
    http_body_consume(x, len);
    if (!end)
        return;
    char *text = arena_printf(http_arena(x), "%" PRIu64 "\n", c->len);
    http_answer(x, 200, NULL, 0, text, strlen(text));
}

static void count_ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    if (how == HTTP_GONE) {
        (void)printf("gone %" PRIu64 " %s\n", ((struct count *)http_state(x))->len, e->msg);
        (void)fflush(stdout);
    }
    free(http_state(x));
}

static const struct http_stream count_stream = { .begin = count_begin, .body = count_body, .ended = count_ended };

/* /never: wants the body and takes none of it. */
static void never_begin(struct http_exchange *x)
{
    http_body_want(x);
}

static void never_body(struct http_exchange *x)
{
    (void)x;
}

static void never_ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    (void)x;
    (void)how;
    (void)printf("gone 0 %s\n", e ? e->msg : "");
    (void)fflush(stdout);
}

static const struct http_stream never_stream = { .begin = never_begin, .body = never_body, .ended = never_ended };

/* /bytes/{n} and /chunks/{n}: n bytes. */
static void bytes_on(struct http_exchange *x)
{
    static const uint8_t piece[64 * 1024];
    uint64_t left = (uint64_t)(uintptr_t)http_state(x);
    while (left) {
        size_t len = left < sizeof(piece) ? (size_t)left : sizeof(piece);
        size_t taken = http_answer_write(x, piece, len);
        left -= taken;
        http_state_set(x, (void *)(uintptr_t)left);
        if (taken < len)
            return;
    }
    http_answer_end(x);
}

static void bytes_begin(struct http_exchange *x)
{
    const struct http_match *m = http_match(x);
    uint64_t n = 0;
    if (!text_number(m->params[0].value, 0, (uint64_t)1 << 40, &n)) {
        http_answer(x, 400, NULL, 0, "not a number\n", 13);
        return;
    }
    http_state_set(x, (void *)(uintptr_t)n);
    http_answer_start(x, 200, NULL, 0, m->route->tag ? HTTP_LENGTH_UNKNOWN : n);
    bytes_on(x);
}

static void bytes_ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    if (how == HTTP_GONE) {
        (void)printf("gone %" PRIuPTR " %s\n", (uintptr_t)http_state(x), e->msg);
        (void)fflush(stdout);
    }
}

static const struct http_stream bytes_stream = { .begin = bytes_begin, .writable = bytes_on, .ended = bytes_ended };

/* /upgrade: after the 101 every byte comes back. */
struct echoer {
    struct drive drive;
    struct app *app;
    struct conn *conn;
    uint8_t bytes[4096];
    size_t at, len;
    struct loop_task burial;
};

static enum io echoer_step(void *self, struct err *e)
{
    struct echoer *c = self;
    for (;;) {
        enum io io;
        size_t done;
        if (c->at == c->len) {
            c->at = c->len = 0;
            io = conn_read(c->conn, c->bytes, sizeof(c->bytes), &c->len, e);
            if (io != IO_DONE || !c->len)
                return io;
        }
        io = conn_write(c->conn, c->bytes + c->at, c->len - c->at, &done, e);
        if (io != IO_DONE)
            return io;
        c->at += done;
    }
}

static int echoer_fd(const void *self)
{
    const struct echoer *c = self;
    return conn_fd(c->conn);
}

static const struct io_op echoer_op = { echoer_step, echoer_fd };

static void echoer_free(struct loop_task *t)
{
    free(CONTAINER_OF(t, struct echoer, burial));
}

static void echoer_ended(struct drive *d, enum drive_end how, const struct err *e)
{
    struct echoer *c = CONTAINER_OF(d, struct echoer, drive);
    (void)how;
    (void)e;
    c->conn = conn_destroy(c->conn);
    http_server_release(c->app->server);
    c->burial.run = echoer_free;
    loop_bury(c->app->loop, &c->burial);
}

static void upgrade_begin(struct http_exchange *x)
{
    static const struct http1_field fields[] = { { "Connection", "Upgrade" }, { "Upgrade", "echo" } };
    if (http_head(x)->upgrade)
        http_upgrade(x, fields, 2);
    else
        http_answer(x, 426, &fields[1], 1, NULL, 0);
}

static void upgrade_upgraded(struct http_exchange *x, struct http_takeover *t)
{
    struct echoer *c = xcalloc(1, sizeof(*c));
    c->app = http_app(x);
    c->conn = t->take_conn;
    c->len = t->leftover_len < sizeof(c->bytes) ? t->leftover_len : sizeof(c->bytes);
    memcpy(c->bytes, t->leftover, c->len);
    drive_start(&c->drive, c->app->loop, &echoer_op, c, 0, echoer_ended);
}

static const struct http_stream upgrade_stream = { .begin = upgrade_begin, .upgraded = upgrade_upgraded,
                                                   .ended = nothing_ended };

static const struct http_route routes[] = {
    { .method = "GET", .pattern = "/json", .stream = &json_stream },
    { .method = "GET", .pattern = "/pool", .call = json_pool },
    { .method = "POST", .pattern = "/echo", .call = echo },
    { .method = "GET", .pattern = "/wait", .call = wait_for_test },
    { .method = "PUT", .pattern = "/count", .stream = &count_stream },
    { .method = "POST", .pattern = "/count", .stream = &count_stream },
    { .method = "POST", .pattern = "/api", .stream = &count_stream }, /* what the hostile requests ask for */
    { .method = "PUT", .pattern = "/never", .stream = &never_stream },
    { .method = "GET", .pattern = "/bytes/{n}", .stream = &bytes_stream },
    { .method = "GET", .pattern = "/chunks/{n}", .stream = &bytes_stream, .tag = "chunked" },
    { .method = "GET", .pattern = "/upgrade", .stream = &upgrade_stream },
};

static struct conn *wrap(void *self, struct conn *take, struct address *client)
{
    struct app *app = self;
    (void)client;
    return app->tls ? tls_server_conn(app->tls, take) : take;
}

static void on_drained(void *self)
{
    struct app *app = self;
    (void)printf("drained\n");
    (void)fflush(stdout);
    loop_stop(app->loop);
}

static void on_control(struct loop_watch *w, unsigned events)
{
    struct app *app = CONTAINER_OF(w, struct app, control);
    char text[256];
    ssize_t len;
    (void)events;
    while ((len = read(w->fd, text, sizeof(text) - 1)) > 0) {
        text[len] = '\0';
        if (strstr(text, "go")) {
            (void)pthread_mutex_lock(&app->lock);
            app->go = true;
            (void)pthread_cond_broadcast(&app->gate);
            (void)pthread_mutex_unlock(&app->lock);
        }
        if (strstr(text, "drain"))
            http_server_drain(app->server);
    }
    if (!len)
        loop_stop(app->loop); /* the test is gone */
}

static void read_file(const char *path, struct buf *b)
{
    struct err e;
    uint8_t bytes[4096];
    size_t len;
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    buf_init(b, 1 << 20);
    while ((len = fread(bytes, 1, sizeof(bytes), f)) > 0)
        if (!buf_append(b, bytes, len, &e))
            die(&e);
    (void)fclose(f);
}

static struct tls_server *load_tls(const char *chain_path, const char *key_path)
{
    struct buf chain, key;
    struct err e;
    read_file(chain_path, &chain);
    read_file(key_path, &key);
    AUTO(tls_identity_unrefp) struct tls_identity *i = tls_identity_parse(chain.data, chain.len, key.data, key.len, &e);
    struct tls_server *s = i ? tls_server_create(&(struct tls_server_config){ .identity = i }, &e) : NULL;
    if (!s)
        die(&e);
    buf_done(&chain);
    buf_done(&key);
    return s;
}

/* Limits that a test reaches within its patience, and no sooner than a loaded machine is late. */
static const struct http_limits small = {
    .handshake_ms = 1500, .head_ms = 1500, .idle_ms = 3000, .progress_ms = 1500, .progress_min = 1000, .linger_ms = 3000,
    .requests = 100, .conns = 20,
};

int main(int argc, char **argv)
{
    struct app app = { .lock = PTHREAD_MUTEX_INITIALIZER, .gate = PTHREAD_COND_INITIALIZER };
    struct http_server_config config = { .app = &app, .self = &app, .wrap = wrap, .drained = on_drained };
    struct listen_config listen = { 0 };
    const char *address = "127.0.0.1";
    struct err e;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--small"))
            config.limits = small;
        else if (!strcmp(argv[i], "--tls") && i + 2 < argc) {
            app.tls = load_tls(argv[i + 1], argv[i + 2]);
            i += 2;
        } else if (!strcmp(argv[i], "--address") && i + 1 < argc)
            address = argv[++i];
    }
    (void)signal(SIGPIPE, SIG_IGN);
    (void)fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    app.loop = loop_create(&e);
    struct http_router *router = http_router_create(routes, ARRAY_LEN(routes), &e);
    struct pool *pool = pool_create(&(struct pool_config){ "pool", 4, 100 }, &e);
    if (!app.loop || !router || !pool || !address_parse(address, 0, &listen.address, &e))
        die(&e);
    config.router = router;
    config.pool = pool;
    app.server = http_server_create(app.loop, &config);
    app.control.ready = on_control;
    if (!http_server_listen(app.server, &listen, &e) || !loop_watch(app.loop, &app.control, 0, &e))
        die(&e);
    (void)printf("ready %u\n", (unsigned)http_server_address(app.server, 0)->port);
    (void)fflush(stdout);
    if (!loop_run(app.loop, &e))
        die(&e);
    (void)pthread_mutex_lock(&app.lock);
    app.go = true;
    (void)pthread_cond_broadcast(&app.gate);
    (void)pthread_mutex_unlock(&app.lock);
    (void)pool_destroy(pool);
    (void)http_server_destroy(app.server);
    (void)loop_destroy(app.loop);
    (void)tls_server_destroy(app.tls);
    (void)http_router_destroy(router);
    return 0;
}
