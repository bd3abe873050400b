#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "base/arena.h"
#include "base/text.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "store/audit.h"
#include "store/store.h"

/* GET auditTrail (vcd-api.md 3.8): the store's audit trail, the newest line first. Its sequence has no gaps, so a plain
 * page is found by arithmetic; a filter or a sorting looks at the newest AUDIT_LOOKED_AT lines. */

enum { AUDIT_LOOKED_AT = 10000 };

#define EVENT_PREFIX "com/vmware/vcloud/event/vouchsafe/"

static const struct fiql_field fields[] = {
    { "eventType", FIQL_TEXT, false, false },     { "user.name", FIQL_CASELESS, false, false },
    { "eventEntity.id", FIQL_TEXT, false, false }, { "timestamp", FIQL_TIME, false, false },
    { "description", FIQL_TEXT, false, true },
};

/* A line that outlives its sink. */
struct line {
    struct store_audit audit;
    const char *type, *sha256;
};

struct found {
    struct arena *arena;
    const void **rows;
    size_t len;
};

static bool copy(void *self, const struct store_audit *a, struct err *e)
{
    struct found *f = self;
    struct line *l = arena_alloc(f->arena, sizeof(*l));
    char hex[DIGEST_SHA256 * 3];
    (void)e;
    l->audit = *a;
    l->audit.id = arena_strdup(f->arena, a->id);
    l->audit.by.who = arena_strdup(f->arena, a->by.who);
    l->audit.by.from = arena_strdup(f->arena, a->by.from);
    l->audit.by.flow = arena_strdup(f->arena, a->by.flow);
    l->audit.action = arena_strdup(f->arena, a->action);
    l->audit.entity = arena_strdup(f->arena, a->entity);
    l->audit.text = arena_strdup(f->arena, a->text);
    l->audit.data = NULL;
    l->type = arena_printf(f->arena, EVENT_PREFIX "%s", a->action);
    if (a->sha256) {
        text_fingerprint(a->sha256, DIGEST_SHA256, hex);
        l->sha256 = arena_strdup(f->arena, hex);
    }
    f->rows[f->len++] = l;
    return true;
}

static struct fiql_value get(const void *row, size_t field)
{
    const struct line *l = row;
    switch (field) {
    case 0: return (struct fiql_value){ l->type, 0 };
    case 1: return (struct fiql_value){ l->audit.by.who, 0 };
    case 2: return (struct fiql_value){ l->audit.entity, 0 };
    case 3: return (struct fiql_value){ NULL, l->audit.by.at_ms };
    default: return (struct fiql_value){ l->audit.text, 0 };
    }
}

static json_t *write_line(struct api_call *c, const void *row)
{
    const struct line *l = row;
    return json_pack("{s:o, s:s, s:s, s:n, s:{s:s, s:n}, s:n, s:o, s:n, s:n, s:s, s:s, s:s, s:o, s:b, s:{s:s, s:s, s:s?, s:I}}",
                     "eventId", json_sprintf("urn:vcloud:audit:%s", l->audit.id), "eventType", l->type, "description", l->audit.text,
                     "operatingOrg", "user", "name", l->audit.by.who, "id", "actor", "eventEntity",
                     l->audit.entity[0] ? api_json_ref(l->audit.entity, l->audit.entity) : json_null(), "taskId", "taskCellId",
                     "cellId", c->site->cell_urn, "serviceNamespace", "com.vmware.vcloud", "eventStatus", "SUCCESS", "timestamp",
                     api_json_time(l->audit.by.at_ms), "external", false, "additionalProperties", "clientIpAddress", l->audit.by.from,
                     "flow", l->audit.by.flow, "sha256", l->sha256, "sequence", (json_int_t)l->audit.seq);
}

static const struct api_list shape = { fields, ARRAY_LEN(fields), get, NULL, false, "AuditTrailEvents", write_line };

/* The newest `max` lines behind seq `after` (0 = from the newest). */
static bool read_lines(struct store *s, uint64_t after, size_t max, struct found *f, struct err *e)
{
    f->rows = arena_array(f->arena, max + 1, sizeof(*f->rows));
    while (f->len < max) {
        size_t before = f->len, left = max - f->len;
        const struct store_audit_query q = { .newest_first = true, .after = after,
                                             .limit = (uint32_t)(left < STORE_PAGE_MAX ? left : STORE_PAGE_MAX) };
        if (!store_audit_list(s, &q, copy, f, e))
            return false;
        if (f->len == before)
            return true;
        after = ((const struct line *)f->rows[f->len - 1])->audit.seq;
    }
    return true;
}

static bool list(struct api_call *c, struct err *e)
{
    struct api_query q;
    uint64_t count;
    uint8_t head[DIGEST_SHA256];
    struct found f = { .arena = c->arena };
    AUTO(loan_end) struct loan l = { 0 };
    if (!api_query_of(c, &q, e) || !loan_begin(c->site->shelf, &l, e))
        return false;
    if (q.filter[0] || q.sort_asc || q.sort_desc)
        return read_lines(l.store, 0, AUDIT_LOOKED_AT, &f, e) && api_answer_list(c, &shape, f.rows, f.len, e);
    if (!store_begin(l.store, STORE_READ, e) || !store_audit_head(l.store, &count, head, e))
        return false;
    size_t from = (q.page - 1) * q.page_size;
    if (from < count && q.page_size > 0 && !read_lines(l.store, from == 0 ? 0 : count - from + 1, q.page_size, &f, e))
        return false;
    return api_answer_page(c, &shape, &q, f.rows, f.len, (size_t)count, e);
}

const struct api_op api_audit_trail_ops[] = {
    { "GET", "/cloudapi/1.0.0/auditTrail", API_CLOUDAPI, RIGHT_AUDIT_VIEW, API_PROVIDER, list, 0 },
    { 0 },
};
