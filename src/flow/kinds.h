/* flow/kinds.h - every workflow that a task can run, by the name that is kept with it. Read by task.c when a cell starts and
 * finds tasks half way. A new workflow is declared here and listed in kinds.c; its name and the order of its
 * steps never change while stores may hold one under way. */
#pragma once
#include "flow/runner.h"

extern const struct flow_kind *const flow_kinds[]; /* ends in NULL */
