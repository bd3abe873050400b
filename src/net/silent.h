/* net/silent.h - a connection that never answers: it waits like a host behind a filter that drops everything, until the
 * driver's deadline ends it. Used where somebody must not learn that a destination was refused (flow/deny.h): to him it
 * looks, and lasts, like any host that can't be reached. Opens no socket and sends nothing. */
#pragma once
#include "base/err.h"

struct conn;

/* NULL when the process has no descriptor left (ERR_LIMIT). */
struct conn *silent_conn(struct err *e);
