#include "cli/complete.h"

#include <string.h>

#include "cli/names.h"
#include "cli/remote.h"

static void offer(struct out *o, const char *word, const char *prefix, const char *name, const char *help)
{
    size_t typed = strlen(word), head = strlen(prefix);
    if (typed > head ? strncmp(word, prefix, head) != 0 || strncmp(word + head, name, typed - head) != 0
                     : strncmp(word, prefix, typed) != 0)
        return;
    /* The first sentence or clause is enough for a menu. */
    out_printf(o, "%s%s\t%.*s\n", prefix, name, (int)strcspn(help, ".;:\n"), help);
}

static const struct arg_option *option_named(const struct arg_option *list, size_t len, const char *word)
{
    for (size_t i = 0; i < len; i++) {
        bool letter = word[0] == '-' && word[1] && word[1] == list[i].letter && !word[2];
        if (letter || (!strncmp(word, "--", 2) && !strcmp(word + 2, list[i].name)))
            return &list[i];
    }
    return NULL;
}

static const struct arg_option *option_find(const struct cli_command *c, const char *word)
{
    const struct arg_option *o = c ? option_named(c->options, c->options_len, word) : NULL;
    return o ? o : option_named(cli_global_options, cli_global_options_len, word);
}

static void values(struct out *o, const struct arg_option *opt, const char *word)
{
    if (opt->type == ARG_CHOICE) {
        for (const char *c = opt->choices; *c;) {
            char name[32];
            size_t n = strcspn(c, "|");
            if (n < sizeof(name)) {
                memcpy(name, c, n);
                name[n] = '\0';
                offer(o, word, "", name, "");
            }
            c += n + (c[n] == '|');
        }
    } else if (opt->value && (!strcmp(opt->value, "FILE") || !strcmp(opt->value, "DIR"))) {
        out_printf(o, ":file\n");
    }
}

static void options(struct out *o, const struct arg_option *list, size_t len, const char *word)
{
    for (size_t i = 0; i < len; i++)
        offer(o, word, "--", list[i].name, list[i].help);
}

static const struct cli_command *command_find(const struct cli_program *p, const char *noun, const char *verb)
{
    for (size_t i = 0; i < p->commands_len; i++) {
        const struct cli_command *c = p->commands[i];
        if (noun && !strcmp(c->noun, noun) && (!c->verb || (verb && !strcmp(c->verb, verb))))
            return c;
    }
    return NULL;
}

static void commands(struct out *o, const struct cli_program *p, const char *noun, const char *word)
{
    for (size_t i = 0; i < p->commands_len; i++) {
        const struct cli_command *c = p->commands[i];
        if (noun && !strcmp(c->noun, noun) && c->verb)
            offer(o, word, "", c->verb, c->summary);
        else if (!noun && (i == 0 || strcmp(p->commands[i - 1]->noun, c->noun) != 0))
            offer(o, word, "", c->noun, c->verb ? "" : c->summary);
    }
}

struct offered {
    struct out *out;
    const char *word;
};

static void offer_name(void *self, const char *name)
{
    const struct offered *to = self;
    if (*name)
        offer(to->out, to->word, "", name, "");
}

static void operands(struct cli *cli, const struct cli_command *c, const struct remote_args *cell, const char *word)
{
    struct offered to = { &cli->out, word };
    for (size_t i = 0; i < c->operands_len; i++) {
        const struct arg_operand *operand = &c->operands[i];
        if (operand->is_file)
            out_printf(&cli->out, ":file\n");
        for (size_t k = 0; operand->candidate && operand->candidate(k); k++)
            offer_name(&to, operand->candidate(k));
        if (operand->kind)
            names_each(cli, operand->kind, cell, offer_name, &to);
    }
}

/* Which cell the words before say, as far as that can be read. */
static struct remote_args cell_of(struct cli *cli, char *const *words, size_t len)
{
    struct remote_args cell = { 0 };
    const struct {
        const char *option;
        const char **into;
    } known[] = { { "--url", &cell.url }, { "--ca", &cell.ca }, { "--hosts", &cell.hosts }, { "--config", &cell.config }, { "--data-dir", &cell.data_dir } };
    for (size_t k = 0; k < ARRAY_LEN(known); k++) {
        size_t name = strlen(known[k].option);
        for (size_t i = 0; i < len; i++) {
            if (i + 1 < len && strcmp(words[i], known[k].option) == 0)
                *known[k].into = words[i + 1];
            else if (strncmp(words[i], known[k].option, name) == 0 && words[i][name] == '=')
                *known[k].into = words[i] + name + 1;
        }
    }
    if (!cell.url && !cell.config && !cell.data_dir && cli->env) {
        cell.url = cli->env("VOUCHSAFE_URL");
        cell.config = cli->env("VOUCHSAFE_CONFIG");
    }
    return cell;
}

void complete(struct cli *cli, char *const *words, size_t len)
{
    struct out *o = &cli->out;
    const struct cli_program *p = cli->program;
    const char *noun = NULL, *verb = NULL, *word = len ? words[len - 1] : "";
    const struct arg_option *open = NULL; /* an option that waits for its value */
    for (size_t i = 0; i + 1 < len; i++) {
        const struct arg_option *found = words[i][0] == '-' ? option_find(command_find(p, noun, verb), words[i]) : NULL;
        if (open)
            open = NULL;
        else if (words[i][0] == '-')
            open = found && found->type != ARG_FLAG ? found : NULL;
        else if (!noun)
            noun = words[i];
        else if (!verb)
            verb = words[i];
    }
    const struct cli_command *c = command_find(p, noun, verb);
    if (open) {
        values(o, open, word);
        return;
    }
    if (word[0] == '-') {
        if (c)
            options(o, c->options, c->options_len, word);
        options(o, cli_global_options, cli_global_options_len, word);
        return;
    }
    if (c) {
        const struct remote_args cell = cell_of(cli, words, len ? len - 1 : 0);
        operands(cli, c, &cell, word);
    } else {
        commands(o, p, noun, word);
    }
}
