/* cli/cert_expiring.h - which trusted certificates end soon, and which endpoints present such. Called by cert list --expiring. */
#pragma once
#include <stdint.h>

#include "base/err.h"

struct cert_list;
struct cli;
struct remote;

/* "30d" or "30": the end of that time, in seconds since 1970. ERR_INPUT. */
MUST_USE bool cert_expiring_until(const char *text, int64_t now, int64_t *ret, struct err *e);
/* Keeps what ends before that moment: CAs first, then the soonest. */
void cert_expiring_keep(struct cert_list *l, int64_t until);
/* Notes on what endpoints present and the cell's own alarms name (GET expiry). A session without the right hears nothing. */
MUST_USE bool cert_expiring_told(struct cli *cli, struct remote *r, int64_t until, struct err *e);
