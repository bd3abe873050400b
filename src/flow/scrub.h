/* flow/scrub.h - takes secrets out of text that leaves the house: those whose values are known, in every form in which they tend to be
 * written, and what looks like one by where it stands. Called by the support bundle for all that it packs. Pure.
 *
 * Known values are found anywhere: as they are, in hex of either case with and without colons, in base64 (also in the middle of a longer
 * one: "user:password"), URL-encoded and as a JSON string. Shorter than SCRUB_MIN bytes they are left to the patterns: too much else
 * would look like them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/def.h"
#include "base/err.h"

struct scrub;

#define SCRUB_MARK "[removed]"

enum {
    SCRUB_MIN = 4,                       /* bytes of a value that is looked for */
    SCRUB_VALUE_MAX = 4096,              /* of a longer one so many from the start */
    SCRUB_LINE_MAX = 64 * 1024,          /* a longer line of text is cut there, before the patterns are tried */
    SCRUB_TEXT_MAX = 64 * 1024 * 1024,
};

struct scrub *scrub_create(void);
struct scrub *scrub_destroy(struct scrub *s); /* wipes; NULL in, NULL out */
DEFINE_AUTO(scrub_destroyp, struct scrub *, scrub_destroy)

/* One more value. All of them before the first scrub_text. */
void scrub_value(struct scrub *s, const void *p, size_t len);
/* Appends the text without its secrets. Whatever bytes are in it. ERR_LIMIT. */
MUST_USE bool scrub_text(const struct scrub *s, const void *text, size_t len, struct buf *out, struct err *e);
/* Is a known value in it, in any form? The last look at what is to leave. */
bool scrub_finds(const struct scrub *s, const void *p, size_t len);
