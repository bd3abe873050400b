#include "cli/consequence.h"

#include <string.h>

#include "base/arena.h"
#include "cli/answer.h"
#include "cli/certs.h"
#include "cli/ours.h"
#include "cli/remote.h"

enum { NAMED = 5 };

bool consequence_ask(struct remote *r, json_t *take_ask, json_t **ret, struct err *e)
{
    return remote_send(r, "POST", OURS_PATH "/whatIf", take_ask, ret, e);
}

json_t *consequence_of(const char *action, const struct cert_list *l)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < l->len; i++)
        json_array_append_new(ids, json_string(l->items[i].id));
    return json_pack("{s:s, s:o}", "action", action, "certificates", ids);
}

/* "esx1.example (unknown-issuer), esx2.example (..), .." of those in this state. */
static const char *names_of(const json_t *answer, const char *state, const char *with, struct arena *a)
{
    const char *text = "";
    size_t i, n = 0;
    json_t *one;
    json_array_foreach(answer_member(answer, "endpoints"), i, one) {
        const char *is = answer_str(one, "state");
        if (!is || strcmp(is, state) != 0)
            continue;
        if (n++ == NAMED)
            return arena_printf(a, "%s, ..", text);
        text = arena_printf(a, "%s%s%s (%s)", text, n > 1 ? ", " : "", answer_shown(one, "name", "?", a), answer_shown(one, with, "not known", a));
    }
    return text;
}

static const char *plural(json_int_t n)
{
    return n == 1 ? "" : "s";
}

static void print_features(struct out *o, const json_t *answer, struct arena *a)
{
    size_t i;
    json_t *one;
    json_array_foreach(answer_member(answer, "features"), i, one) {
        const char *kind = answer_str(one, "kind");
        const bool hosts = kind && strcmp(kind, "host") == 0;
        const char *of = answer_shown(one, "of", "?", a);
        if (hosts)
            out_printf(o, "  of %s with %lld of its hosts: %s\n", of, (long long)answer_number(one, "count"),
                       answer_shown(one, "standsStill", "", a));
        else
            out_printf(o, "  %s: %s\n", of, answer_shown(one, "standsStill", "", a));
    }
}

/* "it carried until now: console (2 endpoints, last 2026-11-24T00:10:00Z), .." */
static void print_carried(struct out *o, const json_t *answer, struct arena *a)
{
    const char *text = "";
    size_t i;
    json_t *one;
    json_array_foreach(answer_member(answer, "carried"), i, one) {
        json_int_t n = answer_number(one, "endpoints");
        text = arena_printf(a, "%s%s%s (%lld endpoint%s, last %s)", text, i ? ", " : "", answer_shown(one, "purpose", "?", a), (long long)n,
                            plural(n), answer_shown(one, "last", "?", a));
    }
    if (text[0])
        out_printf(o, "it carried until now: %s\n", text);
}

void consequence_print(struct out *o, const json_t *answer, bool finish, struct arena *a)
{
    json_int_t breaks = answer_number(answer, "breaks"), heals = answer_number(answer, "heals"), unknown = answer_number(answer, "unknown");
    json_int_t sessions = answer_number(answer, "sessionsEnding");
    if (breaks > 0) {
        out_printf(o, "%s%lld endpoint%s can't be believed then%s: %s\n", out_begin(o, OUT_BAD), (long long)breaks, plural(breaks),
                   out_end(o, OUT_BAD), names_of(answer, "fails", "rule", a));
        out_printf(o, "what stands still then:\n");
        print_features(o, answer, a);
    } else {
        out_printf(o, "nothing that is believed now is refused then\n");
    }
    if (heals > 0)
        out_printf(o, "%s%lld endpoint%s can be believed then%s that can't be now\n", out_begin(o, OUT_GOOD), (long long)heals, plural(heals),
                   out_end(o, OUT_GOOD));
    if (unknown > 0)
        out_printf(o, "%s%lld endpoint%s could depend on it and %s not known%s: %s\n", out_begin(o, OUT_WARN), (long long)unknown,
                   plural(unknown), unknown == 1 ? "is" : "are", out_end(o, OUT_WARN), names_of(answer, "unknown", "unknown", a));
    print_carried(o, answer, a);
    if (sessions >= 0)
        out_printf(o, "%lld live session%s %s\n", (long long)sessions, plural(sessions),
                   finish ? sessions == 1 ? "stands on it and may finish" : "stand on it and may finish" : sessions == 1 ? "ends" : "end");
}

bool consequence_is_safe(const json_t *answer)
{
    return answer_number(answer, "breaks") == 0 && answer_number(answer, "unknown") == 0;
}
