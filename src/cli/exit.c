#include "cli/exit.h"

#include "base/def.h"

enum cli_exit cli_exit_of(enum err_kind kind)
{
    static const enum cli_exit codes[] = {
        [ERR_NONE] = CLI_DONE,
        [ERR_INPUT] = CLI_USAGE,
        [ERR_NOT_FOUND] = CLI_FAILED,
        [ERR_CONFLICT] = CLI_CONFLICT,
        [ERR_DENIED] = CLI_DENIED,
        [ERR_UNTRUSTED] = CLI_UNTRUSTED,
        [ERR_PEER] = CLI_UNREACHABLE,
        [ERR_TIMEOUT] = CLI_TIMEOUT,
        [ERR_LIMIT] = CLI_FAILED,
        [ERR_STORE] = CLI_FAILED,
        [ERR_CANCELLED] = CLI_INTERRUPTED,
        [ERR_INTERNAL] = CLI_FAILED,
    };
    return (size_t)kind < ARRAY_LEN(codes) ? codes[kind] : CLI_FAILED;
}

const char *cli_exit_text(int code)
{
    static const struct {
        enum cli_exit code;
        const char *text;
    } texts[] = {
        { CLI_DONE, "done" },
        { CLI_FAILED, "the operation failed" },
        { CLI_USAGE, "wrong arguments or unreadable input" },
        { CLI_UNREACHABLE, "cannot resolve or reach, or the peer speaks something else" },
        { CLI_DENIED, "authentication or rights" },
        { CLI_UNTRUSTED, "a certificate was refused" },
        { CLI_PARTIAL, "in bulk: some succeeded, some did not" },
        { CLI_CONFLICT, "it changed since it was shown" },
        { CLI_TIMEOUT, "a time limit passed" },
        { CLI_INTERRUPTED, "interrupted (Ctrl-C)" },
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if ((int)texts[i].code == code)
            return texts[i].text;
    return NULL;
}
