/* cli/args.h - options and operands as a table, and the reader that obeys it.
 * The same table makes help, man pages and completion (cli/help.h, cli/man.h, cli/complete.h), so none can drift.
 * Strict: an unknown option, a missing or bad value, a value given twice, one operand too many are errors that
 * name the word and the remedy. Options are never abbreviated: a script must not change its meaning when an
 * option is added. Never prints, never exits. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum {
    ARGS_WORDS_MAX = 100000,  /* words on one command line */
    ARGS_WORD_MAX = 64 * 1024, /* bytes in one of them */
};

enum arg_type {
    ARG_FLAG,     /* bool */
    ARG_TEXT,     /* const char *; NULL when not given */
    ARG_LIST,     /* struct arg_list: the option may be repeated */
    ARG_CHOICE,   /* int: which of choices, from 0 */
    ARG_NUMBER,   /* struct arg_number, between min and max */
    ARG_DURATION, /* struct arg_number in milliseconds: "500ms", "10s", "2m", a bare number is seconds */
    ARG_TIME,     /* struct arg_number: RFC 3339 or seconds since 1970 */
};

struct arg_number {
    bool given; /* on the command line, in the environment, or by default */
    int64_t value;
};

struct arg_list {
    const char **items; /* owned by the arena; the texts are borrowed from argv */
    size_t len;
};

struct arg_option {
    const char *name;     /* "anchors" for --anchors */
    char letter;          /* 'o' for -o, 0 for none */
    enum arg_type type;
    size_t at;            /* offset of the field in the command's struct */
    const char *value;    /* what the value is called: "FILE" */
    const char *choices;  /* ARG_CHOICE: "table|wide|json" */
    const char *fallback; /* the value when nothing is given, as text; NULL: the field stays zero */
    const char *env;      /* environment variable that stands in for the option; NULL for none */
    int64_t min, max;     /* ARG_NUMBER, and ARG_DURATION in milliseconds */
    const char *help;     /* one sentence or two, no final line break */
};

struct arg_operand {
    const char *name; /* "LEAF" */
    const char *help;
    size_t at;        /* of a const char *, or of a struct arg_list when many */
    bool many;        /* takes all that are left; only the last operand of a table */
    bool is_file;     /* completion offers files */
    const char *(*candidate)(size_t i); /* completion offers these, up to NULL; may be NULL */
    const char *kind; /* completion asks the cell for the names of these: "user" (cli/names.h); may be NULL */
};

/* Where the options of one table go. A command line is read against several: the command's own and the global. */
struct arg_set {
    const struct arg_option *options;
    size_t len;
    void *into;  /* the struct that option.at points into; zeroed by the caller */
    bool *seen;  /* len flags, zeroed by the caller; owned by the caller */
};

struct args {
    struct arg_set sets[2];
    size_t sets_len;
    struct arena *arena;               /* lists live here */
    const char *(*env)(const char *);  /* getenv, or a test's; NULL: no environment */
    bool plain;                        /* "--" was seen: what follows are operands */
};

/* Reads the option at argv[*at] and its value, and moves *at past them. False when it is wrong. */
MUST_USE bool args_option(struct args *a, char *const *argv, size_t argc, size_t *at, struct err *e);
/* True if this word is an option rather than an operand ("-" alone is an operand). */
bool args_is_option(const struct args *a, const char *word);

/* Puts one operand where the table says. used counts those placed so far. */
MUST_USE bool args_operand(const struct arg_operand *operands, size_t len, void *into, size_t *used, const char *word,
                           struct arena *arena, struct err *e);

/* Fills what the command line left open: the environment, then the defaults. */
MUST_USE bool args_finish(struct args *a, struct err *e);

/* One value as its type wants it, written to field. what names the option in the message. */
MUST_USE bool args_value(const struct arg_option *o, const char *what, const char *text, void *field,
                        struct arena *arena, struct err *e);

void arg_list_add(struct arg_list *l, const char *text, struct arena *arena);
