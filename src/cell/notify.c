#include "cell/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

void notify_manager(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(to.sun_path))
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (path[0] == '@') /* the abstract name space (unix(7)) */
        to.sun_path[0] = '\0';
    AUTO(file_closep) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to,
                     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
}

static void tell(int fd, const char *word, const char *kind, const char *rest)
{
    char line[ERR_MSG_MAX + 64];
    struct err e;
    if (fd < 0)
        return;
    int n = snprintf(line, sizeof(line), "%s %s%s%s\n", word, kind, *kind ? " " : "", rest);
    if (!file_write_all(fd, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1, &e))
        LOG(WARN, "ready.unheard", "fd=%d error=\"%s\"", fd, e.msg);
    (void)close(fd);
}

void notify_ready(int fd, const char *url)
{
    tell(fd, "ready", "", url);
}

void notify_failed(int fd, const struct err *e)
{
    tell(fd, "failed", err_kind_name(e->kind), e->msg);
}
