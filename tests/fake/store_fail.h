/* tests/fake/store_fail.h - a store whose N-th access fails, for all N: whatever runs on it must unwind each time.
 * Wraps a handle of any backend; what stands above (rules, flows) can't tell the difference. Every read, write, begin
 * and commit counts as one access; abort and close never fail. */
#pragma once
#include "store/store.h"

enum store_fail_how {
    STORE_FAIL_REFUSED,   /* the access does not happen; a commit keeps nothing */
    STORE_FAIL_UNCERTAIN, /* the access happens and then reports failure: a commit is kept, and nobody knows */
    STORE_FAIL_DEAD,      /* the access and all after it are refused: to what is kept, a process that was killed */
};

/* What several handles agree on: a process has one for each thread, and is killed as a whole. */
struct store_fail_plan {
    unsigned at, count;
    enum store_fail_how how;
};

/* Takes the handle over; the plan is borrowed. */
struct store *store_fail_join(struct store *take_inner, struct store_fail_plan *plan);

/* Takes the handle over; store_close closes both. at = 0: nothing fails, accesses are only counted. */
struct store *store_fail_wrap(struct store *take_inner, unsigned at, enum store_fail_how how);
/* Counts from zero again. */
void store_fail_again(struct store *s, unsigned at, enum store_fail_how how);
/* Accesses since then. The one that fails is counted, too. */
unsigned store_fail_count(const struct store *s);
