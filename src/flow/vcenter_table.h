/* flow/vcenter_table.h - live sessions to registered vCenter Servers: one endpoint and one login each, verified for exactly that
 * vCenter, borrowed by as many threads as need it. Called by every flow that talks to a vCenter, by the gate's
 * wiring, and by the publisher's hook. It logs in lazily; whether a vCenter is well is the watch's business.
 *
 * A borrower reads the vCenter's record first, so a change of URL, account or name check made anywhere replaces the
 * session by the next borrow; who holds the old one finishes with it. A rejected password stays rejected until
 * the record changes or vcenter_forget is called: nobody sends it again (retry storms lock accounts). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "flow/live.h"

struct look;
struct look_request;
struct secret;
struct site;
struct store;
struct vcenter;
struct vcenter_entry;
struct vcenter_reach;
struct vcenter_table;
struct vim_endpoint;
struct vim_peer;
struct vim_session;
struct vmca_answer;
struct vmca_look;

enum { VCENTER_SESSIONS_MAX = 1000 }; /* vCenter Servers of one cell with a session */

/* How the cell reaches what is outside; a NULL member = really (vim_endpoint_create, look_at, vmca_look). For tests. */
struct vcenter_reach {
    bool (*open)(void *self, const struct vim_peer *p, struct vim_endpoint **ret, struct err *e);
    bool (*look)(void *self, const struct site *site, const struct look_request *rq, struct look *ret, struct err *e);
    bool (*vmca)(void *self, const struct site *site, const struct vmca_look *how, struct vmca_answer *ret, struct err *e);
    void *self;
};

/* reach may be NULL; it is copied. */
struct vcenter_table *vcenter_table_create(const struct vcenter_reach *reach);
struct vcenter_table *vcenter_table_destroy(struct vcenter_table *t); /* all holds are back */
DEFINE_AUTO(vcenter_table_destroyp, struct vcenter_table *, vcenter_table_destroy)

/* A borrowed session: AUTO(vcenter_return) struct vcenter_hold h = { 0 }; */
struct vcenter_hold {
    struct vim_session *session;   /* borrowed until returned; its endpoint by vim_session_endpoint */
    struct vim_endpoint *endpoint;
    struct vcenter_entry *entry;
};

/* ERR_NOT_FOUND: no such vCenter; ERR_CONFLICT: it is disabled; ERR_DENIED: no password can be read, or it was rejected (also
 * before the last restart). Does not connect by itself. */
MUST_USE bool vcenter_borrow(const struct site *site, const char *urn, struct vcenter_hold *ret, struct err *e);
void vcenter_return(struct vcenter_hold *h); /* harmless for a zeroed one */

/* A session that is not in the table, for what is not kept yet: registering, editing. */
MUST_USE bool vcenter_open(const struct site *site, const struct vcenter *v, const struct secret *password,
                           struct vcenter_hold *ret, struct err *e);
/* An endpoint of an NSX Manager (or NSX-V Manager) with this URN; owned by the caller. */
MUST_USE bool vcenter_open_nsx(const struct site *site, const char *urn, const char *host, uint16_t port,
                               struct vim_endpoint **ret, struct err *e);

const struct vcenter_reach *vcenter_table_reach(const struct site *site);
/* Are names checked? Its own switch, or the site's. */
MUST_USE bool vcenter_checks_names(struct store *s, const struct vcenter *v, bool *ret, struct err *e);
/* The next borrow makes a new session: after refresh, edit, removal. */
void vcenter_forget(const struct site *site, const char *urn);
/* After the live set was swapped: kept connections that nobody uses are decided again, those that fail are closed.
 * Returns how many. The watch asks every vCenter then. */
size_t vcenter_table_review(const struct site *site);
/* A source of flow/live.h: the kept connections; self is the site. */
void vcenter_table_live(void *self, live_sink *sink, void *sink_self);
