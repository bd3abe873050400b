/* cell-management-tool manage-config, ssl-protocols: the switches that exist. */
#include <string.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/ours.h"
#include "cli/remote.h"
#include "cli/tool.h"
#include "wire/json.h"

#define SETTINGS OURS_PATH "/settings"
#define SSL "/cloudapi/1.0.0/ssl/settings"

/* ---- manage-config ---- */

struct config_args {
    struct remote_args remote;
    const char *name, *value;
    bool lookup, remove;
};

#define AT(field) .at = offsetof(struct config_args, field)

static const struct arg_option config_options[] = {
    { .name = "name", .letter = 'n', .type = ARG_TEXT, AT(name), .value = "KEY", .help = "which; without it all are printed" },
    { .name = "value", .letter = 'v', .type = ARG_TEXT, AT(value), .value = "VALUE", .help = "set it to this" },
    { .name = "lookup", .letter = 'l', .type = ARG_FLAG, AT(lookup), .help = "print its value; what is done without --value" },
    { .name = "delete", .letter = 'd', .type = ARG_FLAG, AT(remove), .help = "back to what the cell does without it" },
    REMOTE_OPTIONS(struct config_args, remote),
};

static const struct cli_code config_codes[] = {
    { CLI_DONE, "done" },
    { CLI_USAGE, "there is no such key, or the value is not one of its" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "without the right" },
};

/* Keys as VMware Cloud Director's manuals write them, and ours. */
static const struct {
    const char *key, *name, *otherwise;
} keys[] = {
    { "vcloud.http.session.absolute.timeout.minutes", "absoluteSessionTimeoutMinutes", "1440" },
    { "activity.log.keep.days", "activityLogKeepDays", "90" },
    { "hostcheck.delay.seconds", "hostCheckDelayInSeconds", "300" },
    { "hostcheck.timeout.seconds", "hostCheckTimeoutSeconds", "10" },
    { "identity.holddown.minutes", "identityHoldDownMinutes", "60" },
    { "vcloud.http.session.timeout.minutes", "sessionTimeoutMinutes", "30" },
    { "sync.interval.hours", "syncIntervalInHours", "24" },
    { "transfer.session.timeout.seconds", "transferSessionTimeoutSeconds", "3600" },
    { "vcenter.verify.hostname", "verifyVcCertificates", "true" },
    { "nsx.verify.hostname", "verifyVsmCertificates", "true" },
};

static const char *name_of(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (!strcmp(keys[i].key, key) || text_caseeq(keys[i].name, key))
            return keys[i].name;
    return NULL;
}

static const char *otherwise(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (!strcmp(keys[i].name, name))
            return keys[i].otherwise;
    return "";
}

static json_t *value_of(const char *text)
{
    uint64_t n;
    if (!strcmp(text, "true") || !strcmp(text, "false"))
        return json_boolean(text[0] == 't');
    return text_number(text, 0, INT32_MAX, &n) ? json_integer((json_int_t)n) : out_text(text);
}

static const char *value_text(const json_t *v, struct arena *a)
{
    if (json_is_boolean(v))
        return json_is_true(v) ? "true" : "false";
    return arena_printf(a, "%lld", (long long)json_integer_value(v));
}

/* Byte for byte as VMware Cloud Director's tool prints it. */
static void print(struct cli *cli, const json_t *settings, const char *name, const char *shown)
{
    if (cli->out.format == OUT_JSON || cli->out.format == OUT_JSONL)
        out_json(&cli->out, name ? json_pack("{s:O}", name, json_object_get(settings, name)) : json_deep_copy(settings));
    else if (name)
        out_printf(&cli->out, "Property \"%s\" has value \"%s\"\n", shown, value_text(json_object_get(settings, name), &cli->arena));
    else
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
            out_printf(&cli->out, "Property \"%s\" has value \"%s\"\n", keys[i].key,
                       value_text(json_object_get(settings, keys[i].name), &cli->arena));
}

static enum cli_exit run_config(struct cli *cli, const void *args)
{
    const struct config_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *settings = NULL;
    struct err e = { 0 };
    const char *name = a->name ? name_of(a->name) : NULL;
    if (a->name && !name)
        return cli_usage(cli, "there is no key '%.64s'; without --name all are printed", a->name);
    if ((a->value || a->remove) && !name)
        return cli_usage(cli, "--name is missing");
    if (a->value && a->remove)
        return cli_usage(cli, "--value and --delete exclude each other");
    const char *value = a->remove ? otherwise(name) : a->value;
    if (!remote_open(cli, &a->remote, &r, &e))
        return cli_fail(cli, &e);
    bool ok = value ? remote_send(r, "PUT", SETTINGS, json_pack("{s:o}", name, value_of(value)), &settings, &e)
                    : remote_get(r, SETTINGS, &settings, &e);
    if (!ok)
        return cli_fail(cli, &e);
    print(cli, settings, name, a->name);
    return CLI_DONE;
}

const struct cli_command tool_manage_config = {
    .noun = "manage-config",
    .summary = "the switches of the whole site, by key",
    .about = "Prints and sets the switches that exist; names of the API's general settings are taken as keys as well. Each change is in the "
             "audit trail with both values and in force at once, on every cell.",
    .examples = "cell-management-tool manage-config -n vcenter.verify.hostname -l\n"
                "cell-management-tool manage-config -n vcenter.verify.hostname -v false",
    .options = config_options,
    .options_len = ARRAY_LEN(config_options),
    .codes = config_codes,
    .codes_len = ARRAY_LEN(config_codes),
    .size = sizeof(struct config_args),
    .run = run_config,
};

/* ---- ssl-protocols ---- */

struct protocols_args {
    struct remote_args remote;
    const char *disable;
    bool list, reset, all;
};

#define PROTOCOLS(field) .at = offsetof(struct protocols_args, field)

static const struct arg_option protocols_options[] = {
    { .name = "list", .letter = 'l', .type = ARG_FLAG, PROTOCOLS(list), .help = "print what the cell speaks; what is done when nothing is said" },
    { .name = "all-allowed", .letter = 'a', .type = ARG_FLAG, PROTOCOLS(all), .help = "the same: the cell knows no other" },
    { .name = "disallow", .letter = 'd', .type = ARG_TEXT, PROTOCOLS(disable), .value = "LIST",
      .help = "protocols to speak no more, separated by commas: the old ones are off for good" },
    { .name = "reset", .letter = 'r', .type = ARG_FLAG, PROTOCOLS(reset), .help = "back to what the cell speaks by itself: it never differs" },
    REMOTE_OPTIONS(struct protocols_args, remote),
};

static bool spoken(const json_t *list, const char *word, size_t len)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        const char *text = json_string_value(one);
        if (text && text_caseeq_n(text, strlen(text), word, len))
            return true;
    }
    return false;
}

/* SSLv3, TLSv1 and TLSv1.1 were never spoken; the two that are can't be switched off. */
static bool may_disallow(const json_t *list, const char *words, struct err *e)
{
    for (const char *at = words; *at;) {
        size_t len = strcspn(at, ", ");
        if (len && spoken(list, at, len))
            return err_set(e, ERR_INPUT, "%.*s can't be switched off: clients of both versions are served", (int)len, at);
        at += len;
        at += strspn(at, ", ");
    }
    return true;
}

static enum cli_exit run_protocols(struct cli *cli, const void *args)
{
    const struct protocols_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    AUTO(wire_json_decrefp) json_t *ssl = NULL;
    struct err e = { 0 };
    if (!remote_open(cli, &a->remote, &r, &e) || !remote_get(r, SSL, &ssl, &e))
        return cli_fail(cli, &e);
    const json_t *list = answer_member(ssl, "enabledSslProtocols");
    if (a->disable && !may_disallow(list, a->disable, &e))
        return cli_fail(cli, &e);
    if (cli->out.format == OUT_JSON || cli->out.format == OUT_JSONL) {
        out_json(&cli->out, json_pack("{s:O}", "protocols", list));
        return CLI_DONE;
    }
    out_printf(&cli->out, "Allowed SSL protocols:\n");
    for (size_t i = json_array_size(list); i-- > 0;)
        out_printf(&cli->out, "* %s\n", json_string_value(json_array_get(list, i)));
    return CLI_DONE;
}

const struct cli_command tool_ssl_protocols = {
    .noun = "ssl-protocols",
    .summary = "which versions of TLS the cell speaks",
    .about = "Prints what the cell's port speaks: TLS 1.2 and 1.3. SSL 3, TLS 1.0 and 1.1 are not in it and can't be brought back; to "
             "disallow them is done already.",
    .examples = "cell-management-tool ssl-protocols -l\ncell-management-tool ssl-protocols -d \"TLSv1,TLSv1.1\"",
    .options = protocols_options,
    .options_len = ARRAY_LEN(protocols_options),
    .codes = config_codes,
    .codes_len = ARRAY_LEN(config_codes),
    .size = sizeof(struct protocols_args),
    .run = run_protocols,
};
