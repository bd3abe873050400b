/* store/store.h - what a cell keeps: opening it, transactions, its generation, its health.
 * One header beside this one per kind of record (grant.h, crl.h, sealed.h, evidence.h, endpoint.h, event.h, audit.h,
 * setting.h; rows.h loads the trust set). Called on pool threads and by the CLI; never on a loop, for it blocks.
 *
 * The story: a process opens one *source* (which creates the store or brings it to this program's schema), then one
 * *handle* for each thread that needs one; a handle is used by one thread at a time. A change happens between
 * store_begin(STORE_WRITE) and store_commit: when commit returns true the change is on disk and stays, whatever is
 * killed; before that nobody else sees it. Changes take turns, over all handles. Reads see the last commit, and one
 * moment only when they stand between store_begin(STORE_READ) and store_abort.
 *
 * Errors: ERR_INPUT, ERR_NOT_FOUND, ERR_CONFLICT and ERR_LIMIT changed nothing and the transaction goes on;
 * after anything else (ERR_STORE, ERR_TIMEOUT ..) a transaction can only be aborted, and commit refuses.
 * A change outside of a transaction, or a call from within a list's callback, is ERR_INTERNAL. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/def.h"
#include "base/err.h"
#include "store/limits.h"

struct seal_keys;
struct store;
struct store_source;

enum store_open_mode {
    STORE_OPEN_EXISTING, /* it must be there, with the schema of this program */
    STORE_OPEN_MIGRATE,  /* it must be there; an older schema is brought forward after a copy was made */
    STORE_OPEN_CREATE,   /* it must not be there (an attempt that was killed half way is finished) */
};

/* What opening did. */
struct store_opened {
    unsigned from, to;           /* schema versions; from is 0 for a new store */
    char copy[STORE_PATH_MAX];   /* the copy made before a migration; "" when none was needed */
};

/* `url` is "sqlite:<path>". keys (may be NULL: then sealed values can't be used) are borrowed and outlive the source.
 * ERR_INPUT for a bad url, ERR_NOT_FOUND, ERR_CONFLICT when it exists already or its schema is newer or (with
 * STORE_OPEN_EXISTING) older, ERR_STORE when it is not a store or damaged. `ret_opened` may be NULL. */
MUST_USE bool store_source_open(const char *url, enum store_open_mode mode, const struct seal_keys *keys,
                                struct store_source **ret, struct store_opened *ret_opened, struct err *e);
/* After the last of its handles. NULL in, NULL out. */
struct store_source *store_source_close(struct store_source *src);
DEFINE_AUTO(store_source_closep, struct store_source *, store_source_close)

/* `changed` is called after each commit, once for each kind that it wrote to: a record's kind, or "audit", "crl", "endpoint",
 * "event", "evidence", "grant", "sealed", "setting"; NULL stands for anything. On the thread that committed, which it must
 * not hold up, and only for changes made through this source. Set before the first handle is opened. */
void store_source_watch(struct store_source *src, void (*changed)(void *self, const char *kind), void *self);

MUST_USE bool store_open(struct store_source *src, struct store **ret, struct err *e);
struct store *store_close(struct store *s); /* aborts what is open; NULL in, NULL out */
DEFINE_AUTO(store_closep, struct store *, store_close)

/* A random UUID given at creation: tells one store from another, and starts its audit chain. Borrowed. */
const char *store_identity(const struct store *s);

enum store_txn { STORE_NONE, STORE_READ, STORE_WRITE };

/* STORE_WRITE waits up to STORE_TURN_MS for its turn (ERR_TIMEOUT). */
MUST_USE bool store_begin(struct store *s, enum store_txn mode, struct err *e);
/* On failure nothing was acknowledged and the transaction is over. */
MUST_USE bool store_commit(struct store *s, struct err *e);
/* Ends a transaction without keeping anything; nothing happens when none is open. */
void store_abort(struct store *s);

/* `AUTO(store_abortp) struct store *open = s;` after store_begin; `return store_commit(STEAL(open), e);` at the end. */
static inline UNUSED void store_abortp(struct store **s)
{
    if (*s)
        store_abort(*s);
}

/* Rises, never falls, with each change of what cells keep in memory: grants, CRLs, settings. A cell that has built its
 * trust set from generation N knows whether that is still the last one. */
MUST_USE bool store_generation(struct store *s, uint64_t *ret, struct err *e);
/* For records of other kinds that count as well; grants, CRLs and settings do it by themselves. */
MUST_USE bool store_generation_raise(struct store *s, struct err *e);

/* Looks for damage: the backend's own quick check, every row decoded, the audit chain recomputed. Appends a line per
 * finding; none means that it is sound. False only when looking itself was impossible. Takes its time. */
MUST_USE bool store_check(struct store *s, struct buf *findings, struct err *e);
/* A consistent copy in a new file of mode 0600, on disk before it returns, while others go on reading and writing.
 * Not within a transaction. ERR_CONFLICT when the file exists. What is sealed stays sealed: the master key is not in
 * it. */
MUST_USE bool store_backup(struct store *s, const char *path, struct err *e);
