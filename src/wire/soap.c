#include "wire/soap.h"

#include <string.h>

static bool read_fault(const struct xml_element *fault, struct soap_fault *ret, struct err *e)
{
    /* The children of Fault are in no namespace (SOAP 1.1 section 4.4, schema: elementFormDefault unqualified). */
    const char *code = xml_child_text(fault, "", "faultcode");
    const char *string = xml_child_text(fault, "", "faultstring");
    if (!code)
        return err_set(e, ERR_INPUT, "a SOAP fault without faultcode (SOAP 1.1 section 4.4)");
    const char *colon = strchr(code, ':');
    const struct xml_element *detail = xml_child(fault, "", "detail");
    *ret = (struct soap_fault){
        .code = colon ? colon + 1 : code,
        .string = string ? string : "",
        .detail = detail ? detail->first : NULL,
    };
    return true;
}

bool soap_read(const struct xml_element *root, struct soap_message *ret, struct err *e)
{
    if (!xml_is(root, SOAP_NS, "Envelope"))
        return err_set(e, ERR_INPUT, "not a SOAP 1.1 envelope");
    const struct xml_element *first = root->first;
    const struct xml_element *header = xml_is(first, SOAP_NS, "Header") ? first : NULL;
    const struct xml_element *body = header ? header->next : first;
    if (!body || !xml_is(body, SOAP_NS, "Body") || body->next)
        return err_set(e, ERR_INPUT, "a SOAP envelope holds a Header, if any, and one Body (SOAP 1.1 section 4)");
    if (!body->first || body->first->next)
        return err_set(e, ERR_INPUT, "a SOAP body must hold exactly one element");
    struct soap_message m = { .header = header, .body = body->first };
    m.is_fault = xml_is(m.body, SOAP_NS, "Fault");
    if (m.is_fault && !read_fault(m.body, &m.fault, e))
        return false;
    *ret = m;
    return true;
}

void soap_open(struct xml_writer *w)
{
    xml_declaration(w);
    xml_open(w, "soapenv:Envelope");
    xml_attr(w, "xmlns:soapenv", SOAP_NS);
    xml_attr(w, "xmlns:xsd", XML_XSD);
    xml_attr(w, "xmlns:xsi", XML_XSI);
    xml_open(w, "soapenv:Body");
}

void soap_close(struct xml_writer *w)
{
    xml_close(w);
    xml_close(w);
}

void soap_fault_open(struct xml_writer *w, const char *code, const char *string)
{
    xml_open(w, "soapenv:Fault");
    xml_leaf(w, "faultcode", code);
    xml_leaf(w, "faultstring", string);
    xml_open(w, "detail");
}

void soap_fault_close(struct xml_writer *w)
{
    xml_close(w);
    xml_close(w);
}
