/* wire/archive_write.h - files in memory as a .tar.gz in memory, on libarchive. Called by the CLI's support bundle. Reading is
 * wire/archive.h's. Pure: the time is a parameter. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/archive.h"

struct buf;

/* Appends it. Every file gets mode 0600 and this time; names are taken as they are. ERR_LIMIT past out's maximum. */
MUST_USE bool wire_archive_write(const struct wire_archive_file *files, size_t len, int64_t unix_seconds, struct buf *out, struct err *e);
