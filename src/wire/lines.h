/* wire/lines.h - a stream cut into lines (JSON lines, control sockets), each no longer than the caller allows.
 * Called by `vouchsafe verify --batch` and the lab's control socket. Sans-I/O: it is fed bytes and answers lines.
 * A line that lies whole in the bytes given is not copied; one that is too long is reported once and passed over. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/url.h"

enum { LINES_JSON_MAX = 16 * 1024 * 1024 }; /* bytes of one line of `vouchsafe verify --batch` */

enum lines_event {
    LINES_MORE,     /* everything is used and no line is complete */
    LINES_LINE,
    LINES_TOO_LONG, /* what came so far of this line is dropped, and its rest will be */
};

struct lines {
    struct buf part; /* of a line that came in pieces */
    bool given;      /* the content of part was handed out: it goes at the next call */
    bool skipping;   /* inside a line that was too long */
};

/* max: bytes of a line, without its end. */
void lines_init(struct lines *l, size_t max);
void lines_done(struct lines *l);

/* Reads one event from data; *ret_used bytes were taken. *ret_line has neither the LF nor a CR before it, and is
 * borrowed from data or from l until the next call. An empty line is a line. */
enum lines_event lines_feed(struct lines *l, const uint8_t *data, size_t len, size_t *ret_used,
                            struct url_span *ret_line);
/* The stream has ended: LINES_LINE for a last line without its LF, else LINES_MORE. */
enum lines_event lines_eof(struct lines *l, struct url_span *ret_line);
