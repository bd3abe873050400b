#include <string.h>

#include "lab/sdk.h"

/* A value of NULL is the vCenter's name. */
static const struct {
    const char *key, *value;
    bool number;
} options[] = {
    { "vpxd.certmgmt.mode", "vmca", false },
    { "vpxd.certmgmt.certs.daysValid", "1825", true },
    { "vpxd.certmgmt.certs.hardThreshold", "30", true },
    { "vpxd.certmgmt.certs.softThreshold", "240", true },
    { "vpxd.certmgmt.certs.pollIntervalDays", "5", true },
    { "vpxd.certmgmt.certs.minutesBefore", "1440", true },
    { "vpxd.certmgmt.certs.cn.country", "US", false },
    { "vpxd.certmgmt.certs.cn.email", "vmca@vmware.com", false },
    { "vpxd.certmgmt.certs.cn.localityName", "Palo Alto", false },
    { "vpxd.certmgmt.certs.cn.organizationName", "VMware", false },
    { "vpxd.certmgmt.certs.cn.organizationalUnitName", "VMware Engineering", false },
    { "vpxd.certmgmt.certs.cn.state", "California", false },
    { "VirtualCenter.FQDN", NULL, false },
};

static struct lab_value *option(const struct lab_asking *k, size_t i, struct lab_value *in)
{
    struct lab_value *v = lab_poly(k->arena, in, NULL, "OptionValue");
    (void)lab_string(k->arena, v, "key", options[i].key);
    struct lab_value *value = lab_text(k->arena, v, "value", options[i].number ? "xsd:int" : "xsd:string",
                                       options[i].value ? options[i].value : k->vc->at.name);
    value->poly = true;
    return v;
}

struct lab_value *lab_option_settings(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "OptionValue");
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        (void)option(k, i, list);
    return list;
}

/* A name, or with a dot at its end everything below it. */
bool lab_query_options(struct lab_call *c)
{
    const char *name = lab_arg_text(c, "name");
    size_t len = name ? strlen(name) : 0, seen = 0;
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        bool below = !len || (name[len - 1] == '.' && !strncmp(options[i].key, name, len));
        if (!below && strcmp(options[i].key, name) != 0)
            continue;
        lab_value_bare(c->w, "returnval", option(&c->k, i, NULL));
        seen++;
    }
    return seen || lab_say_value(c, "InvalidName", "The name is not known", "name", name ? name : "");
}
