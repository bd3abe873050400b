/* vim/nsx.h - the one call that registering an NSX Manager needs: is it one, does it accept the account, which version?
 * NSX-T: GET /api/v1/node. NSX-V: GET /api/1.0/appliance-management/global/info. HTTP Basic, sent after the verdict as
 * everything; a rejected password is told as ERR_DENIED and not tried again here. Blocks. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct secret;
struct vim_endpoint;

enum vim_nsx_kind { VIM_NSX_T, VIM_NSX_V };

enum {
    VIM_NSX_TEXT = 128,
    VIM_NSX_ANSWER_MAX = 256 * 1024, /* bytes of the answer */
};

/* A value; texts are cut, "" when not said. */
struct vim_nsx {
    char version[VIM_NSX_TEXT];   /* "3.2.1.2.0.20541212", "6.4.14" */
    char hostname[VIM_NSX_TEXT];
};

/* ERR_DENIED: the account; ERR_NOT_FOUND: no such path, so not such a manager; ERR_PEER. */
MUST_USE bool vim_nsx_read(struct vim_endpoint *ep, enum vim_nsx_kind kind, const char *user, const struct secret *password,
                           int64_t deadline_ms, struct vim_nsx *ret, struct err *e);
