#include "store/words.h"

#include <string.h>

#include "base/text.h"
#include "store/by.h"
#include "store/limits.h"

static bool is_word(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '.' && s[i] != '-')
            return false;
    return len > 0;
}

static bool has_controls(const char *s, size_t len, bool prose)
{
    for (size_t i = text_printable(s, len); i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c < 0x20 && !(prose && (c == '\n' || c == '\t'))) || c == 0x7f)
            return true;
        /* U+0080 to U+009F: c2 80 to c2 9f */
        if (c == 0xc2 && i + 1 < len && (unsigned char)s[i + 1] < 0xa0)
            return true;
    }
    return false;
}

bool store_text_fits(enum store_text kind, const char *s, size_t len, size_t max)
{
    if (len > max)
        return false;
    switch (kind) {
    case STORE_WORD: return is_word(s, len);
    case STORE_LINE: return len > 0 && text_utf8(s, len) && !has_controls(s, len, false);
    case STORE_LINE_OR_NONE: return text_utf8(s, len) && !has_controls(s, len, false);
    case STORE_PROSE: return text_utf8(s, len) && !has_controls(s, len, true);
    }
    return false;
}

bool store_take_text(const char *what, enum store_text kind, const char *s, size_t max, struct err *e)
{
    if (!s)
        return err_set(e, ERR_INPUT, "%s is missing", what);
    size_t len = strnlen(s, max + 1);
    if (len > max)
        return err_set(e, ERR_INPUT, "%s is longer than %zu bytes", what, max);
    if (!store_text_fits(kind, s, len, max)) {
        if (len == 0)
            return err_set(e, ERR_INPUT, "%s is empty", what);
        return err_set(e, ERR_INPUT, kind == STORE_WORD ? "%s is not a word of a-z, 0-9, '.' and '-'"
                                                        : "%s is not UTF-8 or has control characters", what);
    }
    return true;
}

bool store_take_time(const char *what, int64_t ms, struct err *e)
{
    return (ms >= 0 && ms <= STORE_TIME_MAX) || err_set(e, ERR_INPUT, "%s is no time from 1970 to 9999", what);
}

bool store_take_by(const struct store_by *by, struct err *e)
{
    return store_take_text("who makes the change", STORE_LINE, by->who, STORE_NAME_MAX, e) &&
           store_take_text("from where it is made", STORE_LINE, by->from, STORE_NAME_MAX, e) &&
           store_take_text("the flow", STORE_WORD, by->flow, STORE_WORD_MAX, e) &&
           store_take_time("the time of the change", by->at_ms, e);
}
