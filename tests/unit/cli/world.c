#include "unit/cli/world.h"

#include <stdlib.h>

#include "unit/check.h"

void world_run(struct world *w, const struct cli_program *p, bool tty, const char *(*env)(const char *),
               char *const *argv)
{
    char *words[32] = { (char *)(uintptr_t)p->name };
    int argc = 1;
    for (; *argv && argc < 31; argv++)
        words[argc++] = *argv;
    size_t data_len, talk_len;
    FILE *data = open_memstream(&w->data, &data_len), *talk = open_memstream(&w->talk, &talk_len);
    struct cli_world world = { data, talk, tty, tty, env };
    w->code = (int)cli_run(p, &world, argc, words);
    CHECK(fclose(data) == 0);
    CHECK(fclose(talk) == 0);
}

void world_done(struct world *w)
{
    free(w->data);
    free(w->talk);
    *w = (struct world){ 0 };
}

void world_out_init(struct world_out *w, enum out_format format)
{
    *w = (struct world_out){ 0 };
    w->out.program = "vouchsafe";
    w->out.format = format;
    w->out.data = open_memstream(&w->data, &w->data_len);
    w->out.talk = open_memstream(&w->talk, &w->talk_len);
}

void world_out_flush(struct world_out *w)
{
    CHECK(fflush(w->out.data) == 0);
    CHECK(fflush(w->out.talk) == 0);
}

void world_out_done(struct world_out *w)
{
    CHECK(fclose(w->out.data) == 0);
    CHECK(fclose(w->out.talk) == 0);
    free(w->data);
    free(w->talk);
    *w = (struct world_out){ 0 };
}
