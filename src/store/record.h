/* store/record.h - everything that a cell keeps beside trust: organizations, users, sessions, vCenter Servers, NSX Managers,
 * tasks. One shape for all: an id, whose it is, a name, a state, and the rest as JSON that its owner in flow/ writes
 * and reads. Called by flow's files of one kind each (flow/user.h, flow/vcenter.h ..) and by nobody else.
 * Knows no kind, raises no generation, writes no audit line, and holds no secret: those are sealed (sealed.h). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "store/limits.h"

struct arena;
struct store;

struct store_record {
    const char *kind;   /* a word: "user" */
    const char *id;     /* unique within the kind: a URN */
    const char *owner;  /* whose it is, an id of another kind; "" = nobody's */
    const char *name;   /* unique per kind and owner without regard to case; "" = it has none */
    const char *state;  /* a word that lists ask for; "" = none */
    int64_t made_ms;    /* when it came; stays */
    int64_t until_ms;   /* after which store_record_expire takes it; 0 = it stays */
    const char *data;   /* JSON, at most STORE_RECORD_MAX bytes; "" = none */
};

/* Keeps it, in the place of what had this kind and id: then made_ms stays as it was. ERR_CONFLICT "Duplicate name .."
 * when another one of the owner has the name; ERR_LIMIT past STORE_RECORDS_MAX of the kind. */
MUST_USE bool store_record_put(struct store *s, const struct store_record *r, struct err *e);
/* ERR_NOT_FOUND. */
MUST_USE bool store_record_remove(struct store *s, const char *kind, const char *id, struct err *e);
/* Removes what was to stay no longer than now_ms, of one kind; says how many. */
MUST_USE bool store_record_expire(struct store *s, const char *kind, int64_t now_ms, uint64_t *ret_removed,
                                  struct err *e);

/* Copied into the arena. ERR_NOT_FOUND. */
MUST_USE bool store_record_get(struct store *s, const char *kind, const char *id, struct arena *a,
                               struct store_record *ret, struct err *e);
/* By owner and name, without regard to case. ERR_NOT_FOUND. */
MUST_USE bool store_record_find(struct store *s, const char *kind, const char *owner, const char *name, struct arena *a,
                                struct store_record *ret, struct err *e);

/* Those that fit everything that is not NULL. */
struct store_record_query {
    const char *kind;   /* must be given */
    const char *owner;
    const char *state;
    const char *after;  /* the id of the last row of the page before */
    uint32_t limit;     /* 0 = STORE_PAGE_MAX, which is the most */
};

/* In the order of ids. Borrowed for the call; must not call the store. Return false (with e set) to stop. */
typedef bool store_record_sink(void *self, const struct store_record *r, struct err *e);
MUST_USE bool store_record_list(struct store *s, const struct store_record_query *q, store_record_sink *sink, void *self,
                                struct err *e);
/* How many fit, without regard to after and limit. */
MUST_USE bool store_record_count(struct store *s, const struct store_record_query *q, uint64_t *ret, struct err *e);
