/* wire/settings.h - INI files read by a table: every key has a type, a default, a range and a sentence of help.
 * Used for the cell's configuration and the lab's scenarios. Strict: an unknown section or key, a key that is there
 * twice, a value out of range, a line that is too long are errors that name the line. Pure: no file is opened here.
 *
 * `key = value` lines under [section] headers; those before the first header belong to section "". Comments begin
 * with ; or # at the start of a line. A value is everything behind the = without the blanks around it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct arena;
struct buf;

enum {
    SETTINGS_FILE_MAX = 256 * 1024, /* bytes of one file */
    SETTINGS_LINE_MAX = 2048,       /* bytes of one line, its end included */
    SETTINGS_LIST_MAX = 64,         /* values of one list */
};

enum setting_type {
    SETTING_TEXT,     /* const char *, not empty; NULL when absent without a default */
    SETTING_LIST,     /* struct setting_list: values separated by blanks or commas */
    SETTING_BOOL,     /* bool: yes/no, true/false, on/off, 1/0 */
    SETTING_NUMBER,   /* uint64_t within min..max */
    SETTING_DURATION, /* int64_t milliseconds within min..max: 500ms, 10s, 2m, 1h, a bare number is seconds */
    SETTING_SIZE,     /* uint64_t bytes within min..max: 512, 64K, 16M, 2G */
    SETTING_CHOICE,   /* int: which of choices, from 0 */
};

struct setting_list {
    const char *const *items; /* in the arena */
    size_t len;
};

struct setting {
    const char *section, *key;
    enum setting_type type;
    size_t at;            /* offset of the field in the struct that settings_read fills */
    const char *fallback; /* default, spelt as in the file; NULL: the field keeps its zero value */
    uint64_t min, max;    /* NUMBER, DURATION, SIZE; max 0 = no upper bound */
    const char *choices;  /* CHOICE: "end|finish" */
    const char *help;     /* one sentence */
    bool reload;          /* may change while the program runs: for whoever documents it */
};

/* Fills *fields (zeroed by the caller) from text, first with the defaults. Texts live in the arena. ERR_INPUT with
 * "line N: .." (fields are then of no use), ERR_LIMIT past SETTINGS_FILE_MAX. A default that its own table refuses is
 * a programming fault. */
MUST_USE bool settings_read(const char *text, size_t len, const struct setting *table, size_t table_len, void *fields,
                            struct arena *arena, struct err *e);

/* Where a value came from. */
struct setting_origin {
    unsigned line;    /* of the text; 0: the default, or nothing */
    const char *text; /* as it is spelt there, or in the table; NULL: nothing. In the arena or the table's */
};
/* Where it all goes. */
struct setting_target {
    void *fields;
    struct setting_origin *origins; /* table_len of them, one for each row; NULL: nobody asks */
};
/* The same, and where each value came from. */
MUST_USE bool settings_read_from(const char *text, size_t len, const struct setting *table, size_t table_len,
                                 const struct setting_target *to, struct arena *arena, struct err *e);

/* The table as a commented file with every default: what `--print-config` shows. */
MUST_USE bool settings_write(const struct setting *table, size_t table_len, struct buf *out, struct err *e);
