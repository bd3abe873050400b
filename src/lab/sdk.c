#include "lab/sdk.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/request.h"
#include "http/response.h"
#include "lab/faces.h"
#include "wire/http1.h"
#include "wire/soap.h"

static const struct {
    const char *method, *response;
    lab_method *run;
    bool open; /* without a session, at least in part */
} methods[] = {
    { "RetrieveServiceContent", "RetrieveServiceContentResponse", lab_service_content_call, true },
    { "Login", "LoginResponse", lab_login, true },
    { "AcquireCloneTicket", "AcquireCloneTicketResponse", lab_clone_ticket, false },
    { "CloneSession", "CloneSessionResponse", lab_clone_session, true },
    { "Logout", "LogoutResponse", lab_logout, false },
    { "CurrentTime", "CurrentTimeResponse", lab_current_time, false },
    { "Fetch", "FetchResponse", lab_fetch, true },
    { "RetrievePropertiesEx", "RetrievePropertiesExResponse", lab_retrieve_ex, true },
    { "RetrieveProperties", "RetrievePropertiesResponse", lab_retrieve, true },
    { "ContinueRetrievePropertiesEx", "ContinueRetrievePropertiesExResponse", lab_continue, false },
    { "CancelRetrievePropertiesEx", "CancelRetrievePropertiesExResponse", lab_cancel_retrieve, false },
    { "CreatePropertyCollector", "CreatePropertyCollectorResponse", lab_create_collector, false },
    { "DestroyPropertyCollector", "DestroyPropertyCollectorResponse", lab_destroy_collector, false },
    { "CreateFilter", "CreateFilterResponse", lab_create_filter, false },
    { "DestroyPropertyFilter", "DestroyPropertyFilterResponse", lab_destroy_filter, false },
    { "WaitForUpdatesEx", "WaitForUpdatesExResponse", lab_wait_ex, false },
    { "CancelWaitForUpdates", "CancelWaitForUpdatesResponse", lab_cancel_wait, false },
    { "CreateContainerView", "CreateContainerViewResponse", lab_create_view, false },
    { "DestroyView", "DestroyViewResponse", lab_destroy_view, false },
    { "FindByInventoryPath", "FindByInventoryPathResponse", lab_find_path, false },
    { "FindByDnsName", "FindByDnsNameResponse", lab_find_dns, false },
    { "FindByIp", "FindByIpResponse", lab_find_ip, false },
    { "FindByUuid", "FindByUuidResponse", lab_find_uuid, false },
    { "CancelTask", "CancelTaskResponse", lab_cancel_task, false },
    { "AcquireTicket", "AcquireTicketResponse", lab_acquire_ticket, false },
    { "AcquireMksTicket", "AcquireMksTicketResponse", lab_acquire_ticket, false },
    { "CertMgrRefreshCACertificatesAndCRLs_Task", "CertMgrRefreshCACertificatesAndCRLs_TaskResponse", lab_refresh_cas, false },
    { "CertMgrRefreshCertificates_Task", "CertMgrRefreshCertificates_TaskResponse", lab_refresh_certificates, false },
    { "CertMgrRevokeCertificates_Task", "CertMgrRevokeCertificates_TaskResponse", lab_revoke_certificates, false },
    { "DisconnectHost_Task", "DisconnectHost_TaskResponse", lab_disconnect_host, false },
    { "GenerateCertificateSigningRequest", "GenerateCertificateSigningRequestResponse", lab_host_csr, false },
    { "GenerateCertificateSigningRequestByDn", "GenerateCertificateSigningRequestByDnResponse", lab_host_csr_by_dn, false },
    { "InstallServerCertificate", "InstallServerCertificateResponse", lab_host_install_certificate, false },
    { "ListCACertificateRevocationLists", "ListCACertificateRevocationListsResponse", lab_host_list_crls, false },
    { "ListCACertificates", "ListCACertificatesResponse", lab_host_list_cas, false },
    { "NotifyAffectedServices", "NotifyAffectedServicesResponse", lab_host_notify, false },
    { "ReconnectHost_Task", "ReconnectHost_TaskResponse", lab_reconnect_host, false },
    { "ReplaceCACertificatesAndCRLs", "ReplaceCACertificatesAndCRLsResponse", lab_host_replace_cas, false },
    { "RetrieveCertificateInfoList", "RetrieveCertificateInfoListResponse", lab_host_certificates, false },
    { "CloneVM_Task", "CloneVM_TaskResponse", lab_clone_vm, false },
    { "CreateVM_Task", "CreateVM_TaskResponse", lab_create_vm, false },
    { "Destroy_Task", "Destroy_TaskResponse", lab_destroy, false },
    { "AcquireGenericServiceTicket", "AcquireGenericServiceTicketResponse", lab_service_ticket, false },
    { "CheckCustomizationSpec", "CheckCustomizationSpecResponse", lab_check_customization, false },
    { "CreateCustomizationSpec", "CreateCustomizationSpecResponse", lab_spec_create, false },
    { "DeleteCustomizationSpec", "DeleteCustomizationSpecResponse", lab_spec_delete, false },
    { "DoesCustomizationSpecExist", "DoesCustomizationSpecExistResponse", lab_spec_exists, false },
    { "DuplicateCustomizationSpec", "DuplicateCustomizationSpecResponse", lab_spec_duplicate, false },
    { "GetCustomizationSpec", "GetCustomizationSpecResponse", lab_spec_get, false },
    { "OverwriteCustomizationSpec", "OverwriteCustomizationSpecResponse", lab_spec_overwrite, false },
    { "RenameCustomizationSpec", "RenameCustomizationSpecResponse", lab_spec_rename, false },
    { "CopyDatastoreFile_Task", "CopyDatastoreFile_TaskResponse", lab_copy_file, false },
    { "CreateTemporaryDirectoryInGuest", "CreateTemporaryDirectoryInGuestResponse", lab_guest_temporary_folder, false },
    { "CreateTemporaryFileInGuest", "CreateTemporaryFileInGuestResponse", lab_guest_temporary_file, false },
    { "CustomizeVM_Task", "CustomizeVM_TaskResponse", lab_customize_vm, false },
    { "DeleteDatastoreFile_Task", "DeleteDatastoreFile_TaskResponse", lab_delete_file, false },
    { "DeleteDirectoryInGuest", "DeleteDirectoryInGuestResponse", lab_guest_delete_folder, false },
    { "DeleteFileInGuest", "DeleteFileInGuestResponse", lab_guest_delete_file, false },
    { "InitiateFileTransferFromGuest", "InitiateFileTransferFromGuestResponse", lab_guest_download, false },
    { "InitiateFileTransferToGuest", "InitiateFileTransferToGuestResponse", lab_guest_upload, false },
    { "ListFilesInGuest", "ListFilesInGuestResponse", lab_guest_list, false },
    { "ListProcessesInGuest", "ListProcessesInGuestResponse", lab_guest_processes, false },
    { "MakeDirectory", "MakeDirectoryResponse", lab_make_directory, false },
    { "MakeDirectoryInGuest", "MakeDirectoryInGuestResponse", lab_guest_mkdir, false },
    { "MoveDatastoreFile_Task", "MoveDatastoreFile_TaskResponse", lab_move_file, false },
    { "MoveFileInGuest", "MoveFileInGuestResponse", lab_guest_move, false },
    { "SearchDatastore_Task", "SearchDatastore_TaskResponse", lab_search, false },
    { "SearchDatastoreSubFolders_Task", "SearchDatastoreSubFolders_TaskResponse", lab_search_folders, false },
    { "StartProgramInGuest", "StartProgramInGuestResponse", lab_guest_start, false },
    { "TerminateProcessInGuest", "TerminateProcessInGuestResponse", lab_guest_terminate, false },
    { "ValidateCredentialsInGuest", "ValidateCredentialsInGuestResponse", lab_guest_validate, false },
    { "CreateCollectorForEvents", "CreateCollectorForEventsResponse", lab_event_collector, false },
    { "CreateCollectorForTasks", "CreateCollectorForTasksResponse", lab_task_collector, false },
    { "CreateListView", "CreateListViewResponse", lab_create_list_view, false },
    { "DestroyCollector", "DestroyCollectorResponse", lab_end_collector, false },
    { "ModifyListView", "ModifyListViewResponse", lab_modify_list_view, false },
    { "QueryEvents", "QueryEventsResponse", lab_query_events, false },
    { "ReadNextEvents", "ReadNextEventsResponse", lab_read_next, false },
    { "ReadPreviousEvents", "ReadPreviousEventsResponse", lab_read_previous, false },
    { "ReadPreviousTasks", "ReadPreviousTasksResponse", lab_read_previous, false },
    { "ReadNextTasks", "ReadNextTasksResponse", lab_read_next, false },
    { "ResetCollector", "ResetCollectorResponse", lab_reset_collector, false },
    { "ResetListView", "ResetListViewResponse", lab_reset_list_view, false },
    { "RewindCollector", "RewindCollectorResponse", lab_rewind, false },
    { "SetCollectorPageSize", "SetCollectorPageSizeResponse", lab_page_size, false },
    { "CopyVirtualDisk_Task", "CopyVirtualDisk_TaskResponse", lab_copy_file, false },
    { "DeleteVirtualDisk_Task", "DeleteVirtualDisk_TaskResponse", lab_delete_file, false },
    { "MoveVirtualDisk_Task", "MoveVirtualDisk_TaskResponse", lab_move_file, false },
    { "CreateDescriptor", "CreateDescriptorResponse", lab_create_descriptor, false },
    { "CreateImportSpec", "CreateImportSpecResponse", lab_create_import_spec, false },
    { "ExportVm", "ExportVmResponse", lab_export_vm, false },
    { "HttpNfcLeaseAbort", "HttpNfcLeaseAbortResponse", lab_lease_abort, false },
    { "HttpNfcLeaseComplete", "HttpNfcLeaseCompleteResponse", lab_lease_complete, false },
    { "HttpNfcLeaseGetManifest", "HttpNfcLeaseGetManifestResponse", lab_lease_manifest, false },
    { "HttpNfcLeaseProgress", "HttpNfcLeaseProgressResponse", lab_lease_progress_call, false },
    { "ImportVApp", "ImportVAppResponse", lab_import_vapp, false },
    { "ParseDescriptor", "ParseDescriptorResponse", lab_parse_descriptor, false },
    { "EnterMaintenanceMode_Task", "EnterMaintenanceMode_TaskResponse", lab_enter_maintenance, false },
    { "ExitMaintenanceMode_Task", "ExitMaintenanceMode_TaskResponse", lab_exit_maintenance, false },
    { "MarkAsTemplate", "MarkAsTemplateResponse", lab_mark_template, false },
    { "MarkAsVirtualMachine", "MarkAsVirtualMachineResponse", lab_mark_vm, false },
    { "MigrateVM_Task", "MigrateVM_TaskResponse", lab_migrate_vm, false },
    { "PowerOffVM_Task", "PowerOffVM_TaskResponse", lab_power_off, false },
    { "PowerOnMultiVM_Task", "PowerOnMultiVM_TaskResponse", lab_power_on_multi, false },
    { "PowerOnVM_Task", "PowerOnVM_TaskResponse", lab_power_on, false },
    { "RebootGuest", "RebootGuestResponse", lab_reboot_guest, false },
    { "ReconfigVM_Task", "ReconfigVM_TaskResponse", lab_reconfigure_vm, false },
    { "RegisterVM_Task", "RegisterVM_TaskResponse", lab_register_vm, false },
    { "RelocateVM_Task", "RelocateVM_TaskResponse", lab_relocate_vm, false },
    { "Rename_Task", "Rename_TaskResponse", lab_rename, false },
    { "ResetVM_Task", "ResetVM_TaskResponse", lab_reset, false },
    { "ShutdownGuest", "ShutdownGuestResponse", lab_shutdown_guest, false },
    { "StandbyGuest", "StandbyGuestResponse", lab_standby_guest, false },
    { "SuspendVM_Task", "SuspendVM_TaskResponse", lab_suspend, false },
    { "UnregisterVM", "UnregisterVMResponse", lab_unregister_vm, false },
    { "QueryOptions", "QueryOptionsResponse", lab_query_options, false },
    { "UpdateOptions", "UpdateOptionsResponse", lab_update_options, false },
    { "QueryDateTime", "QueryDateTimeResponse", lab_host_time, false },
    { "AddPortGroup", "AddPortGroupResponse", lab_not_supported, false },
    { "AddVirtualSwitch", "AddVirtualSwitchResponse", lab_not_supported, false },
    { "RemovePortGroup", "RemovePortGroupResponse", lab_not_supported, false },
    { "RemoveVirtualSwitch", "RemoveVirtualSwitchResponse", lab_not_supported, false },
    { "RestartService", "RestartServiceResponse", lab_not_supported, false },
    { "StartService", "StartServiceResponse", lab_not_supported, false },
    { "StopService", "StopServiceResponse", lab_not_supported, false },
    { "UpdateDateTime", "UpdateDateTimeResponse", lab_not_supported, false },
    { "UpdateDateTimeConfig", "UpdateDateTimeConfigResponse", lab_not_supported, false },
    { "UpdatePortGroup", "UpdatePortGroupResponse", lab_not_supported, false },
    { "UpdateServicePolicy", "UpdateServicePolicyResponse", lab_not_supported, false },
    { "UpdateVirtualSwitch", "UpdateVirtualSwitchResponse", lab_not_supported, false },
    { "BrowseDiagnosticLog", "BrowseDiagnosticLogResponse", lab_log_browse, false },
    { "DecodeLicense", "DecodeLicenseResponse", lab_decode_license, false },
    { "QueryAssignedLicenses", "QueryAssignedLicensesResponse", lab_assigned_licenses, false },
    { "QueryAvailablePerfMetric", "QueryAvailablePerfMetricResponse", lab_perf_available, false },
    { "QueryDescriptions", "QueryDescriptionsResponse", lab_log_list, false },
    { "QueryPerf", "QueryPerfResponse", lab_perf_query, false },
    { "QueryPerfCounter", "QueryPerfCounterResponse", lab_perf_counter, false },
    { "QueryPerfProviderSummary", "QueryPerfProviderSummaryResponse", lab_perf_provider, false },
    { "RetrieveAllPermissions", "RetrieveAllPermissionsResponse", lab_all_permissions, false },
    { "RetrieveEntityPermissions", "RetrieveEntityPermissionsResponse", lab_entity_permissions, false },
    { "RetrieveRolePermissions", "RetrieveRolePermissionsResponse", lab_role_permissions, false },
    { "AddAuthorizationRole", "AddAuthorizationRoleResponse", lab_not_supported, false },
    { "AddLicense", "AddLicenseResponse", lab_not_supported, false },
    { "CreateDisk_Task", "CreateDisk_TaskResponse", lab_not_supported, false },
    { "GenerateLogBundles_Task", "GenerateLogBundles_TaskResponse", lab_not_supported, false },
    { "ListVStorageObject", "ListVStorageObjectResponse", lab_not_supported, false },
    { "ReconfigureAutostart", "ReconfigureAutostartResponse", lab_not_supported, false },
    { "RemoveAuthorizationRole", "RemoveAuthorizationRoleResponse", lab_not_supported, false },
    { "RemoveEntityPermission", "RemoveEntityPermissionResponse", lab_not_supported, false },
    { "RemoveLicense", "RemoveLicenseResponse", lab_not_supported, false },
    { "RetrieveVStorageObject", "RetrieveVStorageObjectResponse", lab_not_supported, false },
    { "SetEntityPermissions", "SetEntityPermissionsResponse", lab_not_supported, false },
    { "UpdateAssignedLicense", "UpdateAssignedLicenseResponse", lab_not_supported, false },
    { "UpdateAuthorizationRole", "UpdateAuthorizationRoleResponse", lab_not_supported, false },
    { "UpdateLicense", "UpdateLicenseResponse", lab_not_supported, false },
};

bool lab_say(struct lab_call *c, const char *fault, const char *text)
{
    return lab_say_value(c, fault, text, NULL, NULL);
}

bool lab_say_value(struct lab_call *c, const char *fault, const char *text, const char *field, const char *value)
{
    c->fault = fault;
    c->fault_text = text;
    c->fault_field = field;
    c->fault_value = value;
    return false;
}

bool lab_say_fields(struct lab_call *c, const char *fault, const char *text, struct lab_value *fields)
{
    c->fault_fields = fields;
    return lab_say_value(c, fault, text, NULL, NULL);
}

/* The reference to moid in the request, or NULL. */
static const struct xml_element *asked_for(const struct xml_element *el, const char *moid)
{
    if (!el->first)
        return xml_attribute(el, NULL, "type") && !strcmp(el->text, moid) ? el : NULL;
    const struct xml_element *found = NULL;
    for (const struct xml_element *child = el->first; child && !found; child = child->next)
        found = asked_for(child, moid);
    return found;
}

bool lab_say_gone(struct lab_call *c, const char *moid)
{
    const struct xml_element *ref = asked_for(c->body, moid);
    c->fault_ref = ref ? xml_attribute(ref, NULL, "type") : "ManagedObject";
    return lab_say_value(c, "ManagedObjectNotFound", "The object has already been deleted or has not been completely created",
                         "obj", moid);
}

const struct xml_element *lab_arg(const struct lab_call *c, const char *name)
{
    return xml_child(c->body, VIM_NS, name);
}

const char *lab_arg_text(const struct lab_call *c, const char *name)
{
    return xml_child_text(c->body, VIM_NS, name);
}

bool lab_yes(const struct xml_element *el)
{
    bool yes = false;
    return xml_boolean(el, &yes) && yes;
}

bool lab_arg_boolean(const struct lab_call *c, const char *name)
{
    return lab_yes(lab_arg(c, name));
}

static void write_fault(struct lab_call *c)
{
    struct xml_writer *w = c->w;
    const char *name = arena_printf(c->k.arena, "%sFault", c->fault);
    soap_fault_open(w, "ServerFaultCode", c->fault_text);
    xml_open(w, name);
    xml_attr(w, "xmlns", VIM_NS);
    xml_attr(w, "xsi:type", c->fault);
    if (c->fault_field) {
        xml_open(w, c->fault_field);
        if (c->fault_ref)
            xml_attr(w, "type", c->fault_ref);
        xml_text(w, c->fault_value);
        xml_close(w);
    }
    for (const struct lab_value *f = c->fault_fields ? c->fault_fields->first : NULL; f; f = f->next)
        lab_value_bare(w, f->name, f);
    xml_close(w);
    soap_fault_close(w);
}

static bool run(struct lab_call *c, const char **ret_response)
{
    const char *method = c->body->name;
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (strcmp(methods[i].method, method) != 0)
            continue;
        *ret_response = methods[i].response;
        if (!c->k.session && !methods[i].open)
            return lab_say(c, "NotAuthenticated", "The session is not authenticated.");
        c->self_moid = lab_arg_text(c, "_this");
        if (!c->self_moid)
            return lab_say(c, "InvalidRequest", "_this is missing");
        if (strcmp(method, "DestroyPropertyFilter") != 0 && !lab_object_find(&c->k, c->self_moid, &c->self))
            return lab_say_gone(c, c->self_moid);
        xml_open(c->w, *ret_response);
        xml_attr(c->w, "xmlns", VIM_NS);
        bool ok = methods[i].run(c);
        xml_close(c->w);
        return ok;
    }
    return lab_say_value(c, "MethodNotFound", "The method is not known here", "method", method);
}

/* "urn:vim25/6.7.1", perhaps quoted -> 607 and 1; what can't be read is taken for the oldest. Nobody is answered in a newer
 * version than the vCenter's own. */
static void take_version(struct lab_asking *k, const struct http1_head *head)
{
    static const struct {
        unsigned api, update;
    } own[] = { { 607, 1 }, { 700, 3 }, { 800, 2 }, { 800, 3 } };
    const char *action = http1_find(head, "SOAPAction"), *slash = action ? strrchr(action, '/') : NULL;
    unsigned long part[3] = { slash ? 0 : 6, 0, 0 };
    for (size_t i = 0; slash && i < ARRAY_LEN(part); i++) {
        part[i] = strtoul(slash + 1, NULL, 10);
        slash = strchr(slash + 1, '.');
    }
    unsigned asked = part[0] > 99 || part[1] > 99 ? 600 : (unsigned)(part[0] * 100 + part[1]);
    unsigned update = part[2] > 9 ? 0 : (unsigned)part[2];
    int v = k->vc->plan->version;
    k->api = asked < own[v].api ? asked : own[v].api;
    k->update = asked > own[v].api || (asked == own[v].api && update > own[v].update) ? own[v].update : update;
}

static void answer(struct lab_call *c)
{
    struct xml_writer *w = c->w;
    struct buf *out = &c->rs->body;
    const char *response = NULL;
    struct err e;
    xml_writer_start(w, out);
    soap_open(w);
    bool ok = run(c, &response);
    if (!ok) {
        buf_clear(out);
        xml_writer_start(w, out);
        soap_open(w);
        write_fault(c);
        c->rs->status = 500;
    }
    soap_close(w);
    if (!xml_writer_end(w, &e))
        http_response_text(c->rs, 500, "text/plain", e.msg);
    else
        http_response_field(c->rs, "Content-Type", "text/xml; charset=utf-8");
}

void lab_sdk_post(struct http_request *rq, struct http_response *rs)
{
    struct lab_endpoint *ep = rq->app;
    struct xml_element *root;
    struct soap_message message;
    struct xml_writer w;
    struct err e;
    LAB_LOCKED(ep->estate);
    int64_t now = lab_now_ms(ep->estate);
    struct lab_call c = {
        .k = { .vc = ep->vcenter, .arena = rq->arena, .now = now / 1000 }, .rq = rq, .rs = rs, .w = &w,
    };
    take_version(&c.k, rq->head);
    if (!xml_parse(rq->body, rq->body_len, NULL, rq->arena, &root, &e) || !soap_read(root, &message, &e)) {
        http_response_text(rs, 400, "text/plain", e.msg);
        return;
    }
    c.k.session = lab_session_of(ep->vcenter, rq->head, now);
    c.body = message.body;
    answer(&c);
}

static const char *const priors[] = { "8.0.3.0", "8.0.2.0", "8.0.1.0", "8.0.0.1", "7.0.3.0", "7.0.2.0", "7.0.1.0", "7.0.0.0",
                                      "6.9.1", "6.8.7", "6.7.3", "6.7.2", "6.7.1", "6.7", "6.5", "6.0", "5.5" };

void lab_sdk_versions(struct http_request *rq, struct http_response *rs)
{
    static const char *const newest[] = { "6.7.1", "7.0.3.0", "8.0.2.0", "8.0.3.0" };
    const struct lab_endpoint *ep = rq->app;
    const char *own = newest[ep->vcenter->plan->version];
    struct xml_writer w;
    bool older = false;
    xml_writer_start(&w, &rs->body);
    xml_declaration(&w);
    xml_open(&w, "namespaces");
    xml_attr(&w, "version", "1.0");
    xml_open(&w, "namespace");
    xml_leaf(&w, "name", VIM_NS);
    xml_leaf(&w, "version", own);
    xml_open(&w, "priorVersions");
    for (size_t i = 0; i < ARRAY_LEN(priors); i++) {
        if (older)
            xml_leaf(&w, "version", priors[i]);
        older = older || !strcmp(priors[i], own);
    }
    xml_close(&w);
    xml_close(&w);
    xml_close(&w);
    if (!xml_writer_end(&w, NULL))
        rs->bad = true;
    http_response_field(rs, "Content-Type", "text/xml");
}
