#include "cli/cli.h"
#include "cli/commands.h"

static const struct cli_command *const vouchsafe_commands[] = {
    &command_explain,
    &command_init,
    &command_probe,
    &command_verify,
};

const struct cli_program cli_vouchsafe = {
    .name = "vouchsafe",
    .summary = "Looks at the certificates of vSphere endpoints, decides whether they are believed, and says why. Data goes "
               "to standard output, everything else to standard error.",
    .commands = vouchsafe_commands,
    .commands_len = ARRAY_LEN(vouchsafe_commands),
};
