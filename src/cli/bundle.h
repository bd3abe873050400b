/* cli/bundle.h - certificates and CRLs out of files and PEM texts, for the commands that decide about them.
 * DER is kept in an arena because a trust set is built from rows; certificates are decoded on demand.
 * Decides nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/args.h"
#include "cli/output.h"
#include "trust/pem.h"

struct trust_cert;
struct trust_set;
struct trust_set_report;

struct bundle {
    struct bundle_item {
        enum trust_pem_kind kind;
        const uint8_t *der; /* in the arena */
        size_t len;
    } *items;
    size_t len;
};

/* Appends the blocks of this kind. ERR_INPUT when the text is no bundle at all; one that holds none is fine. */
MUST_USE bool bundle_add(struct bundle *b, enum trust_pem_kind kind, const void *text, size_t len,
                         struct arena *arena, struct err *e);
/* The same for files ("-": standard input); a file without any such block is ERR_INPUT. */
MUST_USE bool bundle_files(struct bundle *b, enum trust_pem_kind kind, const struct arg_list *files,
                           struct arena *arena, struct err *e);

/* Appends each certificate that decodes to chain, up to max; owned by the caller. Returns how many did not. */
size_t bundle_decode(const struct bundle *b, struct trust_cert **chain, size_t *len, size_t max);

/* A set that trusts every anchor for everything, on behalf of System: somebody named them himself. report may be
 * NULL. */
struct trust_set *bundle_trust(const struct bundle *anchors, const struct bundle *crls, struct arena *arena,
                               struct trust_set_report *report);
/* The same from files. What can't be used is left out with a warning; NULL when a file can't be read at all. */
struct trust_set *bundle_trust_files(const struct arg_list *anchors, const struct arg_list *crls, struct out *out,
                                     struct arena *arena, struct err *e);
