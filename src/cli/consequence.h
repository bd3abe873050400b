/* cli/consequence.h - what a change of trust would break, asked of the cell before it is made. Called by cert delete and what-if, so
 * that both tell the same story. Changes nothing. */
#pragma once
#include <jansson.h>

#include "base/err.h"
#include "cli/output.h"

struct cert_list;
struct remote;
struct arena;

/* POST whatIf. take_ask: its body. ret: the cell's answer, owned by the caller. */
MUST_USE bool consequence_ask(struct remote *r, json_t *take_ask, json_t **ret, struct err *e);
/* {"action": .., "certificates": [ids]} of these grants: a new reference. */
json_t *consequence_of(const char *action, const struct cert_list *l);
/* Sentences for people, on o's stream for data: what stands still, what is not known, how many live sessions end. finish: they are
 * not ended. */
void consequence_print(struct out *o, const json_t *answer, bool finish, struct arena *a);
/* Nothing breaks, and nothing that could is unknown. */
bool consequence_is_safe(const json_t *answer);
