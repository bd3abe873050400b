/* lab/sdk.h - one SOAP call of a vCenter: what came, who asks, and where the answer goes.
 * Shared by the dispatcher and the files of methods. A method writes what stands inside <XxxResponse> and returns true,
 * or says a fault and returns false. Under lab_lock. */
#pragma once
#include <stdbool.h>

#include "lab/inventory.h"
#include "lab/session.h"
#include "wire/xml.h"

#define VIM_NS "urn:vim25"

struct http_request;
struct http_response;

struct lab_call {
    struct lab_asking k;
    const struct xml_element *body; /* the method's element */
    const char *self_moid;          /* _this */
    struct lab_object self;
    struct xml_writer *w;
    struct http_request *rq;
    struct http_response *rs;
    const char *fault, *fault_text; /* "InvalidLogin" */
    const char *fault_field, *fault_value; /* a child of the fault, or NULL */
    struct lab_value *fault_fields; /* more children, or NULL */
    const char *fault_ref;          /* .. which is a reference to such a type */
};

typedef bool lab_method(struct lab_call *c);

/* All return false. */
bool lab_say(struct lab_call *c, const char *fault, const char *text);
bool lab_say_value(struct lab_call *c, const char *fault, const char *text, const char *field, const char *value);
/* With all the fields of that struct. */
bool lab_say_fields(struct lab_call *c, const char *fault, const char *text, struct lab_value *fields);
/* ManagedObjectNotFound; with the type that the request gave it. */
bool lab_say_gone(struct lab_call *c, const char *moid);

/* An argument, NULL when absent. */
const struct xml_element *lab_arg(const struct lab_call *c, const char *name);
const char *lab_arg_text(const struct lab_call *c, const char *name);
bool lab_yes(const struct xml_element *el); /* it is there and says true */
bool lab_arg_boolean(const struct lab_call *c, const char *name);

/* In collector.c and wait.c; lab_select and its like in select.c. */
lab_method lab_fetch, lab_retrieve_ex, lab_retrieve, lab_continue, lab_cancel_retrieve, lab_create_collector, lab_destroy_collector,
    lab_create_filter, lab_destroy_filter, lab_wait_ex, lab_cancel_wait;
/* In history.c, list_view.c. */
lab_method lab_create_list_view, lab_modify_list_view, lab_reset_list_view, lab_query_events, lab_event_collector, lab_task_collector,
    lab_read_next, lab_read_previous, lab_rewind, lab_reset_collector, lab_page_size, lab_end_collector;
/* In methods.c. */
lab_method lab_service_content_call, lab_login, lab_clone_ticket, lab_clone_session, lab_logout, lab_current_time, lab_create_view, lab_destroy_view,
    lab_cancel_task, lab_find_path, lab_find_dns, lab_find_ip, lab_find_uuid;
/* In vm_power.c, vm_make.c, ticket.c. */
lab_method lab_power_on, lab_power_on_multi, lab_power_off, lab_suspend, lab_reset, lab_shutdown_guest, lab_standby_guest, lab_reboot_guest,
    lab_mark_template, lab_mark_vm, lab_acquire_ticket, lab_create_vm, lab_register_vm, lab_unregister_vm, lab_clone_vm,
    lab_destroy, lab_reconfigure_vm, lab_relocate_vm, lab_migrate_vm, lab_rename;
/* In maintenance.c. */
lab_method lab_enter_maintenance, lab_exit_maintenance;
/* In lease_method.c, ovf.c, ovf_write.c. */
lab_method lab_import_vapp, lab_export_vm, lab_lease_progress_call, lab_lease_complete, lab_lease_abort, lab_lease_manifest,
    lab_create_import_spec, lab_parse_descriptor, lab_create_descriptor;
/* In store_method.c, guest.c, customize.c. */
lab_method lab_service_ticket, lab_make_directory, lab_delete_file, lab_move_file, lab_copy_file, lab_search, lab_search_folders,
    lab_guest_validate, lab_guest_upload, lab_guest_download, lab_guest_mkdir, lab_guest_delete_file, lab_guest_delete_folder,
    lab_guest_move, lab_guest_list, lab_guest_temporary_file, lab_guest_temporary_folder, lab_guest_start, lab_guest_processes,
    lab_guest_terminate, lab_customize_vm, lab_check_customization;
/* In custom_spec.c. */
lab_method lab_spec_exists, lab_spec_get, lab_spec_create, lab_spec_overwrite, lab_spec_delete, lab_spec_duplicate, lab_spec_rename;
/* In certmgr.c. */
lab_method lab_refresh_certificates, lab_refresh_cas, lab_revoke_certificates, lab_reconnect_host, lab_disconnect_host, lab_host_csr,
    lab_host_csr_by_dn, lab_host_install_certificate, lab_host_replace_cas, lab_host_list_cas, lab_host_list_crls, lab_host_notify,
    lab_host_certificates;
/* In authorization.c, license.c, diagnostic.c, perf.c. */
lab_method lab_all_permissions, lab_entity_permissions, lab_role_permissions, lab_decode_license, lab_assigned_licenses, lab_log_list,
    lab_log_browse, lab_perf_provider, lab_perf_available, lab_perf_counter, lab_perf_query;
/* In host_system.c. */
lab_method lab_host_time;
bool lab_query_host_options(struct lab_call *c, const char *name);
/* In methods.c: what a vCenter can and the lab does not; NotSupported. */
lab_method lab_not_supported;
/* In option.c. */
lab_method lab_query_options, lab_update_options;

/* What a specSet selects, in order, each once. NULL after a fault. */
struct lab_selection {
    struct lab_object *objects; /* in the arena */
    size_t len, cap;
};
bool lab_select(struct lab_call *c, const struct xml_element *spec, struct lab_selection *ret);
/* Without a session only these may be read (vsphere-api.md 1.4). */
bool lab_is_open(struct lab_object o);
/* What a dotted path names; see lab_property. */
struct lab_value *lab_value_of(const struct lab_asking *k, struct lab_object o, const char *path, bool *ret_known);
/* <name> with obj and propSet of one object. */
void lab_write_object(struct lab_call *c, const char *name, struct lab_object o, const struct xml_element *request,
                      const char *spec_name);
/* Whether its types have the properties that its propSets and traversals name; else the fault InvalidProperty, as a vCenter
 * answers the whole call: a missingSet is for what one may not read. */
bool lab_check_paths(struct lab_call *c, const struct xml_element *spec);
/* A property that is another than the client was told; value NULL: it is unset now. */
struct lab_update {
    const char *path;
    struct lab_value *value;
};
/* Compares with what was told and remembers it; everything the first time. Returns how many, in *ret (arena). */
size_t lab_find_changes(struct lab_call *c, struct lab_object o, const struct xml_element *request, struct lab_told *told,
                        struct lab_update **ret);
void lab_write_changes(struct lab_call *c, const struct lab_update *list, size_t len);
