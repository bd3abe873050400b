/* vim/inventory.h - the ESXi hosts that a vCenter Server lists, with the names and addresses that each may be known by, and
 * the certificate that the vCenter holds of it. What a host really presents is another question: look at it. */
#pragma once
#include "vim/session.h"

struct arena;

enum {
    VIM_HOSTS_MAX = 5000,        /* of one vCenter; 8.0 manages 2500. More is ERR_LIMIT */
    VIM_HOST_ADDRESSES = 8,      /* management addresses of one host; further ones are left away */
    VIM_HOST_NAME = 256,         /* bytes of a name, version or thumbprint with its NUL; a longer one is left away */
    VIM_HOST_CERT = 16 * 1024,   /* bytes of config.certificate; a longer one is left away */
    VIM_HOSTS_MS = 5 * 60 * 1000 /* deadline of a whole walk where the caller has none of its own */
};

enum vim_host_state { VIM_HOST_CONNECTED, VIM_HOST_DISCONNECTED, VIM_HOST_NOT_RESPONDING, VIM_HOST_STATE_UNKNOWN };

/* Strings live in the call's arena; NULL when the vCenter doesn't say (a disconnected host has no configuration). */
struct vim_host {
    struct vim_object object;
    const char *name;            /* in the inventory: a name or an address */
    const char *fqdn;            /* as configured on the host: hostName.domainName */
    const char *addresses[VIM_HOST_ADDRESSES]; /* of the interfaces selected for management; where the host doesn't
                                                * say which those are, of vmk0, which ESXi makes for it */
    size_t addresses_len;
    enum vim_host_state state;
    const char *version, *build;
    uint16_t port;               /* 443 when not said */
    const char *certificate;     /* PEM as the vCenter holds it; not checked, not even that it parses */
    size_t certificate_len;
    const char *thumbprint;      /* SHA-1 in vSphere's form, of what vCenter saw */
};

struct vim_hosts {
    struct vim_host *list;       /* in the arena */
    size_t len;
};

MUST_USE bool vim_hosts_read(struct vim_session *s, int64_t deadline_ms, struct arena *a, struct vim_hosts *ret,
                             struct err *e);

/* One host by its object. ERR_NOT_FOUND. */
MUST_USE bool vim_host_read(struct vim_session *s, const struct vim_object *o, int64_t deadline_ms, struct arena *a,
                            struct vim_host *ret, struct err *e);

/* The names by which this host may answer (product rule 2.5): inventory name, configured FQDN, management addresses, in
 * this order without repetition; borrowed from h. Returns how many, at most max. */
size_t vim_host_names(const struct vim_host *h, const char **ret, size_t max);
