/* The audit's report as it is kept: one record for the whole, one for each grant with its JSON for clients. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "flow/audit.h"
#include "flow/evidence_sum.h"
#include "flow/kept.h"
#include "flow/task.h"
#include "store/endpoint.h"
#include "store/evidence.h"
#include "store/record.h"
#include "store/store.h"
#include "trust/cert.h"

#define HEAD "trust-audit"
#define ROW "trust-audit-row"
#define LAST "last"

/* What a report is written from. */
struct writing {
    struct store *store;
    const struct audit_made *m;
    uint32_t *grant_at;                       /* of a place in found.grants: of m->grants; TRUST_AUDIT_NONE */
    const struct replay_endpoint **by_key;    /* the replay's endpoints, sorted */
};

static int by_key(const void *left, const void *right)
{
    const struct replay_endpoint *const *a = left, *const *b = right;
    return strcmp((*a)->key, (*b)->key);
}

static const struct replay_endpoint *find_endpoint(const struct writing *w, const char *key)
{
    const struct replay_endpoint wanted = { .key = key }, *at = &wanted;
    const struct replay_endpoint **found = bsearch(&at, w->by_key, w->m->replay.len, sizeof(struct replay_endpoint *), by_key);
    return found ? *found : NULL;
}

static json_t *time_json(int64_t ms)
{
    char text[TEXT_TIME];
    if (ms <= 0)
        return json_null();
    text_time(ms / 1000, text);
    return json_string(text);
}

/* ---- a row ---- */

static json_t *grant_ref(const struct writing *w, uint32_t place)
{
    uint32_t at = place == TRUST_AUDIT_NONE ? TRUST_AUDIT_NONE : w->grant_at[place];
    if (at == TRUST_AUDIT_NONE)
        return json_null();
    return json_pack("{s:s, s:o}", "id", w->m->grants[at].id, "alias", task_json(w->m->grants[at].alias));
}

static json_t *endpoint_json(const struct replay_endpoint *ep)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "key", task_json(ep->key), "name", task_json(ep->name), "kind",
                     replay_kind_name(ep->kind), "of", ep->of ? task_json(ep->of) : json_null(), "seen", time_json(ep->seen_ms),
                     "unknown", ep->unknown ? task_json(ep->unknown) : json_null());
}

/* The links of one grant: [*from, *to). */
static void links_of(const struct trust_audit *found, uint32_t place, size_t *from, size_t *to)
{
    size_t low = 0, high = found->links_len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (found->links[mid].grant < place)
            low = mid + 1;
        else
            high = mid;
    }
    for (*from = *to = low; *to < found->links_len && found->links[*to].grant == place;)
        ++*to;
}

static json_t *endpoints_json(const struct writing *w, uint32_t place)
{
    json_t *list = json_array();
    size_t from, to;
    links_of(&w->m->found, place, &from, &to);
    for (size_t i = from; i < to && i < from + AUDIT_SHOWN; i++) {
        const struct trust_audit_link *l = &w->m->found.links[i];
        json_t *one = endpoint_json(&w->m->replay.endpoints[l->at]);
        json_object_set_new(one, "use", json_string(!l->first ? "cover" : l->cover == TRUST_AUDIT_NONE ? "needs" : "stands"));
        json_object_set_new(one, "coveredBy", l->first ? grant_ref(w, l->cover) : json_null());
        json_object_set_new(one, "standsStill", json_string(replay_stands_still(w->m->replay.endpoints[l->at].kind)));
        json_array_append_new(list, one);
    }
    return list;
}

/* Those that the grant vouches for and nobody knows of. */
static json_t *unknown_json(const struct writing *w, const struct trust_scope *scope, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; count && i < w->m->replay.len && json_array_size(list) < AUDIT_SHOWN; i++)
        if (w->m->replay.endpoints[i].unknown && trust_scope_serves(scope, &w->m->replay.cases[i].q.behalf))
            json_array_append_new(list, endpoint_json(&w->m->replay.endpoints[i]));
    return list;
}

struct evidence_read {
    const struct writing *w;
    json_t *list;
};

static bool on_evidence(void *self, const struct store_evidence *row, struct err *e)
{
    struct evidence_read *r = self;
    const struct replay_endpoint *ep = find_endpoint(r->w, row->endpoint);
    (void)e;
    json_array_append_new(r->list, json_pack("{s:o, s:o, s:s, s:o, s:o, s:I}", "endpoint", task_json(row->endpoint), "name",
                                             ep ? task_json(ep->name) : json_null(), "purpose", row->purpose, "first",
                                             time_json(row->first_ms), "last", time_json(row->last_ms), "count",
                                             (json_int_t)row->count));
    return true;
}

/* All of it by purpose, and the first lines of it. */
static bool evidence_json(const struct writing *w, const uint8_t *sha256, json_t **ret, struct err *e)
{
    struct evidence_read r = { .w = w, .list = json_array() };
    struct evidence_sum sum = { .len = 0 };
    int64_t first_ms = 0, last_ms = 0;
    uint64_t count = 0;
    if (!store_evidence_list(w->store, &(struct store_evidence_query){ .anchor = sha256, .limit = AUDIT_SHOWN }, on_evidence, &r, e) ||
        !evidence_sum_add(w->store, sha256, &sum, e)) {
        json_decref(r.list);
        return false;
    }
    evidence_sum_sort(&sum);
    json_t *purposes = json_array();
    for (size_t i = 0; i < sum.len; i++) {
        const struct evidence_purpose *p = &sum.of[i];
        first_ms = first_ms && first_ms < p->first_ms ? first_ms : p->first_ms;
        last_ms = last_ms > p->last_ms ? last_ms : p->last_ms;
        count += p->connections;
        json_array_append_new(purposes, json_pack("{s:s, s:I, s:I, s:o, s:o}", "purpose", p->purpose, "endpoints", (json_int_t)p->endpoints,
                                                  "connections", (json_int_t)p->connections, "first", time_json(p->first_ms), "last",
                                                  time_json(p->last_ms)));
    }
    *ret = json_pack("{s:o, s:o, s:I, s:o, s:o}", "first", time_json(first_ms), "last", time_json(last_ms), "connections",
                     (json_int_t)count, "purposes", purposes, "uses", r.list);
    return true;
}

/* "vc1, esx1.example, .." */
static const char *names_text(const json_t *list, size_t all, struct arena *a)
{
    const char *text = "";
    const json_t *one;
    size_t i;
    json_array_foreach(list, i, one) {
        if (i == 3)
            break;
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", json_string_value(json_object_get(one, "name")));
    }
    return arena_printf(a, "%s%s", text, all > 3 ? ", .." : "");
}

static const char *reason_text(const struct writing *w, const struct trust_audit_grant *t, const json_t *endpoints, const json_t *unknown,
                               struct arena *a)
{
    char when[TEXT_TIME];
    const char *other = "";
    if (t->related != TRUST_AUDIT_NONE && w->grant_at[t->related] != TRUST_AUDIT_NONE)
        other = w->m->grants[w->grant_at[t->related]].alias;
    switch (t->reason) {
    case TRUST_AUDIT_CARRIES:
        return arena_printf(a, "without it %u endpoint%s can't be believed (%u stand on it: %s)", t->needs, t->needs == 1 ? "" : "s", t->carries,
                            names_text(endpoints, json_array_size(endpoints), a));
    case TRUST_AUDIT_COVERED:
        return "whatever it carries is covered by another trusted certificate";
    case TRUST_AUDIT_UNSEEN:
        return arena_printf(a, "%u endpoint%s that it vouches for %s not known: %s", t->unknown, t->unknown == 1 ? "" : "s",
                            t->unknown == 1 ? "is" : "are", names_text(unknown, t->unknown, a));
    case TRUST_AUDIT_BROKEN:
        return "an endpoint that leads to it is refused for another reason, and will need it when that is mended";
    case TRUST_AUDIT_NOT_LOOKED:
        return "nothing stands on it in what is kept; only a look at every endpoint can tell whether that is so now";
    case TRUST_AUDIT_NOBODY:
        return "nothing that it vouches for was ever seen";
    case TRUST_AUDIT_SUCCESSOR:
        return arena_printf(a, "it has the name and a younger key of \"%s\", which is in use: endpoints come to it when they are renewed", other);
    case TRUST_AUDIT_UNUSED:
        return "every endpoint that it vouches for was looked at, and is believed without it as it is with it";
    case TRUST_AUDIT_EXPIRED:
        text_time(trust_cert_not_after(t->cert), when);
        return arena_printf(a, "it expired %s and carries nothing any more", when);
    }
    return "";
}

static bool row_json(const struct writing *w, size_t at, struct arena *a, json_t **ret, struct err *e)
{
    const struct store_grant *g = &w->m->grants[at];
    uint32_t place = w->m->at[at];
    const struct trust_audit_grant *t = &w->m->found.grants[place];
    char scope[TRUST_SCOPE_TEXT], sha256[3 * DIGEST_SHA256], subject[TRUST_TEXT_MAX];
    json_t *evidence;
    if (!evidence_json(w, g->sha256, &evidence, e))
        return false;
    trust_scope_write(&g->scope, scope);
    text_fingerprint(g->sha256, DIGEST_SHA256, sha256);
    trust_cert_subject(t->cert, subject, sizeof(subject));
    json_t *endpoints = endpoints_json(w, place), *unknown = unknown_json(w, t->scope, t->unknown);
    const char *text = reason_text(w, t, endpoints, unknown, a);
    *ret = json_pack("{s:s, s:o, s:s, s:o, s:s, s:o, s:s, s:o, s:i, s:i, s:i, s:o, s:o, s:o, s:o}", "id", g->id, "alias",
                     task_json(g->alias), "sha256", sha256, "subject", task_json(subject), "scope", scope, "notAfter",
                     time_json(trust_cert_not_after(t->cert) * 1000), "state", trust_audit_state_name(t->state), "text", task_json(text),
                     "needs", (int)t->needs, "stands", (int)t->carries, "unknown", (int)t->unknown, "endpoints", endpoints,
                     "notKnown", unknown, "successorOf", grant_ref(w, t->related), "evidence", evidence);
    return true;
}

/* ---- keeping ---- */

static bool put_row(const struct writing *w, size_t at, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct store_grant *g = &w->m->grants[at];
    json_t *json;
    if (w->m->at[at] == TRUST_AUDIT_NONE)
        return true;
    return row_json(w, at, &a, &json, e) &&
           kept_put(w->store, (struct store_record){ .kind = ROW, .id = g->id, .owner = "", .name = "",
                                                     .state = trust_audit_state_name(w->m->found.grants[w->m->at[at]].state),
                                                     .made_ms = w->m->replay.now_ms }, json, e);
}

static bool put_head(const struct writing *w, int64_t started_ms, bool looked, struct err *e)
{
    const struct trust_audit *found = &w->m->found;
    json_t *states = json_object();
    size_t count[TRUST_AUDIT_UNNEEDED + 1] = { 0 }, unknown = 0, refused = 0;
    for (size_t i = 0; i < found->grants_len; i++)
        count[found->grants[i].state]++;
    for (size_t i = 0; i < w->m->replay.len; i++) {
        unknown += w->m->replay.endpoints[i].unknown != NULL;
        refused += !w->m->replay.endpoints[i].unknown && found->results[i].rule != TRUST_OK;
    }
    for (int i = 0; i <= TRUST_AUDIT_UNNEEDED; i++)
        json_object_set_new(states, trust_audit_state_name((enum trust_audit_state)i), json_integer((json_int_t)count[i]));
    json_t *head = json_pack("{s:I, s:I, s:b, s:s, s:o, s:I, s:I, s:I}", "started", (json_int_t)started_ms, "ended",
                             (json_int_t)w->m->replay.now_ms, "looked", looked, "shown", w->m->shown, "states", states, "endpoints",
                             (json_int_t)w->m->replay.len, "unknown", (json_int_t)unknown, "refused", (json_int_t)refused);
    return kept_put(w->store, (struct store_record){ .kind = HEAD, .id = LAST, .owner = "", .name = "", .state = "",
                                                     .made_ms = started_ms }, head, e);
}

/* Rows of grants that are gone. */
static bool drop_old(const struct writing *w, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record *rows;
    size_t len, k = 0;
    if (!kept_all(w->store, ROW, NULL, &a, &rows, &len, e))
        return false;
    for (size_t i = 0; i < len; i++) { /* both are in the order of ids */
        while (k < w->m->grants_len && strcmp(w->m->grants[k].id, rows[i].id) < 0)
            k++;
        bool there = k < w->m->grants_len && strcmp(w->m->grants[k].id, rows[i].id) == 0 && w->m->at[k] != TRUST_AUDIT_NONE;
        if (!there && !store_record_remove(w->store, ROW, rows[i].id, e))
            return false;
    }
    return true;
}

static bool drop_strays(const struct writing *w, struct err *e)
{
    for (size_t i = 0; i < w->m->replay.strays_len; i++)
        if (!store_endpoint_remove(w->store, w->m->replay.strays[i], e) && e->kind != ERR_NOT_FOUND)
            return false;
    return true;
}

bool audit_keep(struct store *s, const struct audit_made *m, int64_t started_ms, bool looked, struct err *e)
{
    AUTO(freep) uint32_t *grant_at = xcalloc(m->found.grants_len, sizeof(*grant_at));
    AUTO(freep) const struct replay_endpoint **sorted = xcalloc(m->replay.len, sizeof(struct replay_endpoint *));
    const struct writing w = { s, m, grant_at, sorted };
    for (size_t i = 0; i < m->found.grants_len; i++)
        grant_at[i] = TRUST_AUDIT_NONE;
    for (size_t i = 0; i < m->grants_len; i++)
        if (m->at[i] != TRUST_AUDIT_NONE)
            grant_at[m->at[i]] = (uint32_t)i;
    for (size_t i = 0; i < m->replay.len; i++)
        sorted[i] = &m->replay.endpoints[i];
    if (m->replay.len)
        qsort(sorted, m->replay.len, sizeof(struct replay_endpoint *), by_key);
    if (!drop_old(&w, e) || !drop_strays(&w, e))
        return false;
    for (size_t i = 0; i < m->grants_len; i++)
        if (!put_row(&w, i, e))
            return false;
    return put_head(&w, started_ms, looked, e);
}

/* ---- reading ---- */

static bool read_head(struct store *s, struct arena *a, struct audit_head *ret, struct err *e)
{
    struct store_record r;
    json_t *j;
    *ret = (struct audit_head){ 0 };
    if (!store_record_get(s, HEAD, LAST, a, &r, e))
        return e->kind == ERR_NOT_FOUND;
    if (!kept_json(&r, &j, e))
        return false;
    ret->started_ms = kept_number(j, "started");
    ret->ended_ms = kept_number(j, "ended");
    ret->looked = json_is_true(json_object_get(j, "looked"));
    (void)text_copy(ret->shown, sizeof(ret->shown), kept_text(j, "shown", a));
    ret->endpoints = (size_t)kept_number(j, "endpoints");
    ret->unknown = (size_t)kept_number(j, "unknown");
    ret->refused = (size_t)kept_number(j, "refused");
    for (int i = 0; i <= TRUST_AUDIT_UNNEEDED; i++)
        ret->states[i] = (size_t)kept_number(json_object_get(j, "states"), trust_audit_state_name((enum trust_audit_state)i));
    json_decref(j);
    return true;
}

static bool read_row(const struct store_record *r, struct arena *a, struct audit_row *ret, struct err *e)
{
    json_t *j;
    if (!kept_json(r, &j, e))
        return false;
    *ret = (struct audit_row){ r->id, kept_text(j, "alias", a), r->state, r->data };
    json_decref(j);
    return true;
}

bool audit_row_get(struct store *s, const char *id, struct arena *a, struct audit_row *ret, struct err *e)
{
    struct store_record r;
    *ret = (struct audit_row){ 0 };
    if (!store_record_get(s, ROW, id, a, &r, e))
        return e->kind == ERR_NOT_FOUND;
    return read_row(&r, a, ret, e);
}

bool audit_last(struct store *s, struct arena *a, struct audit_head *ret_head, struct audit_row **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!read_head(s, a, ret_head, e) || !kept_all(s, ROW, NULL, a, &rows, &len, e))
        return false;
    struct audit_row *list = arena_array(a, len + 1, sizeof(*list));
    for (size_t i = 0; i < len; i++)
        if (!read_row(&rows[i], a, &list[i], e))
            return false;
    *ret = list;
    *ret_len = len;
    return true;
}
