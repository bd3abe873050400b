/* api/task.h - a task as clients read it, in both forms: the task resource, and whoever answers with one. */
#pragma once
#include "api/legacy.h"

struct task;

#define API_TASK_TYPE "application/vnd.vmware.vcloud.task"

/* Attributes and children of the element that is open; task_body(l, t) between legacy_start/item and end/close. */
void api_task_body(struct legacy *l, const struct task *t);
/* Answers with the task itself: what the legacy face does where cloudapi answers 202. */
MUST_USE bool api_answer_legacy_task(struct api_call *c, int status, const char *task_urn, struct err *e);
/* The href of what a URN names, for owners; never with a query. */
const char *api_entity_href(const struct api_call *c, const char *urn);
