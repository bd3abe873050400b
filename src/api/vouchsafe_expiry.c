/* What expires, has expired, or answers under a wrong name: decided now (docs/audit.md). */
#include "api/list.h"
#include "api/tables.h"
#include "api/trust_json.h"
#include "base/arena.h"
#include "flow/expiry.h"
#include "flow/task.h"

#define BASE "/cloudapi/vouchsafe/1.0.0"

enum { FIELD_LEVEL, FIELD_NOT_AFTER, FIELD_WHERE };
static const struct fiql_field fields[] = {
    [FIELD_LEVEL] = { "level", FIQL_TEXT, false, false },
    [FIELD_NOT_AFTER] = { "notAfter", FIQL_TIME, false, false },
    [FIELD_WHERE] = { "where", FIQL_CASELESS, false, false },
};

static struct fiql_value value_of(const void *p, size_t field)
{
    const struct expiry_alarm *x = p;
    const char *const texts[] = { expiry_level_name(x->level), NULL, x->where };
    return (struct fiql_value){ texts[field], x->not_after_ms };
}

static json_t *write_row(struct api_call *c, const void *p)
{
    const struct expiry_alarm *x = p;
    (void)c;
    return json_pack("{s:o, s:s, s:b, s:b, s:o, s:o, s:i, s:o}", "sha256", trust_json_sha256(x->sha256), "level", expiry_level_name(x->level),
                     "isCa", x->ca, "trusted", x->trusted, "subject", task_json(x->subject), "where", task_json(x->where), "endpoints",
                     (int)x->endpoints, "notAfter", api_json_time(x->not_after_ms));
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { .fields = fields, .fields_len = ARRAY_LEN(fields), .get = value_of, .sort = NULL,
                                           .model = "Expiry", .write = write_row };
    struct expiry_alarm *alarms;
    size_t len;
    return expiry_find(c->site, 0, c->arena, &alarms, &len, e) && api_answer_array(c, &shape, alarms, len, sizeof(*alarms), e);
}

const struct api_op api_vouchsafe_expiry_ops[] = {
    { "GET", BASE "/expiry", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, list, 0 },
    { 0 },
};
