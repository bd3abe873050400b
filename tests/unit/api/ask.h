/* tests/unit/api/ask.h - people at the rig (rig.h): requests of somebody who is logged in, answers as JSON by path. */
#pragma once
#include <jansson.h>

#include "flow/jwt.h"
#include "unit/api/rig.h"
#include "unit/flow/ground.h"

struct desk {
    struct rig *rig;
    struct ground *g;
    char token[JWT_MAX]; /* goes with each request; "" = none */
    char tenant[80];               /* tenant context; "" = none */
    const char *accept;            /* NULL: as the rig has it */
};

int desk_set_up(void **state);
int desk_tear_down(void **state);
/* From now on requests are somebody's; NULL: nobody's. */
void desk_become(struct desk *d, const char *name, const char *password);

/* What came back; freed by answer_done. */
struct answer {
    int status;
    char *body;
    char *fields; /* "name: value\n" of each */
    json_t *json; /* NULL when the body is none */
};
/* target: path and query. body NULL: none. basic: "user@org:password" for an Authorization field, or NULL. */
struct answer ask_as(struct desk *d, const char *basic, const char *method, const char *target, const char *body);
struct answer ask(struct desk *d, const char *method, const char *target, const char *body);
void answer_done(struct answer *a);
/* A field's value copied, "" when absent. */
void answer_field(const struct answer *a, const char *name, char *ret, size_t size);
/* A text in the JSON body by a path of keys and indices: "values.0.name"; fails the test when it is not there. */
const char *answer_text(const struct answer *a, const char *path);
json_int_t answer_number(const struct answer *a, const char *path);
/* Asks and checks the status; the body is printed when it is another one. */
struct answer ask_for(struct desk *d, int status, const char *method, const char *target, const char *body);
/* The same, and forgets the answer. */
void ask_only(struct desk *d, int status, const char *method, const char *target, const char *body);

#define DESK(name) cmocka_unit_test_setup_teardown(name, desk_set_up, desk_tear_down)
