/* cli/batch.h - `vouchsafe verify --batch`: one JSON request a line, one JSON answer a line, in order.
 * The format is a contract (docs/cli.md). A line that can't be understood is answered with "bad-request: .."
 * and the next one is read; nothing but the end of the input, or an output that is gone, ends it. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "cli/command.h"
#include "wire/lines.h"

enum {
    BATCH_LINE_MAX = LINES_JSON_MAX, /* bytes of one line, without its line break */
    BATCH_REASON_MAX = 640,          /* bytes of one reason */
};

struct buf;
struct trust_set;

/* What is kept from one line to the next: consecutive lines mostly name the same anchors. */
struct batch {
    struct trust_set *set;   /* owned; NULL before the first line */
    json_t *anchors, *crls;  /* owned: what the set was built from */
};

void batch_done(struct batch *b);

/* Answers one line into out (a JSON object without a line break). now: seconds since 1970, for requests without a time. */
void batch_answer(struct batch *b, const char *line, size_t len, int64_t now, struct buf *out);
/* The answer to a line that was too long to be kept. */
void batch_too_long(struct buf *out);

/* Reads fd to its end. */
enum cli_exit batch_run(struct cli *cli, int fd);
