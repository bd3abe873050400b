#include "net/listen.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/loop.h"
#include "net/sockaddr.h"
#include "unit/check.h"

enum { MANY = 200 };

struct host {
    struct loop *loop;
    struct listener *listener;
    struct conn *conns[MANY];
    struct address peer;
    size_t len, stop_at;
};

static void on_accepted(void *self, struct conn *take, const struct address *peer)
{
    struct host *h = self;
    CHECK(h->len < MANY);
    h->conns[h->len++] = take;
    h->peer = *peer;
    if (h->len == h->stop_at)
        loop_stop(h->loop);
}

static void host_init(struct host *h, const char *ip, size_t conns_max, bool standing_clock)
{
    struct err e;
    *h = (struct host){ 0 };
    struct listen_config c = { .accepted = on_accepted, .self = h, .conns_max = conns_max, .reuse_port = true };
    CHECK_OK(address_parse(ip, 0, &c.address, &e), &e);
    h->loop = standing_clock ? loop_create_at(1000, &e) : loop_create(&e);
    CHECK_OK(h->loop, &e);
    h->listener = listener_create(h->loop, &c, &e);
    CHECK_OK(h->listener, &e);
    CHECK(listener_address(h->listener)->port != 0);
}

static void host_done(struct host *h)
{
    (void)listener_destroy(h->listener);
    for (size_t i = 0; i < h->len; i++)
        (void)conn_destroy(h->conns[i]);
    (void)loop_destroy(h->loop);
}

/* Returns when the kernel has the connection in the listener's queue. */
static int dial(const struct host *h, const char *ip)
{
    struct err e;
    struct address to;
    struct sockaddr_storage sa;
    CHECK_OK(address_parse(ip, listener_address(h->listener)->port, &to, &e), &e);
    socklen_t len = sockaddr_write(&to, &sa);
    int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK_EQ(connect(fd, (struct sockaddr *)&sa, len), 0);
    return fd;
}

static void turn(struct host *h, int64_t now)
{
    struct err e;
    CHECK_OK(loop_turn(h->loop, now, &e), &e);
}

static void the_local_address_tells_hosts_apart(void **state)
{
    (void)state;
    struct err e;
    struct host h;
    host_init(&h, "0.0.0.0", 0, false);
    h.stop_at = 2;
    int fd[2] = { dial(&h, "127.9.8.7"), dial(&h, "127.1.2.3") };
    CHECK_OK(loop_run(h.loop, &e), &e);
    static const char *const want[] = { "127.9.8.7", "127.1.2.3" };
    for (int i = 0; i < 2; i++) {
        struct address local;
        char text[ADDRESS_TEXT];
        CHECK_OK(tcp_local(h.conns[i], &local, &e), &e);
        address_write(&local, text);
        CHECK_STR(text, want[i]);
        CHECK_EQ(local.port, listener_address(h.listener)->port);
        CHECK_EQ(close(fd[i]), 0);
    }
    CHECK_EQ(h.peer.family, ADDRESS_V4);
    host_done(&h);
}

static void ipv6_takes_ipv4_as_well(void **state)
{
    (void)state;
    if (access("/proc/net/if_inet6", F_OK))
        skip(); /* a kernel without IPv6 */
    struct err e;
    struct host h;
    host_init(&h, "::", 0, false);
    h.stop_at = 1;
    int fd = dial(&h, "127.0.0.1");
    CHECK_OK(loop_run(h.loop, &e), &e);
    CHECK_EQ(h.peer.family, ADDRESS_V4);
    CHECK_EQ(address_class(&h.peer), ADDRESS_LOOPBACK);
    CHECK_EQ(close(fd), 0);
    host_done(&h);
}

static void a_busy_port_is_a_conflict(void **state)
{
    (void)state;
    struct err e;
    struct host h;
    host_init(&h, "127.0.0.1", 0, true);
    struct listen_config c = { .address = *listener_address(h.listener), .accepted = on_accepted, .self = &h };
    CHECK_FAILS(listener_create(h.loop, &c, &e), &e, ERR_CONFLICT);
    c.reuse_port = true;
    struct listener *twin = listener_create(h.loop, &c, &e);
    CHECK_OK(twin, &e);
    CHECK_EQ(listener_address(twin)->port, c.address.port);
    CHECK_OK(address_parse("192.0.2.1", 0, &c.address, &e), &e);
    CHECK_FAILS(listener_create(h.loop, &c, &e), &e, ERR_INPUT);
    twin = listener_destroy(twin);
    host_done(&h);
}

static void more_than_a_batch_is_accepted_in_turns(void **state)
{
    (void)state;
    struct host h;
    int fd[2 * LISTEN_BATCH + 1];
    host_init(&h, "127.0.0.1", 0, true);
    for (size_t i = 0; i < ARRAY_LEN(fd); i++)
        fd[i] = dial(&h, "127.0.0.1");
    turn(&h, 1000); /* one batch for the event, one more in the same round */
    CHECK_EQ(h.len, 2 * LISTEN_BATCH);
    turn(&h, 1000);
    CHECK_EQ(h.len, ARRAY_LEN(fd));
    for (size_t i = 0; i < ARRAY_LEN(fd); i++)
        CHECK_EQ(close(fd[i]), 0);
    host_done(&h);
}

static void the_limit_holds_until_one_is_released(void **state)
{
    (void)state;
    struct host h;
    int fd[4];
    host_init(&h, "127.0.0.1", 2, true);
    for (size_t i = 0; i < ARRAY_LEN(fd); i++)
        fd[i] = dial(&h, "127.0.0.1");
    turn(&h, 1000);
    turn(&h, 1000);
    CHECK_EQ(h.len, 2);
    CHECK_EQ(listener_conns(h.listener), 2);
    listener_release(h.listener);
    turn(&h, 1000);
    CHECK_EQ(h.len, 3);
    listener_release(h.listener);
    listener_close(h.listener);
    turn(&h, 1000);
    CHECK_EQ(h.len, 3); /* closed: no more */
    listener_release(h.listener);
    CHECK_EQ(listener_conns(h.listener), 0);
    for (size_t i = 0; i < ARRAY_LEN(fd); i++)
        CHECK_EQ(close(fd[i]), 0);
    host_done(&h);
}

static void out_of_descriptors_it_rests(void **state)
{
    (void)state;
    struct host h;
    struct rlimit before, tight;
    host_init(&h, "127.0.0.1", 0, true);
    turn(&h, 1000);
    int fd = dial(&h, "127.0.0.1"), free_one = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(free_one >= 0);
    CHECK_EQ(close(free_one), 0);
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    tight = before;
    tight.rlim_cur = (rlim_t)free_one; /* the lowest free number is past the limit */
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
    turn(&h, 1000);
    CHECK_EQ(h.len, 0);
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    int more = dial(&h, "127.0.0.1"); /* a new edge does not end the rest */
    turn(&h, 1000);
    turn(&h, 1000 + LISTEN_PAUSE_MS - 1);
    CHECK_EQ(h.len, 0);
    turn(&h, 1000 + LISTEN_PAUSE_MS + LOOP_TICK_MS);
    CHECK_EQ(h.len, 2);
    CHECK_EQ(close(fd) + close(more), 0);
    host_done(&h);
}

GROUP(e2e_listen, cmocka_unit_test(the_local_address_tells_hosts_apart), cmocka_unit_test(ipv6_takes_ipv4_as_well),
      cmocka_unit_test(a_busy_port_is_a_conflict), cmocka_unit_test(more_than_a_batch_is_accepted_in_turns),
      cmocka_unit_test(the_limit_holds_until_one_is_released), cmocka_unit_test(out_of_descriptors_it_rests))
