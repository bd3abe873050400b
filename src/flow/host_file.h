/* flow/host_file.h - one file at an ESXi host as a target of the gate: a file of a datastore, by a service ticket for exactly one request, or
 * one of an NFC lease. Called by the deeds that carry media and disks; pool threads. The host is read from the verified vCenter, by
 * whose names and under whose policy it is believed (flow/host_target.h). */
#pragma once
#include "base/def.h"
#include "base/err.h"
#include "vim/datastore.h"

struct gate_target;
struct site;
struct vim_lease_url;
struct vim_object;
struct vim_session;

enum { HOST_FILE_COOKIE = VIM_TICKET_ID + 32 };

/* AUTO(host_file_done) struct host_file f = { 0 }; */
struct host_file {
    struct gate_target *target;    /* owned */
    char cookie[HOST_FILE_COOKIE]; /* "vmware_cgi_ticket=..": opens the host, wiped at the end; "" = none is needed */
};
void host_file_done(struct host_file *f);

/* A file of a datastore, for one request with this method. path: "[datastore1] media/x.iso". ERR_PEER: no host reaches it. */
struct host_file_at {
    const char *vcenter;           /* URN */
    struct vim_session *session;   /* of it */
    const char *datastore;         /* id */
    const char *path;
};
MUST_USE bool host_file_datastore(const struct site *site, const struct host_file_at *at, enum vim_ticket_method method,
                                  struct host_file *ret, struct err *e);
/* A file of a lease, at the host that has the machine. */
MUST_USE bool host_file_lease(const struct site *site, const char *vcenter, struct vim_session *session, const struct vim_object *host,
                              const struct vim_lease_url *url, struct host_file *ret, struct err *e);
