/* gate/errand.h - one request to an ESXi host: to whom, how, and with which fields. Filled by floors above on a pool thread
 * (a lease's URL, a datastore's with its service ticket), used once by the gate, and wiped: path and fields open the host. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/def.h"
#include "base/err.h"

struct gate_target;

enum { GATE_FIELDS_MAX = 6, GATE_FIELD_MAX = 4096 /* bytes of a field's value */ };

struct gate_errand {
    struct gate_target *target;  /* a reference: host, path, by what it is believed */
    char *method;                /* owned, as the fields */
    struct { char *name, *value; } fields[GATE_FIELDS_MAX];
    size_t fields_len;
};

/* Takes the target over. */
struct gate_errand *gate_errand_create(struct gate_target *take, const char *method);
struct gate_errand *gate_errand_destroy(struct gate_errand *r); /* NULL in, NULL out */
DEFINE_AUTO(gate_errand_destroyp, struct gate_errand *, gate_errand_destroy)

/* "Content-Type", "Overwrite", "Cookie". ERR_INPUT: it can't be sent, or is one too many. */
MUST_USE bool gate_errand_field(struct gate_errand *r, const char *name, const char *value, struct err *e);
