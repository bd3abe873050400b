/* lab/ledger.h - an append-only file whose lines are on the disk when the caller goes on: with many callers at a time,
 * one fdatasync serves all whose lines were there when it began (group commit).
 * Called by whatever issues certificates, from many threads, and by the estate's journal. Lines are never changed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct lab_ledger;

/* Opens path, made when it isn't there. A last line without its end, cut off by a crash, is taken away: nobody was
 * told of it. */
struct lab_ledger *lab_ledger_open(const char *path, struct err *e);
struct lab_ledger *lab_ledger_close(struct lab_ledger *g);
DEFINE_AUTO(lab_ledger_closep, struct lab_ledger *, lab_ledger_close)

/* Whole lines, each with its \n. Returns when they are on the disk. After an ERR_STORE every later call fails with it:
 * what a failed sync left on the disk is not known. */
MUST_USE bool lab_ledger_append(struct lab_ledger *g, const void *p, size_t len, struct err *e);
