/* The relay alone: the gate, net and http of the cell with one fixed target and tickets that always count, so that its cost can be
 * held beside proxies that do nothing else, and public load generators can drive it (contracts.md, "make bench").
 *
 *   relay raw|ws CERT KEY CA TARGET NAME
 *
 * raw: bytes of a TLS client go to the TLS target as they are. ws: "/PORT;TICKET", as the cell's console proxy; the target gets
 * "/ticket/TICKET". Both verify the target's chain with trust_decide and its name. Prints "ready PORT". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/process.h"
#include "bench/drive.h"
#include "gate/gate.h"
#include "http/router.h"
#include "http/server.h"
#include "net/address.h"
#include "net/conn.h"
#include "net/drive.h"
#include "net/hosts.h"
#include "net/listen.h"
#include "net/loop.h"
#include "net/pool.h"
#include "net/resolve.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "net/tls_server.h"
#include "trust/pem.h"
#include "trust/set.h"

enum { FILE_MAX = 1 << 20 };

struct bench {
    struct loop *loop;
    struct pool *pool;
    struct resolver *resolver;
    struct trust_live *live;
    struct tls_server *server;
    struct tls_client *client;
    struct relay_deck *deck;
    struct listener *listener;
    struct http_server *http;
    struct gate *gate;
    struct gate_lane *lane;
    struct address target;
    const char *name;
};

static void die(const char *what, const struct err *e)
{
    (void)fprintf(stderr, "relay: %s: %s\n", what, e->msg);
    exit(1);
}

static void read_file(const char *path, struct buf *b)
{
    struct err e;
    buf_init(b, FILE_MAX);
    if (!file_read(path, b, &e))
        die(path, &e);
}

/* ---- what is trusted ---- */

static struct trust_row anchor;

static bool on_pem(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    struct buf *copy = self;
    return kind != TRUST_PEM_CERTIFICATE || copy->len || buf_append(copy, der, len, e);
}

static struct trust_live *open_trust(const char *path)
{
    static struct buf der;
    struct buf pem;
    struct err e;
    read_file(path, &pem);
    buf_init(&der, FILE_MAX);
    if (!trust_pem_read(pem.data, pem.len, on_pem, &der, &e))
        die(path, &e);
    anchor = (struct trust_row){ .der = der.data, .len = der.len, .system = true };
    if (!trust_scope_parse("any", &anchor.scope, &e))
        die("the scope", &e);
    const struct trust_rows rows = { .anchors = &anchor, .anchors_len = 1, .generation = 1 };
    buf_done(&pem);
    return trust_live_create(trust_set_create(&rows, NULL));
}

static struct tls_server *open_identity(const char *cert, const char *key)
{
    AUTO(tls_identity_unrefp) struct tls_identity *i = NULL;
    struct buf c, k;
    struct err e;
    read_file(cert, &c);
    read_file(key, &k);
    i = tls_identity_parse(c.data, c.len, k.data, k.len, &e);
    if (!i)
        die(cert, &e);
    const struct tls_server_config config = { .identity = i };
    struct tls_server *s = tls_server_create(&config, &e);
    if (!s)
        die("TLS", &e);
    buf_done(&c);
    buf_done(&k);
    return s;
}

/* ---- raw ---- */

struct session {
    struct bench *bench;
    struct conn *client, *host; /* until the relay has them */
    struct relay *relay;
    struct drive drive;
    struct loop_task burial;
};

static void free_session(struct loop_task *t)
{
    free(CONTAINER_OF(t, struct session, burial));
}

static void over(void *self)
{
    struct session *s = self;
    (void)conn_destroy(s->client);
    (void)conn_destroy(s->host);
    listener_release(s->bench->listener);
    s->burial.run = free_session;
    loop_bury(s->bench->loop, &s->burial);
}

static void stopped(void *self, enum relay_end why, const struct err *e)
{
    struct session *s = self;
    (void)why;
    (void)e;
    relay_close(s->relay, 0, NULL);
}

static struct tls_ask ask_of(const struct bench *b)
{
    return (struct tls_ask){ .server_name = b->name,
                             .question = { .names = &b->name, .names_len = 1, .names_mode = TRUST_NAMES_CHECK,
                                           .behalf = { TRUST_FOR_ESXI, b->target.port, "urn:vcloud:vimserver:bench", b->name } } };
}

static void host_shaken(struct drive *d, enum drive_end how, const struct err *e)
{
    struct session *s = CONTAINER_OF(d, struct session, drive);
    (void)e;
    if (how != DRIVE_DONE) {
        over(s);
        return;
    }
    const struct relay_config c = { .take_client = STEAL(s->client), .take_host = STEAL(s->host), .stopped = stopped,
                                    .ended = over, .self = s };
    s->relay = relay_start(s->bench->deck, &c);
}

static void client_shaken(struct drive *d, enum drive_end how, const struct err *e)
{
    struct session *s = CONTAINER_OF(d, struct session, drive);
    const struct tls_ask ask = ask_of(s->bench);
    (void)e;
    if (how != DRIVE_DONE) {
        over(s);
        return;
    }
    s->host = tls_client_conn(s->bench->client, tcp_connect(&s->bench->target, 1, NULL), &ask);
    drive_start(&s->drive, s->bench->loop, &conn_shaking, s->host, GATE_DIAL_MS, host_shaken);
}

static void accepted(void *self, struct conn *take, const struct address *peer)
{
    struct session *s = xcalloc(1, sizeof(*s));
    (void)peer;
    s->bench = self;
    s->client = tls_server_conn(s->bench->server, take);
    drive_start(&s->drive, s->bench->loop, &conn_shaking, s->client, GATE_DIAL_MS, client_shaken);
}

static uint16_t open_raw(struct bench *b, const struct address *at)
{
    struct err e;
    const struct listen_config c = { .address = *at, .accepted = accepted, .self = b };
    b->deck = relay_deck_create(b->loop);
    b->client = tls_client_create(b->live, &e);
    b->listener = b->client ? listener_create(b->loop, &c, &e) : NULL;
    if (!b->listener)
        die("listening", &e);
    return listener_address(b->listener)->port;
}

/* ---- ws ---- */

static bool admit(void *self, const char *ticket, const char *from, struct gate_target **ret, struct err *e)
{
    const struct bench *b = self;
    struct gate_target *t = gate_target_create();
    char path[GATE_PATH_MAX];
    (void)e;
    (void)snprintf(path, sizeof(path), "/ticket/%s", ticket);
    t->vm = xstrdup("urn:vcloud:vm:bench");
    t->user_name = xstrdup("bench");
    t->from = xstrdup(from);
    t->vcenter = xstrdup("urn:vcloud:vimserver:bench");
    t->endpoint = xstrdup("urn:vcloud:vimserver:bench/host-1");
    t->host_name = xstrdup(b->name);
    t->host = xstrdup(b->name);
    t->port = b->target.port;
    t->path = xstrdup(path);
    t->names[t->names_len++] = xstrdup(b->name);
    *ret = t;
    return true;
}

static bool again(void *self, const struct gate_target *t, struct gate_target **ret, struct err *e)
{
    return admit(self, t->path, t->from, ret, e);
}

static void tell(void *self, const struct gate_news *n, char ret_event[RANDOM_UUID])
{
    (void)self;
    (void)n;
    ret_event[0] = '\0';
}

static struct conn *wrap(void *self, struct conn *take_tcp, struct address *client)
{
    const struct bench *b = self;
    (void)client;
    return tls_server_conn(b->server, take_tcp);
}

static uint16_t open_ws(struct bench *b, const struct address *at)
{
    static const struct gate_policy policy = { admit, again, tell, NULL };
    struct err e;
    const struct gate_config g = { .policy = &policy, .self = b, .pool = b->pool, .resolver = b->resolver, .live = b->live };
    b->gate = gate_create(&g);
    static struct http_route route = { .method = "GET", .pattern = "/{port};{*ticket}", .stream = &gate_console_stream };
    route.tag = b->gate;
    struct http_router *router = http_router_create(&route, 1, &e);
    if (!router || !gate_lane_create(b->gate, b->loop, &b->lane, &e))
        die("the gate", &e);
    const struct http_server_config c = { .router = router, .pool = b->pool, .wrap = wrap, .self = b };
    const struct listen_config port = { .address = *at };
    b->http = http_server_create(b->loop, &c);
    if (!http_server_listen(b->http, &port, &e))
        die("listening", &e);
    return http_server_address(b->http, 0)->port;
}

/* "NAME ADDRESS", as a hosts file says it. */
static void open_names(struct bench *b, const char *target, const char *name)
{
    char line[512], address[ADDRESS_TEXT];
    struct err e;
    if (!address_parse_port(target, &b->target, &e))
        die(target, &e);
    address_write(&b->target, address);
    (void)snprintf(line, sizeof(line), "%s %s\n", address, name);
    struct hosts *h = hosts_parse(line, strlen(line), &e);
    if (!h)
        die(name, &e);
    b->name = name;
    b->resolver = resolver_create(h, RESOLVE_AUTO, b->pool);
}

int main(int argc, char **argv)
{
    struct bench b = { 0 };
    struct err e;
    struct address at;
    const struct pool_config pool = { "bench", 1, POOL_QUEUE_MAX };
    bench_must(argc == 7, "relay raw|ws CERT KEY CA TARGET NAME");
    process_raise_files();
    log_threshold_set(LOG_LVL_WARN);
    b.loop = loop_create(&e);
    b.pool = b.loop ? pool_create(&pool, &e) : NULL;
    if (!b.pool || !address_parse_port("127.0.0.1:0", &at, &e))
        die("starting", &e);
    b.server = open_identity(argv[2], argv[3]);
    b.live = open_trust(argv[4]);
    open_names(&b, argv[5], argv[6]);
    (void)printf("ready %u\n", strcmp(argv[1], "raw") == 0 ? open_raw(&b, &at) : open_ws(&b, &at));
    (void)fflush(stdout);
    if (!loop_run(b.loop, &e))
        die("the loop", &e);
    return 0;
}
