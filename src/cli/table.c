#include "cli/table.h"

#include "cli/command.h"

static json_t *texts(const char *s)
{
    return s ? out_text(s) : json_null();
}

static json_t *options_json(const struct arg_option *list, size_t len)
{
    static const char *const types[] = { "flag", "text", "list", "choice", "number", "duration", "time" };
    json_t *all = json_array();
    for (size_t i = 0; i < len; i++)
        json_array_append_new(all, json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", list[i].name, "type", types[list[i].type], "value",
                                             texts(list[i].value), "choices", texts(list[i].choices), "env", texts(list[i].env)));
    return all;
}

static json_t *command_json(const struct cli_command *c)
{
    json_t *operands = json_array(), *codes = json_array();
    for (size_t i = 0; i < c->operands_len; i++)
        json_array_append_new(operands, json_pack("{s:s, s:b, s:b, s:o}", "name", c->operands[i].name, "many", c->operands[i].many, "optional",
                                                  c->operands_optional, "kind", texts(c->operands[i].kind)));
    for (size_t i = 0; i < c->codes_len; i++)
        json_array_append_new(codes, json_integer(c->codes[i].code));
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o}", "noun", c->noun, "verb", texts(c->verb), "summary", c->summary, "options",
                     options_json(c->options, c->options_len), "operands", operands, "codes", codes);
}

void table_print(struct cli *cli)
{
    const struct cli_program *p = cli->program;
    json_t *all = json_array();
    for (size_t i = 0; i < p->commands_len; i++)
        json_array_append_new(all, command_json(p->commands[i]));
    cli->out.format = OUT_JSON;
    out_json(&cli->out, json_pack("{s:s, s:o, s:o}", "program", p->name, "commands", all, "options",
                                  options_json(cli_global_options, cli_global_options_len)));
}
