#include "base/arena.h"
#include "flow/connect.h"
#include "flow/edit.h"
#include "flow/edit_common.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/watch.h"

bool refresh_start(const struct site *site, const struct caller *c, const char *urn, enum refresh_what what,
                   char ret_task[STORE_ID_MAX + 1], struct err *e)
{
    static const struct {
        const char *doing, *name;
        const struct flow_kind *kind;
    } kinds[] = {
        [REFRESH_ALL] = { "Refreshing", "vcenterRefresh", &refresh_kind },
        [REFRESH_RECONNECT] = { "Reconnecting", "vcenterReconnect", &refresh_kind },
        [REFRESH_PROFILES] = { "Refreshing storage profiles of", "vcenterRefreshStorageProfiles", &refresh_profiles_kind },
    };
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    if (!edit_get(site, urn, &a, &v, e))
        return false;
    if (!v.enabled)
        return err_set(e, ERR_INPUT, "the vCenter Server %s is disabled", v.name);
    const struct task_new t = {
        .operation = arena_printf(&a, "%s vCenter Server %s", kinds[what].doing, v.name),
        .operation_name = kinds[what].name, .owner_urn = v.urn, .owner_name = v.name, .owner_type = EDIT_OWNER_TYPE,
        .kind = kinds[what].kind,
    };
    return task_start(site, c, &t, ret_task, e);
}

bool refresh_reread(const struct site *site, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    char task[STORE_ID_MAX + 1];
    if (!edit_get(site, urn, &a, &v, e))
        return false;
    const struct task_new t = {
        .operation = arena_printf(&a, "Reading the certificates of vCenter Server %s again", v.name),
        .operation_name = "vcenterReread", .owner_urn = v.urn, .owner_name = v.name, .owner_type = EDIT_OWNER_TYPE,
        .kind = &reread_kind, .shared = true,
    };
    return task_start(site, NULL, &t, task, e);
}

static bool connect(struct flow *f, struct err *e)
{
    const char *urn = task_of(f)->owner;
    const struct site *site = task_of(f)->site;
    bool ok = connect_registered(site, urn, true, NULL, e);
    watch_poke(site->watch, urn);
    return ok;
}

static bool notice(struct flow *f, struct err *e)
{
    (void)e;
    connect_notice(task_of(f)->site, task_of(f)->owner);
    return true;
}

static bool trust(struct flow *f, struct err *e)
{
    (void)e;
    connect_trust(task_of(f)->site, task_of(f)->owner, f);
    return true;
}

static bool profiles(struct flow *f, struct err *e)
{
    (void)e;
    flow_note(f, "This cell keeps no storage profiles; the vCenter Server answered.");
    return true;
}

static const struct flow_step refresh_steps[] = {
    { "notice", notice, NULL }, { "connect", connect, NULL }, { "vmca", trust, NULL }, { 0 },
};
static const struct flow_step profile_steps[] = { { "connect", connect, NULL }, { "profiles", profiles, NULL }, { 0 } };
static const struct flow_step reread_steps[] = { { "notice", notice, NULL }, { "vmca", trust, NULL }, { 0 } };

const struct flow_kind refresh_kind = { "vcenter.refresh", refresh_steps, false };
const struct flow_kind refresh_profiles_kind = { "vcenter.refresh-profiles", profile_steps, false };
const struct flow_kind reread_kind = { "vcenter.reread", reread_steps, false };
