/* The words of VMware Cloud Director's tool, as people type and paste them. */
#include "cli/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "unit/check.h"

static void words_are_read_as_they_were_meant_S11(void **state)
{
    static const struct {
        const char *in, *out;
        int notes;
    } rows[] = {
        { "trust-infra-certs --vsphere --unattended", "trust-infra-certs --vsphere --unattended", 0 },
        { "trust-infra-certs \u2013vsphere \u2013unattended", "trust-infra-certs --vsphere --unattended", 2 },
        { "trust-infra-certs \u2014vsphere \u2212\u2212unattended", "trust-infra-certs --vsphere --unattended", 2 },
        { "trust-infra-certs \u2013-vsphere -\u2013nsx", "trust-infra-certs --vsphere --nsx", 2 },
        { "trust-infra-certs \u2010\u2011vsphere \u2012nsx \u2015h", "trust-infra-certs --vsphere --nsx -h", 3 },
        { "manage-config \u2013n=x", "manage-config -n=x", 1 },
        { "\u2013\u2013help", "--help", 1 },
        { "manage-config -v \u2013", "manage-config -v \u2013", 0 },
        { "manage-config -- \u2013v", "manage-config -- \u2013v", 0 },
        { "manage-config a\u2013b", "manage-config a\u2013b", 0 },
        { "-u administrator -p secret cell -q true", "cell --quiesce true", 2 },
        { "-u administrator cell --shutdown", "cell --shutdown", 1 },
        { "cell -i 7 -t -tt -s -a", "cell --pid 7 --status --status-verbose --shutdown --status-verbose", 0 },
        { "cell -u x", "cell -u x", 0 },
        { "trust-infra-certs -q", "trust-infra-certs -q", 0 },
        { "generate-certs -j -p -o x", "generate-certs --https --console --out x", 0 },
        { "certificates -j -- -j", "certificates --https -- -j", 0 },
        { "-u", "-u", 0 },
        { "", "", 0 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_done) struct arena a = { 0 };
        char words[200], said[200] = "", *argv[16] = { TOOL_NAME }, *at = words, *text = NULL;
        size_t size = 0;
        int argc = 1, notes = 0;
        (void)snprintf(words, sizeof(words), "%s", rows[i].in);
        for (char *word; (word = strsep(&at, " "));)
            if (*word)
                argv[argc++] = word;
        FILE *talk = open_memstream(&text, &size);
        const struct cli_world w = { .data = talk, .talk = talk };
        struct tool_line line;
        tool_read(&w, argc, argv, &a, &line);
        (void)fclose(talk);
        for (int k = 1; k < line.argc; k++)
            (void)snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s%s", k > 1 ? " " : "", line.argv[k]);
        for (const char *p = text; (p = strstr(p, ": note: ")); p++)
            notes++;
        CHECK_STR(said, rows[i].out);
        CHECK_EQ(notes, rows[i].notes);
        CHECK(!strstr(text, "secret"));
        free(text);
    }
}

GROUP(cli_tool, cmocka_unit_test(words_are_read_as_they_were_meant_S11))
