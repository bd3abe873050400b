/* flow/live.h - what is connected now, and on which chain it stands: sessions to vCenter Servers, and whatever else registers as a
 * source (relays to hosts). Called to tell a person how many live sessions a change would end, before it is made.
 * It counts; ending them is their owners' business, who decide kept chains again when the live set was swapped. */
#pragma once
#include <stddef.h>

#include "base/def.h"
#include "trust/verdict.h"

struct live_list;
struct trust_set;

enum { LIVE_SOURCES = 8 };

/* Some sessions that stand on one chain. Borrowed for the call. */
struct live_session {
    const char *kind;       /* a word: "vcenter", "console", "transfer" */
    const char *endpoint;   /* as in store/endpoint.h */
    const char *what;       /* for people: "pooled connections to vc1" */
    size_t count;
    struct trust_question question; /* with the kept chain; now is not read */
};

typedef void live_sink(void *self, const struct live_session *s);

/* Tells everything that is open. Any thread; must not block on the network. */
struct live_source {
    void (*each)(void *self, live_sink *sink, void *sink_self);
    void *self;
};

struct live_list *live_create(void);
struct live_list *live_destroy(struct live_list *l); /* NULL in, NULL out */
DEFINE_AUTO(live_destroyp, struct live_list *, live_destroy)
/* At start-up, before threads ask. The source outlives the list. */
void live_add(struct live_list *l, const struct live_source *source);

/* How many sessions that are believed under `now` would end under `then`, in all and each row told to sink (may be NULL). l NULL:
 * none are open. at: seconds since 1970. */
size_t live_ending(const struct live_list *l, const struct trust_set *now, const struct trust_set *then, int64_t at, live_sink *sink,
                   void *self);
