/* flow/upkeep_parts.h - what the files of the upkeep share: a store that was opened outside of a cell. Nobody else includes it.
 * Nouns: upkeep. */
#pragma once
#include "store/datadir.h"
#include "store/store.h"
#include "flow/upkeep.h"

/* AUTO(upkeep_done), zeroed at first. */
struct upkeep_open {
    struct store_datadir *lock;
    struct seal_keys *keys; /* NULL: no secret is needed */
    struct store_source *source;
    struct store *store;
    char url[STORE_PATH_MAX], key[STORE_PATH_MAX];
    const char *file;       /* within url */
};
void upkeep_done(struct upkeep_open *o);

/* url, key and file. ERR_INPUT: the store is none of this machine. */
MUST_USE bool upkeep_paths(const struct init_place *p, struct upkeep_open *o, struct err *e);
/* ERR_CONFLICT: a cell runs. */
MUST_USE bool upkeep_lock(const struct init_place *p, struct upkeep_open *o, struct err *e);
MUST_USE bool upkeep_open(const char *url, enum store_open_mode mode, struct upkeep_open *o, struct store_opened *ret, struct err *e);
/* ERR_STORE with the first finding. */
MUST_USE bool upkeep_sound(struct store *s, struct err *e);
