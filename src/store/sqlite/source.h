/* store/sqlite/source.h - the embedded backend, as store.c opens it. */
#pragma once
#include "store/store.h"

/* path: of the database file. NULL: failed. */
struct store_source *sqlite_source_open(const char *path, enum store_open_mode mode, struct store_opened *ret,
                                        struct err *e);
