#include "trust/constraint.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "trust/cert_fields.h"
#include "trust/dn.h"
#include "trust/general_name.h"
#include "trust/hostname.h"
#include "trust/oid.h"

/* ---- well-formed? ---- */

static bool mask_ok(struct der range)
{
    size_t half = range.len / 2;
    bool zero = false;
    if (range.len != 8 && range.len != 32)
        return false;
    for (size_t i = 0; i < half; i++)
        for (unsigned bit = 0x80; bit; bit >>= 1) {
            bool set = range.p[half + i] & bit;
            if (set && zero)
                return false;
            zero |= !set;
        }
    return true;
}

/* Letters, digits, hyphens and underscores between single dots; nothing else. Empty means "every name". */
static bool dns_base_ok(struct der v)
{
    return v.len == 0 || hostname_ok((const char *)v.p, v.len);
}

static bool email_base_ok(struct der v)
{
    const uint8_t *at = v.len ? memchr(v.p, '@', v.len) : NULL;
    struct der domain = v;
    if (at) {
        if (at == v.p)
            return false;
        domain = (struct der){ at + 1, v.len - (size_t)(at + 1 - v.p) };
        return hostname_ok((const char *)domain.p, domain.len);
    }
    if (domain.len && domain.p[0] == '.') {
        domain.p++;
        domain.len--;
    }
    return hostname_ok((const char *)domain.p, domain.len);
}

static bool uri_base_ok(struct der v)
{
    if (v.len && v.p[0] == '.') {
        v.p++;
        v.len--;
    }
    return hostname_ok((const char *)v.p, v.len);
}

static bool base_ok(const struct general_name *n)
{
    uint8_t room[TRUST_DN_MAX];
    size_t len;
    switch (n->kind) {
    case NAME_DNS: return dns_base_ok(n->value);
    case NAME_EMAIL: return email_base_ok(n->value);
    case NAME_URI: return uri_base_ok(n->value);
    case NAME_IP: return mask_ok(n->value);
    case NAME_DIRECTORY: return dn_canonical(n->value, room, sizeof(room), &len);
    case NAME_OTHER:
    case NAME_X400:
    case NAME_EDI:
    case NAME_REGISTERED_ID: return true;
    }
    return false;
}

/* GeneralSubtree: base, minimum 0 (DER leaves the default out; an explicit 0 is tolerated), no maximum. */
static bool take_subtree(struct der *in, struct general_name *ret)
{
    struct der s, field;
    uint32_t minimum;
    if (!der_take(in, DER_SEQUENCE, &s) || !general_name_next(&s, ret))
        return false;
    if (der_at(&s, DER_CONTEXT(0)) && (!der_take(&s, DER_CONTEXT(0), &field) || !der_small(field, &minimum) || minimum))
        return false;
    return s.len == 0;
}

struct subtrees {
    struct der permitted, excluded;
};

static bool split(struct der in, struct subtrees *ret)
{
    *ret = (struct subtrees){ 0 };
    if (der_at(&in, DER_CONTEXT_CONSTRUCTED(0)) &&
        (!der_take(&in, DER_CONTEXT_CONSTRUCTED(0), &ret->permitted) || ret->permitted.len == 0))
        return false;
    if (der_at(&in, DER_CONTEXT_CONSTRUCTED(1)) &&
        (!der_take(&in, DER_CONTEXT_CONSTRUCTED(1), &ret->excluded) || ret->excluded.len == 0))
        return false;
    return in.len == 0 && (ret->permitted.p || ret->excluded.p);
}

static bool subtrees_ok(struct der in)
{
    struct general_name base;
    while (in.len)
        if (!take_subtree(&in, &base) || !base_ok(&base))
            return false;
    return true;
}

bool constraints_ok(struct der constraints)
{
    struct subtrees t;
    return split(constraints, &t) && subtrees_ok(t.permitted) && subtrees_ok(t.excluded);
}

/* ---- inside? ---- */

/* How a name lies to a subtree. PARTLY: a wildcard of which some names are inside and some are not. */
enum within { OUTSIDE, PARTLY, INSIDE, UNREADABLE };

static bool ends_in_label(const char *name, size_t len, const char *base, size_t base_len)
{
    if (base_len == 0)
        return true;
    if (len < base_len || !text_caseeq_n(name + (len - base_len), base_len, base, base_len))
        return false;
    return len == base_len || name[len - base_len - 1] == '.';
}

static enum within dns_within(struct der name, struct der base)
{
    const char *n = (const char *)name.p, *b = (const char *)base.p;
    size_t len = name.len;
    bool wildcard = len > 2 && n[0] == '*' && n[1] == '.';
    if (wildcard) {
        n += 2;
        len -= 2;
    }
    if (!hostname_ok(n, len))
        return UNREADABLE;
    if (ends_in_label(n, len, b, base.len))
        return INSIDE;
    /* *.example.com meets foo.example.com: one label more than what follows the asterisk. */
    if (wildcard && base.len > len && ends_in_label(b, base.len, n, len) &&
        !memchr(b, '.', base.len - len - 1))
        return PARTLY;
    return OUTSIDE;
}

static enum within email_within(struct der name, struct der base)
{
    const char *n = (const char *)name.p, *b = (const char *)base.p;
    const char *at = NULL;
    for (size_t i = 0; i < name.len; i++)
        if (n[i] == '@') {
            if (at)
                return UNREADABLE;
            at = n + i;
        }
    if (!at || at == n || !hostname_ok(at + 1, name.len - (size_t)(at + 1 - n)))
        return UNREADABLE;
    size_t domain_len = name.len - (size_t)(at + 1 - n);
    const char *base_at = memchr(b, '@', base.len);
    if (base_at) { /* one mailbox: the local part as it is, the host without regard to case */
        size_t local = (size_t)(base_at - b);
        return local == (size_t)(at - n) && memcmp(b, n, local) == 0 &&
                       text_caseeq_n(base_at + 1, base.len - local - 1, at + 1, domain_len)
                   ? INSIDE
                   : OUTSIDE;
    }
    if (b[0] == '.') /* every host below, not the domain itself */
        return domain_len > base.len && text_caseeq_n(at + 1 + (domain_len - base.len), base.len, b, base.len)
                   ? INSIDE
                   : OUTSIDE;
    return text_caseeq_n(at + 1, domain_len, b, base.len) ? INSIDE : OUTSIDE;
}

/* The host of scheme://[user@]host[:port][/...]. Anything else, an address too, can't be judged (4.2.1.10). */
static bool uri_host(struct der uri, struct der *ret)
{
    const char *p = (const char *)uri.p, *end = p + uri.len, *start = NULL;
    for (const char *c = p; c + 2 < end; c++)
        if (c[0] == ':' && c[1] == '/' && c[2] == '/') {
            start = c + 3;
            break;
        }
    if (!start || start == p + 3)
        return false;
    const char *stop = start;
    while (stop < end && *stop != '/' && *stop != '?' && *stop != '#')
        stop++;
    for (const char *c = start; c < stop; c++)
        if (*c == '@')
            start = c + 1;
    for (const char *c = start; c < stop; c++)
        if (*c == ':')
            stop = c;
    *ret = (struct der){ (const uint8_t *)start, (size_t)(stop - start) };
    return hostname_ok(start, ret->len) && !hostname_is_address_like(start, ret->len);
}

static enum within uri_within(struct der name, struct der base)
{
    struct der host;
    if (!uri_host(name, &host))
        return UNREADABLE;
    const char *h = (const char *)host.p, *b = (const char *)base.p;
    if (base.len && b[0] == '.')
        return host.len > base.len && text_caseeq_n(h + (host.len - base.len), base.len, b, base.len) ? INSIDE
                                                                                                      : OUTSIDE;
    return text_caseeq_n(h, host.len, b, base.len) ? INSIDE : OUTSIDE;
}

static enum within ip_within(struct der name, struct der base)
{
    if (base.len != 2 * name.len)
        return OUTSIDE;
    for (size_t i = 0; i < name.len; i++)
        if ((name.p[i] ^ base.p[i]) & base.p[name.len + i])
            return OUTSIDE;
    return INSIDE;
}

static enum within directory_within(struct der name, struct der base)
{
    uint8_t left[TRUST_DN_MAX], right[TRUST_DN_MAX];
    size_t left_len, right_len;
    if (!dn_canonical(name, left, sizeof(left), &left_len) || !dn_canonical(base, right, sizeof(right), &right_len))
        return UNREADABLE;
    return left_len >= right_len && memcmp(left, right, right_len) == 0 ? INSIDE : OUTSIDE;
}

/* SmtpUTF8Mailbox: an otherName that rfc822Name constraints speak of (RFC 9598 section 6). What can't be read as one is
 * handed on whole: then it is no mail address either. */
static bool smtp_mailbox(const struct general_name *n, struct der *ret)
{
    struct der in = n->value, oid, value;
    if (n->kind != NAME_OTHER || !der_take(&in, DER_OID, &oid) || !der_equal(oid, DER_OF(OID_SMTP_MAILBOX)))
        return false;
    if (!der_take(&in, DER_CONTEXT_CONSTRUCTED(0), &value) || in.len || !der_take(&value, DER_UTF8, ret) || value.len)
        *ret = n->value;
    return true;
}

static enum within name_within(const struct general_name *n, struct der base)
{
    switch (n->kind) {
    case NAME_DNS: return dns_within(n->value, base);
    case NAME_EMAIL: return email_within(n->value, base);
    case NAME_URI: return uri_within(n->value, base);
    case NAME_IP: return ip_within(n->value, base);
    case NAME_DIRECTORY: return directory_within(n->value, base);
    case NAME_OTHER:
    case NAME_X400:
    case NAME_EDI:
    case NAME_REGISTERED_ID: return UNREADABLE; /* "either process the constraint or reject" (4.2.1.10) */
    }
    return UNREADABLE;
}

static enum constraint_result check_name(const struct subtrees *t, const struct general_name *n, unsigned *work)
{
    struct general_name base;
    struct der in = t->excluded;
    while (take_subtree(&in, &base)) {
        if ((*work)-- == 0)
            return CONSTRAINT_TOO_MUCH;
        if (base.kind == n->kind && name_within(n, base.value) != OUTSIDE)
            return CONSTRAINT_BROKEN;
    }
    bool constrained = false;
    in = t->permitted;
    while (take_subtree(&in, &base)) {
        if ((*work)-- == 0)
            return CONSTRAINT_TOO_MUCH;
        if (base.kind != n->kind)
            continue;
        constrained = true;
        if (name_within(n, base.value) == INSIDE)
            return CONSTRAINT_OK;
    }
    return constrained ? CONSTRAINT_BROKEN : CONSTRAINT_OK;
}

/* The names of one certificate, one after the other, until one is not allowed. */
struct walk {
    const struct subtrees *subtrees;
    unsigned *work;
    enum constraint_result result;
    struct general_name at;
};

static bool walk_name(struct walk *w, const struct general_name *n)
{
    w->at = *n;
    w->result = check_name(w->subtrees, n, w->work);
    return w->result == CONSTRAINT_OK;
}

static bool walk_email(void *self, uint8_t tag, struct der value)
{
    (void)tag;
    return walk_name(self, &(struct general_name){ NAME_EMAIL, value });
}

enum constraint_result constraints_check(struct der constraints, const struct trust_cert *c, unsigned *work,
                                         char *broken, size_t broken_size)
{
    struct subtrees t;
    if (!split(constraints, &t))
        return CONSTRAINT_BROKEN;
    struct walk w = { .subtrees = &t, .work = work };
    struct general_name n = { NAME_DIRECTORY, c->subject.der };
    bool ok = c->subject.len == 0 || walk_name(&w, &n);
    struct der names = c->alt_names;
    struct der mailbox;
    while (ok && general_name_next(&names, &n))
        ok = walk_name(&w, &n) && (!smtp_mailbox(&n, &mailbox) || walk_email(&w, DER_UTF8, mailbox));
    /* Mail addresses in the subject, the old form, count when there is no subjectAltName (4.2.1.10). */
    if (ok && !c->alt_names.p)
        ok = dn_each(c->subject.der, DER_OF(OID_EMAIL_ADDRESS), walk_email, &w);
    if (!ok && broken)
        general_name_text(&w.at, broken, broken_size);
    return w.result;
}

enum constraint_result constraints_check_host(struct der constraints, const char *host, unsigned *work)
{
    struct subtrees t;
    uint8_t address[16];
    if (!split(constraints, &t))
        return CONSTRAINT_BROKEN;
    size_t len = hostname_address(host, address);
    struct general_name n = len ? (struct general_name){ NAME_IP, { address, len } }
                                : (struct general_name){ NAME_DNS, { (const uint8_t *)host, strlen(host) } };
    return check_name(&t, &n, work);
}
