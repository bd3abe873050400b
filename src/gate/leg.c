#include "gate/leg.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "http/client.h"
#include "net/chain.h"
#include "net/conn.h"
#include "net/desk.h"
#include "net/resolve.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "wire/http1.h"
#include "wire/url.h"
#include "wire/ws.h"

static const char subprotocol[] = "binary"; /* ESXi 7 drops a connection that does not offer it */

enum leg_state { LEG_IDLE, LEG_RESOLVING, LEG_SHAKING, LEG_SWITCHING, LEG_OVER };

struct leg {
    struct leg_config config;
    enum leg_state state;
    enum leg_result result;
    uint64_t id;                /* at the desk, while the resolver is asked */
    struct err resolve_err;
    struct conn *conn;          /* owned, until the client has it */
    struct http_client *client; /* owned */
    struct trust_verdict verdict;
    bool seen, single_proof, taken;
    char key[WS_KEY];
};

struct leg *leg_create(const struct leg_config *c)
{
    struct leg *l = xcalloc(1, sizeof(*l));
    l->config = *c;
    return l;
}

static void leave(struct leg *l)
{
    if (l->id)
        desk_leave(l->config.desk, l->id);
    l->id = 0;
}

struct leg *leg_destroy(struct leg *l)
{
    if (!l)
        return NULL;
    leave(l);
    (void)http_client_destroy(l->client);
    (void)conn_destroy(l->conn);
    free(l);
    return NULL;
}

static enum io failed(struct leg *l, enum leg_result why)
{
    l->state = LEG_OVER;
    l->result = why;
    return IO_FAILED;
}

static void dial(struct leg *l, const struct resolve_answer *a)
{
    const struct gate_target *t = l->config.target;
    const struct tcp_options options = { .share_ms = l->config.share_ms };
    struct tls_ask ask = { .server_name = t->host };
    gate_target_question(t, &ask.question);
    struct conn *under = l->config.connect ? l->config.connect(a->addresses, a->len, &options) : tcp_connect(a->addresses, a->len, &options);
    l->conn = tls_client_conn(l->config.tls, under, &ask);
    l->state = LEG_SHAKING;
}

static void answered(void *asker, const struct resolve_answer *answer, const struct err *e)
{
    struct leg *l = asker;
    leave(l);
    if (answer)
        dial(l, answer);
    else
        l->resolve_err = *e;
    l->config.wake(l->config.self);
}

static enum io look_up(struct leg *l, struct err *e)
{
    const struct gate_target *t = l->config.target;
    struct resolve_answer a;
    if (resolve_quick(l->config.resolver, t->host, t->port, &a, e)) {
        dial(l, &a);
        return IO_DONE;
    }
    if (e->kind != ERR_NOT_FOUND)
        return failed(l, LEG_UNREACHABLE);
    if (!l->config.desk) {
        if (!resolve_now(l->config.resolver, t->host, t->port, &a, e))
            return failed(l, LEG_UNREACHABLE);
        dial(l, &a);
        return IO_DONE;
    }
    l->state = LEG_RESOLVING;
    l->id = desk_enter(l->config.desk, l);
    if (resolve_ask(l->config.resolver, l->config.desk, l->id, t->host, t->port, answered, e))
        return IO_WANT_READ;
    return failed(l, LEG_UNREACHABLE);
}

static bool ask_to_switch(struct leg *l, struct err *e)
{
    const struct gate_target *t = l->config.target;
    uint8_t random[16];
    struct url_host host;
    random_bytes(random, sizeof(random));
    ws_key(random, l->key);
    const struct http1_field fields[] = {
        { "Connection", "Upgrade" }, { "Upgrade", "websocket" }, { "Sec-WebSocket-Version", "13" },
        { "Sec-WebSocket-Key", l->key }, { "Sec-WebSocket-Protocol", subprotocol },
    };
    if (!gate_target_host(t, &host, e))
        return false;
    const struct http_send send = { .method = "GET", .target = t->path, .host = &host, .tls = true, .fields = fields,
                                    .fields_len = ARRAY_LEN(fields) };
    l->client = http_client_create(STEAL(l->conn), NULL);
    return http_client_start(l->client, &send, e);
}

static enum io shake(struct leg *l, struct err *e)
{
    enum io io = conn_handshake(l->conn, e);
    if (io == IO_WANT_READ || io == IO_WANT_WRITE)
        return io;
    const struct trust_verdict *v = tls_verdict(l->conn);
    l->seen = v != NULL;
    if (v)
        l->verdict = *v;
    if (io == IO_FAILED)
        return failed(l, e->kind == ERR_UNTRUSTED ? LEG_UNTRUSTED : LEG_UNREACHABLE);
    l->single_proof = !l->config.target->prints_len;
    if (!gate_target_proves(l->config.target, chain_certs(tls_chain(l->conn))[0], &l->verdict)) {
        (void)err_set(e, ERR_UNTRUSTED, "the certificate is not the one whose thumbprint the vCenter Server gave");
        return failed(l, LEG_THUMBPRINT);
    }
    if (!l->config.websocket) {
        l->state = LEG_OVER;
        l->result = LEG_OK;
        return IO_DONE;
    }
    l->state = LEG_SWITCHING;
    return ask_to_switch(l, e) ? IO_DONE : failed(l, LEG_REFUSED);
}

static enum io switched(struct leg *l, struct err *e)
{
    enum io io = http_client_head(l->client, e);
    if (io == IO_WANT_READ || io == IO_WANT_WRITE)
        return io;
    if (io == IO_FAILED)
        return failed(l, LEG_REFUSED);
    if (!ws_check_answer(http_client_answer(l->client), l->key, subprotocol, e))
        return failed(l, LEG_REFUSED);
    l->state = LEG_OVER;
    l->result = LEG_OK;
    return IO_DONE;
}

static enum io step(void *self, struct err *e)
{
    struct leg *l = self;
    enum io io = IO_DONE;
    while (io == IO_DONE && l->state != LEG_OVER) {
        switch (l->state) {
        case LEG_IDLE:
            io = look_up(l, e);
            break;
        case LEG_RESOLVING:
            if (l->resolve_err.kind == ERR_NONE)
                return IO_WANT_READ;
            *e = l->resolve_err;
            io = failed(l, LEG_UNREACHABLE);
            break;
        case LEG_SHAKING:
            io = shake(l, e);
            break;
        case LEG_SWITCHING:
            io = switched(l, e);
            break;
        case LEG_OVER:
            break;
        }
    }
    return io;
}

static int fd(const void *self)
{
    const struct leg *l = self;
    return l->client ? http_client_fd(l->client) : l->conn ? conn_fd(l->conn) : -1;
}

const struct io_op leg_op = { step, fd };

enum leg_result leg_result(const struct leg *l)
{
    return l->result;
}

const struct trust_verdict *leg_verdict(const struct leg *l)
{
    return l->seen ? &l->verdict : NULL;
}

bool leg_single_proof(const struct leg *l)
{
    return l->single_proof;
}

struct conn *leg_take(struct leg *l, const uint8_t **ret_rest, size_t *ret_len)
{
    *ret_rest = (const uint8_t *)"";
    *ret_len = 0;
    return l->client ? http_client_release(l->client, ret_rest, ret_len) : STEAL(l->conn);
}
