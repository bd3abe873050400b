#include "api/tables.h"

#include <stddef.h>

const struct api_op *const api_tables[] = {
    api_legacy_session_ops,
    api_sessions_ops,
    api_versions_ops,
    NULL,
};
