#include "vim/about.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/xml.h"

bool vim_version_valid(const char *v)
{
    bool digit = false;
    for (; *v; v++) {
        if (*v != '.' && (*v < '0' || *v > '9'))
            return false;
        if (*v == '.' && !digit)
            return false;
        digit = *v != '.';
    }
    return digit;
}

static unsigned long next_part(const char **v)
{
    char *end;
    unsigned long n = strtoul(*v, &end, 10);
    *v = *end == '.' ? end + 1 : end;
    return n;
}

int vim_version_compare(const char *a, const char *b)
{
    while (*a || *b) {
        unsigned long x = next_part(&a), y = next_part(&b);
        if (x != y)
            return x < y ? -1 : 1;
        if ((*a && (*a < '0' || *a > '9')) || (*b && (*b < '0' || *b > '9')))
            return 0; /* not a version: vim_version_valid says so */
    }
    return 0;
}

bool vim_about_has_vmca_rest(const struct vim_about *a)
{
    return a->vcenter && vim_version_compare(a->api_version, "7.0") >= 0;
}

static void copy(char *dst, size_t size, const struct xml_element *about, const char *name)
{
    const char *text = xml_child_text(about, VIM_NS, name);
    (void)text_copy(dst, size, text ? text : "");
}

/* An object that is not offered (an ESXi host has fewer) stays empty. */
static void object(struct vim_object *ret, const struct xml_element *content, const char *name)
{
    *ret = (struct vim_object){ 0 };
    (void)!vim_object_read(xml_child(content, VIM_NS, name), ret);
}

static bool read_content(const struct xml_element *content, struct vim_about *ret, struct err *e)
{
    const struct xml_element *about = xml_child(content, VIM_NS, "about");
    struct vim_about v = { 0 };
    const char *api_type = xml_child_text(about, VIM_NS, "apiType");
    v.vcenter = api_type && !strcmp(api_type, "VirtualCenter");
    copy(v.version, sizeof(v.version), about, "version");
    copy(v.build, sizeof(v.build), about, "build");
    copy(v.full_name, sizeof(v.full_name), about, "fullName");
    copy(v.instance_uuid, sizeof(v.instance_uuid), about, "instanceUuid");
    const char *api_version = xml_child_text(about, VIM_NS, "apiVersion");
    bool fits = text_copy(v.api_version, sizeof(v.api_version), api_version ? api_version : "");
    object(&v.root_folder, content, "rootFolder");
    object(&v.property_collector, content, "propertyCollector");
    object(&v.view_manager, content, "viewManager");
    object(&v.session_manager, content, "sessionManager");
    object(&v.file_manager, content, "fileManager");
    object(&v.event_manager, content, "eventManager");
    object(&v.guest_operations, content, "guestOperationsManager");
    object(&v.ovf_manager, content, "ovfManager");
    if (!fits || !vim_version_valid(v.api_version))
        return err_set(e, ERR_PEER, "the service content names no API version");
    if (!v.session_manager.id[0] || !v.property_collector.id[0])
        return err_set(e, ERR_PEER, "the service content names no session manager or property collector");
    (void)text_copy(v.speak, sizeof(v.speak),
                    vim_version_compare(v.api_version, VIM_API_WANTED) < 0 ? v.api_version : VIM_API_WANTED);
    *ret = v;
    return true;
}

bool vim_about_read(struct vim_endpoint *ep, int64_t deadline_ms, struct vim_about *ret, struct err *e)
{
    static const struct vim_object service = { "ServiceInstance", "ServiceInstance" }; /* the one id that is fixed */
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_fault fault;
    struct vim_method m = { .name = "RetrieveServiceContent", .on = &service };
    struct vim_soap as = { ep, VIM_API_WANTED, NULL, deadline_ms, &a };
    return vim_soap_call(&as, &m, &answer, NULL, &fault, e) &&
           (read_content(xml_child(answer, VIM_NS, "returnval"), ret, e) || err_in(e, "%s", vim_endpoint_name(ep)));
}
