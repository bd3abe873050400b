/* wire/json.h - JSON from outside, read strictly and within limits, and written (RFC 8259), on jansson.
 * Called by api, flow, vim, cli and lab for every text that they did not make themselves. Refused besides what
 * jansson refuses: duplicate keys, depth, too many values, NUL in a string, bytes that are not UTF-8. Pure. */
#pragma once
#include <jansson.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/def.h"
#include "base/err.h"

enum {
    WIRE_JSON_MAX = 1024 * 1024,  /* bytes of a text */
    WIRE_JSON_DEPTH_MAX = 32,     /* arrays and objects inside each other */
    WIRE_JSON_VALUES_MAX = 50000, /* values of a text; an empty one costs some 60 bytes of memory */
};

/* 0 = the constant above. */
struct wire_json_limits {
    size_t bytes, depth, values;
};

/* Any JSON value, `null` included; the caller owns it (json_decref). limits may be NULL. ERR_INPUT, ERR_LIMIT. */
MUST_USE bool wire_json_read(const char *text, size_t len, const struct wire_json_limits *limits, json_t **ret,
                             struct err *e);
/* Appends the value without white space; on failure b is as it was. ERR_LIMIT. */
MUST_USE bool wire_json_write(struct buf *b, const json_t *value, struct err *e);

static inline UNUSED void wire_json_decrefp(json_t **p)
{
    json_decref(*p);
}
