/* vim/updates.h - a long question to a vCenter Server: what came, changed and went in its inventory (PropertyCollector's
 * WaitForUpdatesEx with a collector, a view and a filter of its own). Called by flow/inventory.h, one thread at a time but for
 * vim_updates_cancel. The first answers tell everything that is there; from then on only what changed. */
#pragma once
#include "vim/session.h"

struct vim_updates;

enum {
    VIM_UPDATES_BATCH = 100,      /* objects asked for in one answer */
    VIM_UPDATES_ANSWER = 24 * 1024 * 1024, /* bytes of one: some servers don't count */
    VIM_UPDATES_TYPES = 8,
};

/* Properties of a type (and of what is derived from it). */
struct vim_updates_type {
    const char *type;
    const char *const *paths; /* ends in NULL */
};

enum vim_update_kind { VIM_UPDATE_ENTER, VIM_UPDATE_MODIFY, VIM_UPDATE_LEAVE };

struct vim_update {
    enum vim_update_kind kind;
    const struct vim_object *object;
    const struct xml_element *changes; /* its ObjectUpdate; for the time of the call */
};
/* Return false (with e set) to stop. */
typedef bool vim_update_sink(void *self, const struct vim_update *u, struct err *e);

/* types is borrowed as long as it lives. */
MUST_USE bool vim_updates_open(struct vim_session *s, const struct vim_updates_type *types, size_t len, int64_t deadline_ms,
                               struct vim_updates **ret, struct err *e);
/* Ends it at the server as well; what fails there is not said. */
struct vim_updates *vim_updates_close(struct vim_updates *u);
DEFINE_AUTO(vim_updates_closep, struct vim_updates *, vim_updates_close)

/* Everything is to be told again: the next answers are as the first ones. */
void vim_updates_restart(struct vim_updates *u);
/* Waits at most `seconds` for news. *ret_more: there is more to tell at once. *ret_any: something was told. What the server
 * has forgotten (InvalidCollectorVersion) makes it start anew, told as ERR_CONFLICT. */
MUST_USE bool vim_updates_wait(struct vim_updates *u, int seconds, vim_update_sink *sink, void *self, bool *ret_any,
                               bool *ret_more, struct err *e);
/* From any thread, while u is there: a wait that is under way ends. */
void vim_updates_cancel(struct vim_updates *u);

/* What an update says of a property: true when it says something; *ret is NULL when it was taken away. A change of what
 * contains it ("runtime") says it as well. */
bool vim_update_says(const struct xml_element *changes, const char *path, const struct xml_element **ret);
