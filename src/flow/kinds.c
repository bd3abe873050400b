#include "flow/kinds.h"

#include <stddef.h>

const struct flow_kind *const flow_kinds[] = {
    NULL,
};
