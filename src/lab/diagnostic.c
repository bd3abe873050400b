#include "lab/sdk.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "lab/event.h"

/* DiagnosticManager: a vCenter's vpxd.log is what its events say, a host's hostd.log those of the host and of its machines. */

enum { LINES_MAX = 500 /* of one answer, as a vCenter's */ };

static const struct {
    const char *key, *file, *creator;
    bool of_host;
} logs[] = { { "hostd", "/var/log/hostd.log", "hostd", true }, { "vpxd:vpxd.log", "/var/log/vmware/vpxd/vpxd.log", "vpxd", false } };

/* The call's host; false after a fault. *ret_host is -1 without one. */
static bool host_of(struct lab_call *c, int64_t *ret_host)
{
    const char *moid = lab_arg_text(c, "host");
    struct lab_object o;
    *ret_host = -1;
    if (c->self.mo != MO_DIAGNOSTICS)
        return lab_say_gone(c, c->self_moid);
    if (!moid)
        return true;
    if (!lab_object_find(&c->k, moid, &o) || o.mo != MO_HOST)
        return lab_say_gone(c, moid);
    *ret_host = o.n;
    return true;
}

bool lab_log_list(struct lab_call *c)
{
    struct arena *a = c->k.arena;
    int64_t host;
    if (!host_of(c, &host))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(logs); i++) {
        if (logs[i].of_host != (host >= 0))
            continue;
        struct lab_value *v = lab_struct(a, NULL, NULL, "DiagnosticManagerLogDescriptor");
        (void)lab_string(a, v, "key", logs[i].key);
        (void)lab_string(a, v, "fileName", logs[i].file);
        (void)lab_string(a, v, "creator", logs[i].creator);
        (void)lab_string(a, v, "format", "plain");
        (void)lab_string(a, v, "mimeType", "text/plain");
        struct lab_value *info = lab_struct(a, v, "info", "Description");
        (void)lab_string(a, info, "label", logs[i].key);
        (void)lab_string(a, info, "summary", logs[i].file);
        lab_value_bare(c->w, "returnval", v);
    }
    return true;
}

static const char *line_of(struct arena *a, const struct lab_event *e)
{
    char at[TEXT_TIME];
    text_time(e->at_ms / 1000, at);
    return arena_printf(a, "%s info [%u] [%s] [%s] %s", at, e->key, e->type, e->user, e->text);
}

static bool stands_in(const struct lab_event *e, int64_t host)
{
    return host < 0 || ((e->of_vm || e->of_host) && e->host == host);
}

/* A client that begins before the first line (it wants more of the last ones than there are) takes lineEnd for the end of the log
 * and asks on until it has counted up to there: so it is never told of more than it was given. */
static void write_lines(struct lab_call *c, int64_t host, int64_t start, int64_t most)
{
    struct arena *a = c->k.arena;
    const struct lab_event *e = lab_events_newest(c->k.vc), *oldest = e;
    int64_t all = 0, n = 0, from = start < 1 ? 1 : start, given = 0;
    for (; e; oldest = e, e = e->older)
        all += stands_in(e, host);
    struct lab_value *v = lab_struct(a, NULL, NULL, "DiagnosticManagerLogHeader");
    struct lab_value *first = lab_int(a, v, "lineStart", from), *last = lab_int(a, v, "lineEnd", all);
    struct lab_value *text = lab_array(a, v, "lineText", "String");
    for (e = oldest; e && given < most; e = e->newer)
        if (stands_in(e, host) && ++n >= from) {
            (void)lab_string(a, text, NULL, line_of(a, e));
            given++;
        }
    first->text = arena_printf(a, "%" PRId64, from > all ? all : from);
    if (start < 1)
        last->text = arena_printf(a, "%" PRId64, start + given);
    lab_value_bare(c->w, "returnval", v);
}

bool lab_log_browse(struct lab_call *c)
{
    const char *key = lab_arg_text(c, "key");
    int64_t host, start = 1, most = LINES_MAX;
    if (!host_of(c, &host))
        return false;
    const struct xml_element *from = lab_arg(c, "start"), *lines = lab_arg(c, "lines");
    if ((from && !xml_integer(from, INT32_MIN, INT32_MAX, &start)) || (lines && !xml_integer(lines, 0, INT32_MAX, &most)))
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: start", "invalidProperty", "start");
    for (size_t i = 0; key && i < ARRAY_LEN(logs); i++)
        if (!strcmp(logs[i].key, key) && logs[i].of_host == (host >= 0)) {
            write_lines(c, host, start, most < LINES_MAX ? most : LINES_MAX);
            return true;
        }
    return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: key", "invalidProperty", "key");
}
