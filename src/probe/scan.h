/* probe/scan.h - looks at many endpoints at once on one loop, so many in flight, each with its own deadline.
 * Called by `vouchsafe probe` and by whoever watches hosts. No thread and no TLS context per endpoint: all share the
 * owner's. What is looked at comes from a callback, one at a time, so that a million endpoints need no list. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"

struct loop;
struct scan;

enum {
    SCAN_PARALLEL = 64,      /* in flight, unless the caller says otherwise */
    SCAN_PARALLEL_MAX = 512, /* below the usual limit of open files */
};

struct scan_ops {
    /* Fills the next request (zeroed; wake and waker are the scan's); false when there is none. */
    bool (*next)(void *self, struct probe_request *ret);
    /* One has ended. The report is borrowed; chain_ref what is to stay. tag is the request's. */
    void (*ended)(void *self, void *tag, const struct probe_report *r);
    /* All have ended and there is no next. Not called after scan_destroy. */
    void (*finished)(void *self);
};

/* loop, net and ops are borrowed. parallel is 1 to SCAN_PARALLEL_MAX. */
struct scan *scan_create(struct loop *l, const struct probe_net *net, unsigned parallel, const struct scan_ops *ops,
                         void *self);
/* Ends what is in flight without a word to ops. */
struct scan *scan_destroy(struct scan *s);
DEFINE_AUTO(scan_destroyp, struct scan *, scan_destroy)

/* On the loop's thread: fills all places. finished may be called from within when there is nothing to look at. */
void scan_start(struct scan *s);
