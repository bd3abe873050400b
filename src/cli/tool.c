#include "cli/tool.h"

#include <string.h>

#include "base/text.h"
#include "cli/commands.h"

static const struct cli_command *const commands[] = {
    &tool_cell,          &tool_certificates,  &tool_generate_certs, &tool_manage_config,
    &tool_blacklist,     &tool_denylist,      &tool_ssl_protocols,  &tool_trust_infra_certs,
};

const struct cli_program cli_tool = {
    .name = TOOL_NAME,
    .summary = "What VMware Cloud Director's tool of this name does, for a Vouchsafe cell: run it on the cell's machine, whether the cell "
               "runs or not. 'vouchsafe' has everything else.",
    .commands = commands,
    .commands_len = ARRAY_LEN(commands),
};

/* Sub-commands of VMware Cloud Director that have no meaning here, and what does their work. */
static const struct {
    const char *name, *instead;
} replaced[] = {
    { "ciphers", "the cell speaks TLS 1.2 and 1.3 with the ciphers of OpenSSL's default list" },
    { "clear-console-proxy-settings", "consoles use the cell's own port and certificate: there is nothing to clear" },
    { "configure-audit-syslog", "the cell logs to standard error, which the journal forwards; 'vouchsafe audit export' has the trail" },
    { "configure-ceip", "this cell reports to nobody" },
    { "configure-metrics", "this cell collects no metrics of virtual machines" },
    { "dbextract", "'vouchsafe support-bundle' collects what support needs, without secrets" },
    { "debug-auto-import", "virtual machines are read from the vCenter Server when they are asked for" },
    { "encryption-management", "secrets at rest are sealed with the master key ('vouchsafe db rekey')" },
    { "fips-mode", "set by the operating system's OpenSSL" },
    { "fix-scheduler-data", "tasks recover by themselves at the next start" },
    { "import-trusted-certificates", "'vouchsafe cert import FILE'" },
    { "mqtt-certs", "this cell has no message broker" },
    { "recover-password", "'vouchsafe user password' on the cell's machine" },
    { "reconfigure-database", "store_url in the configuration (docs/configuration.md)" },
    { "set-jmx-access", "this cell has no JMX" },
    { "system-setup", "'vouchsafe init'" },
};

/* ---- words that were pasted ---- */

/* U+2010 to U+2015 and U+2212: what word processors and web pages make of a dash. Its length; 0 = it is none. */
static size_t dash_at(const char *p)
{
    static const char *const dashes[] = { "\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93",
                                          "\xe2\x80\x94", "\xe2\x80\x95", "\xe2\x88\x92" };
    for (size_t i = 0; i < ARRAY_LEN(dashes); i++)
        if (!strncmp(p, dashes[i], 3))
            return 3;
    return 0;
}

/* "–vsphere" was "--vsphere", "–h" was "-h". NULL: nothing typographic begins it. */
static char *plain(const char *word, struct arena *a)
{
    const char *p = word;
    size_t strange = 0, step;
    while ((step = dash_at(p)) || *p == '-') {
        strange += step != 0;
        p += step ? step : 1;
    }
    if (!strange || !*p)
        return NULL;
    return arena_printf(a, "%s%s", p[1] && p[1] != '=' ? "--" : "-", p);
}

/* ---- letters ---- */

/* Letters of a sub-command that mean something else to our own global options, or stand for several. */
static const struct {
    const char *command, *letters, *name;
} letters[] = {
    { "cell", "-i", "--pid" },           { "cell", "-q", "--quiesce" },         { "cell", "-s", "--shutdown" },
    { "cell", "-t", "--status" },        { "cell", "-tt", "--status-verbose" }, { "cell", "-a", "--status-verbose" },
    { "certificates", "-j", "--https" }, { "certificates", "-p", "--console" }, { "generate-certs", "-o", "--out" },
    { "generate-certs", "-j", "--https" }, { "generate-certs", "-p", "--console" }, { "generate-certs", "-x", "--expiration" },
};

static const char *name_of(const char *command, const char *word)
{
    for (size_t i = 0; command && i < ARRAY_LEN(letters); i++)
        if (!strcmp(letters[i].command, command) && !strcmp(letters[i].letters, word))
            return letters[i].name;
    return word;
}

/* ---- the line ---- */

/* The dash is not printed: what can't be told from a minus sign explains nothing. */
static void say_dash(const struct cli_world *w, const char *as)
{
    char shown[160];
    text_escape(shown, sizeof(shown), as, strlen(as));
    (void)fprintf(w->talk, TOOL_NAME ": note: a typographic dash was pasted; read as '%s'\n", shown);
}

/* How many words before the sub-command are VMware Cloud Director's own -u USER and -p PASSWORD. */
static int credentials(const struct cli_world *w, int argc, char *const *argv)
{
    int at = 1;
    while (at + 1 < argc && (!strcmp(argv[at], "-u") || !strcmp(argv[at], "-p") || !strcmp(argv[at], "--username") ||
                             !strcmp(argv[at], "--password"))) {
        bool user = !strcmp(argv[at], "-u") || !strcmp(argv[at], "--username");
        (void)fprintf(w->talk, TOOL_NAME ": note: %s is not needed: on the cell's machine the operating system says who you are%s\n",
                      argv[at], user ? "" : ", and a password on a command line can be read by others");
        at += 2;
    }
    return at - 1;
}

void tool_read(const struct cli_world *w, int argc, char *const *argv, struct arena *a, struct tool_line *ret)
{
    char **out = arena_array(a, (size_t)argc + 2, sizeof(*out));
    const char *command = NULL;
    int n = 0, skip = credentials(w, argc, argv);
    bool operands = false;
    out[n++] = arena_strdup(a, argc > 0 ? argv[0] : TOOL_NAME);
    for (int i = 1 + skip; i < argc; i++) {
        char *fixed = operands ? NULL : plain(argv[i], a);
        if (fixed)
            say_dash(w, fixed);
        const char *word = fixed ? fixed : argv[i];
        operands |= !strcmp(word, "--");
        if (!command && word[0] != '-')
            command = word;
        out[n++] = arena_strdup(a, operands ? word : name_of(command, word));
    }
    *ret = (struct tool_line){ out, n };
}

static const char *instead_of(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(replaced); i++)
        if (!strcmp(replaced[i].name, word))
            return replaced[i].instead;
    return NULL;
}

enum cli_exit tool_run(const struct cli_world *w, int argc, char *const *argv)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct tool_line line;
    if (argc > ARGS_WORDS_MAX)
        return cli_run(&cli_tool, w, argc, argv); /* refuses it */
    tool_read(w, argc, argv, &a, &line);
    const char *instead = line.argc > 1 ? instead_of(line.argv[1]) : NULL;
    if (!instead)
        return cli_run(&cli_tool, w, line.argc, line.argv);
    (void)fprintf(w->talk, TOOL_NAME ": %s is not for this cell: %s\n", line.argv[1], instead);
    return CLI_USAGE;
}
