/* flow/site_settings.h - the switches of the whole site that administrators turn at run time, as VCD's general settings name
 * them. One table says key, names in XML and JSON, kind, range and default; api/settings_general.c walks it, everybody
 * else reads the struct. A change is in the audit trail with both values (store/setting.h). Holds no secret. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;
struct store_by;

/* What the cell does; defaults as in the table of settings.c. */
struct site_settings {
    bool verify_vc;                   /* names of vCenter Servers and of their hosts are checked */
    bool verify_nsx;                  /* names of NSX Managers are checked */
    int64_t session_idle_minutes;     /* a session ends when idle for so long */
    int64_t session_life_minutes;     /* .. or after so long, however busy */
    int64_t transfer_timeout_seconds; /* an idle transfer ends */
    int64_t sync_hours;               /* vCenters are read again in full */
    int64_t host_check_delay_seconds; /* between two looks at the hosts */
    int64_t host_check_timeout_seconds; /* for one look at a host */
    int64_t activity_keep_days;       /* how long finished tasks stay */
    int64_t expiry_soft_days, expiry_hard_days; /* so long before a certificate's last an alarm begins, and is grave (flow/expiry.h) */
    int64_t hold_minutes;             /* a changed identity must stay unchanged for so long before it is approved (flow/inbox.h) */
};

enum site_settings_kind { SITE_SETTINGS_BOOL, SITE_SETTINGS_NUMBER };

struct site_settings_field {
    const char *key;        /* in the store */
    const char *xml, *json; /* "VerifyVcCertificates", "verifyVcCertificates"; xml NULL: a switch of ours, which VCD has not */
    enum site_settings_kind kind;
    int64_t min, max, otherwise;
    size_t offset;          /* in struct site_settings */
};

/* In the order of GeneralSettingsType's sequence. */
extern const struct site_settings_field site_settings_fields[];
extern const size_t site_settings_fields_len;

void site_settings_default(struct site_settings *ret);
int64_t site_settings_value(const struct site_settings *s, const struct site_settings_field *f); /* of a bool 0 or 1 */
/* ERR_INPUT: out of range; names the field. */
MUST_USE bool site_settings_set(struct site_settings *s, const struct site_settings_field *f, int64_t value, struct err *e);
/* The field with this name in XML or JSON, without regard to the first letter's case; or NULL. */
const struct site_settings_field *site_settings_find(const char *name);

MUST_USE bool site_settings_read(struct store *s, struct site_settings *ret, struct err *e);
/* Keeps what differs from what is kept. Within the caller's transaction; each change raises the generation. */
MUST_USE bool site_settings_write(struct store *s, const struct site_settings *new, const struct store_by *by, struct err *e);
