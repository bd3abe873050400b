/* api/virtual_centers.h - what both faces of the vCenter resource share: what a body says, on top of what is kept. */
#pragma once
#include "api/op.h"
#include "base/secret.h"
#include "flow/vcenter.h"

/* A body's texts and secrets. virtual_center_done. Nouns: virtual_center. */
struct virtual_center {
    struct vcenter said;
    struct secret password, nsxv_password; /* empty: not given */
};
void virtual_center_done(struct virtual_center *v);

/* A password that a client sends: absent, empty or the stars that some show instead mean "as it was". */
MUST_USE bool virtual_center_password(const char *text, struct secret *ret, struct err *e);
/* Passwords that were given, else NULL. */
const struct secret *virtual_center_given(const struct secret *s);
/* The registered one that {id} of the path names. */
MUST_USE bool virtual_center_of(const struct api_call *c, struct vcenter *ret, struct err *e);

/* One as both its lists and its own address show it. */
json_t *virtual_center_json(const struct vcenter *v);
/* The list of all, each row (a struct vcenter) as `write` has it. */
MUST_USE bool virtual_centers_answer(struct api_call *c, json_t *(*write)(struct api_call *c, const void *row), struct err *e);
