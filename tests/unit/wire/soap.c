#include "wire/soap.h"

#include "base/arena.h"
#include "unit/check.h"

#define ENVELOPE(inside) "<s:Envelope xmlns:s='" SOAP_NS "'>" inside "</s:Envelope>"
#define BODY(inside) ENVELOPE("<s:Body>" inside "</s:Body>")

static bool read(struct arena *a, const char *text, struct soap_message *m, struct err *e)
{
    struct xml_element *root;
    CHECK_OK(xml_parse(text, strlen(text), NULL, a, &root, e), e);
    return soap_read(root, m, e);
}

static void messages_are_read(void **state)
{
    (void)state;
    struct arena a;
    struct soap_message m;
    struct err e;
    arena_init(&a);
    CHECK_OK(read(&a, BODY("<Login xmlns='urn:vim25'/>"), &m, &e), &e);
    CHECK(xml_is(m.body, "urn:vim25", "Login") && !m.header && !m.is_fault);
    CHECK_OK(read(&a, ENVELOPE("<s:Header><o xmlns='urn:vim25'>1</o></s:Header><s:Body><x/></s:Body>"), &m, &e), &e);
    CHECK(xml_is(m.body, "", "x") && xml_child(m.header, "urn:vim25", "o"));
    CHECK_OK(read(&a, BODY("<s:Fault><faultcode>s:Server</faultcode></s:Fault>"), &m, &e), &e);
    CHECK(m.is_fault && !m.fault.detail);
    CHECK_STR(m.fault.code, "Server");
    CHECK_STR(m.fault.string, "");
    arena_done(&a);
}

static void what_is_no_message_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "<Envelope/>",
        "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body><x/></e:Body></e:Envelope>",
        ENVELOPE(""),
        ENVELOPE("<Body><x/></Body>"),
        ENVELOPE("<s:Header/>"),
        ENVELOPE("<x/><s:Body><x/></s:Body>"),
        ENVELOPE("<s:Body><x/></s:Body><s:Body><x/></s:Body>"),
        BODY(""),
        BODY("text"),
        BODY("<x/><y/>"),
        BODY("<s:Fault/>"),
        BODY("<s:Fault><s:faultcode>x</s:faultcode></s:Fault>"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct arena a;
        struct soap_message m = { 0 };
        struct err e;
        arena_init(&a);
        if (read(&a, bad[i], &m, &e))
            fail_msg("%s is accepted", bad[i]);
        CHECK_EQ(e.kind, ERR_INPUT);
        CHECK(!m.body);
        arena_done(&a);
    }
}

/* The bytes that a vCenter writes for a wrong password. */
static void faults_are_written_as_they_are_read(void **state)
{
    (void)state;
    struct arena a;
    struct buf out;
    struct xml_writer w;
    struct soap_message m;
    struct err e;
    arena_init(&a);
    buf_init(&out, 4096);
    xml_writer_start(&w, &out);
    soap_open(&w);
    soap_fault_open(&w, "ServerFaultCode", "Cannot complete login due to an incorrect user name or password.");
    xml_open(&w, "InvalidLoginFault");
    xml_attr(&w, "xmlns", "urn:vim25");
    xml_attr(&w, "xsi:type", "InvalidLogin");
    xml_close(&w);
    soap_fault_close(&w);
    soap_close(&w);
    CHECK_OK(xml_writer_end(&w, &e), &e);
    CHECK_STR(buf_str(&out),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
              "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\""
              " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
              "<soapenv:Body><soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
              "<faultstring>Cannot complete login due to an incorrect user name or password.</faultstring>"
              "<detail><InvalidLoginFault xmlns=\"urn:vim25\" xsi:type=\"InvalidLogin\"/></detail>"
              "</soapenv:Fault></soapenv:Body></soapenv:Envelope>");
    CHECK_OK(read(&a, buf_str(&out), &m, &e), &e);
    CHECK(m.is_fault && xml_is(m.fault.detail, "urn:vim25", "InvalidLoginFault"));
    CHECK_STR(m.fault.detail->type, "InvalidLogin");
    CHECK_STR(m.fault.detail->type_ns, "urn:vim25");
    CHECK_STR(m.fault.code, "ServerFaultCode");
    buf_done(&out);
    arena_done(&a);
}

GROUP(wire_soap, cmocka_unit_test(messages_are_read), cmocka_unit_test(what_is_no_message_is_refused),
      cmocka_unit_test(faults_are_written_as_they_are_read))
