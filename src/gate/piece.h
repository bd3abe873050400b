/* gate/piece.h - one PUT of a client as a piece of an upload: the request's body is its feed. Called by flow, which has decided who
 * may, on a pool thread; the rest runs on the loop of the client's connection. It writes no answer: floors above know its form. */
#pragma once
#include <stdbool.h>

#include "gate/upload.h"
#include "http/response.h"

struct http_exchange;

/* Answers the client, on the loop: never waits. Nothing of f outlives the call. */
typedef void gate_reply(struct http_exchange *x, const struct gate_fed *f);

/* Claims the upload for a request with this claim. Fails as gate_upload_claim does, and then the request is answered at once.
 * ret->stream NULL: all is there already, which is a 200. */
MUST_USE bool gate_piece(struct gate_upload *u, const struct range_claim *c, gate_reply *reply, struct http_onward *ret,
                         enum range_verdict *ret_verdict, struct err *e);
