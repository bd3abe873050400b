/* tests/unit/api/rig.h - the whole API without a socket: a request as it stands on the wire goes in, the answer comes out.
 * Built on unit/flow/world.h. */
#pragma once
#include <jansson.h>

#include "http/response.h"
#include "http/server.h"
#include "unit/flow/world.h"

struct api_app;

struct rig {
    struct world *world;
    struct api_app *app;
    struct http_server_config http;
    struct arena arena;
    struct http_response rs; /* the last answer */
    json_t *json;            /* of the last answer, once it was read */
    char token[2048];        /* sent as bearer when it is not "" */
};

int rig_set_up(void **state); /* *state becomes the struct rig; the API is open */
int rig_tear_down(void **state);

/* One request: "GET /api/versions", fields as "Name: value\r\n" lines (NULL: an Accept of version 37.0 for the face), body may be
 * NULL. The status; the answer is in r->rs until the next one. */
int rig_call(struct rig *r, const char *line, const char *fields, const char *body);
const char *rig_body(const struct rig *r);
/* A field of the answer, or NULL. */
const char *rig_field(const struct rig *r, const char *name);
/* The answer as JSON; the rig's until the next call. */
json_t *rig_json(struct rig *r);

#define WITH_RIG(name) { #name, name, rig_set_up, rig_tear_down, NULL }
