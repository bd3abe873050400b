/* flow/vcenter.h - registered vCenter Servers as they are kept: what an administrator said of one, and what the cell found.
 * Called by flow (register, edit, remove, watch, trust) and api. Passwords are never in here: they are sealed under
 * VCENTER_PASSWORD. Three records share the URN, so that who writes one never undoes another's: "vcenter" (what
 * was said), "vcenter-state" (connection, version), "vcenter-trust" (what flow/vmca.h and hosts.h found). */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "store/limits.h"

struct arena;
struct site;
struct store;

#define VCENTER_URN "urn:vcloud:vimserver:"
#define VCENTER_NSXV_URN "urn:vcloud:nsxvmanager:"
/* Kinds of sealed values; the id is the URN of the vCenter Server or of its NSX-V Manager. */
#define VCENTER_PASSWORD "vcenter-password"
#define VCENTER_NSXV_PASSWORD "nsxv-password"

enum {
    VCENTER_NAME_MAX = 128,      /* bytes of a name */
    VCENTER_TEXT_MAX = 1024,     /* of a description */
    VCENTER_USER_MAX = 255,
    VCENTER_PASSWORD_MAX = 1024,
    VCENTER_URL_MAX = 512,
    VCENTER_TRUST_MAX = 128 * 1024, /* of the trust record's JSON */
};

/* Is the name in its certificate checked? (product rule 2.5) */
enum vcenter_names { VCENTER_NAMES_INHERIT, VCENTER_NAMES_ON, VCENTER_NAMES_OFF };
/* As clients read it (vcd-api.md 3.1). */
enum vcenter_listener {
    VCENTER_INITIAL,
    VCENTER_INVALID_SETTINGS, /* the password was rejected, the endpoint is another one: somebody must edit it */
    VCENTER_UNSUPPORTED,
    VCENTER_DISCONNECTED,
    VCENTER_CONNECTING,
    VCENTER_CONNECTED,
};

/* An NSX-V Manager beside a vCenter Server; urn "" = none. */
struct vcenter_nsxv {
    const char *urn, *name, *url, *host, *username, *version;
    uint16_t port;
};

/* Texts live in the arena of the call, or are the caller's; NULL counts as "". */
struct vcenter {
    const char *urn, *name, *description;
    const char *url;       /* as the administrator wrote it */
    const char *host;      /* out of it: lower case, an IPv6 address without brackets */
    uint16_t port;
    const char *username;
    bool enabled;
    const char *web_client_url, *root_folder, *none_network, *tenant_visible_name;
    bool has_proxy;
    const char *mode;      /* NONE, IAAS, SDDC, MIXED: follows use */
    enum vcenter_names names;
    bool unpinned_acknowledged; /* a person accepted who could impersonate it with names off */
    uint64_t revision;     /* raised by each change of what connections depend on */
    int64_t made_ms;
    struct vcenter_nsxv nsxv;

    /* The state's record. */
    enum vcenter_listener listener;
    bool connected;
    const char *why;       /* not connected: the reason, for people */
    int64_t since_ms;      /* of this state */
    uint64_t denied;       /* the revision whose password was rejected: it is not sent again; 0 = none */
    const char *version, *build, *api_version;
    const char *uuid;      /* the instance UUID: the stable identity */

    /* The trust record's JSON (flow/vmca.h); "" before the first look. */
    const char *trust;
};

/* ERR_NOT_FOUND. */
MUST_USE bool vcenter_get(struct store *s, const char *urn, struct arena *a, struct vcenter *ret, struct err *e);
/* By name without regard to case. ERR_NOT_FOUND. */
MUST_USE bool vcenter_find(struct store *s, const char *name, struct arena *a, struct vcenter *ret, struct err *e);
/* All, in the order of URNs. */
MUST_USE bool vcenter_list(struct store *s, struct arena *a, struct vcenter **ret, size_t *ret_len, struct err *e);

/* Within a write transaction. Keeps what was said (not state, not trust). ERR_CONFLICT: the name is taken. */
MUST_USE bool vcenter_put(struct store *s, const struct vcenter *v, struct err *e);
/* What was said as JSON, with urn and name, and back: how workflows remember it. */
json_t *vcenter_write(const struct vcenter *v);
MUST_USE bool vcenter_read(const json_t *j, struct arena *a, struct vcenter *ret, struct err *e);
/* Keeps the members of the state's record. */
MUST_USE bool vcenter_state_put(struct store *s, const struct vcenter *v, struct err *e);
/* Keeps the trust record: a JSON object of at most VCENTER_TRUST_MAX bytes. */
MUST_USE bool vcenter_trust_put(struct store *s, const char *urn, const char *json, struct err *e);
/* The three records and the sealed passwords; what is not there is fine. */
MUST_USE bool vcenter_drop(struct store *s, const struct vcenter *v, struct err *e);
/* Another one with this instance UUID: ERR_CONFLICT names it. */
MUST_USE bool vcenter_uuid_free(struct store *s, const char *uuid, const char *but_urn, struct err *e);

/* "https://vc1.example", "https://vc1:443/", and "vc1" as pyvcloud allows: host and port out of it, and the URL as it is
 * kept. ERR_INPUT: not https, a path, userinfo. */
MUST_USE bool vcenter_url_read(const char *text, struct arena *a, const char **ret_url, const char **ret_host,
                               uint16_t *ret_port, struct err *e);

/* "CONNECTED", "inherit": stable. */
const char *vcenter_listener_name(enum vcenter_listener l);
const char *vcenter_names_name(enum vcenter_names n);
MUST_USE bool vcenter_names_read(const char *name, enum vcenter_names *ret, struct err *e);
