/* cell/notify.h - tells whoever started the cell that it is ready, reloading or stopping: a service manager (sd_notify's
 * protocol, systemd.exec(5)) and a line on a descriptor for scripts and tests. */
#pragma once
#include <stdbool.h>

/* state: "READY=1", "STOPPING=1". Nothing happens without NOTIFY_SOCKET in the environment. */
void notify_manager(const char *state);
struct err;

/* Writes "ready <url>\n" to fd and closes it; fd -1: nothing. */
void notify_ready(int fd, const char *url);
/* "failed <kind> <why>\n", for the command line that started a local cell. */
void notify_failed(int fd, const struct err *e);
