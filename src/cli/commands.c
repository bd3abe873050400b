#include "cli/cli.h"
#include "cli/commands.h"

static const struct cli_command *const vouchsafe_commands[] = {
    &command_audit_export,
    &command_audit_log,
    &command_audit_verify,
    &command_cell_certificate,
    &command_cell_csr,
    &command_cell_import,
    &command_cert_list,
    &command_cert_show,
    &command_cert_import,
    &command_cert_export,
    &command_cert_delete,
    &command_explain,
    &command_host_list,
    &command_init,
    &command_login,
    &command_logout,
    &command_nsx_add,
    &command_nsx_list,
    &command_nsx_show,
    &command_nsx_remove,
    &command_probe,
    &command_task_list,
    &command_task_show,
    &command_task_wait,
    &command_task_cancel,
    &command_vcenter_add,
    &command_vcenter_list,
    &command_vcenter_show,
    &command_vcenter_edit,
    &command_vcenter_remove,
    &command_vcenter_trust,
    &command_verify,
};

const struct cli_program cli_vouchsafe = {
    .name = "vouchsafe",
    .summary = "Registers vCenter Servers and NSX Managers at a cell and says whose certificates are believed; looks at endpoints, "
               "decides about certificates, and says why. Data goes to standard output, everything else to standard error.",
    .commands = vouchsafe_commands,
    .commands_len = ARRAY_LEN(vouchsafe_commands),
};
