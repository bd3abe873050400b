#include "vim/soap_call.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "base/text.h"
#include "vim/body.h"
#include "wire/http1.h"
#include "wire/soap.h"

bool vim_object_read(const struct xml_element *el, struct vim_object *ret)
{
    const char *type = el ? xml_attribute(el, NULL, "type") : NULL;
    struct vim_object o = { 0 };
    if (!type || !*type || !el->text_len || !text_copy(o.type, sizeof(o.type), type) ||
        !text_copy(o.id, sizeof(o.id), el->text))
        return false;
    *ret = o;
    return true;
}

void vim_object_write(struct xml_writer *w, const char *name, const struct vim_object *o)
{
    xml_open(w, name);
    xml_attr(w, "type", o->type);
    xml_text(w, o->id);
    xml_close(w);
}

static bool write_call(struct buf *b, const struct vim_method *m, struct err *e)
{
    struct xml_writer w;
    uint8_t *room;
    if (!buf_reserve(b, 16 * 1024, &room, e)) /* a login fits: a buffer that grows leaves copies behind */
        return false;
    xml_writer_start(&w, b);
    soap_open(&w);
    xml_open(&w, m->name);
    xml_attr(&w, "xmlns", VIM_NS);
    vim_object_write(&w, "_this", m->on);
    if (m->args)
        m->args(&w, m->ctx);
    xml_close(&w);
    soap_close(&w);
    return xml_writer_end(&w, e);
}

/* "vmware_soap_session=value" of a Set-Cookie field, byte for byte: some servers quote the value. */
static bool take_cookie(const struct http1_head *h, struct secret *ret, struct err *e)
{
    static const char prefix[] = VIM_SOAP_COOKIE "=";
    for (size_t i = 0; i < h->fields_len; i++) {
        const char *value = h->fields[i].value;
        if (!text_caseeq(h->fields[i].name, "Set-Cookie") || strncmp(value, prefix, sizeof(prefix) - 1) != 0)
            continue;
        size_t len = strcspn(value, ";");
        if (len >= sizeof(prefix) && len <= VIM_COOKIE_MAX)
            return secret_set(ret, value, len, e);
        return err_set(e, ERR_PEER, "the session cookie is %s", len < sizeof(prefix) ? "empty" : "too long");
    }
    return true;
}

/* A message may be a fault only with 500, and a response only with 200 (SOAP 1.1 section 6.2). */
static bool read_message(const struct vim_method *m, const struct vim_answer *answer, struct arena *a,
                         const struct xml_element **ret, struct vim_fault *fault, struct err *e)
{
    struct xml_element *root;
    struct soap_message msg;
    char want[96];
    if (answer->status != 200 && answer->status != 500)
        return vim_body_status(answer, "/sdk", e);
    if (!vim_body_is(answer, "text/xml"))
        return vim_body_other(answer, "XML", e);
    if (!xml_parse(answer->body, answer->body_len, NULL, a, &root, e) || !soap_read(root, &msg, e)) {
        if (e && e->kind == ERR_INPUT)
            e->kind = ERR_PEER; /* what a peer wrote is its fault, not our caller's */
        return false;
    }
    if (msg.is_fault) {
        vim_fault_read(msg.fault.detail, msg.fault.string, fault);
        return vim_fault_err(fault, e);
    }
    (void)snprintf(want, sizeof(want), "%sResponse", m->name);
    if (answer->status != 200 || !xml_is(msg.body, VIM_NS, want))
        return err_set(e, ERR_PEER, "the answer is not a %s", want);
    *ret = msg.body;
    return true;
}

bool vim_soap_call(const struct vim_soap *as, const struct vim_method *m, const struct xml_element **ret,
                   struct secret *ret_cookie, struct vim_fault *fault, struct err *e)
{
    char action[sizeof(VIM_NS) + 1 + VIM_VERSION_MAX];
    struct vim_answer answer;
    AUTO(vim_body_wipe) struct buf body;
    *fault = (struct vim_fault){ 0 };
    buf_init(&body, m->sent_max ? m->sent_max : VIM_SOAP_SENT);
    if (!write_call(&body, m, e))
        return err_in(e, "%s", m->name);
    (void)snprintf(action, sizeof(action), VIM_NS "/%s", as->version);
    struct http1_field fields[] = {
        { "Content-Type", "text/xml; charset=\"utf-8\"" },
        { "SOAPAction", action },
        { "Cookie", as->cookie ? (const char *)as->cookie->bytes : "" },
    };
    struct vim_request rq = { .method = "POST", .path = "/sdk", .fields = fields, .fields_len = as->cookie ? 3 : 2,
                              .body = body.data, .body_len = body.len, .answer_max = m->answer_max, .once = m->once };
    if (!vim_endpoint_call(as->ep, &rq, as->deadline_ms, as->arena, &answer, e) ||
        !read_message(m, &answer, as->arena, ret, fault, e) ||
        (ret_cookie && !take_cookie(answer.head, ret_cookie, e)))
        return err_in(e, "%s", m->name);
    return true;
}
