/* api/tables.h - the list of every resource's operations. A new resource adds its table here and in tables.c. */
#pragma once
#include "api/op.h"

/* Ends in NULL; each table ends in an operation without method. */
extern const struct api_op *const api_tables[];

extern const struct api_op api_advisories_ops[];
extern const struct api_op api_audit_trail_ops[];
extern const struct api_op api_cells_ops[];
extern const struct api_op api_console_ops[];
extern const struct api_op api_download_ops[];
extern const struct api_op api_legacy_catalogs_ops[];
extern const struct api_op api_legacy_metadata_ops[];
extern const struct api_op api_legacy_orgs_ops[];
extern const struct api_op api_legacy_power_ops[];
extern const struct api_op api_legacy_session_ops[];
extern const struct api_op api_legacy_upload_ops[];
extern const struct api_op api_legacy_vapp_ops[];
extern const struct api_op api_legacy_vdc_ops[];
extern const struct api_op api_legacy_vm_ops[];
extern const struct api_op api_metrics_ops[];
extern const struct api_op api_nsxt_ops[];
extern const struct api_op api_oauth_ops[];
extern const struct api_op api_openapi_ops[];
extern const struct api_op api_orgs_ops[];
extern const struct api_op api_query_ops[];
extern const struct api_op api_roles_ops[];
extern const struct api_op api_sessions_ops[];
extern const struct api_op api_settings_general_ops[];
extern const struct api_op api_ssl_settings_ops[];
extern const struct api_op api_task_ops[];
extern const struct api_op api_test_connection_ops[];
extern const struct api_op api_tokens_ops[];
extern const struct api_op api_transfer_ops[];
extern const struct api_op api_trusted_certificates_ops[];
extern const struct api_op api_users_ops[];
extern const struct api_op api_vcenter_pools_ops[];
extern const struct api_op api_versions_ops[];
extern const struct api_op api_vim_server_ops[];
extern const struct api_op api_virtual_centers_ops[];
extern const struct api_op api_vmca_ops[];
extern const struct api_op api_vouchsafe_audit_ops[];
extern const struct api_op api_vouchsafe_cell_ops[];
extern const struct api_op api_vouchsafe_changes_ops[];
extern const struct api_op api_vouchsafe_consoles_ops[];
extern const struct api_op api_vouchsafe_denied_ops[];
extern const struct api_op api_vouchsafe_events_ops[];
extern const struct api_op api_vouchsafe_hosts_ops[];
extern const struct api_op api_vouchsafe_inbox_ops[];
extern const struct api_op api_vouchsafe_infra_ops[];
extern const struct api_op api_vouchsafe_preview_ops[];
extern const struct api_op api_vouchsafe_settings_ops[];
extern const struct api_op api_vouchsafe_expiry_ops[];
extern const struct api_op api_vouchsafe_trust_audit_ops[];
extern const struct api_op api_vouchsafe_trust_ops[];
extern const struct api_op api_vouchsafe_vcenters_ops[];
extern const struct api_op api_vouchsafe_vdcs_ops[];
extern const struct api_op api_vouchsafe_web_ops[];
extern const struct api_op api_vouchsafe_why_ops[];
