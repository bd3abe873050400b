/* wire/tar_write.h - the frame of a tar archive whose files lie elsewhere: a header in front of each, zeros behind it, and the end. So
 * the length of the whole is known before the first byte of it is read. Called where an OVA is put together while it is
 * sent. POSIX.1-1988 ustar, as DSP0243 5.1 asks of an OVA; sizes from 8 GiB on in base 256, as GNU tar and libarchive read them. Pure.
 * Nouns: tar. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    TAR_BLOCK = 512,
    TAR_END = 2 * TAR_BLOCK, /* zeros behind the last file */
    TAR_NAME_MAX = 100,      /* bytes of a name */
};

/* The block in front of a file: mode 0644, owner 0. ERR_INPUT: a name that is empty, too long, absolute, or leads out of its place. */
MUST_USE bool tar_header(const char *name, uint64_t size, int64_t unix_seconds, uint8_t out[TAR_BLOCK], struct err *e);
/* Zeros behind a file of so many bytes: 0 to TAR_BLOCK - 1. */
size_t tar_padding(uint64_t size);
