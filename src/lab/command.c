#include "lab/control.h"

#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "lab/estate.h"
#include "lab/keep.h"
#include "lab/vm_control.h"
#include "wire/json.h"

struct asked {
    struct lab_estate *estate;
    json_t *request;
    json_t *answer; /* an object */
    bool down;
};

static int64_t now_s(void)
{
    return clock_wall_ms() / 1000;
}

static struct lab_endpoint *target_of(const struct asked *a, struct err *e)
{
    const char *name = json_string_value(json_object_get(a->request, "target"));
    struct lab_endpoint *ep = name ? lab_endpoint_named(a->estate, name) : NULL;
    if (!name)
        (void)err_set(e, ERR_INPUT, "\"target\" must name a vCenter, a host or an NSX Manager");
    else if (!ep)
        (void)err_set(e, ERR_NOT_FOUND, "nothing in the estate is called %s", name);
    return ep;
}

static bool do_status(struct asked *a, struct err *e)
{
    struct buf b;
    json_t *state = NULL;
    buf_init(&b, LAB_FILE_MAX);
    const struct wire_json_limits wide = { .bytes = LAB_FILE_MAX, .values = 10 * 1000 * 1000 };
    bool ok = lab_state_json(a->estate, &b, e) && wire_json_read(buf_str(&b), b.len, &wide, &state, e);
    if (ok)
        (void)json_object_set_new(a->answer, "estate", state);
    buf_done(&b);
    return ok;
}

static bool do_down(struct asked *a, struct err *e)
{
    (void)e;
    a->down = true;
    return true;
}

static bool do_fault(struct asked *a, struct err *e)
{
    struct lab_endpoint *ep = target_of(a, e);
    const char *name = json_string_value(json_object_get(a->request, "fault"));
    if (!ep)
        return false;
    unsigned bit = name ? lab_fault_of(name, ep->kind) : 0;
    if (!bit)
        return err_set(e, ERR_INPUT, "\"fault\" must be one that this kind of endpoint can have; \"faults\" lists all");
    if (bit == LAB_FAULT_SESSIONS) {
        lab_sessions_end(ep->vcenter);
        return true;
    }
    return lab_set_faults(ep, ep->faults | bit, e);
}

/* One fault, or everything that is wrong with it, a locked account included. */
static bool do_clear(struct asked *a, struct err *e)
{
    struct lab_endpoint *ep = target_of(a, e);
    const char *name = json_string_value(json_object_get(a->request, "fault"));
    if (!ep)
        return false;
    unsigned bit = name ? lab_fault_of(name, ep->kind) : ep->faults;
    if (name && !bit)
        return err_set(e, ERR_INPUT, "\"fault\" must be one that this kind of endpoint can have, or absent: all");
    if (!name && ep->kind == LAB_VCENTER)
        ep->vcenter->wrong = 0;
    return lab_set_faults(ep, ep->faults & ~bit, e);
}

static bool do_reissue(struct asked *a, struct err *e)
{
    struct lab_endpoint *ep = target_of(a, e);
    return ep && lab_reissue(ep, now_s(), e);
}

static bool do_issuer(struct asked *a, struct err *e)
{
    static const char *const names[] = { "enterprise", "vmca", "self-signed" }; /* enum lab_endpoint_cert */
    struct lab_endpoint *ep = target_of(a, e);
    const char *name = json_string_value(json_object_get(a->request, "issuer"));
    size_t n = 0;
    while (name && n < ARRAY_LEN(names) && strcmp(names[n], name) != 0)
        n++;
    if (ep && (!name || n == ARRAY_LEN(names)))
        return err_set(e, ERR_INPUT, "\"issuer\" must be enterprise, vmca or self-signed");
    return ep && lab_set_issuer(ep, (enum lab_endpoint_cert)n, now_s(), e);
}

static bool do_replace(struct asked *a, struct err *e)
{
    struct lab_endpoint *ep = target_of(a, e);
    return ep && lab_replace(ep, now_s(), e);
}

/* A host alone, or all hosts of a vCenter. */
static bool do_renew(struct asked *a, struct err *e)
{
    struct lab_endpoint *ep = target_of(a, e);
    if (!ep || ep->kind == LAB_HOST)
        return ep && lab_replace(ep, now_s(), e);
    struct lab_vcenter *vc = ep->vcenter;
    for (size_t i = 0; i < vc->hosts_len; i++)
        if (!lab_replace(&vc->hosts[i].at, now_s(), e))
            return false;
    (void)json_object_set_new(a->answer, "hosts", json_integer((json_int_t)vc->hosts_len));
    return true;
}

static struct lab_vcenter *vcenter_of(const struct asked *a, struct err *e)
{
    struct lab_endpoint *ep = target_of(a, e);
    if (ep && ep->kind != LAB_VCENTER)
        (void)err_set(e, ERR_INPUT, "\"target\" must name a vCenter");
    return ep && ep->kind == LAB_VCENTER ? ep->vcenter : NULL;
}

static bool do_rotate(struct asked *a, struct err *e)
{
    struct lab_vcenter *vc = vcenter_of(a, e);
    return vc && lab_rotate(vc, now_s(), e);
}

static bool do_retire(struct asked *a, struct err *e)
{
    struct lab_vcenter *vc = vcenter_of(a, e);
    return vc && lab_retire(vc, e);
}

static bool do_password(struct asked *a, struct err *e)
{
    const char *password = json_string_value(json_object_get(a->request, "password"));
    struct lab_vcenter *vc = vcenter_of(a, e);
    if (vc && !password)
        return err_set(e, ERR_INPUT, "\"password\" is missing");
    return vc && lab_set_password(vc, password, e);
}

static bool do_faults(struct asked *a, struct err *e)
{
    (void)e;
    json_t *list = json_array();
    unsigned bit, kinds;
    const char *name;
    for (size_t i = 0; (name = lab_fault_name(i, &bit, &kinds)); i++)
        (void)json_array_append_new(list, json_string(name));
    (void)json_object_set_new(a->answer, "faults", list);
    return true;
}

static const char *text_of(const struct asked *a, const char *key)
{
    return json_string_value(json_object_get(a->request, key));
}

static bool do_vm(struct asked *a, struct err *e)
{
    return lab_vm_report(a->estate, text_of(a, "target"), a->answer, e);
}

static bool do_move(struct asked *a, struct err *e)
{
    return lab_vm_move_to(a->estate, text_of(a, "target"), text_of(a, "host"), e);
}

static const struct {
    const char *name;
    bool (*run)(struct asked *a, struct err *e);
    bool changes;
} commands[] = {
    { "status", do_status, false }, { "faults", do_faults, false },  { "down", do_down, false },
    { "fault", do_fault, true },    { "clear", do_clear, true },     { "replace", do_replace, true },
    { "reissue", do_reissue, true }, { "renew", do_renew, true },    { "rotate", do_rotate, true },
    { "retire", do_retire, true },  { "password", do_password, true },
    { "issuer", do_issuer, true },   { "vm", do_vm, false },
    { "move", do_move, false },
};

static bool run(struct asked *a, struct err *e)
{
    const char *what = json_string_value(json_object_get(a->request, "do"));
    for (size_t i = 0; what && i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i].name, what) != 0)
            continue;
        return commands[i].run(a, e) && (!commands[i].changes || lab_estate_publish(a->estate, e));
    }
    return err_set(e, ERR_INPUT, "\"do\" must be status, faults, fault, clear, replace, reissue, issuer, renew, rotate, "
                   "retire, password, vm, move or down");
}

void lab_control_answer(struct lab_estate *s, const char *line, size_t len, struct buf *out, bool *ret_down)
{
    AUTO(wire_json_decrefp) json_t *request = NULL;
    AUTO(wire_json_decrefp) json_t *answer = json_object();
    struct asked a = { .estate = s, .answer = answer };
    struct err e;
    size_t before = out->len;
    LAB_LOCKED(s);
    bool ok = wire_json_read(line, len, NULL, &request, &e);
    a.request = request;
    ok = ok && run(&a, &e);
    (void)json_object_set_new(answer, "ok", json_boolean(ok));
    if (!ok)
        (void)json_object_set_new(answer, "error", json_string(e.msg));
    if (!wire_json_write(out, answer, NULL) || !buf_puts(out, "\n", NULL)) {
        out->len = before;
        if (!buf_puts(out, "{\"ok\":false,\"error\":\"the answer is too long\"}\n", NULL))
            out->len = before; /* the client reads nothing: it asked more than it took */
    }
    *ret_down = a.down;
}

bool lab_control_request(struct buf *out, const char *what, const char *target, const char *more, struct err *e)
{
    const char *key = strcmp(what, "password") == 0 || strcmp(what, "issuer") == 0 ? what
                      : strcmp(what, "move") == 0                                   ? "host"
                                                                                    : "fault";
    AUTO(wire_json_decrefp) json_t *j = json_pack("{s:s, s:s*, s:s*}", "do", what, "target", target, key, more);
    if (!j)
        return err_set(e, ERR_INPUT, "not UTF-8");
    return wire_json_write(out, j, e) && buf_puts(out, "\n", e);
}
