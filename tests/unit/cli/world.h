/* tests/unit/cli/world.h - a run of a program with its streams in memory. */
#pragma once
#include "cli/cli.h"

struct world {
    char *data, *talk; /* what it printed; owned */
    int code;
};

/* argv without the program's name, up to NULL. */
void world_run(struct world *w, const struct cli_program *p, bool tty, const char *(*env)(const char *),
               char *const *argv);
void world_done(struct world *w);

#define WORLD(w, p, ...)                                 \
    do {                                                 \
        char *argv_[] = { __VA_ARGS__, NULL };           \
        world_run(w, p, false, NULL, argv_);             \
    } while (0)

/* A struct out whose streams are in memory; world_out_done fills data and talk. */
struct world_out {
    struct out out;
    char *data, *talk;
    size_t data_len, talk_len;
};

void world_out_init(struct world_out *w, enum out_format format);
void world_out_flush(struct world_out *w);
void world_out_done(struct world_out *w);
