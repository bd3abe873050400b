/* flow/upkeep.h - what an administrator does to the store as a whole, on the cell's machine: a copy, a check, putting a copy back, a
 * new master key. Called by `vouchsafe db`. Copy and check run beside a live cell (the store takes several processes); the other two hold
 * the data directory, and nothing that they leave behind when they are killed keeps the cell from starting. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/seal.h"
#include "store/limits.h"

struct init_place;
struct store_by;

enum { UPKEEP_FINDINGS_MAX = 256 * 1024 }; /* bytes of what a check says */

/* A consistent copy in a new file, which is then opened and checked. path is absolute. ERR_CONFLICT: it exists. ERR_STORE: it, or the
 * store itself, is damaged. */
MUST_USE bool upkeep_backup(const struct init_place *p, const char *path, struct err *e);
/* Lines of what is wrong; none means that it is sound. Of the store, or of a copy (path not NULL). */
MUST_USE bool upkeep_check(const struct init_place *p, const char *path, struct buf *findings, struct err *e);

struct upkeep_restored {
    char kept[STORE_PATH_MAX];  /* where the store that was replaced is; "" when there was none */
    unsigned from, to;          /* schema of the copy, and of the store now */
    uint64_t locked;            /* secrets in it whose master key is not at hand */
};
/* A copy takes the store's place. Refused, and then nothing has changed: a cell runs (ERR_CONFLICT), it is no store, a damaged one, or
 * of a newer schema; with secrets that the master key here does not open (ERR_DENIED) unless `locked` says that this is
 * meant. The old one is kept beside it. */
MUST_USE bool upkeep_restore(const struct init_place *p, const char *path, bool locked, const struct store_by *by,
                             struct upkeep_restored *ret, struct err *e);

/* Where a rekeying stands; it may be killed at any of these and is finished by the next. */
enum upkeep_rekey_step {
    UPKEEP_KEY_MADE,  /* the new key has its file beside the old one */
    UPKEEP_SEALED,    /* every secret is sealed anew, and nothing of it is committed */
    UPKEEP_COMMITTED,
    UPKEEP_OLD_KEPT,  /* the old key has another name as well */
    UPKEEP_IN_PLACE,  /* the new key has the old one's name */
    UPKEEP_REKEY_STEPS,
};
/* For tests: told behind each step. */
typedef void upkeep_rekey_hook(void *self, enum upkeep_rekey_step step);

struct upkeep_rekeyed {
    uint64_t secrets;
    char id[SEAL_ID], old_key[STORE_PATH_MAX]; /* the new key's id; where the old one is: copies made before need it */
};
/* ERR_CONFLICT: a cell runs. ERR_DENIED: a secret is sealed under a key that is not at hand. hook may be NULL. */
MUST_USE bool upkeep_rekey(const struct init_place *p, const struct store_by *by, upkeep_rekey_hook *hook, void *self,
                           struct upkeep_rekeyed *ret, struct err *e);
