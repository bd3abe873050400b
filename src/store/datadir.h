/* store/datadir.h - the directory that holds a cell's state, and the one process that owns it.
 * Called first thing by the cell, and by the CLI when the cell is down. Whoever holds the lock may open an embedded
 * store; it goes with the process, however that ends. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "base/def.h"
#include "base/err.h"

/* The lock is an open file description lock on this file in the directory; it holds the owner's process id as text. */
#define STORE_LOCK_NAME "lock"

struct store_datadir;

/* The directory must exist, be ours, and of mode 0700 (ERR_DENIED; ERR_NOT_FOUND). ERR_CONFLICT, naming the process,
 * when another one holds it. */
MUST_USE bool store_datadir_take(const char *path, struct store_datadir **ret, struct err *e);
struct store_datadir *store_datadir_release(struct store_datadir *d); /* NULL in, NULL out */
DEFINE_AUTO(store_datadir_releasep, struct store_datadir *, store_datadir_release)

/* Does somebody hold it? ret: the process that wrote its id there, 0 when none is to be read. Takes nothing, makes nothing. */
bool store_datadir_held(const char *path, pid_t *ret);
