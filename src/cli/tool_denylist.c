/* cell-management-tool manage-test-connection-denylist (and -blacklist, its older name): where a tenant's test of a connection
 * may not lead. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/ours.h"
#include "cli/remote.h"
#include "cli/tool.h"
#include "wire/json.h"

#define PATH OURS_PATH "/deniedHosts"

enum { BLOCKS_MAX = 62 /* networks that a range of IPv4 addresses can fall into */ };

struct denylist_args {
    struct remote_args remote;
    struct arg_list add_ips, add_ranges, add_names, delete_ips, delete_ranges, delete_names;
    bool list;
};

#define AT(field) .at = offsetof(struct denylist_args, field)

static const struct arg_option options[] = {
    { .name = "list", .letter = 'l', .type = ARG_FLAG, AT(list), .help = "print what is denied; what is done when nothing is said" },
    { .name = "add-ip", .letter = 'i', .type = ARG_LIST, AT(add_ips), .value = "ADDRESS", .help = "deny an IPv4 or IPv6 address" },
    { .name = "add-range", .letter = 'r', .type = ARG_LIST, AT(add_ranges), .value = "RANGE",
      .help = "deny a network (10.0.0.0/8) or a range of IPv4 addresses (10.0.0.5-10.0.0.9)" },
    { .name = "add-name", .letter = 'n', .type = ARG_LIST, AT(add_names), .value = "NAME",
      .help = "deny a host name, or a domain with all below it" },
    { .name = "delete-ip", .type = ARG_LIST, AT(delete_ips), .value = "ADDRESS", .help = "allow an address again" },
    { .name = "delete-range", .type = ARG_LIST, AT(delete_ranges), .value = "RANGE", .help = "allow a range again, written as it was added" },
    { .name = "delete-name", .type = ARG_LIST, AT(delete_names), .value = "NAME", .help = "allow a name again" },
    REMOTE_OPTIONS(struct denylist_args, remote),
};

static const struct cli_code codes[] = {
    { CLI_DONE, "done" },
    { CLI_FAILED, "there is no such entry to delete" },
    { CLI_USAGE, "wrong arguments, or an entry that is none" },
    { CLI_UNREACHABLE, "the cell can't be reached" },
    { CLI_DENIED, "without the right" },
    { CLI_CONFLICT, "it is on the list already" },
};

/* ---- ranges ---- */

static bool read_ipv4(const char *text, size_t len, uint32_t *ret)
{
    unsigned a, b, c, d;
    char copy[16], rest;
    if (len >= sizeof(copy) || !len)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (sscanf(copy, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &rest) != 4 || a > 255 || b > 255 || c > 255 || d > 255)
        return false;
    *ret = a << 24 | b << 16 | c << 8 | d;
    return true;
}

/* The networks that a hyphenated range is made of. */
static bool split(const char *text, struct arena *a, struct arg_list *ret, struct err *e)
{
    const char *hyphen = strchr(text, '-');
    uint32_t low, high;
    if (!hyphen) {
        arg_list_add(ret, text, a);
        return true;
    }
    if (!read_ipv4(text, (size_t)(hyphen - text), &low) || !read_ipv4(hyphen + 1, strlen(hyphen + 1), &high) || low > high)
        return err_set(e, ERR_INPUT, "'%.64s' is no range of IPv4 addresses", text);
    for (uint64_t at = low; at <= high;) {
        unsigned bits = 32;
        while (bits > 0 && !(at & (UINT64_C(1) << (32 - bits))) && at + (UINT64_C(1) << (33 - bits)) - 1 <= high)
            bits--;
        arg_list_add(ret, arena_printf(a, "%u.%u.%u.%u/%u", (unsigned)(at >> 24) & 255, (unsigned)(at >> 16) & 255,
                                       (unsigned)(at >> 8) & 255, (unsigned)at & 255, bits), a);
        at += UINT64_C(1) << (32 - bits);
    }
    return true;
}

static bool split_all(const struct arg_list *ranges, struct arena *a, struct arg_list *ret, struct err *e)
{
    for (size_t i = 0; i < ranges->len; i++)
        if (!split(ranges->items[i], a, ret, e))
            return false;
    return true;
}

/* ---- the list ---- */

static bool add(struct remote *r, const struct arg_list *entries, struct err *e)
{
    for (size_t i = 0; i < entries->len; i++)
        if (!remote_send(r, "POST", PATH, json_pack("{s:o}", "entry", out_text(entries->items[i])), NULL, e))
            return false;
    return true;
}

static bool take_away(struct cli *cli, struct remote *r, const struct arg_list *entries, struct err *e)
{
    for (size_t i = 0; i < entries->len; i++) {
        AUTO(wire_json_decrefp) json_t *list = NULL;
        const char *path = arena_printf(&cli->arena, PATH "/%s", remote_escape(&cli->arena, entries->items[i]));
        struct err none;
        if (remote_send(r, "DELETE", path, NULL, NULL, e))
            continue;
        /* The API says of what is not there what it says to who may not ask; who can read the list may ask. */
        if (e->kind == ERR_DENIED && remote_list(r, PATH, &list, &none))
            return err_set(e, ERR_NOT_FOUND, "'%.64s' is not on the list", entries->items[i]);
        return false;
    }
    return true;
}

static bool print(struct cli *cli, struct remote *r, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *list = NULL;
    size_t i;
    json_t *row;
    if (!remote_list(r, PATH, &list, e))
        return false;
    if (cli->out.format == OUT_JSON || cli->out.format == OUT_JSONL) {
        out_json(&cli->out, json_pack("{s:O}", "entries", list));
        return true;
    }
    if (cli->out.format != OUT_NAME)
        out_printf(&cli->out, "listed connection items:\n");
    json_array_foreach(list, i, row) {
        const char *entry = answer_shown(row, "entry", "", &cli->arena);
        if (cli->out.format == OUT_NAME)
            out_printf(&cli->out, "%s\n", entry);
        else
            out_printf(&cli->out, "Connection specification: \"%s\"\n", entry);
    }
    return true;
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    const struct denylist_args *a = args;
    AUTO(remote_closep) struct remote *r = NULL;
    struct arg_list added = { 0 }, deleted = { 0 };
    struct err e = { 0 };
    size_t changes = a->add_ips.len + a->add_ranges.len + a->add_names.len + a->delete_ips.len + a->delete_ranges.len + a->delete_names.len;
    if (!split_all(&a->add_ranges, &cli->arena, &added, &e) || !split_all(&a->delete_ranges, &cli->arena, &deleted, &e))
        return cli_usage(cli, "%s", e.msg);
    if (!remote_open(cli, &a->remote, &r, &e) || !add(r, &a->add_ips, &e) || !add(r, &added, &e) || !add(r, &a->add_names, &e) ||
        !take_away(cli, r, &a->delete_ips, &e) || !take_away(cli, r, &deleted, &e) || !take_away(cli, r, &a->delete_names, &e) ||
        ((a->list || !changes) && !print(cli, r, &e)))
        return cli_fail(cli, &e);
    return CLI_DONE;
}

#define DENYLIST                                                                                                                  \
    .summary = "where a tenant's test of a connection may not lead",                                                              \
    .about = "Shows and changes the list of addresses, ranges and names that testConnection of a tenant refuses. Loopback, link-local " \
             "addresses, the registered infrastructure and the cell's own networks are always refused to tenants.",               \
    .options = options, .options_len = ARRAY_LEN(options), .codes = codes, .codes_len = ARRAY_LEN(codes),                         \
    .size = sizeof(struct denylist_args), .run = run

const struct cli_command tool_denylist = {
    .noun = "manage-test-connection-denylist",
    .examples = "cell-management-tool manage-test-connection-denylist --list\n"
                "cell-management-tool manage-test-connection-denylist --add-range 10.0.0.0/8 --add-name internal.com",
    DENYLIST,
};

const struct cli_command tool_blacklist = {
    .noun = "manage-test-connection-blacklist",
    .examples = "cell-management-tool manage-test-connection-blacklist --list",
    DENYLIST,
};
