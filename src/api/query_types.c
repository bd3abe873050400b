#include <string.h>

#include "api/query.h"
#include "api/task.h"
#include "base/arena.h"
#include "flow/loan.h"
#include "flow/nsx.h"
#include "flow/org.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vcenter.h"

/* Pointers to the elements of an array. */
#define ROWS(c, list, len, ret)                                             \
    do {                                                                    \
        const void **rows_ = arena_array((c)->arena, (len) + 1, sizeof(*rows_)); \
        for (size_t i_ = 0; i_ < (len); i_++)                               \
            rows_[i_] = &(list)[i_];                                        \
        *(ret) = rows_;                                                     \
    } while (0)

/* ---- virtualCenter ---- */

static const struct fiql_field vcenter_fields[] = {
    { "name", FIQL_TEXT, false, false },          { "url", FIQL_TEXT, false, false },
    { "userName", FIQL_TEXT, false, false },      { "isBusy", FIQL_BOOL, false, false },
    { "isEnabled", FIQL_BOOL, false, false },     { "isSupported", FIQL_BOOL, false, false },
    { "listenerState", FIQL_TEXT, false, false }, { "status", FIQL_TEXT, false, false },
    { "vcVersion", FIQL_TEXT, false, false },     { "uuid", FIQL_TEXT, false, false },
    { "vsmIP", FIQL_TEXT, false, false },         { "href", FIQL_TEXT, false, true },
    { "id", FIQL_TEXT, false, true },
};

static struct fiql_value vcenter_field(const void *row, size_t i)
{
    const struct vcenter *v = row;
    const struct fiql_value values[] = {
        { .text = v->name }, { .text = v->url }, { .text = v->username }, { .number = false }, { .number = v->enabled },
        { .number = v->listener != VCENTER_UNSUPPORTED }, { .text = vcenter_listener_name(v->listener) },
        { .text = v->connected ? "READY" : "NOT_READY" }, { .text = v->version }, { .text = v->uuid }, { .text = v->nsxv.host },
        { .text = strrchr(v->urn, ':') + 1 }, { .text = strrchr(v->urn, ':') + 1 },
    };
    return values[i];
}

static const char *vcenter_urn(const void *row)
{
    return ((const struct vcenter *)row)->urn;
}

static const char *entity_href_of(struct api_call *c, const char *urn)
{
    return api_entity_href(c, urn);
}

static const char *vcenter_href(struct api_call *c, const void *row)
{
    return entity_href_of(c, vcenter_urn(row));
}

static bool vcenter_rows(struct api_call *c, const void ***ret, size_t *ret_len, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct vcenter *list;
    if (!loan_begin(c->site->shelf, &l, e) || !vcenter_list(l.store, c->arena, &list, ret_len, e))
        return false;
    ROWS(c, list, *ret_len, ret);
    return true;
}

/* ---- nsxTManager ---- */

static const struct fiql_field nsx_fields[] = {
    { "name", FIQL_TEXT, false, false },         { "url", FIQL_TEXT, false, false },
    { "version", FIQL_TEXT, false, false },      { "userName", FIQL_TEXT, false, false },
    { "globalManager", FIQL_BOOL, false, false }, { "href", FIQL_TEXT, false, true },
    { "id", FIQL_TEXT, false, true },
};

static struct fiql_value nsx_field(const void *row, size_t i)
{
    const struct nsx *n = row;
    const struct fiql_value values[] = {
        { .text = n->name }, { .text = n->url }, { .text = n->version }, { .text = n->username }, { .number = false },
        { .text = strrchr(n->urn, ':') + 1 }, { .text = strrchr(n->urn, ':') + 1 },
    };
    return values[i];
}

static const char *nsx_urn(const void *row)
{
    return ((const struct nsx *)row)->urn;
}

static const char *nsx_href(struct api_call *c, const void *row)
{
    return entity_href_of(c, nsx_urn(row));
}

static bool nsx_rows(struct api_call *c, const void ***ret, size_t *ret_len, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct nsx *list;
    if (!loan_begin(c->site->shelf, &l, e) || !nsx_list(l.store, c->arena, &list, ret_len, e))
        return false;
    ROWS(c, list, *ret_len, ret);
    return true;
}

/* ---- task, adminTask ---- */

static const struct fiql_field task_fields[] = {
    { "name", FIQL_TEXT, false, false },       { "status", FIQL_TEXT, false, false },
    { "objectName", FIQL_TEXT, false, false }, { "object", FIQL_TEXT, false, false },
    { "objectType", FIQL_TEXT, false, false }, { "ownerName", FIQL_TEXT, false, false },
    { "orgName", FIQL_TEXT, false, false },    { "org", FIQL_TEXT, false, false },
    { "startDate", FIQL_TIME, false, false },  { "endDate", FIQL_TIME, false, false },
    { "progress", FIQL_NUMBER, false, false }, { "href", FIQL_TEXT, false, true },
    { "id", FIQL_TEXT, false, true },
};

static struct fiql_value task_field(const void *row, size_t i)
{
    const struct task *t = row;
    const struct fiql_value values[] = {
        { .text = t->operation_name }, { .text = task_status_name(t->status) }, { .text = t->owner_name },
        { .text = t->owner_urn }, { .text = t->owner_type }, { .text = t->user_name }, { .text = t->org_name },
        { .text = t->org_urn[0] ? strrchr(t->org_urn, ':') + 1 : NULL }, { .number = t->start_ms }, { .number = t->end_ms }, { .number = t->progress },
        { .text = strrchr(t->urn, ':') + 1 }, { .text = strrchr(t->urn, ':') + 1 },
    };
    return values[i];
}

static const char *task_urn(const void *row)
{
    return ((const struct task *)row)->urn;
}

static const char *task_href(struct api_call *c, const void *row)
{
    return api_href(c, "/api/task/%s", api_uuid(task_urn(row)));
}

static bool tasks_of(struct api_call *c, const char *org, const void ***ret, size_t *ret_len, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct task *list;
    if (!loan_begin(c->site->shelf, &l, e) || !task_list(l.store, org, c->arena, &list, ret_len, e))
        return false;
    ROWS(c, list, *ret_len, ret);
    return true;
}

static bool own_tasks(struct api_call *c, const void ***ret, size_t *ret_len, struct err *e)
{
    return tasks_of(c, c->caller.org, ret, ret_len, e);
}

static bool all_tasks(struct api_call *c, const void ***ret, size_t *ret_len, struct err *e)
{
    return tasks_of(c, NULL, ret, ret_len, e);
}

/* ---- cell ---- */

static const struct fiql_field cell_fields[] = {
    { "name", FIQL_TEXT, false, false },       { "primaryIp", FIQL_TEXT, false, false },
    { "isActive", FIQL_NUMBER, false, false }, { "version", FIQL_TEXT, false, false },
};

static struct fiql_value cell_field(const void *row, size_t i)
{
    const struct site *s = row;
    const struct fiql_value values[] = { { .text = s->cell_name }, { .text = s->cell_address }, { .number = 1 },
                                         { .text = SITE_VERSION } };
    return values[i];
}

static const char *cell_urn(const void *row)
{
    return ((const struct site *)row)->cell_urn;
}

static const char *cell_href(struct api_call *c, const void *row)
{
    return api_href(c, "/cloudapi/1.0.0/cells/%s", cell_urn(row));
}

static bool cell_rows(struct api_call *c, const void ***ret, size_t *ret_len, struct err *e)
{
    (void)e;
    *ret_len = 1;
    ROWS(c, c->site, *ret_len, ret);
    return true;
}

/* ---- organization ---- */

static const struct fiql_field org_fields[] = {
    { "name", FIQL_TEXT, false, false },      { "displayName", FIQL_TEXT, false, false },
    { "isEnabled", FIQL_BOOL, false, false }, { "href", FIQL_TEXT, false, true },
    { "id", FIQL_TEXT, false, true },
};

static struct fiql_value org_field(const void *row, size_t i)
{
    const struct org *o = row;
    const struct fiql_value values[] = { { .text = o->name }, { .text = o->display_name }, { .number = o->enabled },
                                         { .text = strrchr(o->urn, ':') + 1 }, { .text = strrchr(o->urn, ':') + 1 } };
    return values[i];
}

static const char *org_urn(const void *row)
{
    return ((const struct org *)row)->urn;
}

static const char *org_href(struct api_call *c, const void *row)
{
    return entity_href_of(c, org_urn(row));
}

static bool org_rows(struct api_call *c, const void ***ret, size_t *ret_len, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct org *list;
    if (!loan_begin(c->site->shelf, &l, e) || !org_list(l.store, c->arena, &list, ret_len, e))
        return false;
    ROWS(c, list, *ret_len, ret);
    return true;
}

#define FIELDS(f) f, ARRAY_LEN(f)

const struct query_type query_types[] = {
    { "virtualCenter", "VirtualCenterRecord", "VirtualCenterReference", RIGHT_VCENTER_VIEW, true, FIELDS(vcenter_fields),
      vcenter_field, vcenter_urn, vcenter_href, "application/vnd.vmware.admin.vmwvirtualcenter+xml", vcenter_rows, NULL },
    { "nsxTManager", "NsxTManagerRecord", "NsxTManagerReference", RIGHT_VCENTER_VIEW, true, FIELDS(nsx_fields), nsx_field,
      nsx_urn, nsx_href, "application/vnd.vmware.admin.nsxTmanager+xml", nsx_rows, NULL },
    { "task", "TaskRecord", "TaskReference", RIGHT_NONE, false, FIELDS(task_fields), task_field, task_urn, task_href,
      API_TASK_TYPE "+xml", own_tasks, NULL },
    { "adminTask", "AdminTaskRecord", "AdminTaskReference", RIGHT_TASK_VIEW_ALL, true, FIELDS(task_fields), task_field,
      task_urn, task_href, API_TASK_TYPE "+xml", all_tasks, NULL },
    { "cell", "CellRecord", "CellReference", RIGHT_ADMIN_VIEW, true, FIELDS(cell_fields), cell_field, cell_urn, cell_href,
      "application/json", cell_rows, NULL },
    { "organization", "OrgRecord", "OrgReference", RIGHT_ADMIN_VIEW, true, FIELDS(org_fields), org_field, org_urn, org_href,
      "application/vnd.vmware.admin.organization+xml", org_rows, NULL },
    { 0 },
};
