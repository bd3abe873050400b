#include "net/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/drive.h"
#include "net/sockaddr.h"
#include "unit/check.h"

/* A listening socket that nobody accepts from: the kernel completes the connections. */
static int listen_on(const char *ip, int backlog, struct address *ret)
{
    struct err e;
    struct sockaddr_storage sa;
    CHECK_OK(address_parse(ip, 0, ret, &e), &e);
    socklen_t len = sockaddr_write(ret, &sa);
    int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&sa, len), 0);
    CHECK_EQ(listen(fd, backlog), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    sockaddr_read((struct sockaddr *)&sa, ret);
    return fd;
}

/* An address where nobody listens, kept from being given out by a bound socket. */
static int refuse_on(const char *ip, struct address *ret)
{
    struct err e;
    struct sockaddr_storage sa;
    CHECK_OK(address_parse(ip, 0, ret, &e), &e);
    socklen_t len = sockaddr_write(ret, &sa);
    int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&sa, len), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    sockaddr_read((struct sockaddr *)&sa, ret);
    return fd;
}

static bool connect_now(struct conn *c, int64_t ms, struct err *e)
{
    return io_run(&conn_shaking, c, clock_mono_ms() + ms, e);
}

static void a_reset_is_no_orderly_end(void **state)
{
    (void)state;
    struct err e;
    struct address at;
    int fd = listen_on("127.0.0.1", 5, &at);
    struct conn *near = tcp_connect(&at, 1, NULL);
    uint8_t byte;
    CHECK_OK(connect_now(near, 10000, &e), &e);
    tcp_reset(near);
    int far = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    CHECK(far < 0 || (recv(far, &byte, 1, 0) < 0 && errno == ECONNRESET));
    if (far >= 0)
        (void)close(far);
    (void)close(fd);
}

static void bytes_go_both_ways(void **state)
{
    (void)state;
    struct err e;
    struct address at, local, peer;
    int fd = listen_on("127.0.0.1", 5, &at);
    struct conn *near = tcp_connect(&at, 1, NULL), *far;
    char text[8];
    size_t len;
    CHECK_EQ(conn_read(near, text, 1, &len, &e), IO_FAILED); /* not before the handshake */
    CHECK_OK(connect_now(near, 10000, &e), &e);
    CHECK_EQ(conn_handshake(near, &e), IO_DONE);
    far = tcp_adopt(accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
    CHECK_EQ(conn_handshake(far, &e), IO_DONE);
    CHECK_OK(tcp_peer(near, &peer, &e), &e);
    CHECK(address_same_ip(&peer, &at) && peer.port == at.port);
    CHECK_OK(tcp_local(near, &local, &e), &e);
    CHECK_OK(tcp_peer(far, &peer, &e), &e);
    CHECK(address_same_ip(&peer, &local) && peer.port == local.port);

    CHECK_EQ(conn_read(far, text, 8, &len, &e), IO_WANT_READ);
    CHECK_EQ(conn_write(near, "hello", 5, &len, &e), IO_DONE);
    CHECK_EQ(len, 5);
    CHECK_EQ(conn_finish(near, &e), IO_DONE);
    CHECK_EQ(conn_read(far, text, 8, &len, &e), IO_DONE);
    CHECK(len == 5 && !memcmp(text, "hello", 5));
    CHECK_EQ(conn_read(far, text, 8, &len, &e), IO_DONE);
    CHECK_EQ(len, 0); /* the orderly end */
    CHECK_EQ(conn_write(far, "bye", 3, &len, &e), IO_DONE); /* the other half is open */
    CHECK_EQ(conn_read(near, text, 8, &len, &e), IO_DONE);
    CHECK_EQ(len, 3);
    near = conn_destroy(near);
    far = conn_destroy(far);
    CHECK_EQ(close(fd), 0);
}

static void a_writer_waits_for_a_slow_reader(void **state)
{
    (void)state;
    struct err e;
    struct address at;
    int fd = listen_on("127.0.0.1", 5, &at);
    struct conn *near = tcp_connect(&at, 1, NULL);
    CHECK_OK(connect_now(near, 10000, &e), &e);
    struct conn *far = tcp_adopt(accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
    static char block[65536];
    size_t sent = 0, got = 0, len;
    enum io io;
    while ((io = conn_write(near, block, sizeof(block), &len, &e)) == IO_DONE)
        sent += len;
    CHECK_EQ(io, IO_WANT_WRITE);
    (void)conn_destroy(near);
    while ((io = conn_read(far, block, sizeof(block), &len, &e)) == IO_DONE && len)
        got += len;
    CHECK_EQ(got, sent);
    far = conn_destroy(far);
    CHECK_EQ(close(fd), 0);
}

static void the_first_address_that_answers_wins(void **state)
{
    (void)state;
    struct err e;
    struct address at[3];
    int closed[2] = { refuse_on("127.0.0.1", &at[0]), refuse_on("127.0.0.2", &at[1]) };
    int fd = listen_on("127.0.0.3", 5, &at[2]);
    struct conn *c = tcp_connect(at, 3, NULL);
    CHECK_OK(connect_now(c, 10000, &e), &e);
    struct address peer;
    CHECK_OK(tcp_peer(c, &peer, &e), &e);
    CHECK(address_same_ip(&peer, &at[2]));
    c = conn_destroy(c);

    c = tcp_connect(at, 2, NULL);
    CHECK_FAILS(connect_now(c, 10000, &e), &e, ERR_PEER);
    char text[ADDRESS_PORT_TEXT];
    address_write_port(&at[1], text);
    CHECK(strstr(e.msg, text) && strstr(e.msg, "refused"));
    CHECK_EQ(conn_handshake(c, &e), IO_FAILED); /* and stays so */
    c = conn_destroy(c);
    CHECK_EQ(close(fd) + close(closed[0]) + close(closed[1]), 0);
}

struct driven {
    struct drive drive;
    struct loop *loop;
    enum drive_end how;
};

static void on_ended(struct drive *d, enum drive_end how, const struct err *e)
{
    (void)e;
    struct driven *r = CONTAINER_OF(d, struct driven, drive);
    r->how = how;
    loop_stop(r->loop);
}

/* A listening socket whose queue is full drops what asks to connect: it looks like a host that is not there. */
static void a_silent_address_gets_its_share_only(void **state)
{
    (void)state;
    struct err e;
    struct address at[2];
    int silent = listen_on("127.0.0.1", 0, &at[0]);
    int fd = listen_on("127.0.0.2", 5, &at[1]);
    struct conn *fill[4];
    for (size_t i = 0; i < ARRAY_LEN(fill); i++) {
        fill[i] = tcp_connect(at, 1, NULL);
        (void)conn_handshake(fill[i], &e);
    }
    const struct tcp_options options = { .share_ms = TCP_SHARE_MIN_MS };
    struct conn *c = tcp_connect(at, 2, &options);
    struct driven r = { .loop = loop_create(&e) };
    CHECK_OK(r.loop, &e);
    int64_t before = clock_mono_ms();
    drive_start(&r.drive, r.loop, &conn_shaking, c, 20000, on_ended); /* both drivers follow the new descriptor */
    CHECK_OK(loop_run(r.loop, &e), &e);
    CHECK_EQ(r.how, DRIVE_DONE);
    int64_t took = clock_mono_ms() - before;
    CHECK(took >= TCP_SHARE_MIN_MS / 2 && took < 10 * TCP_SHARE_MIN_MS);
    struct address peer;
    CHECK_OK(tcp_peer(c, &peer, &e), &e);
    CHECK(address_same_ip(&peer, &at[1]));
    unsigned left = 1;
    socklen_t len = sizeof(left);
    CHECK_EQ(getsockopt(conn_fd(c), IPPROTO_TCP, TCP_USER_TIMEOUT, &left, &len), 0);
    CHECK_EQ(left, 0); /* the share does not outlive the dial */
    c = conn_destroy(c);

    c = tcp_connect(at, 1, &options); /* alone it has the driver's whole deadline */
    CHECK_FAILS(connect_now(c, 50, &e), &e, ERR_TIMEOUT);
    c = conn_destroy(c);
    r.loop = loop_destroy(r.loop);
    for (size_t i = 0; i < ARRAY_LEN(fill); i++)
        fill[i] = conn_destroy(fill[i]);
    CHECK_EQ(close(fd) + close(silent), 0);
}

static int option(const struct conn *c, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);
    CHECK_EQ(getsockopt(conn_fd(c), level, name, &value, &len), 0);
    return value;
}

static void options_reach_the_socket(void **state)
{
    (void)state;
    struct err e;
    struct address at;
    int fd = listen_on("127.0.0.1", 5, &at);
    struct conn *c = tcp_connect(&at, 1, NULL);
    CHECK_OK(connect_now(c, 10000, &e), &e);
    CHECK(option(c, IPPROTO_TCP, TCP_NODELAY));
    CHECK(!option(c, SOL_SOCKET, SO_KEEPALIVE));
    c = conn_destroy(c);
    const struct tcp_options options = { .delay = true, .user_timeout_ms = 5000, .keepalive_s = 40 };
    c = tcp_connect(&at, 1, &options);
    CHECK_OK(connect_now(c, 10000, &e), &e);
    CHECK(!option(c, IPPROTO_TCP, TCP_NODELAY));
    CHECK(option(c, SOL_SOCKET, SO_KEEPALIVE));
    CHECK_EQ(option(c, IPPROTO_TCP, TCP_USER_TIMEOUT), 5000);
    CHECK_EQ(option(c, IPPROTO_TCP, TCP_KEEPIDLE), 40);
    CHECK_EQ(option(c, IPPROTO_TCP, TCP_KEEPINTVL), 4);
    c = conn_destroy(c);
    CHECK_EQ(close(fd), 0);
    CHECK_EQ(tcp_share(30000, 3), 10000);
    CHECK_EQ(tcp_share(1500, 3), TCP_SHARE_MIN_MS);
    CHECK_EQ(tcp_share(INT64_MAX, 1), INT32_MAX);
}

static void a_reset_is_an_error_not_an_end(void **state)
{
    (void)state;
    struct err e;
    struct address at;
    char text[8];
    size_t len;
    int fd = listen_on("127.0.0.1", 5, &at);
    struct conn *c = tcp_connect(&at, 1, NULL);
    CHECK_OK(connect_now(c, 10000, &e), &e);
    int far = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    struct linger now = { .l_onoff = 1 };
    CHECK_EQ(setsockopt(far, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    CHECK_EQ(close(far), 0);
    CHECK_EQ(conn_read(c, text, sizeof(text), &len, &e), IO_FAILED);
    CHECK_EQ(e.kind, ERR_PEER);
    CHECK_EQ(conn_write(c, "x", 1, &len, &e), IO_FAILED); /* and no SIGPIPE */
    CHECK_EQ(e.kind, ERR_PEER);
    c = conn_destroy(c);
    CHECK_EQ(close(fd), 0);
}

GROUP(e2e_tcp, cmocka_unit_test(bytes_go_both_ways), cmocka_unit_test(a_reset_is_no_orderly_end), cmocka_unit_test(a_writer_waits_for_a_slow_reader),
      cmocka_unit_test(the_first_address_that_answers_wins), cmocka_unit_test(a_silent_address_gets_its_share_only),
      cmocka_unit_test(options_reach_the_socket), cmocka_unit_test(a_reset_is_an_error_not_an_end))
