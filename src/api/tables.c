#include "api/tables.h"

#include <stddef.h>

const struct api_op *const api_tables[] = {
    api_advisories_ops,
    api_audit_trail_ops,
    api_cells_ops,
    api_legacy_orgs_ops,
    api_legacy_session_ops,
    api_nsxt_ops,
    api_oauth_ops,
    api_openapi_ops,
    api_orgs_ops,
    api_query_ops,
    api_roles_ops,
    api_sessions_ops,
    api_settings_general_ops,
    api_ssl_settings_ops,
    api_task_ops,
    api_test_connection_ops,
    api_tokens_ops,
    api_trusted_certificates_ops,
    api_users_ops,
    api_versions_ops,
    api_vim_server_ops,
    api_virtual_centers_ops,
    api_vmca_ops,
    api_vouchsafe_denied_ops,
    api_vouchsafe_events_ops,
    api_vouchsafe_trust_ops,
    api_vouchsafe_vcenters_ops,
    NULL,
};
