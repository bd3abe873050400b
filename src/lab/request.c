#include "lab/request.h"

#include <jansson.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/pem.h"
#include "lab/sign.h"
#include "wire/json.h"

enum { SAN_MAX = 2048, RDNS = 10, DN_MAX = 512 };

DEFINE_AUTO(bio_freep, BIO *, BIO_free)

/* ---- what was asked for ---- */

static bool check_text(const char *name, const char *text, size_t most, struct err *e)
{
    return !text || (*text && strlen(text) <= most && text_utf8(text, strlen(text))) ||
           err_set(e, ERR_INPUT, "%s has 1 to %zu bytes", name, most);
}

static bool is_name(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*@", at[i]))
            return false;
    return len > 0 && len < LAB_NAME;
}

static bool check_names(const char *names, struct err *e)
{
    for (const char *at = names; at && *at;) {
        size_t len = strcspn(at, ",");
        if (!is_name(at, len))
            return err_set(e, ERR_INPUT, "subject_alt_name holds what is neither name nor address");
        at += len + (at[len] == ',');
    }
    return !names || strlen(names) < SAN_MAX / 4 || err_set(e, ERR_INPUT, "subject_alt_name is too long");
}

bool lab_wish_check(const struct lab_wish *w, struct err *e)
{
    return check_text("common_name", w->cn, 64, e) && check_text("organization", w->organization, 64, e) &&
           check_text("organization_unit", w->unit, 64, e) && check_text("locality", w->locality, 64, e) &&
           check_text("state_or_province", w->state, 64, e) && check_text("email_address", w->email, 128, e) &&
           (!w->country || (strlen(w->country) == 2 && is_name(w->country, 2)) || err_set(e, ERR_INPUT, "country has two letters")) &&
           check_names(w->names, e);
}

static void add_name(char san[SAN_MAX], const char *at, size_t len)
{
    size_t have = strlen(san);
    bool address = strspn(at, "0123456789.") >= len;
    const char *kind = address ? "IP" : memchr(at, '@', len) ? "email" : "DNS";
    (void)snprintf(san + have, SAN_MAX - have, "%s%s:%.*s", have ? "," : "", kind, (int)len, at);
}

static void add_names(char san[SAN_MAX], const char *names)
{
    for (const char *at = names; at && *at;) {
        size_t len = strcspn(at, ",");
        add_name(san, at, len);
        at += len + (at[len] == ',');
    }
}

/* The DNS name in front when the person named others only. */
static void san_of(const struct lab_wish *w, const char *own, char san[SAN_MAX])
{
    san[0] = '\0';
    if (w->names)
        add_names(san, w->names);
    else
        add_name(san, own, strlen(own));
}

static size_t add_rdn(struct lab_rdn *out, size_t len, const char *type, const char *value)
{
    if (value)
        out[len++] = (struct lab_rdn){ type, value };
    return len;
}

/* ---- requests ---- */

static bool write_request(struct lab_endpoint *ep, unsigned bits, const struct lab_rdn *subject, const struct lab_ext *exts,
                          int64_t now, struct buf *out, struct err *e)
{
    EVP_PKEY *key = lab_key_make(ep, bits, now, e);
    AUTO(lab_req_freep) X509_REQ *req = key ? lab_csr_make(subject, exts, key, e) : NULL;
    AUTO(bio_freep) BIO *bio = req ? BIO_new(BIO_s_mem()) : NULL;
    char *text;
    if (!req)
        return false;
    if (!bio || !PEM_write_bio_X509_REQ(bio, req))
        return err_set(e, ERR_INTERNAL, "libcrypto can't write a request");
    long len = BIO_get_mem_data(bio, &text);
    return buf_append(out, text, (size_t)len, e);
}

bool lab_request_machine(struct lab_endpoint *ep, const struct lab_wish *w, int64_t now, struct buf *out, struct err *e)
{
    char san[SAN_MAX];
    struct lab_rdn subject[RDNS] = { { 0 } };
    const struct lab_ext exts[] = {
        { NID_subject_alt_name, san }, { NID_key_usage, "digitalSignature,keyEncipherment,keyAgreement" }, { 0 },
    };
    if (!lab_wish_check(w, e))
        return false;
    size_t len = add_rdn(subject, 0, "CN", w->cn ? w->cn : ep->name);
    len = add_rdn(subject, len, "C", w->country ? w->country : "US");
    len = add_rdn(subject, len, "ST", w->state);
    len = add_rdn(subject, len, "L", w->locality);
    len = add_rdn(subject, len, "O", w->organization);
    len = add_rdn(subject, len, "OU", w->unit);
    (void)add_rdn(subject, len, "emailAddress", w->email);
    san_of(w, w->cn && is_name(w->cn, strlen(w->cn)) ? w->cn : ep->name, san);
    unsigned bits = w->bits ? w->bits : lab_shape_root_bits(ep->vcenter->vmca->version);
    return write_request(ep, bits, subject, exts, now, out, e);
}

static bool host_request(struct lab_host *h, const char *name, const struct lab_rdn *subject, int64_t now, struct buf *out,
                         struct err *e)
{
    char san[SAN_MAX] = "";
    const struct lab_ext exts[] = { { NID_subject_alt_name, san }, { 0 } };
    add_name(san, name, strlen(name));
    return write_request(&h->at, 2048, subject, exts, now, out, e);
}

bool lab_request_host(struct lab_host *h, bool by_address, int64_t now, struct buf *out, struct err *e)
{
    const struct lab_terms *t = h->at.vcenter->settings.terms;
    char address[16];
    lab_ip_text(h->at.ip, address);
    const char *name = by_address ? address : h->at.name;
    const struct lab_rdn subject[] = { { "C", t->country }, { "ST", t->state }, { "L", t->locality }, { "O", t->organization },
                                       { "OU", t->unit }, { "CN", name }, { "emailAddress", t->email }, { 0 } };
    return host_request(h, name, subject, now, out, e);
}

bool lab_request_by_dn(struct lab_host *h, const char *dn, int64_t now, struct buf *out, struct err *e)
{
    static const char *const types[] = { "CN", "C", "ST", "L", "O", "OU", "DC", "emailAddress" };
    char text[DN_MAX];
    struct lab_rdn subject[RDNS] = { { 0 } };
    size_t len = 0;
    if (!text_copy(text, sizeof(text), dn) || !*text)
        return err_set(e, ERR_INPUT, "a distinguished name has 1 to %d bytes", DN_MAX - 1);
    for (char *at = text, *next; at; at = next) {
        at += strspn(at, " ");
        next = strchr(at, ',');
        if (next)
            *next++ = '\0';
        char *value = strchr(at, '=');
        size_t n = 0;
        if (value)
            *value++ = '\0';
        while (value && n < ARRAY_LEN(types) && !text_caseeq(at, types[n]))
            n++;
        if (!value || !*value || n == ARRAY_LEN(types) || len + 1 == RDNS || !text_utf8(value, strlen(value)))
            return err_set(e, ERR_INPUT, "not a distinguished name as CN=esx1.example,O=Example: %s", dn);
        subject[len++] = (struct lab_rdn){ types[n], value };
    }
    return host_request(h, h->at.name, subject, now, out, e);
}

bool lab_request_usual(struct lab_endpoint *ep, int64_t now, struct buf *out, struct err *e)
{
    static const struct lab_wish nothing = { .bits = 0 };
    return ep->kind == LAB_HOST ? lab_request_host(CONTAINER_OF(ep, struct lab_host, at), false, now, out, e)
                                : lab_request_machine(ep, &nothing, now, out, e);
}

/* ---- a root ---- */

bool lab_wish_root(const struct lab_vcenter *vc, const struct lab_wish *w, struct buf *out, struct err *e)
{
    bool late = vc->vmca->version >= LAB_80;
    char san[SAN_MAX] = "";
    unsigned bits = w->bits ? w->bits : lab_shape_root_bits(vc->vmca->version);
    if (!lab_wish_check(w, e))
        return false;
    if (bits < 2048 || bits > LAB_MADE_BITS_MAX || bits % 1024)
        return err_set(e, ERR_INPUT, "key_size is 2048, 3072 or 4096");
    if (w->names)
        add_names(san, w->names);
    const char *const rdns[][2] = {
        { "CN", w->cn ? w->cn : vc->at.name }, { "DC", "vsphere" }, { "DC", "local" }, { "C", w->country ? w->country : "US" },
        { "ST", w->state ? w->state : "California" }, { "L", w->locality ? w->locality : "Palo Alto" },
        { "O", w->organization ? w->organization : "VMware" },
        { "OU", w->unit ? w->unit : late ? NULL : "VMware Engineering" }, { "emailAddress", w->email },
    };
    json_t *names = json_array();
    for (size_t i = 0; i < ARRAY_LEN(rdns); i++) {
        if (!rdns[i][1])
            continue;
        (void)json_array_append_new(names, json_string(rdns[i][0]));
        (void)json_array_append_new(names, json_string(rdns[i][1]));
    }
    AUTO(wire_json_decrefp) json_t *j = json_pack("{s:i, s:o}", "bits", (int)bits, "names", names);
    if (j && *san)
        (void)json_object_set_new(j, "san", json_string(san));
    return wire_json_write(out, j, e);
}
