#include "net/local.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/listen.h"
#include "net/loop.h"
#include "unit/check.h"

struct place {
    char dir[64], path[80];
    struct loop *loop;
    struct conn *accepted;
    struct address peer;
};

static void place_init(struct place *p)
{
    struct err e;
    *p = (struct place){ .dir = "/tmp/net-local-XXXXXX" };
    CHECK(mkdtemp(p->dir));
    (void)snprintf(p->path, sizeof(p->path), "%s/socket", p->dir);
    p->loop = loop_create(&e);
    CHECK_OK(p->loop, &e);
}

static void place_done(struct place *p)
{
    (void)conn_destroy(p->accepted);
    (void)loop_destroy(p->loop);
    (void)unlink(p->path);
    CHECK_EQ(rmdir(p->dir), 0);
}

static void on_accepted(void *self, struct conn *take, const struct address *peer)
{
    struct place *p = self;
    p->accepted = take;
    p->peer = *peer;
    loop_stop(p->loop);
}

static void the_kernel_says_who_connected(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    struct stat st;
    struct local_peer who;
    struct address none;
    place_init(&p);
    CHECK_FAILS(local_connect(p.path, &e), &e, ERR_NOT_FOUND);
    int fd;
    CHECK_OK(local_listen(p.path, 0600, &fd, &e), &e);
    CHECK_EQ(stat(p.path, &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0600);
    struct listen_config c = { .accepted = on_accepted, .self = &p };
    struct listener *l = listener_adopt(p.loop, &c, fd, &e);
    CHECK_OK(l, &e);
    struct conn *near = local_connect(p.path, &e);
    CHECK_OK(near, &e);
    CHECK_OK(loop_run(p.loop, &e), &e);
    CHECK_OK(local_peer(p.accepted, &who, &e), &e);
    CHECK(who.pid == getpid() && who.uid == geteuid() && who.gid == getegid());
    CHECK_EQ(p.peer.family, ADDRESS_NONE);
    CHECK_EQ(listener_address(l)->family, ADDRESS_NONE);
    CHECK_FAILS(tcp_peer(p.accepted, &none, &e), &e, ERR_NOT_FOUND);
    size_t len;
    char text[4];
    CHECK_EQ(conn_write(near, "hey", 3, &len, &e), IO_DONE);
    CHECK_EQ(conn_read(p.accepted, text, sizeof(text), &len, &e), IO_DONE);
    CHECK_EQ(len, 3);
    near = conn_destroy(near);
    l = listener_destroy(l);
    place_done(&p);
}

static void a_dead_socket_makes_way_and_nothing_else(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    place_init(&p);
    int first, second, none;
    CHECK_OK(local_listen(p.path, 0600, &first, &e), &e);
    CHECK_FAILS(local_listen(p.path, 0600, &none, &e), &e, ERR_CONFLICT); /* it is alive */
    CHECK_EQ(close(first), 0); /* as after a crash: the path stays */
    CHECK_FAILS(local_connect(p.path, &e), &e, ERR_PEER);
    CHECK_OK(local_listen(p.path, 0600, &second, &e), &e);
    CHECK_EQ(close(second), 0);
    CHECK_EQ(unlink(p.path), 0);
    CHECK_EQ(mkdir(p.path, 0700), 0);
    CHECK_FAILS(local_listen(p.path, 0600, &none, &e), &e, ERR_CONFLICT);
    CHECK_EQ(rmdir(p.path), 0);
    char longer[LOCAL_PATH_MAX + 2];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    CHECK_FAILS(local_listen(longer, 0600, &none, &e), &e, ERR_INPUT);
    CHECK_FAILS(local_listen("", 0600, &none, &e), &e, ERR_INPUT);
    place_done(&p);
}

static void only_local_peers_have_a_user(void **state)
{
    (void)state;
    struct err e;
    struct local_peer who;
    struct conn *c = tcp_adopt(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    CHECK_FAILS(local_peer(c, &who, &e), &e, ERR_NOT_FOUND);
    c = conn_destroy(c);
}

GROUP(e2e_local, cmocka_unit_test(the_kernel_says_who_connected),
      cmocka_unit_test(a_dead_socket_makes_way_and_nothing_else), cmocka_unit_test(only_local_peers_have_a_user))
