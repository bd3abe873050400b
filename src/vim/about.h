/* vim/about.h - who answers: version, build and identity of a vCenter Server, and the objects that everything else starts
 * from (ServiceInstance.RetrieveServiceContent). Asked without a login: it is the first thing that one says. */
#pragma once
#include "vim/soap_call.h"

enum { VIM_ABOUT_TEXT = 128 };

/* The newest schema version that this client reads; a server is asked for the older of this and its own. */
#define VIM_API_WANTED "6.7"

/* A value. Texts are as the server wrote them, cut at VIM_ABOUT_TEXT, "" when absent. */
struct vim_about {
    bool vcenter;                          /* apiType VirtualCenter, not an ESXi host */
    char version[VIM_ABOUT_TEXT];          /* "7.0.3" */
    char build[VIM_ABOUT_TEXT];
    char full_name[VIM_ABOUT_TEXT];
    char instance_uuid[VIM_ABOUT_TEXT];    /* the stable identity of a vCenter, whatever it is called */
    char api_version[VIM_VERSION_MAX];     /* "7.0.3.0" */
    char speak[VIM_VERSION_MAX];           /* what SOAPAction names from now on */
    struct vim_object root_folder, property_collector, view_manager, session_manager; /* "" = not offered, as the rest */
    struct vim_object event_manager, file_manager, guest_operations, ovf_manager;
};

MUST_USE bool vim_about_read(struct vim_endpoint *ep, int64_t deadline_ms, struct vim_about *ret, struct err *e);

/* -1, 0, 1: dotted versions, compared as numbers part by part; "7.0" equals "7.0.0.0". */
int vim_version_compare(const char *a, const char *b);
/* Digits and single dots only. */
bool vim_version_valid(const char *v);
/* Certificate management over REST is ours to use from 7.0 on (docs/vsphere.md). */
bool vim_about_has_vmca_rest(const struct vim_about *a);
