#include "vim/vm_ticket.h"

#include <string.h>

#include "vim/property.h"
#include "wire/xml.h"

static void webmks(struct xml_writer *w, const void *ctx)
{
    (void)ctx;
    xml_leaf(w, "ticketType", "webmks");
}

static const char *text_of(const struct xml_element *el, const char *name)
{
    const char *text = xml_child_text(el, VIM_NS, name);
    return text && text[0] ? text : NULL;
}

static void add_print(struct vim_vm_ticket *t, const char *print)
{
    if (print && t->prints_len < VIM_TICKET_PRINTS)
        t->prints[t->prints_len++] = print;
}

bool vim_webmks_ticket(struct vim_session *s, const struct vim_object *vm, int64_t deadline_ms, struct arena *a,
                       struct vim_vm_ticket *ret, struct err *e)
{
    const struct vim_method m = { .name = "AcquireTicket", .on = vm, .args = webmks, .once = true };
    const struct xml_element *answer, *value, *port;
    struct vim_fault fault = { 0 };
    struct vim_vm_ticket t = { .port = 443 };
    int64_t number;
    if (!vim_session_call(s, &m, deadline_ms, a, &answer, &fault, e))
        return false;
    value = xml_child(answer, VIM_NS, "returnval");
    t.ticket = value ? text_of(value, "ticket") : NULL;
    if (!t.ticket)
        return err_set(e, ERR_PEER, "AcquireTicket was answered without a ticket");
    t.url = text_of(value, "url");
    t.host = text_of(value, "host");
    port = xml_child(value, VIM_NS, "port");
    if (port && xml_integer(port, 1, UINT16_MAX, &number))
        t.port = (uint16_t)number;
    add_print(&t, text_of(value, "sslThumbprint"));
    for (const struct xml_element *p = xml_child(value, VIM_NS, "certThumbprintList"); p;
         p = xml_next(p, VIM_NS, "certThumbprintList"))
        add_print(&t, text_of(p, "thumbprint"));
    *ret = t;
    return true;
}

bool vim_vm_place(struct vim_session *s, const struct vim_object *vm, int64_t deadline_ms, struct arena *a,
                  struct vim_object *ret_host, bool *ret_on, struct err *e)
{
    static const char *const paths[] = { "runtime.host", "runtime.powerState", NULL };
    const struct xml_element *el;
    if (!vim_properties(s, vm, paths, deadline_ms, a, &el, e))
        return false;
    const char *power = vim_property_text(el, "runtime.powerState");
    *ret_on = power && !strcmp(power, "poweredOn");
    const struct xml_element *host = vim_property(el, "runtime.host");
    return (host && vim_object_read(host, ret_host)) || err_set(e, ERR_PEER, "the vCenter does not say on which host it runs");
}
