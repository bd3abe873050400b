#include "vim/datastore.h"

#include <string.h>

#include "base/arena.h"
#include "unit/vim/script.h"

static const struct vim_object store = { "Datastore", "datastore-1" }, dc = { "Datacenter", "datacenter-2" };

#define SOAP(inner)                                                                                                              \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "    \
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>" inner  \
    "</soapenv:Body></soapenv:Envelope>"
#define PROPERTIES(type, id, set) \
    SOAP("<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval><objects><obj type=\"" type "\">" id "</obj>" set \
         "</objects></returnval></RetrievePropertiesExResponse>")
#define PROPERTY(name, xsi, value) "<propSet><name>" name "</name><val xsi:type=\"" xsi "\">" value "</val></propSet>"
#define XML(of, ...) { .want = { __VA_ARGS__ }, .body = of, .type = "text/xml" }
#define CONTENT                                                                                                                   \
    XML(SOAP("<RetrieveServiceContentResponse xmlns=\"urn:vim25\"><returnval><rootFolder type=\"Folder\">group-d1</rootFolder>"    \
             "<propertyCollector type=\"PropertyCollector\">pc</propertyCollector><about><apiType>VirtualCenter</apiType>"         \
             "<apiVersion>7.0.3.0</apiVersion></about><sessionManager type=\"SessionManager\">SessionManager</sessionManager>"      \
             "<fileManager type=\"FileManager\">FileManager</fileManager></returnval></RetrieveServiceContentResponse>"),          \
        "RetrieveServiceContent")
#define MOUNT(host, accessible) \
    "<DatastoreHostMount><key type=\"HostSystem\">" host "</key><mountInfo><mounted>true</mounted><accessible>" accessible \
    "</accessible></mountInfo></DatastoreHostMount>"
#define STORE(mounts)                                                                                                      \
    XML(PROPERTIES("Datastore", "datastore-1", PROPERTY("host", "ArrayOfDatastoreHostMount", mounts) PROPERTY("name", "xsd:string", "shared1")), \
        "<pathSet>host</pathSet>", "datastore-1")
#define HOST(id, state, resting)                                                                                     \
    XML(PROPERTIES("HostSystem", id, PROPERTY("runtime.connectionState", "HostSystemConnectionState", state)          \
                   PROPERTY("runtime.inMaintenanceMode", "xsd:boolean", resting)),                                    \
        "runtime.inMaintenanceMode", ">" id "<")
#define PARENT(type, id, parent_type, parent) \
    XML(PROPERTIES(type, id, PROPERTY("parent", "ManagedObjectReference\" type=\"" parent_type, parent)), "<pathSet>parent</pathSet>", ">" id "<")
#define NO_PARENT(type, id) XML(PROPERTIES(type, id, ""), "<pathSet>parent</pathSet>", ">" id "<")

static void no_host_that_can_be_used_is_none(void **state)
{
    (void)state;
    struct err e;
    struct vim_datastore d;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, CONTENT, STEP_LOGIN, STORE(MOUNT("host-1", "false") MOUNT("host-2", "true") MOUNT("host-3", "true")),
           HOST("host-2", "disconnected", "false"), HOST("host-3", "connected", "true"));
    CHECK_FAILS(vim_datastore_read(s.session, &store, soon(), &a, &d, &e), &e, ERR_PEER);
    script_end(&s);
}

static void a_datastore_without_a_datacenter_is_refused(void **state)
{
    (void)state;
    struct err e;
    struct vim_datastore d;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, CONTENT, STEP_LOGIN, STORE(MOUNT("host-2", "true")), HOST("host-2", "connected", "false"),
           PARENT("Datastore", "datastore-1", "Folder", "group-s1"), NO_PARENT("Folder", "group-s1"));
    CHECK_FAILS(vim_datastore_read(s.session, &store, soon(), &a, &d, &e), &e, ERR_PEER);
    script_end(&s);
}

static void the_first_host_that_reaches_it_carries_it(void **state)
{
    (void)state;
    struct err e;
    struct vim_datastore d;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, CONTENT, STEP_LOGIN, STORE(MOUNT("host-1", "false") MOUNT("host-2", "true") MOUNT("host-3", "true")),
           HOST("host-2", "connected", "true"), HOST("host-3", "connected", "false"),
           PARENT("Datastore", "datastore-1", "Folder", "group-s1"), PARENT("Folder", "group-s1", "Datacenter", "datacenter-2"));
    CHECK_OK(vim_datastore_read(s.session, &store, soon(), &a, &d, &e), &e);
    CHECK_STR(d.name, "shared1");
    CHECK_STR(d.host.id, "host-3");
    CHECK_STR(d.datacenter.id, "datacenter-2");
    script_end(&s);
}

static void a_folder_that_is_there_is_fine_and_nothing_else(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, CONTENT, CONTENT, STEP_LOGIN,
           XML(SOAP("<MakeDirectoryResponse xmlns=\"urn:vim25\"/>"), "<MakeDirectory ", "<name>[shared1] media</name>",
               "<datacenter type=\"Datacenter\">datacenter-2</datacenter>", "<createParentDirectories>true<"),
           { .want = { "<MakeDirectory " }, .status = 500, .type = "text/xml",
             .body = SOAP("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>there</faultstring><detail>"
                          "<FileAlreadyExistsFault xmlns=\"urn:vim25\" xsi:type=\"FileAlreadyExists\"/></detail></soapenv:Fault>") },
           { .want = { "<MakeDirectory " }, .status = 500, .type = "text/xml",
             .body = SOAP("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>full</faultstring><detail>"
                          "<CannotCreateFileFault xmlns=\"urn:vim25\" xsi:type=\"CannotCreateFile\"/></detail></soapenv:Fault>") });
    CHECK_OK(vim_datastore_folder(s.session, &dc, "[shared1] media", soon(), &e), &e);
    CHECK_OK(vim_datastore_folder(s.session, &dc, "[shared1] media", soon(), &e), &e);
    CHECK_FAILS(vim_datastore_folder(s.session, &dc, "[shared1] media", soon(), &e), &e, ERR_PEER);
    script_end(&s);
}

#define DELETE_TASK XML(SOAP("<DeleteDatastoreFile_TaskResponse xmlns=\"urn:vim25\"><returnval type=\"Task\">task-7</returnval>" \
                             "</DeleteDatastoreFile_TaskResponse>"), "<DeleteDatastoreFile_Task ", "<name>[shared1] media/x.iso</name>")
#define TASK_FAULT(type)                                                                                                          \
    XML(PROPERTIES("Task", "task-7", PROPERTY("info.error", "LocalizedMethodFault", "<fault xsi:type=\"" type "\"/>"                \
                   "<localizedMessage>no</localizedMessage>") PROPERTY("info.state", "TaskInfoState", "error")), "info.error")

static void deleting_what_is_gone_is_fine_and_what_stays_is_said(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, CONTENT, CONTENT, STEP_LOGIN, DELETE_TASK, { .want = { "info.state" }, .file = "task-success.xml" }, DELETE_TASK,
           TASK_FAULT("FileNotFound"), DELETE_TASK, TASK_FAULT("FileLocked"));
    CHECK_OK(vim_datastore_delete(s.session, &dc, "[shared1] media/x.iso", soon(), &e), &e);
    CHECK_OK(vim_datastore_delete(s.session, &dc, "[shared1] media/x.iso", soon(), &e), &e);
    CHECK_FAILS(vim_datastore_delete(s.session, &dc, "[shared1] media/x.iso", soon(), &e), &e, ERR_PEER);
    CHECK(strstr(e.msg, "[shared1] media/x.iso"));
    script_end(&s);
}

#define TICKET(inner) \
    XML(SOAP("<AcquireGenericServiceTicketResponse xmlns=\"urn:vim25\"><returnval>" inner "</returnval></AcquireGenericServiceTicketResponse>"), \
        "xsi:type=\"SessionManagerHttpServiceRequestSpec\"", "<method>httpPut</method>", "<url>https://10.0.0.9/folder/a%20b?dsName=s&amp;x</url>")

static void a_ticket_is_for_exactly_one_request(void **state)
{
    (void)state;
    static const char url[] = "https://10.0.0.9/folder/a%20b?dsName=s&x";
    struct err e;
    struct vim_service_ticket t;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, CONTENT, CONTENT, STEP_LOGIN, TICKET(""), TICKET("<id>a;b</id>"), TICKET("<id>a b</id>"),
           TICKET("<id>52ab</id><hostName>localhost.localdomain</hostName><sslThumbprint>AA:BB</sslThumbprint>"
                  "<certThumbprintList><thumbprint>CC:DD</thumbprint></certThumbprintList>"),
           TICKET("<id>53</id>"));
    for (int i = 0; i < 3; i++)
        CHECK_FAILS(vim_service_ticket(s.session, VIM_TICKET_PUT, url, soon(), &a, &t, &e), &e, ERR_PEER);
    CHECK_OK(vim_service_ticket(s.session, VIM_TICKET_PUT, url, soon(), &a, &t, &e), &e);
    CHECK_STR(t.id, "52ab");
    CHECK_EQ(t.prints_len, 2);
    CHECK_STR(t.prints[1], "CC:DD");
    CHECK_OK(vim_service_ticket(s.session, VIM_TICKET_PUT, url, soon(), &a, &t, &e), &e);
    CHECK_EQ(t.prints_len, 0);
    script_end(&s);
}

static void paths_are_written_and_read_back(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "shared1", "[shared1]", "[shared1] ", "x [shared1] y" };
    char path[VIM_DATASTORE_PATH], file[VIM_DATASTORE_PATH];
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(!vim_datastore_file(bad[i]));
    memset(file, 'x', sizeof(file) - 1);
    file[sizeof(file) - 1] = '\0';
    CHECK_FAILS(vim_datastore_path("s", file, path, &e), &e, ERR_LIMIT);
    CHECK_OK(vim_datastore_path("shared1", "media/x.iso", path, &e), &e);
    CHECK_STR(path, "[shared1] media/x.iso");
    CHECK_STR(vim_datastore_file(path), "media/x.iso");
}

GROUP(vim_datastore, cmocka_unit_test(no_host_that_can_be_used_is_none), cmocka_unit_test(a_datastore_without_a_datacenter_is_refused),
      cmocka_unit_test(the_first_host_that_reaches_it_carries_it), cmocka_unit_test(a_folder_that_is_there_is_fine_and_nothing_else),
      cmocka_unit_test(deleting_what_is_gone_is_fine_and_what_stays_is_said), cmocka_unit_test(a_ticket_is_for_exactly_one_request),
      cmocka_unit_test(paths_are_written_and_read_back))
