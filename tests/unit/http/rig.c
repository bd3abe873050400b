#include "unit/http/rig.h"

#include <sched.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/response.h"
#include "net/address.h"
#include "net/conn.h"
#include "net/loop.h"
#include "net/memory.h"
#include "net/pool.h"
#include "unit/check.h"

enum { ROUNDS = 6, WAIT_MS = 20000 };

static struct rig_options options; /* of the rig that runs: one test at a time */

static void failed(void *app, const struct http_failure *f, struct http_response *response)
{
    struct rig *r = app;
    r->failures++;
    char safe[200], body[300];
    text_escape(safe, sizeof(safe), f->reason, strlen(f->reason));
    (void)snprintf(body, sizeof(body), "{\"status\":%d,\"path\":\"%.*s\",\"reason\":\"%s\"}", f->status,
                   f->head ? (int)f->head->url.path.len : 0, f->head ? f->head->url.path.at : "", safe);
    http_response_text(response, f->status, "application/json", body);
}

static void drained(void *app)
{
    struct rig *r = app;
    r->drained++;
}

void rig_start(struct rig *r, const struct rig_options *o)
{
    struct err e;
    *r = (struct rig){ .now = 1000 };
    options = *o;
    (void)sem_init(&r->started, 0, 0);
    (void)sem_init(&r->gate, 0, 0);
    buf_init(&r->got, RIG_GOT_MAX);
    buf_init(&r->body, RIG_GOT_MAX);
    buf_init(&r->leftover, 1000);
    r->loop = loop_create_at(r->now, &e);
    CHECK_OK(r->loop, &e);
    r->router = http_router_create(o->routes, o->routes_len, &e);
    CHECK_OK(r->router, &e);
    if (o->threads) {
        struct pool_config pc = { "test", o->threads, o->queue ? o->queue : 100 };
        r->pool = pool_create(&pc, &e);
        CHECK_OK(r->pool, &e);
    }
    struct http_server_config c = { .limits = o->limits, .router = r->router, .pool = r->pool, .app = r, .self = r,
                                    .failed = o->shaped ? failed : NULL, .drained = drained };
    r->server = http_server_create(r->loop, &c);
    rig_connect(r);
}

void rig_stop(struct rig *r)
{
    struct err e;
    rig_hang_up(r);
    r->pool = pool_destroy(r->pool);
    CHECK_OK(loop_turn(r->loop, r->now, &e), &e);
    r->server = http_server_destroy(r->server);
    CHECK_OK(loop_turn(r->loop, r->now, &e), &e);
    CHECK_EQ(r->begun, r->ended);
    r->taken = conn_destroy(r->taken);
    r->loop = loop_destroy(r->loop);
    r->router = http_router_destroy(r->router);
    if (r->helped)
        (void)pthread_join(r->helper, NULL);
    (void)sem_destroy(&r->started);
    (void)sem_destroy(&r->gate);
    buf_done(&r->got);
    buf_done(&r->body);
    buf_done(&r->leftover);
}

void rig_connect(struct rig *r)
{
    struct conn *near;
    struct err e;
    struct address from;
    r->client = conn_destroy(r->client);
    memory_pair(options.memory ? options.memory : 64 * 1024, &near, &r->client);
    CHECK_OK(memory_watchable(near, &e), &e);
    CHECK_OK(address_parse("192.0.2.7", 5000, &from, &e), &e);
    r->client_ended = false;
    http_server_adopt(r->server, near, &from);
    rig_turn(r);
}

void rig_hang_up(struct rig *r)
{
    r->client = conn_destroy(r->client);
    rig_turn(r);
}

static bool client_read(struct rig *r)
{
    struct err e;
    uint8_t *at;
    size_t len = 0;
    if (!r->client || r->client_ended)
        return false;
    CHECK_OK(buf_reserve(&r->got, 4096, &at, &e), &e);
    if (conn_read(r->client, at, 4096, &len, &e) != IO_DONE)
        return false;
    r->client_ended = !len;
    buf_commit(&r->got, len);
    return true;
}

static void turns(struct rig *r)
{
    struct err e;
    for (int i = 0; i < ROUNDS; i++)
        CHECK_OK(loop_turn(r->loop, r->now, &e), &e);
}

void rig_turn(struct rig *r)
{
    bool more = true;
    while (more) {
        more = false;
        turns(r);
        while (client_read(r))
            more = true;
    }
}

void rig_turn_deaf(struct rig *r)
{
    turns(r);
}

void rig_later(struct rig *r, int64_t ms)
{
    r->now += ms;
    rig_turn(r);
}

size_t rig_offer(struct rig *r, const void *p, size_t len)
{
    struct err e;
    size_t done = 0, some;
    while (done < len && conn_write(r->client, (const uint8_t *)p + done, len - done, &some, &e) == IO_DONE)
        done += some;
    return done;
}

void rig_send_bytes(struct rig *r, const void *p, size_t len)
{
    const uint8_t *at = p;
    while (len) {
        size_t some = rig_offer(r, at, len);
        at += some;
        len -= some;
        turns(r);
        if (!some && !client_read(r))
            fail_msg("the server takes no more (%zu bytes left)", len);
    }
    rig_turn(r);
}

void rig_send(struct rig *r, const char *text)
{
    rig_send_bytes(r, text, strlen(text));
}

void rig_wait(struct rig *r, const char *text)
{
    int64_t until = clock_mono_ms() + WAIT_MS;
    rig_turn(r);
    while (!strstr(buf_str(&r->got), text)) {
        if (clock_mono_ms() > until)
            fail_msg("\"%s\" did not come, but: %s", text, buf_str(&r->got));
        (void)sched_yield();
        rig_turn(r);
    }
}

const char *rig_take(struct rig *r)
{
    static char text[256 * 1024];
    size_t len = 0;
    for (const char *s = buf_str(&r->got); *s && len < sizeof(text) - 10;) {
        if (!strncmp(s, "\r\nDate: ", 8)) {
            (void)snprintf(text + len, 12, "\r\nDate: ...");
            len += 11;
            s += 8 + strcspn(s + 8, "\r");
            continue;
        }
        text[len++] = *s++;
    }
    text[len] = '\0';
    buf_clear(&r->got);
    return text;
}

void rig_check(struct rig *r, const char *request, const char *answer)
{
    rig_send(r, request);
    const char *got = rig_take(r);
    if (strcmp(got, answer) != 0)
        fail_msg("%s\nwas answered with:\n%s", request, got);
}
