/* cli/verdict.h - a verdict as people and scripts read it: rule and clause, the certificate it fell on, what was
 * expected and seen, the next step. Called by verify and probe, so that both tell the same story.
 * Decides nothing: it shows what trust_decide said. */
#pragma once
#include <stddef.h>

#include <jansson.h>

#include "base/digest.h"
#include "base/err.h"
#include "cli/output.h"
#include "trust/verdict.h"

/* "SHA256:AA:BB.." and "SHA1:AA:BB.." with the end of the string. */
enum { VERDICT_SHA256 = 7 + 3 * DIGEST_SHA256, VERDICT_SHA1 = 5 + 3 * DIGEST_SHA1, VERDICT_REASON = 600 };

/* A verdict and where its certificates can be found; all borrowed. */
struct verdict_view {
    const struct trust_verdict *verdict;
    const struct trust_cert *const *chain;
    size_t chain_len;
    const struct trust_set *set; /* NULL when nothing was trusted */
};

void verdict_sha256(const uint8_t digest[DIGEST_SHA256], char out[VERDICT_SHA256]);
void verdict_sha1(const uint8_t digest[DIGEST_SHA1], char out[VERDICT_SHA1]);
/* A SHA-256 as a person names it: "SHA256:AA:BB..", with or without the word and the colons. what: the option, for the
 * message. ERR_INPUT; a SHA-1 is refused by name: it proves nothing. */
MUST_USE bool verdict_sha256_read(const char *what, const char *text, uint8_t out[DIGEST_SHA256], struct err *e);

/* "expired: CN=vc1: expected .., seen .."; begins with the rule code. */
void verdict_reason(const struct trust_verdict *v, char out[VERDICT_REASON]);

/* The certificate's members: subject, issuer, serial, key, names, ca, not_before, not_after, sha256, sha1. */
json_t *verdict_cert_json(const struct trust_cert *c);
/* The same for people, as lines; label stands before the subject. */
void verdict_cert_print(struct out *o, const char *label, const struct trust_cert *c);
/* The verdict's members: result, rule, clause, reason, .. (docs/cli.md). */
json_t *verdict_json(const struct verdict_view *w);

/* Lines for people. */
void verdict_print(struct out *o, const struct verdict_view *w);
/* "  label        text" */
void verdict_field(struct out *o, const char *label, const char *fmt, ...) PRINTF(3, 4);
/* The same for running text, wrapped. */
void verdict_prose(struct out *o, const char *label, const char *text);
