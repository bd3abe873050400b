/* cli/commands.h - the commands, one file each. A new one is declared here and listed in commands.c. */
#pragma once
#include "cli/command.h"

extern const struct cli_command command_audit_export;
extern const struct cli_command command_audit_log;
extern const struct cli_command command_audit_verify;
extern const struct cli_command command_explain;
extern const struct cli_command command_init;
extern const struct cli_command command_login;
extern const struct cli_command command_logout;
extern const struct cli_command command_probe;
extern const struct cli_command command_verify;
extern const struct cli_command command_vcenter_add;
extern const struct cli_command command_vcenter_edit;
extern const struct cli_command command_vcenter_list;
extern const struct cli_command command_vcenter_remove;
extern const struct cli_command command_vcenter_show;
extern const struct cli_command command_vcenter_trust;
extern const struct cli_command command_cert_list;
extern const struct cli_command command_cert_show;
extern const struct cli_command command_cert_import;
extern const struct cli_command command_cert_export;
extern const struct cli_command command_cert_delete;
extern const struct cli_command command_nsx_add;
extern const struct cli_command command_nsx_list;
extern const struct cli_command command_nsx_show;
extern const struct cli_command command_nsx_remove;
extern const struct cli_command command_task_list;
extern const struct cli_command command_task_show;
extern const struct cli_command command_task_wait;
extern const struct cli_command command_task_cancel;
extern const struct cli_command command_cell_certificate;
extern const struct cli_command command_cell_csr;
extern const struct cli_command command_cell_import;
extern const struct cli_command command_host_list;
