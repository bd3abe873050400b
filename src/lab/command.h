/* lab/command.h - what the commands of the control socket share. command.c has the table and the plain ones,
 * command_cert.c those of certificates and of the clock. Under lab_lock. */
#pragma once
#include <jansson.h>

#include "lab/control.h"
#include "lab/estate.h"

struct lab_asked {
    struct lab_estate *estate;
    json_t *request;
    json_t *answer; /* an object */
    bool down;
    int code;       /* VMCA's number of a refusal, or 0 */
};

typedef bool lab_command(struct lab_asked *a, struct err *e);

struct lab_endpoint *lab_asked_target(const struct lab_asked *a, struct err *e);
struct lab_vcenter *lab_asked_vcenter(const struct lab_asked *a, struct err *e);
/* A member that must be a text; NULL with ERR_INPUT. */
const char *lab_asked_text(const struct lab_asked *a, const char *key, struct err *e);

lab_command lab_command_clock, lab_command_csr, lab_command_import, lab_command_install, lab_command_option, lab_command_own, lab_command_publish,
    lab_command_reconnect, lab_command_refresh, lab_command_renew, lab_command_revoke, lab_command_sign,
    lab_command_sts, lab_command_subordinate, lab_command_unpublish;

/* Polls every vCenter whose hosts' certificates were not looked at for pollIntervalDays. Also from a timer. */
MUST_USE bool lab_poll_all(struct lab_estate *s, struct err *e);
