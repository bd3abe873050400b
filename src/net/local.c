#include "net/local.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/listen.h"
#include "net/tcp.h"

static bool path_write(const char *path, struct sockaddr_un *ret, struct err *e)
{
    size_t len = strlen(path);
    *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (!len || len > LOCAL_PATH_MAX)
        return err_set(e, ERR_INPUT, "the path of a socket has 1 to %d bytes: %s", LOCAL_PATH_MAX, path);
    memcpy(ret->sun_path, path, len + 1);
    return true;
}

static bool open_socket(int *ret_fd, struct err *e)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_sys(e, ERR_LIMIT, errno, "opening a socket");
    *ret_fd = fd;
    return true;
}

static bool reach(const char *path, int *ret_fd, struct err *e)
{
    struct sockaddr_un sun;
    int fd = -1;
    if (!path_write(path, &sun, e) || !open_socket(&fd, e))
        return false;
    if (!connect(fd, (const struct sockaddr *)&sun, sizeof(sun))) {
        *ret_fd = fd;
        return true;
    }
    int sys = errno;
    (void)close(fd);
    return err_sys(e, sys == ENOENT ? ERR_NOT_FOUND : sys == EACCES || sys == EPERM ? ERR_DENIED : ERR_PEER, sys,
                   "connecting to %s", path);
}

/* Makes way for a new socket at the path, if what is there is a dead one or nothing. */
static bool make_way(const char *path, struct err *e)
{
    struct stat st;
    struct err why;
    if (lstat(path, &st))
        return errno == ENOENT || err_sys(e, ERR_DENIED, errno, "looking at %s", path);
    if (!S_ISSOCK(st.st_mode))
        return err_set(e, ERR_CONFLICT, "%s exists and is not a socket", path);
    int fd = -1;
    bool alive = reach(path, &fd, &why);
    if (alive)
        (void)close(fd);
    if (alive || why.sys != ECONNREFUSED)
        return err_set(e, ERR_CONFLICT, "another program listens on %s", path);
    return !unlink(path) || err_sys(e, ERR_DENIED, errno, "removing %s", path);
}

bool local_listen(const char *path, mode_t mode, int *ret_fd, struct err *e)
{
    struct sockaddr_un sun;
    int fd = -1;
    if (!path_write(path, &sun, e) || !make_way(path, e) || !open_socket(&fd, e))
        return false;
    if (!bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) && !chmod(path, mode) && !listen(fd, LISTEN_BACKLOG)) {
        *ret_fd = fd;
        return true;
    }
    int sys = errno;
    (void)close(fd);
    return err_sys(e, sys == EADDRINUSE ? ERR_CONFLICT : sys == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, sys,
                   "listening on %s", path);
}

struct conn *local_connect(const char *path, struct err *e)
{
    int fd = -1;
    return reach(path, &fd, e) ? tcp_adopt(fd) : NULL;
}

bool local_peer(const struct conn *c, struct local_peer *ret, struct err *e)
{
    struct ucred who;
    socklen_t len = sizeof(who);
    int domain;
    socklen_t domain_len = sizeof(domain);
    if (getsockopt(conn_fd(c), SOL_SOCKET, SO_DOMAIN, &domain, &domain_len) || domain != AF_UNIX ||
        getsockopt(conn_fd(c), SOL_SOCKET, SO_PEERCRED, &who, &len))
        return err_set(e, ERR_NOT_FOUND, "not a connection over a local socket");
    *ret = (struct local_peer){ who.pid, who.uid, who.gid };
    return true;
}
