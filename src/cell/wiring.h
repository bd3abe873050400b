/* cell/wiring.h - builds everything that a cell needs, in order, and takes it down again in the reverse one.
 * Called by main.c only; the table of contents of the program. */
#pragma once
#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "flow/config.h"
#include "flow/site.h"
#include "net/address.h"
#include "store/store.h"

struct api_app;
struct gate;
struct hosts;
struct seal_keys;
struct service;
struct store_datadir;
struct timers;

struct cell {
    struct arena arena;          /* the configuration's texts and what lives as long as the process */
    const char *config_path;     /* borrowed */
    struct config config;
    bool lab;
    bool local;                  /* no port, no watch, no tasks of an earlier process: only the control socket, while somebody uses it */
    struct address listen;
    struct store_datadir *datadir;
    struct seal_keys *keys;
    struct pulse *pulse;
    struct store_source *source;
    struct loan_shelf *shelf;
    struct trust_live *live;
    struct publisher *publisher;
    struct hosts *hosts;
    struct resolver *resolver;
    struct pool *requests;       /* handlers of requests */
    struct pool *work;           /* tasks and watches, which may take minutes */
    struct pool *doors;          /* what consoles ask: tickets, the vCenter, events */
    struct gate *gate;
    struct site site;
    struct api_app *app;
    struct service *service;
    struct timers *timers;       /* NULL until cell_start */
    bool working;                /* tasks and watches were started */
};

/* Reads the configuration, opens what is kept, makes the last trust live, opens the port. Nothing is answered yet. */
MUST_USE bool cell_open(struct cell *c, struct err *e);
/* Answers, resumes or unwinds the tasks that were found half way, and watches the vCenter Servers. */
MUST_USE bool cell_start(struct cell *c, struct err *e);
/* Has anybody come in by the control socket since the start? */
bool cell_visited(const struct cell *c);
/* SIGHUP: certificate, limits marked "reload", log level; never ports. On failure everything is as it was. */
MUST_USE bool cell_reload(struct cell *c, struct err *e);
/* Drains and stops. */
void cell_stop(struct cell *c);
/* After cell_stop, or after cell_open failed half way. */
void cell_close(struct cell *c);
