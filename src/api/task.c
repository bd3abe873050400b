#include "api/task.h"

#include <string.h>

#include "api/error.h"
#include "api/tables.h"
#include "base/arena.h"
#include "base/text.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/task.h"

enum { TASK_TEXT_MAX = 4 * ERR_MSG_MAX };

const char *api_entity_href(const struct api_call *c, const char *urn)
{
    static const struct {
        const char *prefix, *path;
    } known[] = {
        { "urn:vcloud:vimserver:", "/api/admin/extension/vimServer/" },
        { "urn:vcloud:nsxtmanager:", "/api/admin/extension/nsxtManagers/" },
        { "urn:vcloud:org:", "/api/org/" },
        { "urn:vcloud:user:", "/api/admin/user/" },
        { "urn:vcloud:vdc:", "/api/vdc/" },
        { "urn:vcloud:vapp:", "/api/vApp/vapp-" },
        { "urn:vcloud:vm:", "/api/vApp/vm-" },
        { "urn:vcloud:catalog:", "/api/catalog/" },
        { "urn:vcloud:catalogitem:", "/api/catalogItem/" },
        { "urn:vcloud:vapptemplate:", "/api/vAppTemplate/vappTemplate-" },
        { "urn:vcloud:media:", "/api/media/" },
        { "urn:vcloud:network:", "/api/network/" },
        { "urn:vcloud:vdcstorageProfile:", "/api/vdcStorageProfile/" },
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strncmp(urn, known[i].prefix, strlen(known[i].prefix)) == 0)
            return api_href(c, "%s%s", known[i].path, api_uuid(urn));
    return urn[0] ? api_href(c, "/api/entity/%s", urn) : NULL;
}

static void put_error(struct legacy *l, const struct err *why)
{
    char text[TASK_TEXT_MAX];
    api_task_text(why->msg, text, sizeof(text));
    legacy_open(l, "Error");
    legacy_attr(l, "message", text);
    legacy_attr_number(l, "majorErrorCode", api_task_major(why->kind));
    legacy_attr(l, "minorErrorCode", api_error_of(why->kind, API_LEGACY).minor);
    legacy_close(l);
}

void api_task_body(struct legacy *l, const struct task *t)
{
    struct api_call *c = l->c;
    const char *href = api_href(c, "/api/task/%s", api_uuid(t->urn));
    char details[TASK_TEXT_MAX];
    legacy_attr(l, "href", href);
    legacy_attr(l, "id", t->urn);
    legacy_attr(l, "type", API_TASK_TYPE "+xml");
    legacy_attr(l, "name", "task");
    legacy_attr(l, "status", task_status_name(t->status));
    legacy_attr(l, "operation", t->operation);
    legacy_attr(l, "operationName", t->operation_name);
    legacy_attr(l, "serviceNamespace", "com.vmware.vcloud");
    legacy_attr_time(l, "startTime", t->start_ms);
    legacy_attr_time(l, "endTime", t->end_ms);
    legacy_attr_time(l, "expiryTime", t->until_ms ? t->until_ms : t->start_ms + TASK_KEPT_MS);
    legacy_attr_bool(l, "cancelRequested", t->cancel_requested);
    legacy_array(l, "Link");
    if (!t->end_ms)
        legacy_link(l, "task:cancel", NULL, api_href(c, "/api/task/%s/action/cancel", api_uuid(t->urn)));
    legacy_leaf(l, "Description", "");
    legacy_ref(l, "Owner", api_entity_href(c, t->owner_urn), t->owner_urn, t->owner_type, t->owner_name);
    if (t->status == TASK_ERROR)
        put_error(l, &t->error);
    if (t->user_urn[0])
        legacy_ref(l, "User", api_entity_href(c, t->user_urn), t->user_urn, "application/vnd.vmware.admin.user+xml", t->user_name);
    if (t->org_urn[0])
        legacy_ref(l, "Organization", api_entity_href(c, t->org_urn), t->org_urn, "application/vnd.vmware.vcloud.org+xml",
                   t->org_name);
    legacy_leaf_number(l, "Progress", t->progress);
    api_task_text(t->details, details, sizeof(details));
    legacy_leaf(l, "Details", details);
}

static bool answer(struct api_call *c, int status, const struct task *t, struct err *e)
{
    struct legacy l;
    legacy_start(&l, c, "Task");
    api_task_body(&l, t);
    return legacy_end(&l, status, API_TASK_TYPE, e);
}

bool api_answer_legacy_task(struct api_call *c, int status, const char *task_urn, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct task t;
    return loan_begin(c->site->shelf, &l, e) && task_get(l.store, task_urn, c->arena, &t, e) && answer(c, status, &t, e);
}

/* One's own organization's; a provider with the right sees all. What one may not see is not there. */
static bool may_see(const struct api_call *c, const struct task *t)
{
    return (c->caller.system && caller_may(&c->caller, RIGHT_TASK_VIEW_ALL)) || (t->org_urn[0] && strcmp(t->org_urn, c->caller.org) == 0);
}

static bool find(struct api_call *c, struct store *s, struct task *ret, struct err *e)
{
    const char *urn;
    if (!api_param_urn(c, "id", "task", &urn, e) || !task_get(s, urn, c->arena, ret, e))
        return false;
    return may_see(c, ret) || err_set(e, ERR_NOT_FOUND, "there is no task of this id");
}

static bool get(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct task t;
    return loan_begin(c->site->shelf, &l, e) && find(c, l.store, &t, e) && answer(c, 200, &t, e);
}

static bool cancel(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct task t;
    if (!loan_begin(c->site->shelf, &l, e) || !find(c, l.store, &t, e) || !task_cancel(l.store, t.urn, e))
        return false;
    task_resume(c->site, t.urn);
    api_answer_empty(c, 204);
    return true;
}

/* The tasks of an organization, newest first; its id is the organization's. */
static bool list(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *org;
    struct task *tasks;
    size_t len;
    struct legacy w;
    if (!api_param_urn(c, "id", "org", &org, e))
        return false;
    if (strcmp(org, c->caller.org) != 0 && !(c->caller.system && caller_may(&c->caller, RIGHT_TASK_VIEW_ALL)))
        return err_set(e, ERR_NOT_FOUND, "there is no organization of this id");
    if (!loan_begin(c->site->shelf, &l, e) || !task_list(l.store, org, c->arena, &tasks, &len, e))
        return false;
    legacy_start(&w, c, "TasksList");
    legacy_attr(&w, "href", api_href(c, "/api/tasksList/%s", api_uuid(org)));
    legacy_attr(&w, "type", "application/vnd.vmware.vcloud.tasksList+xml");
    legacy_attr(&w, "name", "Tasks Lists");
    legacy_array(&w, "Task");
    for (size_t i = 0; i < len; i++) {
        legacy_item(&w, "Task");
        api_task_body(&w, &tasks[i]);
        legacy_close(&w);
    }
    return legacy_end(&w, 200, "application/vnd.vmware.vcloud.tasksList", e);
}

const struct api_op api_task_ops[] = {
    { "GET", "/api/task/{id}", API_LEGACY, RIGHT_NONE, 0, get, 0 },
    { "POST", "/api/task/{id}/action/cancel", API_LEGACY, RIGHT_NONE, 0, cancel, 0 },
    { "GET", "/api/tasksList/{id}", API_LEGACY, RIGHT_NONE, 0, list, 0 },
    { 0 },
};
