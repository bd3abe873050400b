#include "vim/customize.h"

#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "base/text.h"
#include "vim/property.h"
#include "wire/xml.h"

static void typed(struct xml_writer *w, const char *name, const char *type)
{
    xml_open(w, name);
    xml_attr(w, "xsi:type", type);
}

static void empty(struct xml_writer *w, const char *name, const char *type)
{
    typed(w, name, type);
    xml_close(w);
}

static void fixed_name(struct xml_writer *w, const char *name, const char *text)
{
    typed(w, name, "CustomizationFixedName");
    xml_leaf(w, "name", text);
    xml_close(w);
}

static void password(struct xml_writer *w, const char *name, const struct secret *value)
{
    xml_open(w, name);
    xml_open(w, "value");
    xml_text_n(w, (const char *)value->bytes, value->len);
    xml_close(w);
    xml_leaf_boolean(w, "plainText", true);
    xml_close(w);
}

static void linux_identity(struct xml_writer *w, const struct vim_customize *c)
{
    typed(w, "identity", "CustomizationLinuxPrep");
    fixed_name(w, "hostName", c->computer);
    xml_leaf(w, "domain", c->domain);
    xml_leaf(w, "scriptText", c->script);
    if (c->admin_password)
        password(w, "password", c->admin_password);
    if (c->admin_password && c->reset_password)
        xml_leaf_boolean(w, "resetPassword", true);
    xml_close(w);
}

static void windows_identity(struct xml_writer *w, const struct vim_customize *c)
{
    typed(w, "identity", "CustomizationSysprep");
    xml_open(w, "guiUnattended");
    if (c->admin_password)
        password(w, "password", c->admin_password);
    xml_leaf_integer(w, "timeZone", 85); /* GMT */
    xml_leaf_boolean(w, "autoLogon", c->auto_logon);
    xml_leaf_integer(w, "autoLogonCount", c->auto_logon ? c->logons : 0);
    xml_close(w);
    xml_open(w, "userData");
    xml_leaf(w, "fullName", c->full_name);
    xml_leaf(w, "orgName", c->org);
    fixed_name(w, "computerName", c->computer);
    xml_leaf(w, "productId", "");
    xml_close(w);
    xml_open(w, "identification");
    if (c->join) {
        xml_leaf(w, "joinDomain", c->domain);
        xml_leaf(w, "domainAdmin", c->domain_user);
        if (c->domain_password)
            password(w, "domainAdminPassword", c->domain_password);
    } else {
        xml_leaf(w, "joinWorkgroup", "WORKGROUP");
    }
    xml_close(w);
    xml_close(w);
}

static void options(struct xml_writer *w, const struct vim_customize *c)
{
    typed(w, "options", c->windows ? "CustomizationWinOptions" : "CustomizationLinuxOptions");
    if (c->windows) {
        xml_leaf_boolean(w, "changeSID", c->change_sid);
        xml_leaf_boolean(w, "deleteAccounts", false);
    }
    xml_close(w);
}

static void spec_args(struct xml_writer *w, const void *ctx)
{
    const struct vim_customize *c = ctx;
    xml_open(w, "spec");
    options(w, c);
    if (c->windows)
        windows_identity(w, c);
    else
        linux_identity(w, c);
    xml_open(w, "globalIPSettings");
    xml_close(w);
    for (size_t i = 0; i < c->nics && i < VIM_CUSTOMIZE_NICS; i++) {
        xml_open(w, "nicSettingMap");
        xml_open(w, "adapter");
        empty(w, "ip", "CustomizationDhcpIpGenerator");
        xml_close(w);
        xml_close(w);
    }
    xml_close(w);
}

/* The ids of the schemas that brought them. */
static const char with_script[] = "7.0.0.0", with_info[] = "7.0.2.0", with_password[] = "8.0.0.1";

bool vim_customize_takes_script(const struct vim_about *about, bool windows)
{
    return !windows && vim_version_compare(about->api_version, with_script) >= 0;
}

bool vim_customize_takes_password(const struct vim_about *about, bool windows)
{
    return windows || vim_version_compare(about->api_version, with_password) >= 0;
}

static bool can(const struct vim_about *about, const struct vim_customize *c, struct err *e)
{
    if (c->script && c->windows)
        return err_set(e, ERR_INPUT, "a customization script can be given to a Linux guest only");
    if (c->script && !vim_customize_takes_script(about, c->windows))
        return err_set(e, ERR_INPUT, "a customization script needs vSphere 7.0 or later; this is %s", about->api_version);
    if (c->admin_password && !vim_customize_takes_password(about, c->windows))
        return err_set(e, ERR_INPUT, "setting the password of a Linux guest needs vSphere 8.0 or later; this is %s", about->api_version);
    return true;
}

bool vim_customize(struct vim_session *s, const char *moref, const struct vim_customize *c, int64_t deadline_ms,
                   struct vim_object *ret_task, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_about about;
    struct vim_object vm = { .type = "VirtualMachine" };
    const struct vim_method m = { .name = "CustomizeVM_Task", .on = &vm, .args = spec_args, .ctx = c, .once = true,
                                  .since = c->windows ? NULL : c->admin_password ? with_password : c->script ? with_script : NULL };
    if (!text_copy(vm.id, sizeof(vm.id), moref))
        return err_set(e, ERR_INPUT, "the id of a virtual machine is too long");
    if (!vim_session_login(s, deadline_ms, e) || !vim_session_about(s, deadline_ms, &about, e) || !can(&about, c, e) ||
        !vim_session_call(s, &m, deadline_ms, &a, &answer, NULL, e))
        return false;
    return vim_object_read(xml_child(answer, VIM_NS, "returnval"), ret_task) || err_set(e, ERR_PEER, "CustomizeVM_Task gave no task");
}

/* ---- how it went ---- */

static void events_args(struct xml_writer *w, const void *ctx)
{
    static const char *const types[] = {
        "CustomizationSucceeded", "CustomizationFailed", "CustomizationSysprepFailed", "CustomizationNetworkSetupFailed",
        "CustomizationLinuxIdentityFailed", "CustomizationUnknownFailure",
    };
    xml_open(w, "filter");
    xml_open(w, "entity");
    vim_object_write(w, "entity", ctx);
    xml_leaf(w, "recursion", "self");
    xml_close(w);
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        xml_leaf(w, "eventTypeId", types[i]);
    xml_close(w);
}

/* What the guest's tools say (vSphere 7.0 U2 and later), where there are no events to ask for. CustomizeVM_Task puts it back. */
static bool read_info(struct vim_session *s, const struct vim_object *vm, int64_t deadline_ms, struct arena *a,
                      struct vim_customized_news *ret, struct err *e)
{
    static const char *const paths[] = { "guest.customizationInfo", NULL };
    const struct vim_wanted wanted = { vm, paths, with_info };
    AUTO(arena_done) struct arena page = { 0 };
    const struct xml_element *el;
    if (!vim_properties_since(s, &wanted, deadline_ms, &page, &el, e))
        return e->kind != ERR_DENIED && e->kind != ERR_TIMEOUT; /* one that doesn't know the property after all */
    const struct xml_element *info = vim_property(el, "guest.customizationInfo");
    const char *status = xml_child_text(info, VIM_NS, "customizationStatus"), *why = xml_child_text(info, VIM_NS, "errorMsg");
    if (status && strcmp(status, "TOOLSDEPLOYPKG_SUCCEEDED") == 0)
        ret->how = VIM_CUSTOMIZED_DONE;
    else if (status && strcmp(status, "TOOLSDEPLOYPKG_FAILED") == 0) {
        ret->how = VIM_CUSTOMIZED_FAILED;
        ret->why = arena_strdup(a, why && *why ? why : status);
    }
    return true;
}

bool vim_customized_read(struct vim_session *s, const char *moref, int64_t after, int64_t deadline_ms, struct arena *a,
                         struct vim_customized_news *ret, struct err *e)
{
    AUTO(arena_done) struct arena page = { 0 };
    const struct xml_element *answer;
    struct vim_object vm = { .type = "VirtualMachine" };
    struct vim_about about;
    *ret = (struct vim_customized_news){ VIM_CUSTOMIZED_NOT_YET, "", after };
    if (!text_copy(vm.id, sizeof(vm.id), moref))
        return err_set(e, ERR_INPUT, "the id of a virtual machine is too long");
    if (!vim_session_login(s, deadline_ms, e) || !vim_session_about(s, deadline_ms, &about, e))
        return false;
    bool told = vim_version_compare(about.api_version, with_info) >= 0;
    if (!about.event_manager.id[0])
        return !told || read_info(s, &vm, deadline_ms, a, ret, e);
    const struct vim_method m = { .name = "QueryEvents", .on = &about.event_manager, .args = events_args, .ctx = &vm };
    if (!vim_session_call(s, &m, deadline_ms, &page, &answer, NULL, e))
        return e->kind == ERR_NOT_FOUND && (!told || read_info(s, &vm, deadline_ms, a, ret, e));
    for (const struct xml_element *ev = xml_child(answer, VIM_NS, "returnval"); ev; ev = xml_next(ev, VIM_NS, "returnval")) {
        int64_t key;
        const struct xml_element *number = xml_child(ev, VIM_NS, "key");
        if (!number || !xml_integer(number, 0, INT64_MAX, &key) || key <= ret->last || !ev->type)
            continue;
        ret->last = key;
        ret->how = strcmp(ev->type, "CustomizationSucceeded") == 0 ? VIM_CUSTOMIZED_DONE : VIM_CUSTOMIZED_FAILED;
        const char *text = xml_child_text(ev, VIM_NS, "fullFormattedMessage");
        ret->why = ret->how == VIM_CUSTOMIZED_FAILED ? arena_strdup(a, text ? text : ev->type) : "";
    }
    return true;
}
