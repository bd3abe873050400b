/* vim/body.h - what SOAP and REST have in common in reading an HTTP answer: its kind, and errors that name what came
 * instead. Used inside vim only. */
#pragma once
#include "base/buf.h"
#include "vim/endpoint.h"

/* Is the answer's media type this one ("text/xml"), whatever its parameters? */
bool vim_body_is(const struct vim_answer *answer, const char *type);
/* "the answer is text/html where XML was expected". ERR_PEER. Returns false. */
bool vim_body_other(const struct vim_answer *answer, const char *expected, struct err *e);
/* What a status that was not expected means: 401 and 403 ERR_DENIED, 404 ERR_NOT_FOUND, 400 ERR_INPUT, else ERR_PEER.
 * Returns false. */
bool vim_body_status(const struct vim_answer *answer, const char *path, struct err *e);
/* Frees a buffer that may have held a secret. */
void vim_body_wipe(struct buf *b);
