/* vim/basic.h - HTTP Basic credentials (RFC 7617). Used inside vim, by what logs in so. */
#pragma once
#include <stdbool.h>

#include "base/buf.h"

struct secret;

enum { VIM_BASIC_MAX = 4096 }; /* bytes of the field's value; the longest account fits (SECRET_PASSWORD_MAX, twice) */

/* A user that Basic can say: not empty, no colon, UTF-8; and a password that can be sent. ERR_INPUT. `whose` for the text. */
MUST_USE bool vim_basic_check(const char *user, const struct secret *password, const char *whose, struct err *e);
/* Appends "Basic ..." to out (at least VIM_BASIC_MAX), which the caller wipes. */
MUST_USE bool vim_basic_write(const char *user, const struct secret *password, struct buf *out, struct err *e);
