#include "flow/site_settings.h"

#include <stdio.h>
#include <string.h>

#include "base/def.h"
#include "base/text.h"
#include "store/setting.h"
#include "store/store.h"

#define AT(member) offsetof(struct site_settings, member)

const struct site_settings_field site_settings_fields[] = {
    { "session.life-minutes", "AbsoluteSessionTimeoutMinutes", "absoluteSessionTimeoutMinutes", SITE_SETTINGS_NUMBER, 2, 44640,
      1440, AT(session_life_minutes) },
    { "activity.keep-days", "ActivityLogKeepDays", "activityLogKeepDays", SITE_SETTINGS_NUMBER, 1, 3650, 90,
      AT(activity_keep_days) },
    { "expiry.hard-days", NULL, "certificateExpiryHardDays", SITE_SETTINGS_NUMBER, 1, 3650, 30, AT(expiry_hard_days) },
    { "expiry.soft-days", NULL, "certificateExpirySoftDays", SITE_SETTINGS_NUMBER, 1, 3650, 240, AT(expiry_soft_days) },
    { "host-check.delay-seconds", "HostCheckDelayInSeconds", "hostCheckDelayInSeconds", SITE_SETTINGS_NUMBER, 10, 86400, 300,
      AT(host_check_delay_seconds) },
    { "host-check.timeout-seconds", "HostCheckTimeoutSeconds", "hostCheckTimeoutSeconds", SITE_SETTINGS_NUMBER, 1, 120, 10,
      AT(host_check_timeout_seconds) },
    { "session.idle-minutes", "SessionTimeoutMinutes", "sessionTimeoutMinutes", SITE_SETTINGS_NUMBER, 1, 1440, 30,
      AT(session_idle_minutes) },
    { "sync.hours", "SyncIntervalInHours", "syncIntervalInHours", SITE_SETTINGS_NUMBER, 1, 168, 24, AT(sync_hours) },
    { "transfer.timeout-seconds", "TransferSessionTimeoutSeconds", "transferSessionTimeoutSeconds", SITE_SETTINGS_NUMBER, 60,
      86400, 3600, AT(transfer_timeout_seconds) },
    { "inbox.hold-minutes", NULL, "identityHoldDownMinutes", SITE_SETTINGS_NUMBER, 0, 43200, 60, AT(hold_minutes) },
    { "verify-vc-certificates", "VerifyVcCertificates", "verifyVcCertificates", SITE_SETTINGS_BOOL, 0, 1, 1, AT(verify_vc) },
    { "verify-nsx-certificates", "VerifyVsmCertificates", "verifyVsmCertificates", SITE_SETTINGS_BOOL, 0, 1, 1, AT(verify_nsx) },
};
const size_t site_settings_fields_len = ARRAY_LEN(site_settings_fields);

static void put(struct site_settings *s, const struct site_settings_field *f, int64_t value)
{
    bool on = value != 0;
    if (f->kind == SITE_SETTINGS_BOOL)
        memcpy((char *)s + f->offset, &on, sizeof(on));
    else
        memcpy((char *)s + f->offset, &value, sizeof(value));
}

int64_t site_settings_value(const struct site_settings *s, const struct site_settings_field *f)
{
    int64_t value;
    bool on;
    if (f->kind == SITE_SETTINGS_BOOL) {
        memcpy(&on, (const char *)s + f->offset, sizeof(on));
        return on;
    }
    memcpy(&value, (const char *)s + f->offset, sizeof(value));
    return value;
}

void site_settings_default(struct site_settings *ret)
{
    *ret = (struct site_settings){ 0 };
    for (size_t i = 0; i < site_settings_fields_len; i++)
        put(ret, &site_settings_fields[i], site_settings_fields[i].otherwise);
}

bool site_settings_set(struct site_settings *s, const struct site_settings_field *f, int64_t value, struct err *e)
{
    if (value < f->min || value > f->max)
        return err_set(e, ERR_INPUT, "%s is not a number from %lld to %lld", f->json, (long long)f->min, (long long)f->max);
    put(s, f, value);
    return true;
}

const struct site_settings_field *site_settings_find(const char *name)
{
    for (size_t i = 0; i < site_settings_fields_len; i++)
        if ((site_settings_fields[i].xml && strcmp(name, site_settings_fields[i].xml) == 0) ||
            strcmp(name, site_settings_fields[i].json) == 0)
            return &site_settings_fields[i];
    return NULL;
}

/* "true" and "false", or a number. */
static bool read_value(const struct site_settings_field *f, const char *text, int64_t *ret)
{
    uint64_t number;
    int word = f->kind == SITE_SETTINGS_BOOL ? text_choice("false|true", text) : -1;
    if (word < 0 && !text_number(text, 0, INT32_MAX, &number))
        return false;
    *ret = word < 0 ? (int64_t)number : word;
    return true;
}

/* A value that another program wrote and that this one does not take counts as not set. */
static bool on_setting(void *self, const struct store_setting *row, struct err *e)
{
    struct site_settings *s = self;
    struct err none;
    (void)e;
    for (size_t i = 0; i < site_settings_fields_len; i++) {
        int64_t value;
        if (strcmp(row->key, site_settings_fields[i].key) == 0 && read_value(&site_settings_fields[i], row->value, &value))
            (void)!site_settings_set(s, &site_settings_fields[i], value, &none);
    }
    return true;
}

bool site_settings_read(struct store *s, struct site_settings *ret, struct err *e)
{
    struct site_settings read;
    site_settings_default(&read);
    if (!store_setting_list(s, on_setting, &read, e))
        return err_in(e, "the settings");
    *ret = read;
    return true;
}

bool site_settings_write(struct store *s, const struct site_settings *new, const struct store_by *by, struct err *e)
{
    struct site_settings old;
    if (!site_settings_read(s, &old, e))
        return false;
    for (size_t i = 0; i < site_settings_fields_len; i++) {
        const struct site_settings_field *f = &site_settings_fields[i];
        int64_t value = site_settings_value(new, f);
        char text[24];
        if (value == site_settings_value(&old, f))
            continue;
        if (f->kind == SITE_SETTINGS_BOOL)
            (void)text_copy(text, sizeof(text), value ? "true" : "false");
        else
            (void)snprintf(text, sizeof(text), "%lld", (long long)value);
        if (!store_setting_put(s, f->key, text, by, e))
            return err_in(e, "%s", f->json);
    }
    return true;
}
