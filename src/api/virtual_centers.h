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
