/* net/local.h - stream sockets with a path instead of a port: how a command line on the same machine speaks to a
 * program that runs. Called by the cell, the CLI and the lab. Who is on the other side is the kernel's word
 * (SO_PEERCRED); what that user may do is decided above. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "net/conn.h"

enum { LOCAL_PATH_MAX = 107 }; /* bytes in a path; the kernel's limit (unix(7)) */

/* A listening socket for listener_adopt. The path gets these permissions before anybody can connect. A
 * socket that nobody listens on any more (its program was killed) is replaced; anything else there is ERR_CONFLICT,
 * and so is a program that still listens. Whoever closes the port unlinks the path. */
MUST_USE bool local_listen(const char *path, mode_t mode, int *ret_fd, struct err *e);

/* Connects at once. ERR_NOT_FOUND: no such socket; ERR_PEER: nobody listens; ERR_DENIED. */
struct conn *local_connect(const char *path, struct err *e);

struct local_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/* Who connected, at the time of connecting. ERR_NOT_FOUND when c is no connection over a local socket. */
MUST_USE bool local_peer(const struct conn *c, struct local_peer *ret, struct err *e);
