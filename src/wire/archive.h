/* wire/archive.h - the files in a zip or tar that lies in memory, each whole, on libarchive.
 * Called by vim (a vCenter's bundle of roots), flow and the CLI (a bundle that a person hands over). Never writes a file,
 * follows no link, and stops at every cap: an archive is as hostile as whoever made it. Pure.
 * Zip entries are stored or deflated and not encrypted; tar is plain (no gzip around it). Other formats are not even
 * looked for: their decoders are a large surface, and nobody we talk to uses them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    WIRE_ARCHIVE_BYTES = 16 * 1024 * 1024,    /* of the archive as it came */
    WIRE_ARCHIVE_ENTRIES = 20000,             /* directories and links included */
    WIRE_ARCHIVE_ENTRY = 4 * 1024 * 1024,     /* bytes of one file, unpacked */
    WIRE_ARCHIVE_TOTAL = 32 * 1024 * 1024,    /* bytes of all files, unpacked */
    WIRE_ARCHIVE_RATIO = 100,                 /* unpacked bytes for each byte of the archive; past the first 64 KiB */
    WIRE_ARCHIVE_RATIO_FROM = 64 * 1024,
    WIRE_ARCHIVE_PATH = 1024,                 /* bytes of one name */
};

/* What one call allows; 0 = the constant above. */
struct wire_archive_limits {
    size_t bytes, entries, entry, total, ratio;
};

/* A regular file; all borrowed for the call. */
struct wire_archive_file {
    const char *path;    /* as written: relative, without "..", backslash or control bytes; UTF-8 */
    const uint8_t *data; /* followed by a NUL that is not counted */
    size_t len;
};

/* Return false (with e set) to stop. */
typedef bool wire_archive_sink(void *self, const struct wire_archive_file *f, struct err *e);

/* Hands over the regular files in the archive's order; directories and links are passed over. What was handed over
 * before a failure came from a bad archive: the caller drops it. ERR_INPUT: not such an archive, damaged, cut off
 * (a zip always; a tar within a file), encrypted, another compression, a name that would
 * leave its place or (in a process without a UTF-8 locale) is not ASCII. ERR_LIMIT:
 * a cap, named. limits may be NULL. */
MUST_USE bool wire_archive_read(const void *data, size_t len, const struct wire_archive_limits *limits,
                                wire_archive_sink *sink, void *self, struct err *e);
