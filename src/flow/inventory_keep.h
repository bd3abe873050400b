/* flow/inventory_keep.h - writes what the watch over an inventory knows (flow/inventory_model.h) into the store: all of it, or what
 * has just changed. Called by flow/inventory.c and its tests. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct arena;
struct inventory_model;
struct site;

/* Reads the VDCs of the vCenter into the model. *ret_len: how many. */
MUST_USE bool inventory_keep_vdcs(const struct site *site, const char *vcenter, struct inventory_model *m, size_t *ret_len,
                                  struct err *e);
/* Compares everything and writes what differs. ERR_CONFLICT: the VDCs changed meanwhile: read them again. */
MUST_USE bool inventory_keep_all(const struct site *site, const char *vcenter, struct inventory_model *m, struct err *e);
/* The same for some machines by their ids in the vCenter. */
MUST_USE bool inventory_keep_some(const struct site *site, struct inventory_model *m, const char *const *ids, size_t len,
                                  struct err *e);
/* Those by their URNs, with their vApps when they stood alone, are gone. */
struct inventory_gone {
    const char *vm, *own_vapp;
};
MUST_USE bool inventory_keep_gone(const struct site *site, const struct inventory_gone *list, size_t len, struct err *e);
/* All that a vCenter without VDCs has left. */
MUST_USE bool inventory_keep_none(const struct site *site, const char *vcenter, struct err *e);
