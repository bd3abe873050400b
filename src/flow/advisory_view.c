#include "flow/advisory_view.h"

#include <string.h>

#include "base/arena.h"
#include "flow/advisory.h"
#include "flow/caller.h"
#include "flow/kept.h"
#include "flow/org.h"
#include "store/record.h"

#define KIND "advisory-view"

static const char *viewer_of(const struct caller *who)
{
    return who->system ? ORG_SYSTEM_URN : who->user;
}

/* A row's id: the advisory's and the viewer's; both are UUIDs behind a prefix, so it is short enough. */
static const char *id_of(const char *advisory_urn, const char *viewer, struct arena *a)
{
    return arena_printf(a, "%s/%s", advisory_urn, strrchr(viewer, ':') + 1);
}

static bool is_of(const struct store_record *row, const char *advisory_urn)
{
    size_t len = strlen(advisory_urn);
    return strncmp(row->id, advisory_urn, len) == 0 && row->id[len] == '/';
}

static bool apply(const struct store_record *row, struct advisory *ad, struct err *e)
{
    json_t *j;
    if (!kept_json(row, &j, e))
        return false;
    ad->start_ms = kept_number(j, "start");
    ad->end_ms = kept_number(j, "end");
    json_decref(j);
    return true;
}

bool advisory_view(struct store *s, const struct caller *who, struct advisory *list, size_t len, struct arena *a, struct err *e)
{
    struct store_record *rows;
    size_t rows_len;
    if (!kept_all(s, KIND, viewer_of(who), a, &rows, &rows_len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < rows_len && !list[i].internal; k++)
            if (is_of(&rows[k], list[i].urn) && !apply(&rows[k], &list[i], e))
                return false;
    return true;
}

static bool check(const struct advisory *shown, int64_t start_ms, int64_t end_ms, struct err *e)
{
    if (shown->internal || shown->priority == ADVISORY_MANDATORY)
        return err_set(e, ERR_INPUT, "a MANDATORY advisory can't be snoozed or dismissed");
    if (shown->priority == ADVISORY_NOTICE && start_ms != shown->start_ms)
        return err_set(e, ERR_INPUT, "a NOTICE can be dismissed, not snoozed");
    return end_ms == 0 || end_ms >= start_ms || err_set(e, ERR_INPUT, "displayEnd lies before displayStart");
}

bool advisory_view_put(struct store *s, const struct caller *who, const struct advisory *shown, int64_t start_ms, int64_t end_ms,
                       const struct store_by *by, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *viewer = viewer_of(who);
    const struct store_record r = { .kind = KIND, .id = id_of(shown->urn, viewer, &a), .owner = viewer, .name = "", .state = "",
                                    .made_ms = by->at_ms };
    return check(shown, start_ms, end_ms, e) &&
           kept_put(s, r, json_pack("{s:I, s:I}", "start", (json_int_t)start_ms, "end", (json_int_t)end_ms), e) &&
           kept_audit(s, by, start_ms != shown->start_ms ? "advisory.snooze" : "advisory.dismiss", shown->urn, e, "shown otherwise to %s",
                      who->system ? "system administrators" : who->who);
}

bool advisory_view_forget(struct store *s, const char *advisory_urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, KIND, NULL, &a, &rows, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (is_of(&rows[i], advisory_urn) && !store_record_remove(s, KIND, rows[i].id, e))
            return false;
    return true;
}
