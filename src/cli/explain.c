/* vouchsafe explain: what a rule means, from the engine's own table. */
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/rows.h"
#include "cli/suggest.h"
#include "cli/verdict.h"
#include "trust/rule.h"

struct explain_args {
    const char *rule;
};

static const char *rule_candidate(size_t i)
{
    return i < TRUST_RULE_COUNT ? trust_rule_code((enum trust_rule)i) : NULL;
}

static const struct arg_operand operands[] = {
    { .name = "RULE", .at = offsetof(struct explain_args, rule), .candidate = rule_candidate,
      .help = "the code that a verdict begins with, such as name-mismatch; without it all rules are listed" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "explained" },
    { CLI_USAGE, "there is no such rule" },
};

static json_t *rule_json(enum trust_rule rule)
{
    const struct trust_rule_text *t = trust_rule_text(rule);
    json_t *j = json_object();
    json_object_set_new(j, "rule", json_string(t->code));
    json_object_set_new(j, "clause", out_text(t->clause));
    json_object_set_new(j, "what", out_text(t->what));
    json_object_set_new(j, "why", out_text(t->why));
    json_object_set_new(j, "next", out_text(t->next));
    return j;
}

static enum cli_exit list(struct cli *cli)
{
    static const struct rows_column columns[] = {
        { .title = "RULE", .key = "rule" },
        { .title = "CLAUSE", .key = "clause" },
        { .title = "WHAT WAS FOUND", .key = "what" },
        { .title = "NEXT STEP", .key = "next", .wide = true },
    };
    struct rows rows;
    rows_init(&rows, &cli->out, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < TRUST_RULE_COUNT; i++)
        rows_add(&rows, rule_json((enum trust_rule)i));
    rows_finish(&rows, "rules", NULL);
    rows_done(&rows);
    return CLI_DONE;
}

static enum cli_exit unknown(struct cli *cli, const char *code)
{
    char shown[80];
    struct suggest s = { .word = code };
    for (size_t i = 0; i < TRUST_RULE_COUNT; i++)
        suggest_offer(&s, trust_rule_code((enum trust_rule)i));
    text_escape(shown, sizeof(shown), code, strlen(code));
    if (s.best)
        return cli_usage(cli, "there is no rule '%s'; did you mean %s?", shown, s.best);
    return cli_usage(cli, "there is no rule '%s'; '%s explain' lists them", shown, cli->program->name);
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct explain_args *a = args;
    if (!a->rule)
        return list(cli);
    enum trust_rule rule = trust_rule_find(a->rule);
    if (rule == TRUST_RULE_COUNT)
        return unknown(cli, a->rule);
    const struct trust_rule_text *t = trust_rule_text(rule);
    switch (cli->out.format) {
    case OUT_TABLE:
    case OUT_WIDE:
        out_printf(&cli->out, "%s%s%s (%s)\n", out_begin(&cli->out, OUT_BOLD), t->code, out_end(&cli->out, OUT_BOLD),
                   t->clause);
        verdict_prose(&cli->out, "what", t->what);
        verdict_prose(&cli->out, "why", t->why);
        verdict_prose(&cli->out, "next step", t->next);
        break;
    case OUT_JSON:
    case OUT_JSONL:
        out_json(&cli->out, rule_json(rule));
        break;
    case OUT_NAME:
        out_printf(&cli->out, "%s\n", t->code);
        break;
    }
    return CLI_DONE;
}

const struct cli_command command_explain = {
    .noun = "explain",
    .summary = "say what a rule of a verdict means and what to do",
    .about = "Every refusal carries a rule code that never changes. This prints the clause that it comes from, what was "
             "found, why that refuses, and the next step; without RULE it lists all rules.",
    .examples = "vouchsafe explain name-mismatch\nvouchsafe explain -o json",
    .operands = operands,
    .operands_len = ARRAY_LEN(operands),
    .operands_optional = true,
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct explain_args),
    .run = run,
};
