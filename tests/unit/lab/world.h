/* tests/unit/lab/world.h - an estate for one test. All have the same seed, so keys are made once. */
#pragma once
#include "lab/estate.h"

/* Fails the test when it can't be opened. */
struct lab_estate *world_open(const char *scenario);
/* Closes it and opens its directory again; scenario may be NULL. */
struct lab_estate *world_reopen(struct lab_estate *take, const char *scenario);
/* Closes it and removes everything but the keys. */
void world_close(struct lab_estate *take);
