/* cli/tool.h - this program under VMware Cloud Director's name, cell-management-tool: its sub-commands, its letters, and the words
 * that people paste from articles. Called by main when it was started by that name, and by the unit tests.
 * Options are those that VMware Cloud Director has; what this cell has no use for says what replaces it. */
#pragma once
#include <stddef.h>

#include "base/arena.h"
#include "cli/cli.h"

#define TOOL_NAME "cell-management-tool"

extern const struct cli_program cli_tool;
extern const struct cli_command tool_trust_infra_certs, tool_denylist, tool_blacklist, tool_certificates, tool_generate_certs,
    tool_ssl_protocols, tool_manage_config, tool_cell;

/* A command line as VMware Cloud Director's tool takes it, turned into one for cli_run: typographic dashes become plain ones (said
 * on w->talk), -u and -p before the sub-command are taken away, letters become the names of options. */
struct tool_line {
    char **argv; /* in the arena, ends in NULL */
    int argc;
};
void tool_read(const struct cli_world *w, int argc, char *const *argv, struct arena *a, struct tool_line *ret);

/* The whole program. */
enum cli_exit tool_run(const struct cli_world *w, int argc, char *const *argv);
