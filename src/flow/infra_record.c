#include "flow/infra_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "flow/change.h"
#include "flow/kept.h"
#include "flow/task.h"
#include "store/record.h"

#define RESULT_KIND "infra"
#define LINE_KIND "infra-line"

static const char *const texts[] = { "key", "urn", "name", "where", "leaf", "subject", "anchor", "anchorSubject", "pem", "scope", "text" };

/* The texts of a line, in the order of their names. */
static const char **text_at(struct infra_line *l, size_t i)
{
    const char **const at[] = { &l->key, &l->urn, &l->name, &l->where, &l->leaf, &l->subject, &l->anchor, &l->anchor_subject,
                                &l->anchor_pem, &l->scope, &l->text };
    return at[i];
}

static bool read_line(const struct store_record *r, struct arena *a, struct infra_line *ret, struct err *e)
{
    json_t *j;
    if (!kept_json(r, &j, e))
        return false;
    int kind = infra_kind_of(kept_text(j, "kind", a)), verdict = infra_verdict_of(kept_text(j, "verdict", a)),
        why = infra_why_of(kept_text(j, "why", a));
    *ret = (struct infra_line){ .enabled = json_is_true(json_object_get(j, "enabled")), .stored = json_is_true(json_object_get(j, "stored")),
                                .hosts = (size_t)kept_number(j, "hosts"), .hosts_of = (size_t)kept_number(j, "hostsOf") };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *text_at(ret, i) = kept_text(j, texts[i], a);
    json_decref(j);
    if (kind < 0 || verdict < 0 || why < 0)
        return err_set(e, ERR_STORE, "the record of line %s is damaged", r->id);
    ret->kind = (enum infra_kind)kind;
    ret->verdict = (enum infra_verdict)verdict;
    ret->why = (enum infra_why)why;
    return true;
}

bool infra_lines(struct store *s, const char *task, struct arena *a, struct infra_line **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, LINE_KIND, task, a, &rows, &len, e))
        return false;
    *ret = arena_array(a, len + 1, sizeof(**ret));
    *ret_len = len;
    for (size_t i = 0; i < len; i++)
        if (!read_line(&rows[i], a, &(*ret)[i], e))
            return false;
    return true;
}

bool infra_line_put(struct store *s, const char *task, size_t n, const struct infra_line *line, int64_t until_ms, struct err *e)
{
    struct infra_line l = *line;
    char id[STORE_ID_MAX + 1];
    json_t *j = json_pack("{s:s, s:s, s:s, s:b, s:b, s:I, s:I}", "kind", infra_kind_name(l.kind), "verdict",
                          infra_verdict_name(l.verdict), "why", infra_why_name(l.why), "enabled", l.enabled, "stored", l.stored,
                          "hosts", (json_int_t)l.hosts, "hostsOf", (json_int_t)l.hosts_of);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        json_object_set_new(j, texts[i], task_json(*text_at(&l, i) ? *text_at(&l, i) : ""));
    (void)snprintf(id, sizeof(id), "%s/%05zu", task, n);
    return kept_put(s, (struct store_record){ .kind = LINE_KIND, .id = id, .owner = task, .name = "", .state = "",
                                              .made_ms = clock_wall_ms(), .until_ms = until_ms }, j, e);
}

void infra_lines_digest(const struct infra_line *lines, size_t len, struct arena *a, char ret[INFRA_DIGEST])
{
    struct infra_store *list = arena_array(a, len + 1, sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        if (lines[i].verdict == INFRA_STORE)
            list[n++] = (struct infra_store){ lines[i].key, lines[i].anchor, lines[i].scope };
    infra_digest(list, n, a, ret);
}

bool infra_result_put(struct store *s, const char *task, const char *digest, bool ended, int64_t until_ms, struct err *e)
{
    return kept_put(s, (struct store_record){ .kind = RESULT_KIND, .id = task, .owner = "", .name = "", .state = ended ? "ended" : "",
                                              .made_ms = clock_wall_ms(), .until_ms = until_ms },
                    json_pack("{s:s}", "digest", digest), e);
}

bool infra_get(struct store *s, const char *task, struct arena *a, struct infra_result *ret, struct err *e)
{
    struct store_record r;
    json_t *j;
    *ret = (struct infra_result){ 0 };
    if (!store_record_get(s, RESULT_KIND, task, a, &r, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "there is no such plan or run, or it did not look yet") : false;
    if (!kept_json(&r, &j, e))
        return false;
    ret->digest = kept_text(j, "digest", a);
    ret->ended = strcmp(r.state, "ended") == 0;
    json_decref(j);
    if (!infra_lines(s, task, a, &ret->lines, &ret->len, e))
        return false;
    for (size_t i = 0; i < ret->len; i++) {
        const struct infra_line *l = &ret->lines[i];
        ret->endpoints += infra_counts(l->verdict);
        ret->verified += l->verdict == INFRA_VERIFIED;
        ret->to_store += l->verdict == INFRA_STORE && !l->stored;
        ret->stored += l->stored;
        ret->inbox += l->verdict == INFRA_INBOX;
    }
    return true;
}

static bool expire(void *self, struct store *s, struct err *e)
{
    uint64_t gone;
    (void)self;
    return store_record_expire(s, RESULT_KIND, clock_wall_ms(), &gone, e) && store_record_expire(s, LINE_KIND, clock_wall_ms(), &gone, e);
}

bool infra_expire(const struct site *site, struct err *e)
{
    return change_keep(site, expire, NULL, e);
}
