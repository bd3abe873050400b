/* lab/front.h - where the estate's addresses meet its endpoints: one wildcard port, the local address tells who is
 * meant, every connection gets that endpoint's certificate and that endpoint's pages.
 * Called by the program. Addresses outside of 127.0.0.0/8 are reset: the wildcard is not for the network. Belongs to
 * one loop. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct lab_estate;
struct lab_front;
struct loop;
struct pool;

struct lab_front *lab_front_create(struct loop *l, struct pool *p, struct lab_estate *s, struct err *e);
struct lab_front *lab_front_destroy(struct lab_front *f);
DEFINE_AUTO(lab_front_destroyp, struct lab_front *, lab_front_destroy)

/* Opens the scenario's port, or its other one when that needs a privilege; sets the estate's. */
MUST_USE bool lab_front_listen(struct lab_front *f, struct err *e);
