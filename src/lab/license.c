#include "lab/sdk.h"

#include <string.h>

/* LicenseManager and LicenseAssignmentManager: a vCenter in evaluation mode, sixty days from the estate's birth, and its hosts with
 * it. No key is added or assigned. */

enum { EVALUATION_S = 60 * 24 * 60 * 60 };

static const char evaluation_key[] = "00000-00000-00000-00000-00000";

static int64_t left_s(const struct lab_asking *k)
{
    int64_t left = k->vc->at.estate->born + EVALUATION_S - k->now;
    return left > 0 ? left : 0;
}

static struct lab_value *any(struct arena *a, struct lab_value *list, const char *key)
{
    struct lab_value *pair = lab_struct(a, list, NULL, "KeyAnyValue");
    (void)lab_string(a, pair, "key", key);
    return pair;
}

/* Of the evaluation: how long it still is. */
static void terms(const struct lab_asking *k, struct lab_value *in)
{
    struct arena *a = k->arena;
    struct lab_value *list = lab_array(a, in, "properties", "KeyAnyValue");
    lab_long(a, any(a, list, "expirationHours"), "value", left_s(k) / 3600)->poly = true;
    lab_time(a, any(a, list, "expirationDate"), "value", k->now + left_s(k))->poly = true;
}

static struct lab_value *evaluation(const struct lab_asking *k, struct lab_value *in, const char *name)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, in, name, "LicenseManagerLicenseInfo");
    (void)lab_string(a, v, "licenseKey", evaluation_key);
    (void)lab_string(a, v, "editionKey", "eval");
    (void)lab_string(a, v, "name", "Evaluation Mode");
    (void)lab_int(a, v, "total", 0);
    terms(k, v);
    return v;
}

struct lab_value *lab_license_list(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "LicenseManagerLicenseInfo");
    (void)evaluation(k, list, NULL);
    return list;
}

struct lab_value *lab_license_evaluation(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *v = lab_struct(k->arena, NULL, NULL, "LicenseManagerEvaluationInfo");
    terms(k, v);
    return v;
}

struct lab_value *lab_license_source(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *v = lab_poly(k->arena, NULL, NULL, "EvaluationLicenseSource");
    (void)lab_long(k->arena, v, "remainingHours", left_s(k) / 3600);
    return v;
}

struct lab_value *lab_license_edition(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return lab_string(k->arena, NULL, NULL, "eval");
}

struct lab_value *lab_license_available(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return lab_bool(k->arena, NULL, NULL, true);
}

bool lab_decode_license(struct lab_call *c)
{
    const char *key = lab_arg_text(c, "licenseKey");
    if (c->self.mo != MO_LICENSES)
        return lab_say_gone(c, c->self_moid);
    if (!key || strcmp(key, evaluation_key) != 0)
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: licenseKey", "invalidProperty", "licenseKey");
    lab_value_bare(c->w, "returnval", evaluation(&c->k, NULL, NULL));
    return true;
}

static void assigned(struct lab_call *c, const char *id, const char *name, const char *wanted)
{
    struct arena *a = c->k.arena;
    if (wanted && strcmp(wanted, id) != 0)
        return;
    struct lab_value *v = lab_struct(a, NULL, NULL, "LicenseAssignmentManagerLicenseAssignment");
    (void)lab_string(a, v, "entityId", id);
    (void)lab_string(a, v, "scope", c->k.vc->uuid);
    (void)lab_string(a, v, "entityDisplayName", name);
    (void)evaluation(&c->k, v, "assignedLicense");
    lab_value_bare(c->w, "returnval", v);
}

bool lab_assigned_licenses(struct lab_call *c)
{
    const struct lab_vcenter *vc = c->k.vc;
    const char *wanted = lab_arg_text(c, "entityId");
    if (c->self.mo != MO_LICENSE_USES)
        return lab_say_gone(c, c->self_moid);
    assigned(c, vc->uuid, vc->at.name, wanted);
    for (unsigned i = 0; i < vc->hosts_len; i++)
        assigned(c, lab_object_moid(&c->k, (struct lab_object){ .mo = MO_HOST, .n = i }), vc->hosts[i].at.name, wanted);
    return true;
}
