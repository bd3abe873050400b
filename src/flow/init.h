/* flow/init.h - a cell's first hour: the System organization, the roles, and the first administrator with a password that a
 * person chose (contracts, "Starting"). Called by `vouchsafe init` while the cell is down, and asked by the cell whether
 * there is an administrator at all. There is no default password anywhere. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"
#include "store/limits.h"

struct store;
struct store_by;

#define INIT_ADMINISTRATOR "administrator"

struct init_place {
    const char *data_dir;    /* made with mode 0700 when it is missing */
    const char *store_url;   /* NULL: sqlite in data_dir */
    const char *key_file;    /* NULL: master.key in data_dir */
};

struct init_done {
    char store_url[STORE_PATH_MAX], key_file[STORE_PATH_MAX];
    bool key_made;           /* a new master key: the person must be told to keep it */
};

/* Where store and key are when the configuration does not say. ERR_INPUT: too long. */
MUST_USE bool init_paths(const struct init_place *p, char ret_url[STORE_PATH_MAX], char ret_key[STORE_PATH_MAX],
                         struct err *e);

/* All of it; one that was killed half way is finished. ERR_CONFLICT when there is an administrator already, or a cell runs.
 * ERR_INPUT: the password is no good; then nothing was made. */
MUST_USE bool init_run(const struct init_place *p, const struct secret *password, enum secret_cost cost,
                       const struct store_by *by, struct init_done *ret, struct err *e);

/* The part of it that is in the store, in a transaction of its own. hash: of secret_password_hash. */
MUST_USE bool init_fill(struct store *s, const char *hash, const struct store_by *by, struct err *e);
/* Whether anybody can log in as a provider with every right: until then a cell answers 503. */
MUST_USE bool init_has_administrator(struct store *s, bool *ret, struct err *e);
