#include "lab/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "wire/settings.h"

#define LAB(field) offsetof(struct lab_scenario, field)
#define VC(field) offsetof(struct lab_vcenter_plan, field)
#define NSX(field) offsetof(struct lab_nsx_plan, field)
#define HOSTS(field, help) { "", #field, SETTING_NUMBER, VC(field), "0", 0, LAB_HOSTS_MAX, NULL, help, false }

static const struct setting lab_keys[] = {
    { "", "name", SETTING_TEXT, LAB(name), "lab", 0, 0, NULL, "What status and banner call it.", false },
    { "", "domain", SETTING_TEXT, LAB(domain), "lab.test", 0, 0, NULL, "Behind every name.", false },
    { "", "port", SETTING_NUMBER, LAB(port), "443", 0, 65535, NULL, "Where everything listens; 0 = a free one.", false },
    { "", "port_unprivileged", SETTING_NUMBER, LAB(port_unprivileged), "9443", 1024, 65535, NULL, "Where, when that needs root.", false },
    { "", "seed", SETTING_TEXT, LAB(seed), NULL, 0, 0, NULL, "Makes the same, public, keys everywhere.", false },
    { "", "byte_exact", SETTING_BOOL, LAB(byte_exact), "no", 0, 0, NULL, "CAs without the lab's mark.", false },
    { "", "lockout", SETTING_NUMBER, LAB(lockout), "5", 0, 1000, NULL, "Wrong passwords in a row that lock; 0 = never.", false },
    { "", "publish_lag", SETTING_NUMBER, LAB(publish_lag), "300", 0, 86400, NULL, "Seconds until other nodes have a new root.", false },
    { "", "clock", SETTING_TEXT, LAB(clock), NULL, 0, 0, NULL, "A time at which the estate's clock stands still.", false },
    { "", "steps", SETTING_TEXT, LAB(steps), NULL, 0, 0, NULL, "What is done to it at its birth.", false },
    { "", "host_keys", SETTING_NUMBER, LAB(host_keys), "4", 1, 64, NULL, "Keys that all hosts share.", false },
};

static const struct setting vcenter_keys[] = {
    { "", "version", SETTING_CHOICE, VC(version), "8.0", 0, 0, "6.7|7.0|8.0|8.0u3h", "Release.", false },
    HOSTS(hosts, "Hosts with a certificate of the VMCA."),
    HOSTS(by_ip_hosts, "The same, added by address."),
    HOSTS(foreign_hosts, "With a certificate of another CA."),
    HOSTS(self_signed_hosts, "With one that signs itself."),
    HOSTS(installer_hosts, "Still on the installer's certificate."),
    HOSTS(expired_hosts, "Whose certificate has expired."),
    HOSTS(future_hosts, "Whose certificate is not yet valid."),
    HOSTS(misnamed_hosts, "Whose certificate has another name."),
    HOSTS(down_hosts, "That reset every connection."),
    { "", "vms", SETTING_NUMBER, VC(vms), "1", 0, LAB_VMS_MAX, NULL, "Virtual machines of each host.", false },
    { "", "vms_off", SETTING_NUMBER, VC(vms_off), "0", 0, LAB_VMS_MAX, NULL, "So many of them are powered off.", false },
    { "", "pools", SETTING_NUMBER, VC(pools), "0", 0, LAB_EXTRAS_EACH, NULL, "Resource pools under the root one.", false },
    { "", "datastores", SETTING_NUMBER, VC(datastores), "0", 0, LAB_EXTRAS_EACH, NULL, "Datastores besides shared1.", false },
    { "", "networks", SETTING_NUMBER, VC(networks), "0", 0, LAB_EXTRAS_EACH, NULL, "Networks besides VM Network.", false },
    { "", "boot_ms", SETTING_NUMBER, VC(boot_ms), "200", 0, 600000, NULL, "From power-on until tools run.", false },
    { "", "ticket_s", SETTING_NUMBER, VC(ticket_s), "120", 1, 3600, NULL, "How long a console ticket is good.", false },
    { "", "lease_s", SETTING_NUMBER, VC(lease_s), "300", 1, 3600, NULL, "How long an NFC lease lives without a word.", false },
    { "", "guest_user", SETTING_TEXT, VC(guest_user), "root", 0, 0, NULL, "The account that every guest knows, ..", false },
    { "", "guest_password", SETTING_TEXT, VC(guest_password), "guest", 0, 0, NULL, ".. and its password.", false },
    { "", "drs", SETTING_BOOL, VC(drs), "no", 0, 0, NULL, "A power-on moves the machine to another host.", false },
    { "", "endpoint", SETTING_CHOICE, VC(endpoint), "enterprise", 0, 0, LAB_ISSUERS, "Who signed its own certificate.", false },
    { "", "chain", SETTING_CHOICE, VC(chain), "leaf", 0, 0, "leaf|full", "What it sends of the chain.", false },
    { "", "san", SETTING_CHOICE, VC(san), "name", 0, 0, "name|both", "What its certificate is for.", false },
    { "", "vmca", SETTING_CHOICE, VC(vmca), "root", 0, 0, "root|subordinate", "What its VMCA is.", false },
    { "", "link", SETTING_TEXT, VC(link), NULL, 0, 0, NULL, "The vCenter that it is linked with.", false },
    { "", "name_policy", SETTING_TEXT, VC(name_policy), NULL, 0, 0, NULL, "The DNS domain that its VMCA signs for.", false },
    { "", "multiplesan", SETTING_BOOL, VC(many_names), "no", 0, 0, NULL, "Several DNS names in a request.", false },
    { "", "psc", SETTING_TEXT, VC(psc), NULL, 0, 0, NULL, "The vCenter whose VMCA it shares.", false },
    { "", "root_o", SETTING_TEXT, VC(root_o), NULL, 0, 0, NULL, "O in the root's subject.", false },
    { "", "root_san", SETTING_CHOICE, VC(root_san), "release", 0, 0, "release|yes|no", "The placeholder names in the root.", false },
    { "", "password", SETTING_TEXT, VC(password), NULL, 0, 0, NULL, "Of administrator@vsphere.local.", false },
};

static const struct setting nsx_keys[] = {
    { "", "kind", SETTING_CHOICE, NSX(kind), "t", 0, 0, "t|v", "NSX-T or NSX-V.", false },
    { "", "endpoint", SETTING_CHOICE, NSX(endpoint), "enterprise", 0, 0, LAB_ISSUERS, "Who signed its certificate.", false },
    { "", "vcenter", SETTING_TEXT, NSX(vcenter), NULL, 0, 0, NULL, "Whose manager it is.", false },
};

/* Names become parts of host names and of files' names. */
static bool is_word(const char *s)
{
    size_t len = s ? strlen(s) : 0;
    return len && len < LAB_WORD && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == len && s[0] != '-' && s[len - 1] != '-';
}

static const struct lab_vcenter_plan *find_vcenter(const struct lab_scenario *s, const char *name)
{
    for (size_t i = 0; name && i < s->vcenters_len; i++)
        if (!strcmp(s->vcenters[i].name, name))
            return &s->vcenters[i];
    return NULL;
}

static const struct lab_nsx_plan *find_nsx(const struct lab_scenario *s, const char *name)
{
    for (size_t i = 0; i < s->nsx_len; i++)
        if (!strcmp(s->nsx[i].name, name))
            return &s->nsx[i];
    return NULL;
}

/* One section of the file; text has the lines of the others blanked, so that errors name the right one. */
static bool read_section(struct lab_scenario *s, const char *title, size_t n, const struct buf *text, struct err *e)
{
    const char *all = buf_str(text);
    if (!strcmp(title, "lab"))
        return settings_read(all, text->len, lab_keys, ARRAY_LEN(lab_keys), s, &s->arena, e);
    if (!strncmp(title, "vcenter ", 8) && is_word(title + 8) && !find_vcenter(s, title + 8) &&
        s->vcenters_len < LAB_VCENTERS_MAX) {
        struct lab_vcenter_plan *p = &s->vcenters[s->vcenters_len++];
        p->name = title + 8;
        return settings_read(all, text->len, vcenter_keys, ARRAY_LEN(vcenter_keys), p, &s->arena, e);
    }
    if (!strncmp(title, "nsx ", 4) && is_word(title + 4) && !find_nsx(s, title + 4) && s->nsx_len < LAB_NSX_MAX) {
        struct lab_nsx_plan *p = &s->nsx[s->nsx_len++];
        p->name = title + 4;
        return settings_read(all, text->len, nsx_keys, ARRAY_LEN(nsx_keys), p, &s->arena, e);
    }
    return err_set(e, ERR_INPUT, "line %zu: [%s] is none of [lab], [vcenter NAME], [nsx NAME], is there twice, or is one "
                   "too many", n, title);
}

struct cutter {
    struct lab_scenario *s;
    struct buf section; /* its text, behind as many empty lines as stood before it */
    const char *title;  /* NULL: before the first header, where only comments may stand */
    size_t title_line;
    bool lab_seen;
};

static bool end_section(struct cutter *c, struct err *e)
{
    if (c->title)
        return read_section(c->s, c->title, c->title_line, &c->section, e);
    /* Nothing may stand before the first header. */
    return settings_read(buf_str(&c->section), c->section.len, NULL, 0, c->s, &c->s->arena, e);
}

static bool start_section(struct cutter *c, const char *line, size_t len, size_t n, struct err *e)
{
    if (len < 3 || line[len - 1] != ']')
        return err_set(e, ERR_INPUT, "line %zu: a section's title ends in ]", n);
    if (!end_section(c, e))
        return false;
    c->title = arena_strndup(&c->s->arena, line + 1, len - 2);
    c->title_line = n;
    if (!strcmp(c->title, "lab") && c->lab_seen)
        return err_set(e, ERR_INPUT, "line %zu: [lab] is there twice", n);
    c->lab_seen = c->lab_seen || !strcmp(c->title, "lab");
    buf_clear(&c->section);
    for (size_t i = 0; i < n; i++)
        if (!buf_puts(&c->section, "\n", e))
            return false;
    return true;
}

static bool cut(struct cutter *c, const char *text, size_t len, struct err *e)
{
    size_t n = 1;
    for (const char *at = text, *end = text + len; at < end; n++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t line = stop ? (size_t)(stop - at) : (size_t)(end - at), bare = line;
        while (bare && strchr(" \t\r", at[bare - 1]))
            bare--;
        if (bare && at[0] == '[' ? !start_section(c, at, bare, n, e)
                                 : !buf_append(&c->section, at, line, e) || !buf_puts(&c->section, "\n", e))
            return false;
        at += line + (stop != NULL);
    }
    return end_section(c, e);
}

static bool check_vcenter(struct lab_scenario *s, const struct lab_vcenter_plan *p, struct err *e)
{
    const struct lab_vcenter_plan *other = find_vcenter(s, p->psc);
    if (p->psc && (!other || other->psc || other == p))
        return err_set(e, ERR_INPUT, "vcenter %s: psc = %s names no vCenter with a VMCA of its own", p->name, p->psc);
    other = find_vcenter(s, p->link);
    if (p->link && (!other || other->link || other == p || p->psc))
        return err_set(e, ERR_INPUT, "vcenter %s: link = %s names no vCenter with an SSO domain of its own", p->name, p->link);
    if (p->psc && p->vmca)
        return err_set(e, ERR_INPUT, "vcenter %s: its VMCA is that of %s", p->name, p->psc);
    if (lab_plan_hosts(p) > LAB_HOSTS_MAX)
        return err_set(e, ERR_INPUT, "vcenter %s: more than %d hosts", p->name, LAB_HOSTS_MAX);
    if ((p->root_o && strlen(p->root_o) >= LAB_WORD) || (p->password && strlen(p->password) >= LAB_NAME))
        return err_set(e, ERR_INPUT, "vcenter %s: root_o or password is too long", p->name);
    return true;
}

static bool check(struct lab_scenario *s, struct err *e)
{
    int64_t at;
    if (s->clock && !text_time_parse(s->clock, &at))
        return err_set(e, ERR_INPUT, "clock is not a time as 2026-01-31T12:00:00Z: %s", s->clock);
    if (!s->vcenters_len)
        return err_set(e, ERR_INPUT, "a scenario needs a [vcenter NAME]");
    for (size_t i = 0; i < s->vcenters_len; i++)
        if (!check_vcenter(s, &s->vcenters[i], e))
            return false;
    for (size_t i = 0; i < s->nsx_len; i++)
        if (!find_vcenter(s, s->nsx[i].vcenter))
            return err_set(e, ERR_INPUT, "nsx %s: vcenter must name one", s->nsx[i].name);
    if (s->domain[strspn(s->domain, "abcdefghijklmnopqrstuvwxyz0123456789.-")] || strlen(s->domain) > 100)
        return err_set(e, ERR_INPUT, "domain is not a DNS name: %s", s->domain);
    if (!is_word(s->name))
        return err_set(e, ERR_INPUT, "name is not made of small letters, digits and hyphens: %s", s->name);
    if (s->seed && strlen(s->seed) >= LAB_NAME)
        return err_set(e, ERR_INPUT, "the seed is too long");
    return true;
}

struct lab_scenario *lab_scenario_parse(const char *text, size_t len, struct err *e)
{
    AUTO(lab_scenario_destroyp) struct lab_scenario *s = xcalloc(1, sizeof(*s));
    if (len > SETTINGS_FILE_MAX) {
        (void)err_set(e, ERR_LIMIT, "a scenario of more than %d bytes", SETTINGS_FILE_MAX);
        return NULL;
    }
    struct cutter c = { .s = s };
    struct err none;
    buf_init(&c.section, SETTINGS_FILE_MAX);
    /* The defaults of [lab] count also when the file does not have it. */
    bool ok = settings_read("", 0, lab_keys, ARRAY_LEN(lab_keys), s, &s->arena, &none) && cut(&c, text, len, e) && check(s, e);
    buf_done(&c.section);
    return ok ? STEAL(s) : NULL;
}

struct lab_scenario *lab_scenario_destroy(struct lab_scenario *s)
{
    if (!s)
        return NULL;
    arena_done(&s->arena);
    free(s);
    return NULL;
}

uint64_t lab_plan_hosts(const struct lab_vcenter_plan *p)
{
    return p->hosts + p->by_ip_hosts + p->foreign_hosts + p->self_signed_hosts + p->installer_hosts + p->expired_hosts +
           p->future_hosts + p->misnamed_hosts + p->down_hosts;
}
