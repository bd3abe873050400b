/* cli/password.h - a password as commands take it: a file, standard input, or typed twice at a terminal, never an argument
 * (others see those) and never the environment. Called by commands; says nothing about which password is good. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"

struct out;

/* A new password. path NULL or "-": standard input. One line; its line break is not part of it. On a terminal it asks for
 * `what` twice and shows nothing. ERR_INPUT: unreadable, more than one line, empty, too long, or typed differently. */
MUST_USE bool password_read(struct out *o, const char *path, const char *what, struct secret *ret, struct err *e);
/* One that somebody has already: from a file ("-": standard input), or typed once at a terminal. Without either ERR_INPUT that
 * names the option ("--password-file"). */
MUST_USE bool password_known(struct out *o, const char *option, const char *path, const char *what, struct secret *ret,
                             struct err *e);
