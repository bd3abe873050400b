#include "cli/prompt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/output.h"

enum { CTRL_C = 3 };

bool prompt_possible(const struct out *o)
{
    return !o->no_input && o->talk_tty && isatty(STDIN_FILENO) == 1;
}

/* Reads one line into buf (PROMPT_LINE_MAX + 1 bytes), byte by byte: what follows belongs to the next question. *ret_len
 * without the line break; *ret_end when the input ended instead. */
static bool read_line(char *line, size_t *ret_len, bool *ret_end, struct err *e)
{
    size_t len = 0;
    bool end = false;
    for (;;) {
        char c;
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR)
            return err_set(e, ERR_CANCELLED, "interrupted");
        if (n < 0)
            return err_sys(e, ERR_INPUT, errno, "reading the answer");
        if (n > 0 && c == CTRL_C)
            return err_set(e, ERR_CANCELLED, "interrupted");
        end = n == 0 && len == 0;
        if (n == 0 || c == '\n')
            break;
        if (len == PROMPT_LINE_MAX)
            return err_set(e, ERR_INPUT, "the answer is longer than %d bytes", PROMPT_LINE_MAX);
        line[len++] = c;
    }
    line[len] = '\0';
    *ret_len = len;
    *ret_end = end;
    return true;
}

static void ask(struct out *o, const char *question)
{
    (void)fflush(o->data);
    (void)fputs(question, o->talk);
    (void)fflush(o->talk);
}

bool prompt_confirm(struct out *o, const char *question, bool *ret, struct err *e)
{
    char line[PROMPT_LINE_MAX + 1];
    size_t len;
    bool end;
    ask(o, question);
    ask(o, " [y/N] ");
    if (!read_line(line, &len, &end, e))
        return false;
    if (end)
        ask(o, "\n");
    *ret = text_caseeq(line, "y") || text_caseeq(line, "yes");
    return true;
}

bool prompt_agreed(struct out *o, bool agreed, const char *option, const char *question, struct err *e)
{
    if (agreed)
        return true;
    if (!prompt_possible(o))
        return err_set(e, ERR_INPUT, "there is no terminal to ask: confirm with %s", option);
    return prompt_confirm(o, question, &agreed, e) && (agreed || err_set(e, ERR_INTERNAL, "nothing was changed"));
}

bool prompt_line(struct out *o, const char *question, const char *fallback, struct arena *a, const char **ret, struct err *e)
{
    char line[PROMPT_LINE_MAX + 1];
    size_t len = 0;
    bool end = false;
    while (len == 0) {
        ask(o, question);
        ask(o, fallback ? arena_printf(a, " [%s]: ", fallback) : ": ");
        if (!read_line(line, &len, &end, e))
            return false;
        if (end)
            return err_set(e, ERR_CANCELLED, "no answer");
        if (len == 0 && fallback)
            break;
    }
    *ret = len ? arena_strdup(a, line) : fallback;
    return true;
}

/* No echo, and Ctrl-C is a byte that ends the read: a signal would end the process and leave the terminal mute. */
static bool mute(struct termios *ret_before, struct err *e)
{
    if (tcgetattr(STDIN_FILENO, ret_before))
        return err_sys(e, ERR_INPUT, errno, "the terminal");
    struct termios quiet = *ret_before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    quiet.c_lflag |= ICANON;
    quiet.c_cc[VEOL] = CTRL_C;
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0 || err_sys(e, ERR_INPUT, errno, "the terminal");
}

bool prompt_secret(struct out *o, const char *question, struct secret *ret, struct err *e)
{
    char line[PROMPT_LINE_MAX + 1];
    size_t len = 0;
    bool end = false;
    struct termios before;
    if (!mute(&before, e)) /* first: who types fast must not see it either */
        return false;
    ask(o, question);
    ask(o, ": ");
    bool ok = read_line(line, &len, &end, e);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    ask(o, "\n");
    if (ok && end)
        ok = err_set(e, ERR_CANCELLED, "no answer");
    else if (ok && len == 0)
        ok = err_set(e, ERR_INPUT, "the password is empty");
    ok = ok && secret_set(ret, line, len, e);
    secret_wipe(line, sizeof(line));
    return ok;
}
