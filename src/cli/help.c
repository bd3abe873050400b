#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/width.h"
#include "cli/wrap.h"

enum { HEAD_MAX = 160, NOTES_MAX = 200 };

static void paragraphs(struct out *o, const char *text, size_t indent)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t len = end ? (size_t)(end - text) : strlen(text);
        wrap_text(o, text, len, indent, 0);
        out_printf(o, "\n");
        text += len + (end ? 2 : 0);
    }
}

void help_option_head(const struct arg_option *opt, char *out, size_t size)
{
    char letter[8] = "";
    if (opt->letter)
        (void)snprintf(letter, sizeof(letter), "-%c, ", opt->letter);
    const char *value = opt->type == ARG_FLAG ? "" : opt->type == ARG_CHOICE ? opt->choices : opt->value;
    (void)snprintf(out, size, "%s--%s%s%s", letter, opt->name, *value ? " " : "", value);
}

void help_option_notes(const struct arg_option *opt, char *out, size_t size)
{
    const char *parts[3] = { opt->type == ARG_LIST ? "may be repeated" : NULL, NULL, NULL };
    char fallback[80], env[80];
    if (opt->fallback) {
        (void)snprintf(fallback, sizeof(fallback), "default %s", opt->fallback);
        parts[1] = fallback;
    }
    if (opt->env) {
        (void)snprintf(env, sizeof(env), "environment %s", opt->env);
        parts[2] = env;
    }
    out[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        size_t used = strlen(out);
        if (parts[i])
            (void)snprintf(out + used, size - used, "%s%s", used ? "; " : "", parts[i]);
    }
}

static void heading(struct out *o, const char *text)
{
    out_printf(o, "%s%s%s\n", out_begin(o, OUT_BOLD), text, out_end(o, OUT_BOLD));
}

/* "  head      text that wraps" */
static void entry(struct out *o, const char *head, const char *text, const char *notes, size_t column)
{
    char whole[2000];
    (void)snprintf(whole, sizeof(whole), "%s%s%s%s", text, *notes ? " (" : "", notes, *notes ? ")" : "");
    out_printf(o, "  %s", head);
    size_t at = 2 + width_of(head);
    if (at + 2 > column) {
        out_printf(o, "\n");
        at = 0;
    }
    wrap_text(o, whole, strlen(whole), column, at);
}

static void options(struct out *o, const char *title, const struct arg_option *list, size_t len)
{
    char head[HEAD_MAX], notes[NOTES_MAX];
    if (!len)
        return;
    heading(o, title);
    for (size_t i = 0; i < len; i++) {
        help_option_head(&list[i], head, sizeof(head));
        help_option_notes(&list[i], notes, sizeof(notes));
        entry(o, head, list[i].help, notes, 26);
    }
    out_printf(o, "\n");
}

void help_usage(const struct cli_program *p, const struct cli_command *c, char *out, size_t size)
{
    (void)snprintf(out, size, "%s %s%s%s [options]", p->name, c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
    for (size_t i = 0; i < c->operands_len; i++) {
        size_t used = strlen(out);
        bool soft = c->operands_optional;
        (void)snprintf(out + used, size - used, " %s%s%s%s", soft ? "[" : "", c->operands[i].name,
                       c->operands[i].many ? "..." : "", soft ? "]" : "");
    }
}

void help_command(struct out *o, const struct cli_program *p, const struct cli_command *c)
{
    char usage[400];
    help_usage(p, c, usage, sizeof(usage));
    out_printf(o, "usage: %s\n\n", usage);
    paragraphs(o, c->about, 0);
    if (c->operands_len) {
        heading(o, "arguments");
        for (size_t i = 0; i < c->operands_len; i++)
            entry(o, c->operands[i].name, c->operands[i].help, "", 26);
        out_printf(o, "\n");
    }
    options(o, "options", c->options, c->options_len);
    options(o, "global options", cli_global_options, cli_global_options_len);
    heading(o, "exit codes");
    for (size_t i = 0; i < c->codes_len; i++) {
        char code[16];
        (void)snprintf(code, sizeof(code), "%d", (int)c->codes[i].code);
        entry(o, code, c->codes[i].text, "", 8);
    }
    if (c->examples) {
        out_printf(o, "\n");
        heading(o, "examples");
        for (const char *line = c->examples; *line;) {
            size_t n = strcspn(line, "\n");
            out_printf(o, "  %.*s\n", (int)n, line);
            line += n + (line[n] == '\n');
        }
    }
}

static void commands(struct out *o, const struct cli_program *p, const char *noun)
{
    struct arena names = { 0 };
    for (size_t i = 0; i < p->commands_len; i++)
        if (!noun || !strcmp(noun, p->commands[i]->noun))
            entry(o, cli_command_name(p->commands[i], &names), p->commands[i]->summary, "", 20);
    arena_done(&names);
}

void help_noun(struct out *o, const struct cli_program *p, const char *noun)
{
    out_printf(o, "usage: %s %s VERB [options] ...\n\n", p->name, noun);
    heading(o, "commands");
    commands(o, p, noun);
    out_printf(o, "\n'%s %s VERB --help' tells more.\n", p->name, noun);
}

void help_program(struct out *o, const struct cli_program *p)
{
    out_printf(o, "usage: %s COMMAND [options] ...\n\n", p->name);
    paragraphs(o, p->summary, 0);
    heading(o, "commands");
    commands(o, p, NULL);
    out_printf(o, "\n");
    options(o, "global options", cli_global_options, cli_global_options_len);
    out_printf(o, "'%s COMMAND --help' tells more; the exit codes are in %s(1).\n", p->name, p->name);
}
