/* cli/config_file.h - the cell's configuration, for commands that work on the cell's own machine (init, cell ..). */
#pragma once
#include "base/err.h"
#include "flow/config.h"

struct arena;
struct store_by;

/* ERR_INPUT: it can't be read, or a line of it is wrong. */
MUST_USE bool config_file_read(const char *path, struct config *ret, struct arena *a, struct err *e);
/* Who runs this, now, for the audit trail: "root on the cell's machine". In the arena. */
struct store_by config_file_by(const char *flow, struct arena *a);
