#include "api/tables.h"

#include <stddef.h>

const struct api_op *const api_tables[] = {
    api_versions_ops,
    NULL,
};
