/* flow/ovf_split.h - a package of several virtual machines (DSP0243 2.1.1, 9.2: VirtualSystemCollection) as one descriptor for each of them. Called
 * by flow/ovf_upload_task.c: a vCenter makes a machine of its own of each, and no vSphere vApp, which nobody here would own. Pure.
 *
 * A machine's descriptor is the package's, byte by byte, without the collection around it, the other machines, and the disks and files
 * that it does not name. What the collection says of all of them (order of start, its networks' products) goes with it. Nouns: ovf. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct arena;
struct xml_element;

enum { OVF_MACHINES_MAX = 64 };

/* Borrows the text; the rest lives in the arena. */
struct ovf_machines {
    const char *text;
    size_t len;
    const struct xml_element *root, *collection; /* NULL: there is none */
    const struct xml_element *systems[OVF_MACHINES_MAX];
    size_t systems_len;                          /* at least 1; without a collection the text is taken as it is */
};
/* A descriptor that ovf_parse took. ERR_INPUT: collection and machine side by side, or a collection of none; ERR_LIMIT. */
MUST_USE bool ovf_machines(const void *data, size_t len, struct arena *a, struct ovf_machines *ret, struct err *e);
/* What people call it: its Name, else its ovf:id; "" when it has neither, or is no collection's. */
const char *ovf_machine_name(const struct ovf_machines *m, size_t n);
/* Its descriptor, with a NUL. ERR_INPUT: it can't stand alone, because the collection declares its namespaces. */
MUST_USE bool ovf_machine_text(const struct ovf_machines *m, size_t n, struct arena *a, const char **ret, struct err *e);
