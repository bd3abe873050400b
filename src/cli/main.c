/* vouchsafe: the command line, and under its other name cell-management-tool. Only wiring; the commands are in commands.c and
 * tool.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/tool.h"

static const char *environment(const char *name)
{
    return getenv(name);
}

int main(int argc, char **argv)
{
    interrupt_init();
    struct cli_world world = { stdout, stderr, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1, environment };
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    if (argc > 0 && !strcmp(slash ? slash + 1 : argv[0], TOOL_NAME))
        return (int)tool_run(&world, argc, argv);
    return (int)cli_run(&cli_vouchsafe, &world, argc, argv);
}
