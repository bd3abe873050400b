/* unit/trust/ask.h - one question to the engine, from minted certificates, in a few lines. */
#pragma once
#include "fixture/mint.h"
#include "trust/set.h"
#include "trust/verdict.h"
#include "unit/check.h"

enum { ASK_MAX = 24 };

struct ask {
    const struct mint_made *chain[ASK_MAX];   /* leaf first */
    const struct mint_made *anchors[ASK_MAX]; /* granted to System */
    const char *scopes[ASK_MAX];              /* of the anchors; NULL = any */
    const struct mint_made *crls[ASK_MAX];
    const char *crl_urns[ASK_MAX];
    const char *host;                         /* NULL: names are not asked for */
    struct trust_question q;                  /* what else is to be said; now 0 = MINT_NOW */
};

/* Decides. The verdict's ok and rule agree, and a refusal has its texts. */
struct trust_verdict ask(const struct ask *a);

/* Asserts the rule, naming the line of the test. */
#define ASK(want, ...) ask_is(__LINE__, (want), &(struct ask){ __VA_ARGS__ })
void ask_is(int line, enum trust_rule want, const struct ask *a);
#define LIST(...) { __VA_ARGS__ }
