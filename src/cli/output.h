/* cli/output.h - where a command's answer goes: data to stdout, everything else to stderr.
 * Called by every command and by cli/rows.h; main makes one. Outside text must have been escaped by whoever made it
 * (trust_*, text_escape); JSON is pure ASCII, so that nothing in it can drive a terminal.
 * Never decides what to say, never exits. */
#pragma once
#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "base/def.h"

/* In the order of OUT_FORMATS. */
enum out_format { OUT_TABLE, OUT_WIDE, OUT_JSON, OUT_JSONL, OUT_NAME };
#define OUT_FORMATS "table|wide|json|jsonl|name"

/* In the order of OUT_COLOURS. */
enum out_colour { OUT_COLOUR_AUTO, OUT_COLOUR_ALWAYS, OUT_COLOUR_NEVER };
#define OUT_COLOURS "auto|always|never"

/* The version of every JSON document that we print; raised when a member changes its meaning or goes. */
enum { OUT_SCHEMA = 1 };

enum out_style { OUT_PLAIN, OUT_GOOD, OUT_BAD, OUT_WARN, OUT_DIM, OUT_BOLD };

struct out {
    FILE *data;           /* borrowed: stdout */
    FILE *talk;           /* borrowed: stderr */
    enum out_format format;
    bool no_input;        /* nobody is to be asked (cli/prompt.h) */
    bool quiet;           /* no notes, no progress; errors still */
    bool colour;          /* on data */
    bool talk_colour;
    bool talk_tty;        /* stderr is a terminal: progress may redraw */
    const char *program;  /* "vouchsafe", before each message; borrowed */
    int sys;              /* errno of the first write to data that failed */
    bool progress_open;   /* a progress line stands unfinished on the terminal (cli/progress.h) */
};

/* Whether to colour a stream: an explicit wish, NO_COLOR, CLICOLOR_FORCE, TERM=dumb, then whether it is a terminal.
 * env is getenv or a test's. */
bool out_colour_wanted(enum out_colour wish, bool tty, const char *(*env)(const char *));

/* The escape sequence that begins a style, and the one that ends it; "" without colour. */
const char *out_begin(const struct out *o, enum out_style style);
const char *out_end(const struct out *o, enum out_style style);

/* Data. A write that fails is remembered until out_finish. */
void out_printf(struct out *o, const char *fmt, ...) PRINTF(2, 3);
void out_flush(struct out *o);
/* One JSON document with "schema" first: indented for OUT_JSON, else one line, flushed. Takes the reference. */
void out_json(struct out *o, json_t *take);
/* The same text on stdout and in JSON: NULL or ill-formed UTF-8 can't break a document. A new reference. */
json_t *out_text(const char *s);

/* A sentence for people on stderr; note is silent with -q. */
void out_note(struct out *o, const char *fmt, ...) PRINTF(2, 3);
void out_warn(struct out *o, const char *fmt, ...) PRINTF(2, 3);
void out_error(struct out *o, const char *fmt, ...) PRINTF(2, 3);

/* Flushes stdout. False when something that was printed did not arrive (a full disk, a closed pipe), with *ret_sys
 * the errno. */
MUST_USE bool out_finish(struct out *o, int *ret_sys);
