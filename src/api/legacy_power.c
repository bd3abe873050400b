/* Power, deployment and guest customization of virtual machines and vApps (vcd-api.md 4.5). Each answers with a task. */
#include <string.h>

#include "api/inventory.h"
#include "api/tables.h"
#include "api/task.h"
#include "base/arena.h"
#include "base/secret.h"
#include "flow/gc_change.h"
#include "flow/loan.h"
#include "flow/power.h"
#include "flow/site.h"
#include "http/request.h"
#include "store/store.h"

/* {id} of a machine or a vApp. */
static bool param(const struct api_call *c, const char **ret, struct err *e)
{
    return inventory_is(c, "vm") ? inventory_param(c, "vm", "vm", ret, e) : inventory_param(c, "vapp", "vapp", ret, e);
}

/* Another's machine is refused before the body is looked at. */
static bool is_seen(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    struct vapp a;
    struct vm v;
    return param(c, &urn, e) && loan_begin(c->site->shelf, &l, e) &&
           (inventory_is(c, "vm") ? vm_get(l.store, &c->caller, urn, c->arena, &v, e) : vapp_get(l.store, &c->caller, urn, c->arena, &a, e));
}

static bool run(struct api_call *c, const struct power_new *what, struct err *e)
{
    struct power_new n = *what;
    char task[STORE_ID_MAX + 1];
    return param(c, &n.urn, e) && power_start(c->site, &c->caller, &n, task, e) && api_answer_legacy_task(c, 202, task, e);
}

static bool power_on(struct api_call *c, struct err *e)
{
    return run(c, &(struct power_new){ .op = POWER_ON, .name = "vappPowerOn" }, e);
}

static bool power_off(struct api_call *c, struct err *e)
{
    return run(c, &(struct power_new){ .op = POWER_OFF, .name = "vappPowerOff" }, e);
}

static bool suspend(struct api_call *c, struct err *e)
{
    return run(c, &(struct power_new){ .op = POWER_SUSPEND, .name = "vappSuspend" }, e);
}

static bool reset(struct api_call *c, struct err *e)
{
    return run(c, &(struct power_new){ .op = POWER_RESET, .name = "vappReset" }, e);
}

static bool shut_down(struct api_call *c, struct err *e)
{
    return run(c, &(struct power_new){ .op = POWER_SHUTDOWN, .name = "vappShutdownGuest" }, e);
}

static bool reboot(struct api_call *c, struct err *e)
{
    return run(c, &(struct power_new){ .op = POWER_REBOOT, .name = "vappRebootGuest" }, e);
}

/* An attribute of the root, true or false; XML Schema's 1 and 0 as well. */
static bool flag(const struct legacy_in *in, const char *name, bool otherwise, bool *ret, struct err *e)
{
    const char *text = NULL;
    *ret = otherwise;
    if (in->json)
        return legacy_in_bool(in, name, otherwise, ret, e);
    if (!legacy_in_attr(in, name, &text, e) || !text)
        return !text;
    *ret = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    return *ret || strcmp(text, "false") == 0 || strcmp(text, "0") == 0 ||
           err_set(e, ERR_INPUT, "%s is neither true nor false", name);
}

/* go-vcloud-director sends DeployVAppParams without any Content-Type. */
static bool deploy(struct api_call *c, struct err *e)
{
    struct legacy_in in;
    bool on = true, force = false;
    if (!is_seen(c, e) || !legacy_body(c, &in, e))
        return false;
    bool ok = legacy_in_empty(&in) || (legacy_in_is(&in, "DeployVAppParams", e) && flag(&in, "powerOn", true, &on, e) &&
                                       flag(&in, "forceCustomization", false, &force, e));
    legacy_body_done(&in);
    return ok && run(c, &(struct power_new){ .op = on ? POWER_ON : POWER_NONE, .name = "vappDeploy", .force = force, .lenient = !force }, e);
}

static bool undeploy(struct api_call *c, struct err *e)
{
    struct legacy_in in;
    const char *action = NULL;
    enum power_op op = POWER_OFF;
    if (!is_seen(c, e) || !legacy_body(c, &in, e))
        return false;
    bool ok = legacy_in_empty(&in) || (legacy_in_is(&in, "UndeployVAppParams", e) && legacy_in_text(&in, "UndeployPowerAction", &action, e) &&
                                       (!action || power_undeploy_of(action, &op, e)));
    legacy_body_done(&in);
    return ok && run(c, &(struct power_new){ .op = op, .name = "vappUndeploy", .lenient = true }, e);
}

/* ---- guest customization ---- */

static bool get_vm(struct api_call *c, struct inventory_vm *v, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(c->site->shelf, &l, e) && inventory_vm_get(c, l.store, v, e);
}

static bool take_text(struct api_call *c, const struct legacy_in *in, const char *name, const char **at, struct err *e)
{
    const char *text = NULL;
    if (!legacy_in_text(in, name, &text, e))
        return false;
    if (text)
        *at = arena_strdup(c->arena, text);
    return true;
}

static bool take_number(const struct legacy_in *in, const char *name, int64_t *at, struct err *e)
{
    struct legacy_in child = legacy_in_child(in, name);
    if (legacy_in_empty(&child))
        return true;
    if (child.json ? json_is_integer(child.json) : xml_integer(child.xml, 0, INT32_MAX, at)) {
        if (child.json)
            *at = json_integer_value(child.json);
        return true;
    }
    return err_set(e, ERR_INPUT, "%s is not a number", name);
}

/* Absent, empty and stars leave what is kept: it is never returned, so nobody can send it back. */
static bool take_password(const struct legacy_in *in, const char *name, struct secret *ret, struct err *e)
{
    const char *text = NULL;
    if (!legacy_in_text(in, name, &text, e))
        return false;
    if (!text || text[strspn(text, "*")] == '\0')
        return true;
    if (strlen(text) > GC_PASSWORD_MAX)
        return err_set(e, ERR_INPUT, "%s is longer than %d bytes", name, GC_PASSWORD_MAX);
    return secret_set(ret, text, strlen(text), e);
}

/* What the body says; what it leaves out stays. */
static bool read_section(struct api_call *c, const struct legacy_in *in, struct gc *g, struct gc_passwords *p, struct err *e)
{
    return legacy_in_bool(in, "Enabled", g->enabled, &g->enabled, e) &&
           legacy_in_bool(in, "ChangeSid", g->change_sid, &g->change_sid, e) &&
           legacy_in_bool(in, "JoinDomainEnabled", g->join_domain, &g->join_domain, e) &&
           legacy_in_bool(in, "UseOrgSettings", g->use_org_settings, &g->use_org_settings, e) &&
           take_text(c, in, "DomainName", &g->domain, e) && take_text(c, in, "DomainUserName", &g->domain_user, e) &&
           take_text(c, in, "MachineObjectOU", &g->ou, e) &&
           legacy_in_bool(in, "AdminPasswordEnabled", g->admin_password_enabled, &g->admin_password_enabled, e) &&
           legacy_in_bool(in, "AdminPasswordAuto", g->admin_password_auto, &g->admin_password_auto, e) &&
           legacy_in_bool(in, "AdminAutoLogonEnabled", g->auto_logon, &g->auto_logon, e) &&
           take_number(in, "AdminAutoLogonCount", &g->logons, e) &&
           legacy_in_bool(in, "ResetPasswordRequired", g->reset_password, &g->reset_password, e) &&
           take_text(c, in, "CustomizationScript", &g->script, e) && take_text(c, in, "ComputerName", &g->computer, e) &&
           take_password(in, "AdminPassword", &p->admin, e) && take_password(in, "DomainUserPassword", &p->domain, e);
}

static bool put_section(struct api_call *c, struct err *e)
{
    AUTO(gc_passwords_done) struct gc_passwords p = { 0 };
    struct inventory_vm v = { 0 };
    struct legacy_in in;
    char task[STORE_ID_MAX + 1];
    if (!get_vm(c, &v, e) || !legacy_body(c, &in, e))
        return false;
    bool ok = legacy_in_empty(&in) ? err_set(e, ERR_INPUT, "the body is missing")
                                  : legacy_in_is(&in, "GuestCustomizationSection", e) && read_section(c, &in, &v.gc, &p, e);
    legacy_body_done(&in);
    return ok && gc_change_start(c->site, &c->caller, &v.vm, &v.gc, &p, task, e) && api_answer_legacy_task(c, 202, task, e);
}

static bool at_next_power_on(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct inventory_vm v = { 0 };
    if (!loan_begin(c->site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !inventory_vm_get(c, l.store, &v, e))
        return false;
    v.gc.enabled = v.gc.pending = true;
    if (!gc_put(l.store, v.vm.urn, &v.gc, e) || !store_commit(l.store, e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

#define AT "/api/vApp/{id}"

const struct api_op api_legacy_power_ops[] = {
    { "POST", AT "/action/customizeAtNextPowerOn", API_LEGACY, RIGHT_VM_EDIT, 0, at_next_power_on, 0 },
    { "POST", AT "/action/deploy", API_LEGACY, RIGHT_VAPP_POWER, 0, deploy, 0 },
    { "POST", AT "/action/undeploy", API_LEGACY, RIGHT_VAPP_POWER, 0, undeploy, 0 },
    { "PUT", AT "/guestCustomizationSection", API_LEGACY, RIGHT_VM_EDIT, 0, put_section, 0 },
    { "POST", AT "/power/action/powerOff", API_LEGACY, RIGHT_VAPP_POWER, 0, power_off, 0 },
    { "POST", AT "/power/action/powerOn", API_LEGACY, RIGHT_VAPP_POWER, 0, power_on, 0 },
    { "POST", AT "/power/action/reboot", API_LEGACY, RIGHT_VAPP_POWER, 0, reboot, 0 },
    { "POST", AT "/power/action/reset", API_LEGACY, RIGHT_VAPP_POWER, 0, reset, 0 },
    { "POST", AT "/power/action/shutdown", API_LEGACY, RIGHT_VAPP_POWER, 0, shut_down, 0 },
    { "POST", AT "/power/action/suspend", API_LEGACY, RIGHT_VAPP_POWER, 0, suspend, 0 },
    { 0 },
};
