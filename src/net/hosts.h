/* net/hosts.h - a hosts file: names with their addresses, read once and strictly, never changed afterwards.
 * Called by net/resolve.h; the lab writes such a file and the cell's `resolver hosts` names one. Unlike the system's
 * reader it refuses a line that it does not understand, with the line's number, instead of passing over it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/address.h"

enum {
    HOSTS_BYTES_MAX = 4 * 1024 * 1024, /* in one file */
    HOSTS_NAMES_MAX = 100000,          /* pairs of name and address in one file */
    HOSTS_NAME_MAX = 253,              /* bytes in a host name, RFC 1035 section 2.3.4 */
};

struct hosts;

/* Lines "ADDRESS NAME [NAME ..]", `#` starts a comment, CRLF or LF. ERR_INPUT with the line, ERR_LIMIT. */
struct hosts *hosts_parse(const char *text, size_t len, struct err *e);
/* Reads a file. ERR_NOT_FOUND when there is none. */
struct hosts *hosts_load(const char *path, struct err *e);
struct hosts *hosts_destroy(struct hosts *h);
DEFINE_AUTO(hosts_destroyp, struct hosts *, hosts_destroy)

/* The name's addresses in the file's order, at most max of them, with port 0. Returns how many. h may be NULL. */
size_t hosts_find(const struct hosts *h, const char *name, struct address *ret, size_t max);

/* A host name that may be looked up: labels of letters, digits, hyphen and underscore (RFC 1123 section 2.1 and what
 * is found in the field), at most HOSTS_NAME_MAX bytes, one dot at the end allowed; and it does not end in a number,
 * because resolvers read "127.1" and "0x7f000001" as addresses. */
bool hosts_name_valid(const char *name);
