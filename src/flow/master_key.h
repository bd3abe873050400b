/* flow/master_key.h - the file of the master key, and its successor while one is on its way (flow/upkeep.h, rekey).
 * Called by whoever opens a store with its secrets: the cell, init, and the upkeep. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "store/limits.h"

struct seal_keys;

#define MASTER_KEY_NEXT ".next" /* behind the file's name: the key that is to take its place */

/* Holds the key of the file, which seals. A successor beside it is held as well: a rekeying that was killed leaves values sealed
 * under either. Errors as seal_key_read. */
MUST_USE bool master_key_hold(const char *path, struct seal_keys *keys, struct err *e);
/* The successor's name. ERR_INPUT: too long. */
MUST_USE bool master_key_next(const char *path, char ret[STORE_PATH_MAX], struct err *e);
