#include "cli/man.h"

#include <string.h>

#include "cli/help.h"

/* Characters that scdoc would take for markup. */
static void text(struct out *o, const char *s)
{
    for (; *s; s++)
        out_printf(o, "%s%c", strchr("\\_*#<>[]+", *s) ? "\\" : "", *s);
}

static void option(struct out *o, const struct arg_option *opt)
{
    char head[160], notes[200];
    help_option_head(opt, head, sizeof(head));
    help_option_notes(opt, notes, sizeof(notes));
    char *value = strstr(head, "--");
    value = value ? strchr(value, ' ') : NULL;
    if (value)
        *value++ = '\0';
    out_printf(o, "*");
    text(o, head);
    out_printf(o, "*");
    if (value) {
        out_printf(o, " _");
        text(o, value);
        out_printf(o, "_");
    }
    out_printf(o, "\n\t");
    text(o, opt->help);
    if (*notes) {
        out_printf(o, " (");
        text(o, notes);
        out_printf(o, ")");
    }
    out_printf(o, "\n\n");
}

static void codes(struct out *o, const struct cli_code *list, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out_printf(o, "*%d*\n\t", (int)list[i].code);
        text(o, list[i].text);
        out_printf(o, "\n\n");
    }
}

static void usage(struct out *o, const struct cli_program *p, const struct cli_command *c)
{
    char line[400];
    help_usage(p, c, line, sizeof(line));
    text(o, line);
    out_printf(o, "\n\n");
}

static void operands(struct out *o, const struct cli_command *c)
{
    for (size_t i = 0; i < c->operands_len; i++) {
        out_printf(o, "_%s_\n\t", c->operands[i].name);
        text(o, c->operands[i].help);
        out_printf(o, "\n\n");
    }
}

static void verb(struct out *o, const struct cli_program *p, const struct cli_command *c)
{
    out_printf(o, "## %s %s %s\n\n", p->name, c->noun, c->verb);
    text(o, c->about);
    out_printf(o, "\n\n");
    operands(o, c);
    for (size_t i = 0; i < c->options_len; i++)
        option(o, &c->options[i]);
    out_printf(o, "Exit status:\n\n");
    codes(o, c->codes, c->codes_len);
}

void man_noun(struct out *o, const struct cli_program *p, const char *noun)
{
    out_printf(o, "# SYNOPSIS\n\n");
    for (size_t i = 0; i < p->commands_len; i++)
        if (!strcmp(p->commands[i]->noun, noun))
            usage(o, p, p->commands[i]);
    out_printf(o, "# COMMANDS\n\nThe global options of *%s*(1) count everywhere as well.\n\n", p->name);
    for (size_t i = 0; i < p->commands_len; i++)
        if (!strcmp(p->commands[i]->noun, noun))
            verb(o, p, p->commands[i]);
    out_printf(o, "# EXAMPLES\n\n```\n");
    for (size_t i = 0; i < p->commands_len; i++)
        if (!strcmp(p->commands[i]->noun, noun) && p->commands[i]->examples)
            out_printf(o, "%s\n", p->commands[i]->examples);
    out_printf(o, "```\n\n");
}

void man_command(struct out *o, const struct cli_program *p, const struct cli_command *c)
{
    out_printf(o, "# SYNOPSIS\n\n");
    usage(o, p, c);
    if (c->operands_len)
        out_printf(o, "# ARGUMENTS\n\n");
    operands(o, c);
    out_printf(o, "# OPTIONS\n\n");
    for (size_t i = 0; i < c->options_len; i++)
        option(o, &c->options[i]);
    out_printf(o, "The global options of *%s*(1) count as well.\n\n", p->name);
    out_printf(o, "# EXIT STATUS\n\n");
    codes(o, c->codes, c->codes_len);
    if (!c->examples)
        return;
    out_printf(o, "# EXAMPLES\n\n```\n%s%s```\n\n", c->examples,
               c->examples[strlen(c->examples) - 1] == '\n' ? "" : "\n");
}

void man_program(struct out *o, const struct cli_program *p)
{
    struct arena names = { 0 };
    out_printf(o, "# COMMANDS\n\n");
    for (size_t i = 0; i < p->commands_len; i++) {
        const struct cli_command *c = p->commands[i];
        out_printf(o, "*%s*\n\t", cli_command_name(c, &names));
        text(o, c->summary);
        out_printf(o, ". See *%s-%s*(1).\n\n", p->name, c->noun);
    }
    arena_done(&names);
    out_printf(o, "# GLOBAL OPTIONS\n\n");
    for (size_t i = 0; i < cli_global_options_len; i++)
        option(o, &cli_global_options[i]);
    out_printf(o, "# EXIT STATUS\n\n");
    for (int code = 0; code < 256; code++)
        if (cli_exit_text(code))
            out_printf(o, "*%d*\n\t%s\n\n", code, cli_exit_text(code));
}
