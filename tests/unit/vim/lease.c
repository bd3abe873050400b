#include "vim/lease.h"

#include "base/arena.h"
#include "unit/vim/script.h"
#include "vim/ovf.h"
#include "vim/vm.h"

static const struct vim_object lease = { "HttpNfcLease", "session[52]lease-1" };

#define SOAP(text)                                                                                                            \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"" \
    " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"                \
    "<soapenv:Body>" text "</soapenv:Body></soapenv:Envelope>"
#define PROPS(object, sets)                                                                    \
    SOAP("<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval><objects>" object sets \
         "</objects></returnval></RetrievePropertiesExResponse>")
#define LEASE_OBJ "<obj type=\"HttpNfcLease\">session[52]lease-1</obj>"
#define STATE(s) "<propSet><name>state</name><val xsi:type=\"HttpNfcLeaseState\">" s "</val></propSet>"
#define INFO                                                                                                                 \
    "<propSet><name>info</name><val xsi:type=\"HttpNfcLeaseInfo\"><lease type=\"HttpNfcLease\">session[52]lease-1</lease>"   \
    "<entity type=\"VirtualMachine\">vm-42</entity><deviceUrl><key>k1</key><importKey>/web/VirtualSCSIController0:0"          \
    "</importKey><url>https://esx1.example/nfc/52ab/disk-0.vmdk</url><sslThumbprint>AA:BB</sslThumbprint><disk>true</disk>"   \
    "<targetId>disk-0.vmdk</targetId></deviceUrl><deviceUrl><key>k2</key><importKey>/web/nvram</importKey>"                  \
    "<url>https://*/nfc/52ab/file-0</url><disk>false</disk><fileSize>77</fileSize></deviceUrl>"                              \
    "<totalDiskCapacityInKB>1024</totalDiskCapacityInKB><leaseTimeout>120</leaseTimeout></val></propSet>"
#define ERROR                                                                                               \
    "<propSet><name>error</name><val xsi:type=\"LocalizedMethodFault\"><fault xsi:type=\"OutOfBounds\"/>" \
    "<localizedMessage></localizedMessage></val></propSet>"
#define STEP_LEASE(answer) { .want = { "<RetrievePropertiesEx ", "lease-1" }, .body = answer, .type = "text/xml" }
#define STEP_CALL(name, answer, ...) { .want = { "<" name " " }, .body = answer, .type = "text/xml", ##__VA_ARGS__ }
#define RESPONSE(name, inside) SOAP("<" name "Response xmlns=\"urn:vim25\">" inside "</" name "Response>")
#define FAULT(type) \
    SOAP("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring></faultstring><detail><a xsi:type=\"" type "\"/></detail></soapenv:Fault>")

static void a_lease_is_waited_for_and_read(void **state)
{
    (void)state;
    struct err e;
    struct vim_lease l;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_LEASE(PROPS(LEASE_OBJ, STATE("initializing"))), STEP_LEASE(PROPS(LEASE_OBJ, STATE("ready") INFO)));
    CHECK_OK(vim_lease_wait(s.session, &lease, NULL, soon(), &a, &l, &e), &e);
    CHECK_EQ(l.state, VIM_LEASE_READY);
    CHECK_STR(l.entity.id, "vm-42");
    CHECK_EQ(l.urls_len, 2);
    CHECK_STR(l.urls[0].import_key, "/web/VirtualSCSIController0:0");
    CHECK_STR(l.urls[0].thumbprint, "AA:BB");
    CHECK(l.urls[0].disk && !l.urls[1].disk);
    CHECK_STR(l.urls[1].thumbprint, ""); /* a host that was told to keep it to itself: single proof */
    CHECK_EQ(l.urls[0].size, -1);
    CHECK_EQ(l.urls[1].size, 77);
    CHECK_EQ(l.timeout_s, 120);
    script_end(&s);
}

static void a_lease_that_ended_is_said_with_its_reason(void **state)
{
    (void)state;
    struct err e;
    struct vim_lease l;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_LEASE(PROPS(LEASE_OBJ, STATE("error") ERROR)), STEP_LEASE(PROPS(LEASE_OBJ, STATE("done"))),
           STEP_LEASE(PROPS(LEASE_OBJ, STATE("strange"))));
    CHECK_FAILS(vim_lease_wait(s.session, &lease, NULL, soon(), &a, &l, &e), &e, ERR_PEER);
    CHECK(strstr(e.msg, "OutOfBounds"));
    CHECK_FAILS(vim_lease_wait(s.session, &lease, NULL, soon(), &a, &l, &e), &e, ERR_PEER);
    CHECK_FAILS(vim_lease_read(s.session, &lease, soon(), &a, &l, &e), &e, ERR_PEER);
    script_end(&s);
}

static bool always(void *self)
{
    (void)self;
    return true;
}

static void waiting_can_be_cancelled(void **state)
{
    (void)state;
    struct err e;
    struct vim_lease l;
    const struct vim_task_wait w = { .cancelled = always };
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_LEASE(PROPS(LEASE_OBJ, STATE("initializing"))));
    CHECK_FAILS(vim_lease_wait(s.session, &lease, &w, soon(), &a, &l, &e), &e, ERR_CANCELLED);
    script_end(&s);
}

static void it_is_kept_alive_and_ended(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN,
           { .want = { "<HttpNfcLeaseProgress ", "<percent>40</percent>" }, .body = RESPONSE("HttpNfcLeaseProgress", ""), .type = "text/xml" },
           STEP_CALL("HttpNfcLeaseComplete", RESPONSE("HttpNfcLeaseComplete", "")), STEP_CALL("HttpNfcLeaseAbort", RESPONSE("HttpNfcLeaseAbort", "")),
           STEP_CALL("HttpNfcLeaseAbort", FAULT("InvalidState"), .status = 500), STEP_CALL("HttpNfcLeaseAbort", FAULT("NoPermission"), .status = 500),
           STEP_CALL("HttpNfcLeaseProgress", FAULT("Timedout"), .status = 500));
    CHECK_OK(vim_lease_progress(s.session, &lease, 40, soon(), &e), &e);
    CHECK_OK(vim_lease_complete(s.session, &lease, soon(), &e), &e);
    CHECK_OK(vim_lease_abort(s.session, &lease, soon(), &e), &e);
    CHECK_OK(vim_lease_abort(s.session, &lease, soon(), &e), &e); /* it is over already */
    CHECK_FAILS(vim_lease_abort(s.session, &lease, soon(), &e), &e, ERR_DENIED);
    CHECK(!vim_lease_progress(s.session, &lease, 40, soon(), &e));
    script_end(&s);
}

static void a_manifest_is_read(void **state)
{
    (void)state;
    struct err e;
    struct vim_lease_sum *list;
    size_t len;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_CALL("HttpNfcLeaseGetManifest", RESPONSE("HttpNfcLeaseGetManifest",
           "<returnval><key>k1</key><sha1>da39</sha1><checksum>e3b0</checksum><checksumType>sha256</checksumType><size>5</size>"
           "<disk>true</disk><capacity>1048576</capacity></returnval><returnval><key>k2</key><sha1>aa</sha1></returnval>")));
    CHECK_OK(vim_lease_manifest(s.session, &lease, soon(), &a, &list, &len, &e), &e);
    CHECK_EQ(len, 2);
    CHECK_STR(list[0].sum_type, "sha256");
    CHECK_EQ(list[0].capacity, 1048576);
    CHECK_EQ(list[1].size, -1);
    script_end(&s);
}

static const struct vim_import how = { .descriptor = "<Envelope/>", .pool = "resgroup-8", .datastore = "datastore-1", .name = "web",
                                       .network = "network-7", .networks = (const char *const[]){ "VM Network" }, .networks_len = 1 };

/* The spec goes back as it came, with the types that it had. */
static void a_descriptor_becomes_a_lease(void **state)
{
    (void)state;
    struct err e;
    struct vim_import_spec spec;
    struct vim_object got;
    const struct vim_object folder = { "Folder", "group-v3" };
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_CONTENT, STEP_LOGIN,
           { .want = { "<CreateImportSpec ", "<ovfDescriptor>&lt;Envelope/", "<entityName>web</entityName><networkMapping><name>VM Network</name>"
                       "<network type=\"Network\">network-7</network></networkMapping>", "<datastore type=\"Datastore\">datastore-1</datastore>" },
             .body = RESPONSE("CreateImportSpec", "<returnval><importSpec xsi:type=\"VirtualMachineImportSpec\"><configSpec><name>web</name>"
                              "<deviceChange><device xsi:type=\"VirtualDisk\"><key>-100</key></device></deviceChange><extraConfig><key>a</key>"
                              "<value xsi:type=\"xsd:string\">b &lt; c</value></extraConfig></configSpec><net type=\"Network\">n-1</net></importSpec>"
                              "<fileItem><deviceId>/web/disk</deviceId><path>web.vmdk</path><chunkSize>10</chunkSize><size>70</size><cimType>17</cimType>"
                              "<create>false</create></fileItem></returnval>"), .type = "text/xml" },
           { .want = { "<ImportVApp ", "<spec xsi:type=\"VirtualMachineImportSpec\"><configSpec><name>web</name>",
                       "<device xsi:type=\"VirtualDisk\"><key>-100</key></device></deviceChange><extraConfig><key>a</key><value xsi:type=\"xsd:string\">"
                       "b &lt; c</value>", "<net type=\"Network\">n-1</net></spec><folder type=\"Folder\">group-v3</folder>" },
             .body = RESPONSE("ImportVApp", "<returnval type=\"HttpNfcLease\">lease-9</returnval>"), .type = "text/xml" });
    CHECK_OK(vim_import_spec(s.session, &how, soon(), &a, &spec, &e), &e);
    CHECK_EQ(spec.items_len, 1);
    CHECK_STR(spec.items[0].path, "web.vmdk");
    CHECK_EQ(spec.items[0].chunk, 10);
    CHECK_EQ(spec.items[0].size, 70);
    CHECK(!spec.items[0].create);
    CHECK_OK(vim_import_vapp(s.session, "resgroup-8", &spec, &folder, soon(), &got, &e), &e);
    CHECK_STR(got.id, "lease-9");
    script_end(&s);
}

static void what_the_vcenter_refuses_is_said_in_its_words(void **state)
{
    (void)state;
    struct err e;
    struct vim_import_spec spec;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_CONTENT, STEP_LOGIN,
           STEP_CALL("CreateImportSpec", RESPONSE("CreateImportSpec", "<returnval><error><fault xsi:type=\"OvfInvalidPackage\"/>"
                     "<localizedMessage>no VirtualSystem</localizedMessage></error></returnval>")),
           STEP_CALL("CreateImportSpec", RESPONSE("CreateImportSpec", "<returnval></returnval>")),
           STEP_CALL("CreateImportSpec", RESPONSE("CreateImportSpec", "<returnval><importSpec xsi:type=\"a\"/><fileItem><path>x</path></fileItem></returnval>")));
    CHECK_FAILS(vim_import_spec(s.session, &how, soon(), &a, &spec, &e), &e, ERR_INPUT);
    CHECK(strstr(e.msg, "no VirtualSystem"));
    CHECK_FAILS(vim_import_spec(s.session, &how, soon(), &a, &spec, &e), &e, ERR_PEER);
    CHECK_FAILS(vim_import_spec(s.session, &how, soon(), &a, &spec, &e), &e, ERR_PEER);
    script_end(&s);
}

#define UP(kind, id, up_kind, up) \
    { .want = { "<RetrievePropertiesEx ", ">" id "<" },  \
      .body = PROPS("<obj type=\"" kind "\">" id "</obj>", "<propSet><name>parent</name><val xsi:type=\"ManagedObjectReference\" type=\"" up_kind "\">" up "</val></propSet>"), \
      .type = "text/xml" }

static void the_folder_is_that_of_the_datacenter(void **state)
{
    (void)state;
    struct err e;
    struct vim_object got;
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, UP("ResourcePool", "resgroup-8", "ClusterComputeResource", "domain-c1"),
           UP("ClusterComputeResource", "domain-c1", "Folder", "group-h2"), UP("Folder", "group-h2", "Datacenter", "datacenter-2"),
           { .want = { "<RetrievePropertiesEx ", "vmFolder" },
             .body = PROPS("<obj type=\"Datacenter\">datacenter-2</obj>", "<propSet><name>vmFolder</name><val xsi:type=\"ManagedObjectReference\" type=\"Folder\">group-v3</val></propSet>"),
             .type = "text/xml" },
           { .want = { "<RetrievePropertiesEx ", "resgroup-9" }, .body = PROPS("<obj type=\"ResourcePool\">resgroup-9</obj>", ""), .type = "text/xml" });
    CHECK_OK(vim_vm_folder(s.session, "resgroup-8", soon(), &got, &e), &e);
    CHECK_STR(got.id, "group-v3");
    CHECK_FAILS(vim_vm_folder(s.session, "resgroup-9", soon(), &got, &e), &e, ERR_PEER);
    script_end(&s);
}

static void a_machine_is_described_with_exact_sizes(void **state)
{
    (void)state;
    struct err e;
    const char *text;
    struct vim_object got;
    AUTO(arena_done) struct arena a = { 0 };
    const struct vim_ovf_file files[] = { { "k1", "disk-0.vmdk", 68096, 1048576, 0 } };
    struct vim_ovf_describe what = { .moref = "vm-7", .name = "web", .files = files, .files_len = 1 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_CALL("ExportVm", RESPONSE("ExportVm", "<returnval type=\"HttpNfcLease\">lease-3</returnval>")),
           STEP_CALL("ExportVm", FAULT("InvalidPowerState"), .status = 500),
           { .want = { "<CreateDescriptor ", "<obj type=\"VirtualMachine\">vm-7</obj><cdp><ovfFiles><deviceId>k1</deviceId><path>disk-0.vmdk</path><size>68096</size>"
                       "<capacity>1048576</capacity></ovfFiles><name>web</name></cdp>" },
             .body = RESPONSE("CreateDescriptor", "<returnval><ovfDescriptor>&lt;Envelope/&gt;</ovfDescriptor></returnval>"), .type = "text/xml" },
           { .want = { "<name>web</name><exportOption>mac</exportOption><exportOption>uuid</exportOption></cdp>" },
             .body = RESPONSE("CreateDescriptor", "<returnval><ovfDescriptor></ovfDescriptor></returnval>"), .type = "text/xml" });
    CHECK_OK(vim_export_vm(s.session, "vm-7", soon(), &got, &e), &e);
    CHECK_FAILS(vim_export_vm(s.session, "vm-7", soon(), &got, &e), &e, ERR_CONFLICT);
    CHECK_OK(vim_ovf_descriptor(s.session, &what, soon(), &a, &text, &e), &e);
    CHECK_STR(text, "<Envelope/>");
    what.identity = true;
    CHECK_FAILS(vim_ovf_descriptor(s.session, &what, soon(), &a, &text, &e), &e, ERR_PEER);
    script_end(&s);
}

GROUP(vim_lease, cmocka_unit_test(a_lease_is_waited_for_and_read), cmocka_unit_test(a_lease_that_ended_is_said_with_its_reason),
      cmocka_unit_test(waiting_can_be_cancelled), cmocka_unit_test(it_is_kept_alive_and_ended), cmocka_unit_test(a_manifest_is_read),
      cmocka_unit_test(a_descriptor_becomes_a_lease), cmocka_unit_test(what_the_vcenter_refuses_is_said_in_its_words),
      cmocka_unit_test(the_folder_is_that_of_the_datacenter), cmocka_unit_test(a_machine_is_described_with_exact_sizes))
