/* flow/host_target.h - one ESXi host as a target of the gate: where it is dialled, by which names it may answer, by what it is
 * believed; and a look at it before anything is promised. Called by the deeds that go straight to a host: consoles, transfers,
 * guest customization. It decides as the host report does (flow/hosts.h): on behalf of the vCenter's hosts, by the names that
 * the verified vCenter gives. Changes no grant. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "base/random.h"
#include "gate/gate.h"

struct site;
struct vim_object;
struct vim_session;

/* Fills vcenter, endpoint, host_name, names and policy of t, and host and port unless they are set. session: of that vCenter.
 * ERR_PEER .. when the vCenter can't say; ERR_NOT_FOUND: it has no such host. */
MUST_USE bool host_target_fill(const struct site *site, const char *vcenter, struct vim_session *session,
                               const struct vim_object *host, struct gate_target *t, struct err *e);

/* The same, with the thumbprint that the vCenter holds of this host as the second proof: for deeds to which it gives no ticket. */
MUST_USE bool host_target_fill_proof(const struct site *site, const char *vcenter, struct vim_session *session,
                                     const struct vim_object *host, struct gate_target *t, struct err *e);

/* Looks at it now. ERR_UNTRUSTED with the verdict's text and an event's id, or ERR_INPUT when it can't be reached (a request that
 * can't be served: 400), kept as an event. `feature` names for people what stands still: "the console". */
MUST_USE bool host_target_look(const struct site *site, const struct gate_target *t, const char *feature, struct err *e);
/* The same for a task, whose errors name no UUID (contracts, "Errors"): the event's id goes out by itself. */
MUST_USE bool host_target_ask(const struct site *site, const struct gate_target *t, const char *feature, char ret_event[RANDOM_UUID],
                              struct err *e);
/* The same without keeping an event: *ret says what one would, its text in `why`. For who may ask once more. ERR_INTERNAL ..: it
 * could not look; then ret->rule is NULL. */
struct host_refusal {
    enum gate_what what;
    const char *rule;               /* NULL: it was not refused */
    struct trust_verdict verdict;
    bool has_verdict;
    struct err why;
};
MUST_USE bool host_target_try(const struct site *site, const struct gate_target *t, struct host_refusal *ret, struct err *e);
/* .. and keeps it: e is as host_target_ask sets it. Returns false. */
bool host_target_refuse(const struct site *site, const struct gate_target *t, const struct host_refusal *r, const char *feature,
                        char ret_event[RANDOM_UUID], struct err *e);

/* Keeps an event of the gate; "" when that failed, which is logged. */
void host_target_event(const struct site *site, const struct gate_news *n, const char *feature, char ret_id[RANDOM_UUID]);
