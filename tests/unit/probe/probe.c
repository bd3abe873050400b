#include "probe/probe.h"

#include <stdlib.h>

#include "net/chain.h"
#include "net/desk.h"
#include "net/hosts.h"
#include "net/pool.h"
#include "net/resolve.h"
#include "probe/endpoint.h"
#include "trust/cert.h"
#include "unit/net/duo.h"

/* One look at a peer that the test plays, over a memory connection. */
struct table {
    struct duo duo;            /* certificates, a TLS client and a server */
    struct hosts *hosts;
    struct resolver *resolver;
    struct probe_net net;
    struct probe *probe;
    struct conn *far;          /* owned; the peer's end */
    struct conn *far_wire;     /* the memory end under it */
    struct conn *dialled;      /* what dial hands out next instead; taken */
    const struct url_host *proxy; /* what begin asks for; NULL = direct */
    struct address address;    /* the first that was dialled */
    size_t dials;
};

static struct conn *dial(void *self, const struct address *addresses, size_t len)
{
    struct table *t = self;
    CHECK(len >= 1);
    t->address = addresses[0];
    t->dials++;
    if (t->dialled)
        return STEAL(t->dialled);
    struct conn *near;
    memory_pair(DUO_CAP, &near, &t->far_wire);
    t->far = t->far_wire;
    return near;
}

static int setup(void **state)
{
    static const char hosts[] = "10.0.0.7 vc1.example\n";
    struct table *t = calloc(1, sizeof(*t));
    struct err e;
    duo_init(&t->duo);
    t->hosts = hosts_parse(hosts, sizeof(hosts) - 1, &e);
    CHECK_OK(t->hosts, &e);
    t->resolver = resolver_create(t->hosts, RESOLVE_AUTO, NULL);
    t->net = (struct probe_net){ .tls = t->duo.client, .resolver = t->resolver, .dial = dial, .self = t };
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct table *t = *state;
    probe_destroy(t->probe);
    conn_destroy(t->far);
    duo_done(&t->duo);
    resolver_destroy(t->resolver);
    hosts_destroy(t->hosts);
    free(t);
    return 0;
}

static void begin(struct table *t, const char *endpoint)
{
    static const char *const names[] = { "vc1.example" };
    struct err e;
    struct probe_request r = { .server_name = "vc1.example", .timeout_ms = PROBE_TIMEOUT_MS, .proxy = t->proxy };
    CHECK_OK(probe_endpoint_parse(endpoint, &r.endpoint, &e), &e);
    r.question = (struct trust_question){ .names = names, .names_len = 1, .now = MINT_NOW };
    r.question.behalf.host = "vc1.example";
    t->probe = probe_destroy(t->probe);
    t->far = conn_destroy(t->far);
    t->probe = probe_create(&t->net, &r);
}

/* Lets both ends go on until neither can. */
static enum io play(struct table *t, struct err *e)
{
    enum io near = IO_WANT_READ, far = IO_WANT_READ;
    struct err far_err;
    for (int turn = 0; turn < 20 && near != IO_DONE && near != IO_FAILED; turn++) {
        near = probe_step(t->probe, e);
        if (t->far && far != IO_DONE && far != IO_FAILED)
            far = conn_handshake(t->far, &far_err);
    }
    return near;
}

/* The first step connects; then the peer speaks TLS. */
static enum io play_tls(struct table *t, struct err *e)
{
    CHECK_EQ(probe_step(t->probe, e), IO_WANT_READ);
    t->far = tls_server_conn(t->duo.server, t->far);
    return play(t, e);
}

static void check_failed(struct table *t, enum io io, const struct err *e, enum err_kind kind, enum probe_stage stage)
{
    const struct probe_report *r = probe_report(t->probe, NULL);
    CHECK_EQ(io, IO_FAILED);
    CHECK(!r->seen && !r->chain);
    CHECK_EQ(r->err.kind, kind);
    CHECK_STR(r->err.msg, e->msg);
    CHECK(e->msg[0]);
    CHECK_EQ(r->stage, stage);
    CHECK(r->us[stage] >= 0);
    CHECK_EQ(probe_step(t->probe, NULL), IO_FAILED); /* and stays so */
}

static void a_believed_peer_is_seen_with_chain_and_verdict_S1(void **state)
{
    struct table *t = *state;
    struct err e;
    begin(t, "vc1.example:8443");
    CHECK_EQ(play_tls(t, &e), IO_DONE);
    const struct probe_report *r = probe_report(t->probe, NULL);
    CHECK(r->seen);
    CHECK(r->verdict.ok);
    CHECK_EQ(chain_len(r->chain), 2);
    CHECK_EQ(r->err.kind, ERR_NONE);
    CHECK_STR(r->version, "TLSv1.3");
    CHECK(r->cipher[0]);
    CHECK_EQ(t->dials, 1);
    CHECK_EQ(t->address.port, 8443);
    for (size_t i = 0; i < PROBE_STAGES; i++)
        CHECK(i == PROBE_PROXY ? r->us[i] == -1 : r->us[i] >= 0);
    CHECK_EQ(probe_step(t->probe, &e), IO_DONE); /* and stays so */
    CHECK_EQ(probe_fd(t->probe), -1);            /* the connection is gone already */
}

static void an_unbelieved_peer_is_seen_all_the_same_S1(void **state)
{
    struct table *t = *state;
    struct err e;
    trust_set_unref(trust_live_swap(t->duo.live, duo_set(NULL, NULL)));
    begin(t, "vc1.example");
    CHECK_EQ(play_tls(t, &e), IO_DONE);
    const struct probe_report *r = probe_report(t->probe, NULL);
    CHECK(r->seen && !r->verdict.ok);
    CHECK_EQ(chain_len(r->chain), 2);
    CHECK_EQ(r->verdict.rule, TRUST_UNKNOWN_ISSUER);
}

static void no_byte_of_an_application_is_sent_E11(void **state)
{
    struct table *t = *state;
    struct err e;
    uint8_t bytes[64];
    size_t len = 0;
    begin(t, "vc1.example");
    CHECK_EQ(play_tls(t, &e), IO_DONE);
    enum io io = conn_read(t->far, bytes, sizeof(bytes), &len, &e);
    CHECK(io == IO_FAILED || len == 0);
}

static void a_chain_may_outlive_its_probe(void **state)
{
    struct table *t = *state;
    struct err e;
    begin(t, "vc1.example");
    CHECK_EQ(play_tls(t, &e), IO_DONE);
    AUTO(chain_unrefp) struct chain *kept = chain_ref(probe_report(t->probe, NULL)->chain);
    t->probe = probe_destroy(t->probe);
    CHECK_EQ(chain_len(kept), 2);
}

static void peers_that_speak_something_else_fail_the_handshake(void **state)
{
    struct table *t = *state;
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        { "", 0 },                                       /* closes at once */
        { "HTTP/1.1 400 Bad Request\r\n\r\n", 28 },      /* a plain HTTP port */
        { "SSH-2.0-OpenSSH_9.2\r\n", 21 },
        { "220 mail.example ESMTP\r\n", 24 },
        { "\x15\x03\x03\x00\x02\x02\x28", 7 },           /* an alert: handshake_failure */
        { "\x16\x03\x03\xff\xff", 5 },                   /* a record that is too long */
        { "\0\0\0\0\0\0\0\0\0\0", 10 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = { 0 };
        size_t n;
        begin(t, "vc1.example");
        CHECK_EQ(probe_step(t->probe, &e), IO_WANT_READ);
        if (cases[i].len)
            CHECK_EQ(conn_write(t->far, cases[i].bytes, cases[i].len, &n, &e), IO_DONE);
        t->far = conn_destroy(t->far);
        check_failed(t, play(t, &e), &e, ERR_PEER, PROBE_HANDSHAKE);
    }
}

/* A look at a server of which only the first bytes arrive. */
static enum io play_cut_off(struct table *t, size_t bytes, struct err *e)
{
    struct conn *near, *far;
    memory_pair(DUO_CAP, &near, &far);
    memory_truncate(near, bytes);
    t->dialled = near;
    begin(t, "vc1.example");
    t->far = tls_server_conn(t->duo.server, far);
    return play(t, e);
}

static void a_handshake_cut_off_anywhere_is_a_failure(void **state)
{
    enum { STEP = 13, SHORTEST = 700 }; /* two certificates, a signature and a Finished are longer than that */
    struct table *t = *state;
    struct err e;
    size_t cut = 0;
    enum io io = play_cut_off(t, cut, &e);
    for (; io != IO_DONE; io = play_cut_off(t, cut += STEP, &e)) {
        check_failed(t, io, &e, ERR_PEER, PROBE_HANDSHAKE);
        CHECK(cut < DUO_CAP);
    }
    CHECK(cut > SHORTEST);
}

static void a_silent_peer_waits_for_the_deadline(void **state)
{
    struct table *t = *state;
    struct err e = { 0 };
    begin(t, "vc1.example");
    CHECK_EQ(play(t, &e), IO_WANT_READ);
    err_set(&e, ERR_TIMEOUT, "no answer before the deadline");
    const struct probe_report *r = probe_report(t->probe, &e);
    CHECK(!r->seen);
    CHECK_EQ(r->err.kind, ERR_TIMEOUT);
    CHECK_EQ(r->stage, PROBE_HANDSHAKE);
    CHECK(r->us[PROBE_HANDSHAKE] >= 0);
    CHECK_EQ(probe_fd(t->probe), -1); /* the connection is closed with it */
}

/* A connection that can't be made. */
static enum io refuse(struct conn *c, struct err *e)
{
    (void)c;
    err_set(e, ERR_PEER, "connecting: Connection refused");
    return IO_FAILED;
}

static struct conn *forget(struct conn *c)
{
    free(c);
    return NULL;
}

static void a_connection_that_is_refused_fails_at_its_stage(void **state)
{
    struct table *t = *state;
    static const struct conn_ops refusing = { .name = "refusing", .handshake = refuse, .destroy = forget };
    struct err e;
    t->dialled = calloc(1, sizeof(*t->dialled));
    t->dialled->ops = &refusing;
    begin(t, "vc1.example");
    check_failed(t, play(t, &e), &e, ERR_PEER, PROBE_CONNECT);
    const struct probe_report *r = probe_report(t->probe, NULL);
    CHECK(r->us[PROBE_RESOLVE] >= 0);
    CHECK_EQ(r->us[PROBE_HANDSHAKE], -1);
    CHECK_EQ(r->address.family, ADDRESS_NONE);
}

static const struct url_host proxy = { .kind = URL_HOST_IPV4, .name = "10.0.0.99", .port = 3128 };

/* The proxy reads a request and answers with these bytes. */
static void play_proxy(struct table *t, const char *answer)
{
    struct err e;
    char head[512];
    size_t len = 0, n;
    begin(t, "vc1.example:8443");
    CHECK_EQ(probe_step(t->probe, &e), IO_WANT_READ);
    CHECK_EQ(t->address.port, 3128);
    CHECK_EQ(t->address.ip[3], 99);
    while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0) {
        CHECK_EQ(conn_read(t->far, head + len, sizeof(head) - 1 - len, &n, &e), IO_DONE);
        CHECK(n > 0);
        len += n;
    }
    head[len] = '\0';
    CHECK(!strncmp(head, "CONNECT vc1.example:8443 HTTP/1.1\r\n", 35));
    CHECK(strstr(head, "Host: vc1.example:8443\r\n") != NULL);
    CHECK_EQ(conn_write(t->far, answer, strlen(answer), &n, &e), IO_DONE);
    CHECK_EQ(n, strlen(answer));
}

static void a_proxy_is_asked_for_a_tunnel_and_no_more(void **state)
{
    struct table *t = *state;
    struct err e;
    t->proxy = &proxy;
    play_proxy(t, "HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n");
    CHECK_EQ(play_tls(t, &e), IO_DONE);
    const struct probe_report *r = probe_report(t->probe, NULL);
    CHECK(r->seen && r->verdict.ok);
    CHECK(r->us[PROBE_PROXY] >= 0);
}

static void a_proxy_that_refuses_or_talks_nonsense_fails_at_its_stage(void **state)
{
    struct table *t = *state;
    static const struct {
        const char *answer, *says;
    } cases[] = {
        { "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "403 Forbidden" },
        { "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "407" },
        { "HTTP/1.1 502 Bad Gateway\r\n\r\n", "502" },
        { "SSH-2.0-OpenSSH_9.2\r\n\r\n", "" },
        { "HTTP/1.1 200 OK\r\n\r\nbytes of its own", "bytes of its own" },
    };
    t->proxy = &proxy;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = { 0 };
        play_proxy(t, cases[i].answer);
        check_failed(t, play(t, &e), &e, ERR_PEER, PROBE_PROXY);
        if (!strstr(e.msg, cases[i].says))
            fail_msg("%s: %s", cases[i].answer, e.msg);
    }
}

/* A name that only the system could know is the pool's business: the probe waits without a descriptor, and an answer
 * that comes after it has gone finds nobody. */
static void a_name_is_looked_up_elsewhere_and_may_come_too_late(void **state)
{
    struct table *t = *state;
    struct err e = { 0 };
    static const struct pool_config config = { .name = "test", .threads = 1, .queue_max = 4 };
    struct loop *loop = loop_create(&e);
    struct desk *desk = desk_create(loop);
    struct pool *pool = pool_create(&config, &e);
    struct resolver *resolver = resolver_create(NULL, RESOLVE_AUTO, pool);
    CHECK(loop && pool);
    t->net.resolver = resolver;
    t->net.desk = desk;
    begin(t, "localhost");
    CHECK_EQ(probe_step(t->probe, &e), IO_WANT_READ);
    CHECK_EQ(probe_fd(t->probe), -1);
    CHECK_EQ(desk_count(desk), 1);
    t->probe = probe_destroy(t->probe);
    CHECK_EQ(desk_count(desk), 0);
    pool_destroy(pool);
    loop_destroy(loop); /* delivers what is on its way */
    desk_destroy(desk);
    resolver_destroy(resolver);
    CHECK_EQ(t->dials, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

GROUP(probe_probe, TEST(a_believed_peer_is_seen_with_chain_and_verdict_S1),
      TEST(an_unbelieved_peer_is_seen_all_the_same_S1), TEST(no_byte_of_an_application_is_sent_E11),
      TEST(a_chain_may_outlive_its_probe), TEST(peers_that_speak_something_else_fail_the_handshake),
      TEST(a_handshake_cut_off_anywhere_is_a_failure), TEST(a_silent_peer_waits_for_the_deadline),
      TEST(a_proxy_is_asked_for_a_tunnel_and_no_more),
      TEST(a_proxy_that_refuses_or_talks_nonsense_fails_at_its_stage),
      TEST(a_connection_that_is_refused_fails_at_its_stage),
      TEST(a_name_is_looked_up_elsewhere_and_may_come_too_late))
