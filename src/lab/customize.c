#include "lab/customize.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/event.h"
#include "lab/keep.h"
#include "lab/store.h"
#include "lab/work.h"

static void file_of(const struct lab_vm *vm, char out[LAB_NAME])
{
    (void)snprintf(out, LAB_NAME, "guests/%s/%u/customization.xml", vm->vc->plan->name, vm->n);
}

void lab_custom_write(struct xml_writer *w, const struct xml_element *el, bool top)
{
    xml_open(w, el->name);
    if (top) {
        xml_attr(w, "xmlns", VIM_NS);
        xml_attr(w, "xmlns:xsi", XML_XSI);
    }
    if (el->type)
        xml_attr(w, "xsi:type", el->type);
    if (!el->first)
        xml_text(w, el->text);
    for (const struct xml_element *child = el->first; child; child = child->next)
        lab_custom_write(w, child, false);
    xml_close(w);
}

static bool keep_spec(const struct lab_vm *vm, const struct xml_element *spec, struct err *e)
{
    char name[LAB_NAME], folder[LAB_NAME];
    struct xml_writer w;
    struct buf b;
    file_of(vm, name);
    (void)snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(name, '/') - name), name);
    buf_init(&b, LAB_CUSTOM_SPEC_MAX);
    xml_writer_start(&w, &b);
    xml_declaration(&w);
    lab_custom_write(&w, spec, true);
    bool ok = xml_writer_end(&w, e) && lab_keep_folder(vm->vc->at.estate->dir, folder, 0700, e) &&
              lab_keep_write(vm->vc->at.estate->dir, name, b.data, b.len, 0600, e);
    buf_done(&b);
    return ok;
}

static struct lab_value *object(struct arena *a, const char *fault, const char *text, const char **ret_text)
{
    *ret_text = text;
    return lab_poly(a, NULL, "fault", fault);
}

/* The fault for a spec that does not fit the machine; NULL: it does. */
static struct lab_value *objection(struct arena *a, const struct lab_vm *vm, const struct xml_element *spec, const char **ret_text)
{
    const struct xml_element *identity = xml_child(spec, VIM_NS, "identity");
    bool windows = !strncmp(vm->guest_id, "win", 3);
    bool sysprep = identity && identity->type && !strncmp(identity->type, "CustomizationSysprep", 20);
    int64_t nics = 0;
    for (const struct xml_element *n = xml_child(spec, VIM_NS, "nicSettingMap"); n; n = xml_next(n, VIM_NS, "nicSettingMap"))
        nics++;
    struct lab_value *f = NULL;
    if (!identity || !identity->type || !xml_child(spec, VIM_NS, "globalIPSettings")) {
        f = object(a, "InvalidArgument", "A specified parameter was not correct: spec", ret_text);
        (void)lab_string(a, f, "invalidProperty", "spec");
    } else if (vm->custom == LAB_CUSTOM_PENDING) {
        f = object(a, "CustomizationPending", "A customization operation is already pending.", ret_text);
    } else if (!strncmp(vm->guest_id, "other", 5)) {
        f = object(a, "UncustomizableGuest", "This guest operating system can't be customized.", ret_text);
        (void)lab_string(a, f, "uncustomizableGuestOS", arena_strdup(a, vm->guest_id));
    } else if (windows != sysprep) {
        f = object(a, "CustomizationFault", "The specification is for another operating system.", ret_text);
    } else if (nics != (int64_t)vm->nics_len) {
        f = object(a, "NicSettingMismatch", "The number of network adapters in the specification and in the machine differ.", ret_text);
        (void)lab_int(a, f, "numberOfNicsInSpec", nics);
        (void)lab_int(a, f, "numberOfNicsInVM", (int64_t)vm->nics_len);
    }
    return f;
}

bool lab_customize(struct lab_task *t, struct lab_vm *vm, const struct xml_element *spec)
{
    struct err e;
    t->fault = objection(&t->arena, vm, spec, &t->fault_text);
    if (t->fault)
        return false;
    if (!keep_spec(vm, spec, &e))
        return lab_task_refuse(t, "FileFault", e.msg) == LAB_TASK_DONE;
    vm->custom = LAB_CUSTOM_PENDING;
    vm->custom_from = vm->custom_until = 0;
    vm->custom_error[0] = '\0';
    return true;
}

bool lab_check_customization(struct lab_call *c)
{
    const struct lab_vm *vm = lab_vm_of_call(c);
    const char *text;
    struct lab_value *f = vm ? objection(c->k.arena, vm, lab_arg(c, "spec"), &text) : NULL;
    return vm && (!f || lab_say_fields(c, f->type, text, f));
}

static enum lab_task_next step(struct lab_task *t, void *state)
{
    const struct lab_vm_work *w = state;
    struct lab_vm *vm = lab_vm_of_task(t, w);
    if (!vm)
        return LAB_TASK_FAILED;
    if (vm->power != LAB_OFF)
        return lab_vm_bad_power(t, vm, LAB_OFF);
    return lab_customize(t, vm, xml_child(lab_vm_request(t, w), VIM_NS, "spec")) ? lab_vm_done(t, vm) : LAB_TASK_FAILED;
}

bool lab_customize_vm(struct lab_call *c)
{
    if (!lab_vm_of_call(c))
        return false;
    const struct lab_task_plan plan = { "CustomizeVM_Task", "VirtualMachine.customize", c->self, false, step, lab_vm_work_free,
                                        lab_vm_work_make(c) };
    return lab_task_start(c, &plan);
}

/* ---- in the guest ---- */

static void happened(const struct lab_vm *vm, const char *type, const char *what)
{
    struct lab_event_plan ev = { .type = type, .user = "" };
    struct lab_value *said = lab_event_vm(vm, &ev, "Customization of VM %s %s", vm->name, what);
    (void)lab_string(ev.arena, said, "logLocation", "/var/log/vmware-imc/toolsDeployPkg.log");
}

static const struct xml_element *at(const struct xml_element *el, const char *name)
{
    return xml_child(el, VIM_NS, name);
}

static void take_name(struct lab_vm *vm, const struct xml_element *identity)
{
    const struct xml_element *name = at(identity, "hostName");
    name = name ? name : at(at(identity, "userData"), "computerName");
    const char *fixed = xml_child_text(name, VIM_NS, "name"), *prefix = xml_child_text(name, VIM_NS, "base");
    const char *domain = xml_child_text(identity, VIM_NS, "domain");
    char host[LAB_NAME];
    if (fixed)
        (void)text_copy(host, sizeof(host), fixed);
    else if (prefix)
        (void)snprintf(host, sizeof(host), "%.200s%u", prefix, vm->n);
    else
        (void)text_copy(host, sizeof(host), vm->name);
    (void)snprintf(vm->guest_name, sizeof(vm->guest_name), domain && *domain ? "%.120s.%.120s" : "%s", host, domain);
}

static void take_password(struct lab_vm *vm, const struct xml_element *identity)
{
    const struct xml_element *password = at(identity, "password");
    password = password ? password : at(at(identity, "guiUnattended"), "password");
    const char *value = xml_child_text(password, VIM_NS, "value");
    if (value)
        (void)text_copy(vm->guest_password, sizeof(vm->guest_password), value);
}

/* What the spec says becomes the guest's own. */
static bool take_spec(struct lab_vm *vm, struct err *e)
{
    struct arena a = { 0 };
    struct xml_element *spec;
    char name[LAB_NAME];
    struct buf b;
    file_of(vm, name);
    buf_init(&b, LAB_CUSTOM_SPEC_MAX);
    bool ok = lab_keep_read(vm->vc->at.estate->dir, name, &b, e) && xml_parse(b.data, b.len, NULL, &a, &spec, e);
    if (ok) {
        const char *ip = xml_child_text(at(at(at(spec, "nicSettingMap"), "adapter"), "ip"), VIM_NS, "ipAddress");
        take_name(vm, at(spec, "identity"));
        if (ip)
            (void)text_copy(vm->guest_ip, sizeof(vm->guest_ip), ip);
        take_password(vm, at(spec, "identity"));
    }
    buf_done(&b);
    arena_done(&a);
    return ok;
}

static void finish(struct lab_vcenter *vc, uint64_t id)
{
    struct lab_vm *vm = lab_vm_take(vc, (unsigned)id);
    struct err e;
    if (!vm || vm->runs != (unsigned)(id >> 32) || vm->custom != LAB_CUSTOM_RUNNING)
        return;
    const char *wanted = lab_vm_extra(vm, "vsphere-lab.customization");
    bool ok = wanted && !strcmp(wanted, "fail") ? err_set(&e, ERR_INPUT, "Customization failure: the guest was told to fail") : take_spec(vm, &e);
    vm->custom = ok ? LAB_CUSTOM_DONE : LAB_CUSTOM_FAILED;
    vm->custom_until = lab_now(vc->at.estate);
    if (!ok)
        (void)text_copy(vm->custom_error, sizeof(vm->custom_error), e.msg);
    happened(vm, ok ? "CustomizationSucceeded" : "CustomizationFailed", ok ? "succeeded" : "failed");
    (void)!lab_vm_keep(vm, NULL); /* nobody waits for it */
}

void lab_customize_booted(struct lab_vm *vm)
{
    if (vm->custom != LAB_CUSTOM_PENDING)
        return;
    vm->custom = LAB_CUSTOM_RUNNING;
    vm->custom_from = lab_now(vm->vc->at.estate);
    happened(vm, "CustomizationStartedEvent", "has started");
    (void)!lab_vm_keep(vm, NULL);
    lab_later(vm->vc, (int64_t)vm->vc->plan->boot_ms, finish, (uint64_t)vm->runs << 32 | vm->n);
}
