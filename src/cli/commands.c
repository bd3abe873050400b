#include "cli/cli.h"
#include "cli/commands.h"

static const struct cli_command *const vouchsafe_commands[] = {
    &command_explain,
    &command_init,
    &command_login,
    &command_logout,
    &command_probe,
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
