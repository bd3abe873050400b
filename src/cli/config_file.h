/* cli/config_file.h - the cell's configuration, for commands that work on the cell's own machine (init, cell ..). */
#pragma once
#include "base/err.h"
#include "flow/config.h"

struct arena;

/* ERR_INPUT: it can't be read, or a line of it is wrong. */
MUST_USE bool config_file_read(const char *path, struct config *ret, struct arena *a, struct err *e);
