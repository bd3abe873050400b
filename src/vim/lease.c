#include "vim/lease.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "vim/field.h"
#include "vim/property.h"
#include "wire/xml.h"

/* ---- how it stands ---- */

static bool read_state(const char *text, enum vim_lease_state *ret, struct err *e)
{
    static const char *const names[] = { "initializing", "ready", "done", "error" };
    for (size_t i = 0; text && i < ARRAY_LEN(names); i++)
        if (!strcmp(names[i], text)) {
            *ret = (enum vim_lease_state)i;
            return true;
        }
    return err_set(e, ERR_PEER, "the lease is in no state that is known");
}

static bool read_info(const struct xml_element *info, struct arena *a, struct vim_lease *l, struct err *e)
{
    if (!info)
        return true;
    (void)!vim_object_read(xml_child(info, VIM_NS, "entity"), &l->entity);
    l->capacity_kb = vim_field_number(info, "totalDiskCapacityInKB", 0);
    l->timeout_s = vim_field_number(info, "leaseTimeout", VIM_LEASE_TIMEOUT_S);
    l->urls = arena_array(a, VIM_LEASE_URLS, sizeof(*l->urls));
    for (const struct xml_element *el = xml_child(info, VIM_NS, "deviceUrl"); el; el = xml_next(el, VIM_NS, "deviceUrl")) {
        if (l->urls_len == VIM_LEASE_URLS)
            return err_set(e, ERR_LIMIT, "the lease has more than %d files", VIM_LEASE_URLS);
        l->urls[l->urls_len++] = (struct vim_lease_url){
            .key = vim_field_text(el, "key"), .import_key = vim_field_text(el, "importKey"), .url = vim_field_text(el, "url"),
            .thumbprint = vim_field_text(el, "sslThumbprint"), .target = vim_field_text(el, "targetId"),
            .size = vim_field_number(el, "fileSize", -1),
            .disk = vim_field_flag(el, "disk"),
        };
    }
    return true;
}

/* LocalizedMethodFault. */
static const char *read_error(const struct xml_element *error)
{
    const struct xml_element *fault = error ? xml_child(error, VIM_NS, "fault") : NULL;
    const char *text = error ? vim_field_text(error, "localizedMessage") : "";
    return text[0] || !fault || !fault->type ? text : fault->type;
}

bool vim_lease_read(struct vim_session *s, const struct vim_object *lease, int64_t deadline_ms, struct arena *a,
                    struct vim_lease *ret, struct err *e)
{
    static const char *const paths[] = { "state", "info", "error", NULL };
    const struct xml_element *el;
    struct vim_lease l = { .error = "" };
    if (!vim_properties(s, lease, paths, deadline_ms, a, &el, e) || !read_state(vim_property_text(el, "state"), &l.state, e) ||
        !read_info(vim_property(el, "info"), a, &l, e))
        return false;
    l.error = read_error(vim_property(el, "error"));
    *ret = l;
    return true;
}

bool vim_lease_wait(struct vim_session *s, const struct vim_object *lease, const struct vim_task_wait *w, int64_t deadline_ms,
                    struct arena *a, struct vim_lease *ret, struct err *e)
{
    static const struct vim_task_wait nobody = { 0 };
    struct vim_lease l;
    for (int64_t ms = VIM_TASK_TICK_MS;; ms = vim_task_next_ms(ms)) {
        if (!vim_lease_read(s, lease, deadline_ms, a, &l, e))
            return false;
        if (l.state == VIM_LEASE_READY && l.entity.id[0]) {
            *ret = l;
            return true;
        }
        if (l.state == VIM_LEASE_ERROR || l.state == VIM_LEASE_DONE)
            return err_set(e, ERR_PEER, "the vCenter Server's lease ended: %s", l.error[0] ? l.error : "it does not say why");
        if (!vim_task_pause(w ? w : &nobody, ms, deadline_ms, e))
            return err_in(e, "waiting for the vCenter Server's lease");
    }
}

/* ---- keeping and ending it ---- */

static void percent_arg(struct xml_writer *w, const void *ctx)
{
    xml_leaf_integer(w, "percent", *(const int *)ctx);
}

static bool call(struct vim_session *s, const struct vim_object *lease, const char *name, const int *percent, int64_t deadline_ms,
                 struct vim_fault *fault, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    const struct vim_method m = { .name = name, .on = lease, .args = percent ? percent_arg : NULL, .ctx = percent };
    return vim_session_call(s, &m, deadline_ms, &a, &answer, fault, e);
}

bool vim_lease_progress(struct vim_session *s, const struct vim_object *lease, int percent, int64_t deadline_ms, struct err *e)
{
    return call(s, lease, "HttpNfcLeaseProgress", &percent, deadline_ms, NULL, e);
}

bool vim_lease_complete(struct vim_session *s, const struct vim_object *lease, int64_t deadline_ms, struct err *e)
{
    return call(s, lease, "HttpNfcLeaseComplete", NULL, deadline_ms, NULL, e);
}

bool vim_lease_abort(struct vim_session *s, const struct vim_object *lease, int64_t deadline_ms, struct err *e)
{
    struct vim_fault fault = { 0 };
    return call(s, lease, "HttpNfcLeaseAbort", NULL, deadline_ms, &fault, e) || vim_fault_is(&fault, "InvalidState") ||
           vim_fault_is(&fault, "Timedout") || vim_fault_is(&fault, "ManagedObjectNotFound");
}

bool vim_lease_manifest(struct vim_session *s, const struct vim_object *lease, int64_t deadline_ms, struct arena *a,
                        struct vim_lease_sum **ret, size_t *ret_len, struct err *e)
{
    const struct vim_method m = { .name = "HttpNfcLeaseGetManifest", .on = lease };
    const struct xml_element *answer;
    size_t len = 0;
    if (!vim_session_call(s, &m, deadline_ms, a, &answer, NULL, e))
        return false;
    struct vim_lease_sum *list = arena_array(a, VIM_LEASE_URLS, sizeof(*list));
    for (const struct xml_element *el = xml_child(answer, VIM_NS, "returnval"); el; el = xml_next(el, VIM_NS, "returnval")) {
        if (len == VIM_LEASE_URLS)
            return err_set(e, ERR_LIMIT, "the lease's manifest has more than %d files", VIM_LEASE_URLS);
        list[len++] = (struct vim_lease_sum){
            .key = vim_field_text(el, "key"), .sha1 = vim_field_text(el, "sha1"), .sum = vim_field_text(el, "checksum"),
            .sum_type = vim_field_text(el, "checksumType"), .size = vim_field_number(el, "size", -1),
            .capacity = vim_field_number(el, "capacity", -1),
            .populated = vim_field_number(el, "populatedSize", -1), .disk = vim_field_flag(el, "disk"),
        };
    }
    *ret = list;
    *ret_len = len;
    return true;
}

bool vim_export_vm(struct vim_session *s, const char *moref, int64_t deadline_ms, struct vim_object *ret_lease, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_object vm = { .type = "VirtualMachine" };
    const struct vim_method m = { .name = "ExportVm", .on = &vm, .once = true };
    if (!text_copy(vm.id, sizeof(vm.id), moref))
        return err_set(e, ERR_INPUT, "the id of a virtual machine is too long");
    return vim_session_call(s, &m, deadline_ms, &a, &answer, NULL, e) &&
           (vim_object_read(xml_child(answer, VIM_NS, "returnval"), ret_lease) ||
            err_set(e, ERR_PEER, "ExportVm was answered without a lease"));
}
