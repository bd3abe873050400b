/* cli/host_rows.h - a host of a vCenter Server as the commands list it (docs/cli.md). Called by host list and host probe. */
#pragma once
#include <jansson.h>
#include <stddef.h>

#include "cli/rows.h"

extern const struct rows_column host_columns[];
extern const size_t host_columns_len;

/* h: the cell's JSON. vcenter: its name, escaped. A new reference. */
json_t *host_rows_of(const json_t *h, const char *vcenter);
