#include "http/connect.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "http/client.h"
#include "net/conn.h"
#include "wire/http1.h"

struct http_connect {
    struct http_client *client; /* owned */
    struct conn *conn;          /* owned: the tunnel, once it is there */
    struct url_host to;
    char *authorization;        /* owned */
    bool started;
};

const struct io_op http_connect_op = { http_connect_step, http_connect_fd };

struct http_connect *http_connect_create(struct conn *take_proxy, const struct url_host *to, const char *authorization)
{
    static const struct http1_limits limits = { .head = HTTP_CONNECT_ANSWER_MAX, .fields = HTTP_CONNECT_FIELDS_MAX };
    struct http_connect *t = xcalloc(1, sizeof(*t));
    assert(to->port);
    t->client = http_client_create(take_proxy, &limits);
    t->to = *to;
    t->authorization = authorization ? xstrdup(authorization) : NULL;
    return t;
}

struct http_connect *http_connect_destroy(struct http_connect *t)
{
    if (!t)
        return NULL;
    (void)http_client_destroy(t->client);
    (void)conn_destroy(t->conn);
    free(t->authorization);
    free(t);
    return NULL;
}

int http_connect_fd(const void *self)
{
    const struct http_connect *t = self;
    return t->conn ? conn_fd(t->conn) : http_client_fd(t->client);
}

static bool start(struct http_connect *t, struct err *e)
{
    char target[URL_HOST_TEXT];
    struct http1_field field = { "Proxy-Authorization", t->authorization };
    struct http_send s = { .method = "CONNECT", .target = target, .host = &t->to, .fields = &field,
                           .fields_len = t->authorization != NULL };
    url_host_write(&t->to, 0, target);
    t->started = http_client_start(t->client, &s, e);
    return t->started;
}

/* The proxy has answered. */
static enum io answered(struct http_connect *t, struct err *e)
{
    const struct http1_head *h = http_client_answer(t->client);
    const uint8_t *leftover;
    size_t len;
    if (!h->upgrade) {
        char reason[100];
        text_escape(reason, sizeof(reason), h->reason, strlen(h->reason));
        err_set(e, ERR_PEER, "the proxy answered %d %s", h->status, reason);
        return IO_FAILED;
    }
    t->conn = http_client_release(t->client, &leftover, &len);
    if (!len)
        return IO_DONE;
    err_set(e, ERR_PEER, "the proxy sent bytes of its own into the tunnel");
    return IO_FAILED;
}

enum io http_connect_step(void *self, struct err *e)
{
    struct http_connect *t = self;
    if (t->conn)
        return IO_DONE;
    if (!t->started && !start(t, e))
        return IO_FAILED;
    enum io io = http_client_head(t->client, e);
    return io == IO_DONE ? answered(t, e) : io;
}

struct conn *http_connect_take(struct http_connect *t)
{
    return STEAL(t->conn);
}
