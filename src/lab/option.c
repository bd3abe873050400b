#include "lab/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "lab/change.h"
#include "lab/sdk.h"

enum { DAYS_MAX = 3650, MINUTES_MAX = 14 * 24 * 60, MODE = -1, NAME = -2 };

#define SETTING(field) offsetof(struct lab_settings, field)
#define TERM(field) offsetof(struct lab_terms, field)

/* size: of a text; 0 = a number of min..max. */
static const struct option {
    const char *key;
    bool of_terms;
    int at; /* offset; MODE, NAME: no field */
    size_t size;
    int64_t min, max;
} options[] = {
    { "vpxd.certmgmt.mode", false, MODE, LAB_NAME, 0, 0 },
    { "vpxd.certmgmt.certs.daysValid", true, TERM(days), 0, 1, DAYS_MAX },
    { "vpxd.certmgmt.certs.hardThreshold", false, SETTING(hard_days), 0, 0, DAYS_MAX },
    { "vpxd.certmgmt.certs.softThreshold", false, SETTING(soft_days), 0, 0, DAYS_MAX },
    { "vpxd.certmgmt.certs.pollIntervalDays", false, SETTING(poll_days), 0, 1, DAYS_MAX },
    { "vpxd.certmgmt.certs.minutesBefore", true, TERM(minutes_before), 0, 0, MINUTES_MAX },
    { "vpxd.certmgmt.certs.cn.country", true, TERM(country), 3, 0, 0 },
    { "vpxd.certmgmt.certs.cn.email", true, TERM(email), 128, 0, 0 },
    { "vpxd.certmgmt.certs.cn.localityName", true, TERM(locality), 64, 0, 0 },
    { "vpxd.certmgmt.certs.cn.organizationName", true, TERM(organization), 64, 0, 0 },
    { "vpxd.certmgmt.certs.cn.organizationalUnitName", true, TERM(unit), 64, 0, 0 },
    { "vpxd.certmgmt.certs.cn.state", true, TERM(state), 64, 0, 0 },
    { "VirtualCenter.FQDN", false, NAME, LAB_NAME, 0, 0 },
};

static const char modes[] = "vmca|custom|thumbprint"; /* enum lab_mode */

void lab_settings_init(struct lab_settings *s)
{
    *s = (struct lab_settings){ .mode = LAB_MODE_VMCA, .hard_days = 30, .soft_days = 240, .poll_days = 5 };
    s->terms = xmemdup(&lab_usual_terms, sizeof(lab_usual_terms));
}

void lab_settings_done(struct lab_settings *s)
{
    while (s->terms) {
        struct lab_terms *gone = s->terms;
        s->terms = gone->next;
        free(gone);
    }
}

static const struct option *find(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (!strcmp(options[i].key, key))
            return &options[i];
    return NULL;
}

static void say(const struct lab_vcenter *vc, const struct option *o, char out[LAB_NAME])
{
    static const char *const mode_names[] = { "vmca", "custom", "thumbprint" };
    if (o->at < 0) {
        (void)text_copy(out, LAB_NAME, o->at == MODE ? mode_names[vc->settings.mode] : vc->at.name);
        return;
    }
    const char *field = (o->of_terms ? (const char *)vc->settings.terms : (const char *)&vc->settings) + o->at;
    int64_t n;
    if (o->size) {
        (void)text_copy(out, LAB_NAME, field);
        return;
    }
    memcpy(&n, field, sizeof(n));
    (void)snprintf(out, LAB_NAME, "%lld", (long long)n);
}

bool lab_option_get(const struct lab_vcenter *vc, const char *key, char out[LAB_NAME])
{
    const struct option *o = find(key);
    if (o)
        say(vc, o, out);
    return o != NULL;
}

/* ---- setting ---- */

static bool check(const struct option *o, const char *value, struct err *e)
{
    uint64_t n;
    if (o->at == MODE)
        return text_choice(modes, value) >= 0 || err_set(e, ERR_INPUT, "%s is vmca, custom or thumbprint", o->key);
    if (o->size)
        return (*value && strlen(value) < o->size && text_utf8(value, strlen(value))) ||
               err_set(e, ERR_INPUT, "%s has 1 to %zu bytes", o->key, o->size - 1);
    return text_number(value, (uint64_t)o->min, (uint64_t)o->max, &n) ||
           err_set(e, ERR_INPUT, "%s is a number from %lld to %lld", o->key, (long long)o->min, (long long)o->max);
}

bool lab_option_set(struct lab_vcenter *vc, const char *key, const char *value, int64_t now, struct err *e)
{
    const struct option *o = find(key);
    char text[2 * LAB_NAME];
    if (!o || o->at == NAME)
        return err_set(e, ERR_NOT_FOUND, "no setting of that name can be changed: %s", key);
    if (!check(o, value, e))
        return false;
    (void)snprintf(text, sizeof(text), "%s=%s", key, value);
    return lab_change(vc->at.estate, &(struct lab_change){ .what = "option", .target = vc->at.name, .at = now, .text = text }, e);
}

/* Certificates that were made before follow the terms of then, so these are never changed, only followed by others. */
bool lab_do_option(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    struct lab_settings *s = &ep->vcenter->settings;
    char key[LAB_NAME];
    const char *value = c->text ? strchr(c->text, '=') : NULL;
    if (!value || (size_t)(value - c->text) >= sizeof(key))
        return err_set(e, ERR_STORE, "a setting can't be read");
    (void)snprintf(key, sizeof(key), "%.*s", (int)(value++ - c->text), c->text);
    const struct option *o = find(key);
    if (!o || o->at == NAME || !check(o, value, e))
        return err_set(e, ERR_STORE, "the setting %s can't be read", key);
    if (o->at == MODE) {
        s->mode = (enum lab_mode)text_choice(modes, value);
        return true;
    }
    if (o->of_terms) {
        struct lab_terms *next = xmemdup(s->terms, sizeof(*s->terms));
        next->next = s->terms;
        s->terms = next;
    }
    char *field = (o->of_terms ? (char *)s->terms : (char *)s) + o->at;
    if (o->size) {
        (void)text_copy(field, o->size, value);
        return true;
    }
    int64_t n = strtoll(value, NULL, 10);
    memcpy(field, &n, sizeof(n));
    return true;
}

/* ---- SOAP ---- */

static struct lab_value *option_value(const struct lab_asking *k, size_t i, struct lab_value *in)
{
    char text[LAB_NAME];
    bool number = options[i].at >= 0 && !options[i].size;
    struct lab_value *v = lab_poly(k->arena, in, NULL, "OptionValue");
    (void)lab_string(k->arena, v, "key", options[i].key);
    say(k->vc, &options[i], text);
    struct lab_value *value = lab_text(k->arena, v, "value", number ? "xsd:int" : "xsd:string", arena_strdup(k->arena, text));
    value->poly = true;
    return v;
}

struct lab_value *lab_option_settings(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "OptionValue");
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        (void)option_value(k, i, list);
    return list;
}

/* A name, or with a dot at its end everything below it. */
bool lab_query_options(struct lab_call *c)
{
    const char *name = lab_arg_text(c, "name");
    size_t len = name ? strlen(name) : 0, seen = 0;
    if (c->self.mo == MO_HOST_OPTIONS)
        return lab_query_host_options(c, name);
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        bool below = !len || (name[len - 1] == '.' && !strncmp(options[i].key, name, len));
        if (!below && strcmp(options[i].key, name) != 0)
            continue;
        lab_value_bare(c->w, "returnval", option_value(&c->k, i, NULL));
        seen++;
    }
    return seen || lab_say_value(c, "InvalidName", "The name is not known", "name", name ? name : "");
}

/* All are looked at before one is changed. */
bool lab_update_options(struct lab_call *c)
{
    struct err e;
    const struct xml_element *first = lab_arg(c, "changedValue");
    if (c->self.mo == MO_HOST_OPTIONS)
        return lab_not_supported(c);
    if (!first)
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: changedValue", "invalidProperty",
                             "changedValue");
    for (int pass = 0; pass < 2; pass++) {
        for (const struct xml_element *it = first; it; it = xml_next(it, VIM_NS, "changedValue")) {
            const char *key = xml_child_text(it, VIM_NS, "key"), *value = xml_child_text(it, VIM_NS, "value");
            const struct option *o = key ? find(key) : NULL;
            if (!o || o->at == NAME)
                return lab_say_value(c, "InvalidName", "The name is not known", "name", key ? key : "");
            if (pass ? !lab_option_set(c->k.vc, key, value, c->k.now, &e) : !value || !check(o, value, &e))
                return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: value", "invalidProperty", key);
        }
    }
    return true;
}
