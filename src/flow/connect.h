/* flow/connect.h - is a registered vCenter Server there? Logs in, reads who answers, and keeps a state that is true
 * (listenerState, isConnected). Called by the workflows of registration, edit and refresh, and by the watch.
 * Decides nothing about trust and changes no grant; the sessions are flow/vcenter_table.h's. */
#pragma once
#include <stdbool.h>

#include "base/def.h"
#include "base/err.h"

struct flow;
struct look;
struct site;
struct vcenter;
struct vim_about;
struct vim_session;

enum { CONNECT_MS = 30 * 1000 /* login and the first answer, all together */ };

/* Logs in and reads who answers. ERR_INPUT: an ESXi host, not a vCenter Server. */
MUST_USE bool connect_login(struct vim_session *s, const char *name, struct vim_about *ret, struct err *e);

/* With the session of the table, and keeps what came of it. again: also a password that was rejected before. False: why not;
 * that is in the state as well. ret_changed (may be NULL): it was not connected before. */
MUST_USE bool connect_registered(const struct site *site, const char *urn, bool again, bool *ret_changed, struct err *e);
/* Keeps that it is not connected. Nothing happens for one that is gone. */
void connect_lost(const struct site *site, const char *urn, const struct err *why);
/* It was disabled: its session goes. */
void connect_stop(const struct site *site, const char *urn);

/* Step 1's look at the endpoint of v, on its own behalf, by the names it must have. The report is in ret whatever it says
 * (look_done); false only when looking was impossible. */
MUST_USE bool connect_look(const struct site *site, const struct vcenter *v, struct look *ret, struct err *e);
/* The same, and ERR_UNTRUSTED, ERR_PEER .. in words for people when it can't be believed. Sends no credential. */
MUST_USE bool connect_look_believed(const struct site *site, const struct vcenter *v, struct err *e);
/* Looks, keeps what the endpoint presents under the vCenter's URN, and tells (an event, a line of log) when that is another
 * certificate than the last time. What fails is said in the log only. */
void connect_notice(const struct site *site, const char *urn);

/* Looks at the endpoint and at the hosts again, compares with what was believed (flow/rotation.h), and brings the counts up to
 * date; the VMCA is as it was read last. For the watch; what fails is in the log. */
void connect_check_hosts(const struct site *site, const char *urn);
/* Reads everything again: who answers, the endpoint and the NSX-V Manager beside it, the VMCA, the hosts. */
void connect_sync(const struct site *site, const char *urn);
/* Reads the VMCA and looks at the hosts (flow/vmca.h), and keeps what they say. f (may be NULL) hears of the progress and can
 * be cancelled. What fails is no failure of the caller's work: it is in the log and in the flow's note. */
void connect_trust(const struct site *site, const char *urn, struct flow *f);
