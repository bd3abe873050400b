#include "lab/sdk.h"

#include <string.h>

/* AuthorizationManager: the roles that every vCenter has, and one permission, the administrator's on the root folder. Nobody else
 * can log in, so nothing is ever refused for want of a privilege; roles and permissions are not changed. */

enum { ADMIN = -1, READ_ONLY = -2, VIEW = -3, ANONYMOUS = -4, NO_ACCESS = -5 };

static const char *const privileges[] = {
    "Authorization.ModifyPermissions", "Authorization.ModifyRoles", "Certificate.Manage", "Datacenter.Create", "Datacenter.Delete",
    "Datacenter.Rename", "Datastore.AllocateSpace", "Datastore.Browse", "Datastore.DeleteFile", "Datastore.FileManagement",
    "Folder.Create", "Folder.Delete", "Folder.Move", "Folder.Rename", "Global.CancelTask", "Global.Diagnostics", "Global.Licenses",
    "Global.Settings", "Host.Config.Connection", "Host.Config.Maintenance", "Host.Config.Settings", "Network.Assign",
    "Resource.AssignVMToPool", "Resource.ColdMigrate", "Resource.CreatePool", "Resource.DeletePool", "Resource.HotMigrate",
    "Sessions.TerminateSession", "Sessions.ValidateSession", "System.Anonymous", "System.Read", "System.View", "VApp.Export",
    "VApp.Import", "VirtualMachine.Config.AddNewDisk", "VirtualMachine.Config.CPUCount", "VirtualMachine.Config.EditDevice",
    "VirtualMachine.Config.Memory", "VirtualMachine.Config.Rename", "VirtualMachine.GuestOperations.Execute",
    "VirtualMachine.GuestOperations.Modify", "VirtualMachine.GuestOperations.Query", "VirtualMachine.Interact.ConsoleInteract",
    "VirtualMachine.Interact.PowerOff", "VirtualMachine.Interact.PowerOn", "VirtualMachine.Interact.Reset",
    "VirtualMachine.Interact.Suspend", "VirtualMachine.Inventory.Create", "VirtualMachine.Inventory.CreateFromExisting",
    "VirtualMachine.Inventory.Delete", "VirtualMachine.Inventory.Register", "VirtualMachine.Inventory.Unregister",
    "VirtualMachine.Provisioning.Clone", "VirtualMachine.Provisioning.Customize", "VirtualMachine.Provisioning.MarkAsTemplate",
    "VirtualMachine.Provisioning.ModifyCustSpecs", "VirtualMachine.Provisioning.ReadCustSpecs",
};

static const struct {
    int id;
    const char *name, *label, *summary, *has[3]; /* none: all of them */
} roles[] = {
    { NO_ACCESS, "NoAccess", "No access", "Used for restricting granted access", { "" } },
    { ANONYMOUS, "Anonymous", "Anonymous", "Not logged-in user (cannot be granted)", { "System.Anonymous" } },
    { VIEW, "View", "View", "Visibility access (cannot be granted)", { "System.Anonymous", "System.View" } },
    { READ_ONLY, "ReadOnly", "Read-only", "See details of objects, but not make changes", { "System.Anonymous", "System.Read", "System.View" } },
    { ADMIN, "Admin", "Administrator", "Full access rights", { NULL } },
};

static void write_privileges(struct arena *a, struct lab_value *role, size_t n)
{
    struct lab_value *list = lab_array(a, role, "privilege", "String");
    for (size_t i = 0; !roles[n].has[0] && i < ARRAY_LEN(privileges); i++)
        (void)lab_string(a, list, NULL, privileges[i]);
    for (size_t i = 0; i < ARRAY_LEN(roles[n].has) && roles[n].has[i] && *roles[n].has[i]; i++)
        (void)lab_string(a, list, NULL, roles[n].has[i]);
}

struct lab_value *lab_role_list(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct arena *a = k->arena;
    struct lab_value *list = lab_array(a, NULL, NULL, "AuthorizationRole");
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        struct lab_value *r = lab_struct(a, list, NULL, "AuthorizationRole");
        (void)lab_int(a, r, "roleId", roles[i].id);
        (void)lab_bool(a, r, "system", true);
        (void)lab_string(a, r, "name", roles[i].name);
        struct lab_value *info = lab_struct(a, r, "info", "Description");
        (void)lab_string(a, info, "label", roles[i].label);
        (void)lab_string(a, info, "summary", roles[i].summary);
        write_privileges(a, r, i);
    }
    return list;
}

/* "VirtualMachine.Config" of "VirtualMachine.Config.Memory". */
static const char *group_of(struct arena *a, const char *privilege)
{
    return arena_strndup(a, privilege, (size_t)(strrchr(privilege, '.') - privilege));
}

struct lab_value *lab_privilege_list(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct arena *a = k->arena;
    struct lab_value *list = lab_array(a, NULL, NULL, "AuthorizationPrivilege");
    for (size_t i = 0; i < ARRAY_LEN(privileges); i++) {
        struct lab_value *p = lab_struct(a, list, NULL, "AuthorizationPrivilege");
        (void)lab_string(a, p, "privId", privileges[i]);
        (void)lab_bool(a, p, "onParent", strstr(privileges[i], ".Create") || strstr(privileges[i], ".Delete"));
        (void)lab_string(a, p, "name", strrchr(privileges[i], '.') + 1);
        (void)lab_string(a, p, "privGroupName", group_of(a, privileges[i]));
    }
    return list;
}

static void describe(struct arena *a, struct lab_value *list, const char *key, const char *label)
{
    struct lab_value *d = lab_poly(a, list, NULL, "ElementDescription");
    (void)lab_string(a, d, "label", label);
    (void)lab_string(a, d, "summary", label);
    (void)lab_string(a, d, "key", key);
}

struct lab_value *lab_authorization_description(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "AuthorizationDescription");
    struct lab_value *all = lab_array(a, v, "privilege", "ElementDescription");
    struct lab_value *groups = lab_array(a, v, "privilegeGroup", "ElementDescription");
    const char *last = "";
    for (size_t i = 0; i < ARRAY_LEN(privileges); i++) {
        const char *group = group_of(a, privileges[i]);
        describe(a, all, privileges[i], strrchr(privileges[i], '.') + 1);
        if (strcmp(group, last) != 0)
            describe(a, groups, group, group);
        last = group;
    }
    return v;
}

struct lab_value *lab_effective_role(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "Int");
    (void)lab_int(k->arena, list, NULL, ADMIN);
    return list;
}

static struct lab_value *permission(const struct lab_asking *k, struct lab_value *in)
{
    struct arena *a = k->arena;
    struct lab_value *p = lab_struct(a, in, NULL, "Permission");
    (void)lab_ref(a, p, "entity", "Folder", lab_object_moid(k, (struct lab_object){ .mo = MO_ROOT }));
    (void)lab_string(a, p, "principal", LAB_PRINCIPAL);
    (void)lab_bool(a, p, "group", false);
    (void)lab_int(a, p, "roleId", ADMIN);
    (void)lab_bool(a, p, "propagate", true);
    return p;
}

struct lab_value *lab_root_permission(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "Permission");
    (void)permission(k, list);
    return list;
}

static bool answer(struct lab_call *c, bool has)
{
    if (has)
        lab_value_bare(c->w, "returnval", permission(&c->k, NULL));
    return true;
}

static bool is_manager(struct lab_call *c)
{
    return c->self.mo == MO_AUTHORIZATION || lab_say_gone(c, c->self_moid);
}

bool lab_all_permissions(struct lab_call *c)
{
    return is_manager(c) && answer(c, true);
}

bool lab_role_permissions(struct lab_call *c)
{
    int64_t id;
    if (!is_manager(c))
        return false;
    if (xml_integer(lab_arg(c, "roleId"), INT32_MIN, INT32_MAX, &id))
        for (size_t i = 0; i < ARRAY_LEN(roles); i++)
            if (roles[i].id == id)
                return answer(c, id == ADMIN);
    return lab_say(c, "NotFound", "The role does not exist.");
}

bool lab_entity_permissions(struct lab_call *c)
{
    const char *moid = lab_arg_text(c, "entity");
    struct lab_object o;
    if (!is_manager(c))
        return false;
    if (!moid || !lab_object_find(&c->k, moid, &o) || !lab_type_is_a(lab_object_type(o), "ManagedEntity"))
        return lab_say_gone(c, moid ? moid : "");
    return answer(c, o.mo == MO_ROOT || lab_arg_boolean(c, "inherited"));
}
