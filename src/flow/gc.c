#include "flow/gc.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "flow/kept.h"
#include "flow/vm.h"
#include "store/record.h"
#include "store/sealed.h"
#include "store/words.h"
#include "wire/json.h"

#define KIND "vm-gc"
#define RUNNING "running"

static const struct kept_member members[] = {
    { "enabled", KEPT_BOOL, offsetof(struct gc, enabled) },
    { "changeSid", KEPT_BOOL, offsetof(struct gc, change_sid) },
    { "joinDomain", KEPT_BOOL, offsetof(struct gc, join_domain) },
    { "useOrgSettings", KEPT_BOOL, offsetof(struct gc, use_org_settings) },
    { "domain", KEPT_TEXT, offsetof(struct gc, domain) },
    { "domainUser", KEPT_TEXT, offsetof(struct gc, domain_user) },
    { "ou", KEPT_TEXT, offsetof(struct gc, ou) },
    { "adminPasswordEnabled", KEPT_BOOL, offsetof(struct gc, admin_password_enabled) },
    { "adminPasswordAuto", KEPT_BOOL, offsetof(struct gc, admin_password_auto) },
    { "autoLogon", KEPT_BOOL, offsetof(struct gc, auto_logon) },
    { "resetPassword", KEPT_BOOL, offsetof(struct gc, reset_password) },
    { "logons", KEPT_NUMBER, offsetof(struct gc, logons) },
    { "script", KEPT_TEXT, offsetof(struct gc, script) },
    { "computer", KEPT_TEXT, offsetof(struct gc, computer) },
    { "hasAdminPassword", KEPT_BOOL, offsetof(struct gc, has_admin_password) },
    { "hasDomainPassword", KEPT_BOOL, offsetof(struct gc, has_domain_password) },
    { "pending", KEPT_BOOL, offsetof(struct gc, pending) },
    { "why", KEPT_TEXT, offsetof(struct gc, why) },
    { "since", KEPT_NUMBER, offsetof(struct gc, since_ms) },
    { "chain", KEPT_NUMBER, offsetof(struct gc, chain) },
    { "carry", KEPT_BOOL, offsetof(struct gc, carry) },
    { "file", KEPT_TEXT, offsetof(struct gc, file) },
    { "pid", KEPT_NUMBER, offsetof(struct gc, pid) },
};

static const char *const statuses[] = {
    [GC_COMPLETE] = "GC_COMPLETE", [GC_PENDING] = "GC_PENDING", [GC_POST_PENDING] = "POST_GC_PENDING",
    [GC_FAILED] = "GC_FAILED",     [GC_REBOOT_PENDING] = "REBOOT_PENDING",
};

const char *gc_status_name(enum gc_status s)
{
    return statuses[s];
}

bool gc_is_windows(const struct vm *v)
{
    return strncmp(v->guest_id, "win", 3) == 0;
}

/* Letters, digits and '-' of the machine's name; a computer's name may not be digits alone. */
static const char *computer_of(const struct vm *v, struct arena *a)
{
    size_t max = gc_is_windows(v) ? 15 : GC_COMPUTER_MAX, len = 0;
    char *name = arena_strdup(a, v->name);
    for (const char *p = v->name; *p && len < max; p++) {
        bool fits = (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p == '-' && len > 0);
        if (fits)
            name[len++] = *p;
    }
    while (len > 0 && name[len - 1] == '-')
        len--;
    name[len] = '\0';
    return name[strspn(name, "0123456789")] ? name : "guest";
}

json_t *gc_write(const struct gc *g)
{
    json_t *j = kept_write(members, ARRAY_LEN(members), g);
    (void)json_object_set_new(j, "status", json_string(statuses[g->status]));
    return j;
}

void gc_read(const json_t *j, struct arena *a, struct gc *ret)
{
    *ret = (struct gc){ .status = GC_COMPLETE };
    kept_read(j, members, ARRAY_LEN(members), a, ret);
    const char *status = json_string_value(json_object_get(j, "status"));
    for (size_t i = 0; status && i < ARRAY_LEN(statuses); i++)
        if (strcmp(statuses[i], status) == 0)
            ret->status = (enum gc_status)i;
}

bool gc_get(struct store *s, const struct vm *v, struct arena *a, struct gc *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    struct store_record r;
    if (!store_record_get(s, KIND, v->urn, a, &r, e)) {
        if (e->kind != ERR_NOT_FOUND)
            return false;
        *ret = (struct gc){ .domain = "", .domain_user = "", .ou = "", .script = "", .why = "", .file = "", .computer = computer_of(v, a) };
        return true;
    }
    if (!kept_json(&r, &j, e))
        return false;
    gc_read(j, a, ret);
    return true;
}

bool gc_put(struct store *s, const char *vm_urn, const struct gc *g, struct err *e)
{
    return kept_put(s, (struct store_record){ .kind = KIND, .id = vm_urn, .owner = "", .name = "",
                                              .state = g->status == GC_PENDING || g->status == GC_POST_PENDING ? RUNNING : "", .made_ms = clock_wall_ms() }, gc_write(g), e);
}

bool gc_check(const struct gc *g, const struct vm *v, struct err *e)
{
    size_t max = gc_is_windows(v) ? 15 : GC_COMPUTER_MAX;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    size_t len = strlen(g->computer);
    if (!store_take_text("DomainName", STORE_LINE_OR_NONE, g->domain, GC_TEXT_MAX, e) ||
        !store_take_text("DomainUserName", STORE_LINE_OR_NONE, g->domain_user, GC_TEXT_MAX, e) ||
        !store_take_text("MachineObjectOU", STORE_LINE_OR_NONE, g->ou, GC_TEXT_MAX, e))
        return false;
    if (len == 0 || len > max || g->computer[strspn(g->computer, letters)] || g->computer[0] == '-' || g->computer[len - 1] == '-')
        return err_set(e, ERR_INPUT, "ComputerName has 1 to %zu letters, digits and '-', which stands neither first nor last", max);
    if (g->computer[strspn(g->computer, "0123456789")] == '\0')
        return err_set(e, ERR_INPUT, "ComputerName can't be digits alone");
    if (strlen(g->script) > GC_SCRIPT_MAX)
        return err_set(e, ERR_INPUT, "CustomizationScript is longer than %d bytes", GC_SCRIPT_MAX);
    if (g->logons < 0 || g->logons > GC_LOGONS_MAX || (g->auto_logon && g->logons == 0))
        return err_set(e, ERR_INPUT, "AdminAutoLogonCount is 1 to %d when AdminAutoLogonEnabled is true, else 0", GC_LOGONS_MAX);
    if (g->join_domain && !g->use_org_settings && (!g->domain[0] || !g->domain_user[0]))
        return err_set(e, ERR_INPUT, "joining a domain needs DomainName and DomainUserName");
    if (g->join_domain && g->use_org_settings)
        return err_set(e, ERR_INPUT, "this cell keeps no guest settings of organizations: UseOrgSettings can't be true");
    if (g->enabled && g->admin_password_enabled && !g->admin_password_auto && !g->has_admin_password)
        return err_set(e, ERR_INPUT, "AdminPassword is missing: AdminPasswordEnabled is true and AdminPasswordAuto false");
    return true;
}

static bool gone(bool removed, const struct err *e)
{
    return removed || e->kind == ERR_NOT_FOUND;
}

void gc_keep_progress(struct gc *to, const struct gc *from)
{
    to->status = from->status;
    to->why = from->why;
    to->since_ms = from->since_ms;
    to->chain = from->chain;
    to->carry = from->carry;
    to->file = from->file;
    to->pid = from->pid;
}

bool gc_drop_script(struct store *s, const char *vm_urn, struct gc *g, struct err *e)
{
    g->carry = false;
    g->file = "";
    g->pid = 0;
    return gone(store_sealed_remove(s, GC_SCRIPT, vm_urn, e), e);
}

bool gc_drop(struct store *s, const char *vm_urn, struct err *e)
{
    return gone(store_sealed_remove(s, GC_SCRIPT, vm_urn, e), e) &&
           gone(store_record_remove(s, KIND, vm_urn, e), e) && gone(store_sealed_remove(s, GC_ADMIN_PASSWORD, vm_urn, e), e) &&
           gone(store_sealed_remove(s, GC_DOMAIN_PASSWORD, vm_urn, e), e);
}

bool gc_running(struct store *s, struct arena *a, const char *const **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_some(s, &(struct store_record_query){ .kind = KIND, .state = RUNNING }, a, &rows, &len, e))
        return false;
    const char **urns = arena_array(a, len + 1, sizeof(*urns));
    for (size_t i = 0; i < len; i++)
        urns[i] = rows[i].id;
    *ret = urns;
    *ret_len = len;
    return true;
}
