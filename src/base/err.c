#include "base/err.h"

#include <stdio.h>
#include <string.h>

static void PRINTF(4, 0) set_text(struct err *e, enum err_kind kind, int sys, const char *fmt, va_list args)
{
    e->kind = kind;
    e->sys = sys;
    (void)vsnprintf(e->msg, sizeof(e->msg), fmt, args);
}

bool (err_set)(struct err *e, enum err_kind kind, const char *fmt, ...)
{
    if (e) {
        va_list args;
        va_start(args, fmt);
        set_text(e, kind, 0, fmt, args);
        va_end(args);
    }
    return false;
}

bool (err_sys)(struct err *e, enum err_kind kind, int sys, const char *fmt, ...)
{
    if (e) {
        va_list args;
        va_start(args, fmt);
        set_text(e, kind, sys, fmt, args);
        va_end(args);
        size_t len = strlen(e->msg);
        char text[128];
        (void)snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", strerror_r(sys, text, sizeof(text)));
    }
    return false;
}

bool (err_in)(struct err *e, const char *fmt, ...)
{
    if (e) {
        char context[ERR_MSG_MAX];
        va_list args;
        va_start(args, fmt);
        (void)vsnprintf(context, sizeof(context), fmt, args);
        va_end(args);
        char text[ERR_MSG_MAX];
        memcpy(text, e->msg, sizeof(text));
        size_t len = strnlen(context, sizeof(context) - 3);
        memcpy(e->msg, context, len);
        (void)snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", text);
    }
    return false;
}

const char *err_kind_name(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE: return "none";
    case ERR_INPUT: return "input";
    case ERR_NOT_FOUND: return "not-found";
    case ERR_CONFLICT: return "conflict";
    case ERR_DENIED: return "denied";
    case ERR_UNTRUSTED: return "untrusted";
    case ERR_PEER: return "peer";
    case ERR_TIMEOUT: return "timeout";
    case ERR_LIMIT: return "limit";
    case ERR_STORE: return "store";
    case ERR_CANCELLED: return "cancelled";
    case ERR_INTERNAL: return "internal";
    }
    return "unknown";
}
