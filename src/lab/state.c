#include "lab/estate.h"

#include <jansson.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "lab/keep.h"
#include "lab/pem.h"
#include "wire/json.h"

static const char *const versions[] = { "6.7", "7.0", "8.0", "8.0u3h" };

static json_t *fault_list(const struct lab_endpoint *ep)
{
    json_t *list = json_array();
    unsigned bit, kinds;
    const char *name;
    for (size_t i = 0; (name = lab_fault_name(i, &bit, &kinds)); i++)
        if (ep->faults & bit)
            (void)json_array_append_new(list, json_string(name));
    return list;
}

static json_t *endpoint_json(const struct lab_endpoint *ep)
{
    char ip[16], dns[LAB_NAME];
    lab_ip_text(ep->ip, ip);
    lab_dns_name(ep, dns);
    json_t *j = json_pack("{s:s, s:s, s:s, s:i, s:o}", "name", ep->name, "dns", dns, "address", ip, "port",
                          (int)ep->estate->port, "faults", fault_list(ep));
    return j;
}

static json_t *vcenter_json(const struct lab_vcenter *vc)
{
    char url[LAB_NAME + 32], root[LAB_NAME];
    json_t *j = endpoint_json(&vc->at), *hosts = json_array();
    for (size_t i = 0; i < vc->hosts_len; i++)
        (void)json_array_append_new(hosts, endpoint_json(&vc->hosts[i].at));
    (void)snprintf(url, sizeof(url), "https://%s:%u", vc->at.name, vc->at.estate->port);
    (void)snprintf(root, sizeof(root), "roots/vmca-%s.pem", vc->vmca->label);
    (void)json_object_set_new(j, "id", json_string(vc->plan->name));
    (void)json_object_set_new(j, "url", json_string(url));
    (void)json_object_set_new(j, "version", json_string(versions[vc->plan->version]));
    (void)json_object_set_new(j, "instance_uuid", json_string(vc->uuid));
    (void)json_object_set_new(j, "user", json_string(vc->user));
    (void)json_object_set_new(j, "vmca_root", json_string(root));
    (void)json_object_set_new(j, "vmca_generation", json_integer((json_int_t)vc->vmca->roots_len));
    if (vc->refused) {
        char at[TEXT_TIME];
        text_time(vc->refused_at, at);
        (void)json_object_set_new(j, "refused", json_pack("{s:s, s:s}", "at", at, "why", vc->refused));
    }
    (void)json_object_set_new(j, "hosts", hosts);
    return j;
}

bool lab_state_json(struct lab_estate *s, struct buf *out, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = json_pack("{s:s, s:i, s:b, s:b, s:s, s:s, s:s}", "scenario", s->scenario->name,
        "port", (int)s->port, "byte_exact", !s->mark, "published_keys", s->scenario->seed != NULL,
        "enterprise_roots", "roots/enterprise.pem", "foreign_root", "roots/foreign.pem", "hosts_file", "hosts");
    json_t *vcenters = json_array(), *nsx = json_array();
    char clock[TEXT_TIME];
    text_time(lab_now(s), clock);
    for (size_t i = 0; i < s->vcenters_len; i++)
        (void)json_array_append_new(vcenters, vcenter_json(&s->vcenters[i]));
    for (size_t i = 0; i < s->nsx_len; i++) {
        json_t *x = endpoint_json(&s->nsx[i].at);
        (void)json_object_set_new(x, "id", json_string(s->nsx[i].plan->name));
        (void)json_object_set_new(x, "kind", json_string(s->nsx[i].plan->kind ? "v" : "t"));
        (void)json_object_set_new(x, "user", json_string("admin"));
        (void)json_array_append_new(nsx, x);
    }
    if (!j)
        return err_set(e, ERR_INTERNAL, "the state can't be written as JSON");
    (void)json_object_set_new(j, "clock", json_string(clock));
    (void)json_object_set_new(j, "clock_stopped", json_boolean(s->stopped));
    (void)json_object_set_new(j, "vcenters", vcenters);
    (void)json_object_set_new(j, "nsx", nsx);
    return wire_json_write(out, j, e);
}

static bool write_state(struct lab_estate *s, struct err *e)
{
    struct buf b;
    buf_init(&b, LAB_FILE_MAX);
    bool ok = lab_state_json(s, &b, e) && buf_puts(&b, "\n", e) &&
              lab_keep_write(s->dir, "state.json", b.data, b.len, 0644, e);
    buf_done(&b);
    return ok;
}

static bool write_credentials(struct lab_estate *s, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = json_object();
    for (size_t i = 0; i < s->vcenters_len; i++) {
        const struct lab_vcenter *vc = &s->vcenters[i];
        (void)json_object_set_new(j, vc->at.name, json_pack("{s:s, s:s}", "user", vc->user, "password", vc->password));
    }
    for (size_t i = 0; i < s->nsx_len; i++)
        (void)json_object_set_new(j, s->nsx[i].at.name, json_pack("{s:s, s:s}", "user", "admin", "password",
                                                                  s->nsx[i].at.vcenter->password));
    struct buf b;
    buf_init(&b, LAB_FILE_MAX);
    bool ok = wire_json_write(&b, j, e) && buf_puts(&b, "\n", e) &&
              lab_keep_write(s->dir, "credentials.json", b.data, b.len, 0600, e);
    buf_done(&b);
    return ok;
}

static bool hosts_line(struct buf *b, const struct lab_endpoint *ep, struct err *e)
{
    char ip[16], dns[LAB_NAME];
    lab_ip_text(ep->ip, ip);
    lab_dns_name(ep, dns);
    return buf_printf(b, e, "%s %s\n", ip, dns);
}

static bool write_hosts(struct lab_estate *s, struct err *e)
{
    struct buf b;
    buf_init(&b, LAB_FILE_MAX);
    bool ok = buf_printf(&b, e, "# vsphere-lab, scenario %s\n", s->scenario->name);
    for (size_t i = 0; ok && i < s->vcenters_len; i++) {
        ok = hosts_line(&b, &s->vcenters[i].at, e);
        for (size_t j = 0; ok && j < s->vcenters[i].hosts_len; j++)
            ok = hosts_line(&b, &s->vcenters[i].hosts[j].at, e);
    }
    for (size_t i = 0; ok && i < s->nsx_len; i++)
        ok = hosts_line(&b, &s->nsx[i].at, e);
    ok = ok && lab_keep_write(s->dir, "hosts", b.data, b.len, 0644, e);
    buf_done(&b);
    return ok;
}

/* above may be NULL: what the certificate's own issuer is. */
static bool write_root(struct lab_estate *s, const char *name, X509 *cert, X509 *above, struct err *e)
{
    struct buf b;
    char file[LAB_NAME];
    buf_init(&b, LAB_PEM_MAX);
    (void)snprintf(file, sizeof(file), "roots/%s.pem", name);
    bool ok = lab_pem_cert(&b, cert, e) && (!above || lab_pem_cert(&b, above, e)) &&
              lab_keep_write(s->dir, file, b.data, b.len, 0644, e);
    buf_done(&b);
    return ok;
}

/* A subordinate one with what is above it. */
static bool write_vmca(struct lab_estate *s, const char *name, const struct lab_ca *ca, struct err *e)
{
    struct buf b;
    char file[LAB_NAME];
    buf_init(&b, LAB_PEM_MAX);
    (void)snprintf(file, sizeof(file), "roots/%s.pem", name);
    bool ok = lab_pem_cert(&b, ca->cert, e);
    for (size_t i = 0; ok && i < ca->above_len; i++)
        ok = lab_pem_cert(&b, ca->above[i], e);
    ok = ok && lab_keep_write(s->dir, file, b.data, b.len, 0644, e);
    buf_done(&b);
    return ok;
}

bool lab_estate_publish(struct lab_estate *s, struct err *e)
{
    static const char *const names[LAB_CAS] = { "enterprise-root", "enterprise-issuing", "foreign", "installer", "somebody",
                                                "enterprise-policy" };
    for (size_t i = 0; i < LAB_CAS; i++)
        if (s->cas[i].cert && !write_root(s, names[i], s->cas[i].cert, NULL, e))
            return false;
    /* A client that is sent the leaf alone needs both. */
    if (!write_root(s, "enterprise", s->cas[LAB_CA_ENTERPRISE].cert, s->cas[LAB_CA_ENTERPRISE_ROOT].cert, e))
        return false;
    for (size_t i = 0; i < s->vmcas_len; i++) {
        char name[LAB_WORD + 8];
        (void)snprintf(name, sizeof(name), "vmca-%s", s->vmcas[i].label);
        if (!write_vmca(s, name, &s->vmcas[i].roots[s->vmcas[i].roots_len - 1], e))
            return false;
    }
    return write_hosts(s, e) && write_credentials(s, e) && write_state(s, e);
}
