#include "trust/general_name.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "trust/dn.h"

bool general_name_next(struct der *names, struct general_name *ret)
{
    struct der after = *names, value;
    uint8_t tag;
    if (!der_next(&after, &tag, &value, NULL) || (tag & 0xc0) != 0x80 || (tag & 0x1f) > NAME_REGISTERED_ID)
        return false;
    struct general_name n = { .kind = (enum general_name_kind)(tag & 0x1f), .value = value };
    bool constructed = tag & 0x20;
    bool want = n.kind == NAME_OTHER || n.kind == NAME_X400 || n.kind == NAME_DIRECTORY || n.kind == NAME_EDI;
    if (constructed != want)
        return false;
    if (n.kind == NAME_DIRECTORY && (!der_take(&value, DER_SEQUENCE, &n.value) || value.len))
        return false;
    *names = after;
    *ret = n;
    return true;
}

static bool printable(struct der v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.p[i] <= 0x20 || v.p[i] >= 0x7f)
            return false;
    return v.len != 0;
}

static bool name_ok(const struct general_name *n)
{
    uint8_t room[TRUST_DN_MAX];
    size_t len;
    switch (n->kind) {
    case NAME_EMAIL:
    case NAME_DNS:
    case NAME_URI: return printable(n->value);
    case NAME_IP: return n->value.len == 4 || n->value.len == 16;
    case NAME_DIRECTORY: return dn_canonical(n->value, room, sizeof(room), &len);
    case NAME_REGISTERED_ID: return der_oid(n->value);
    case NAME_OTHER:
    case NAME_X400:
    case NAME_EDI: return true;
    }
    return false;
}

bool general_names_ok(struct der names)
{
    struct general_name n;
    if (names.len == 0)
        return false;
    while (general_name_next(&names, &n))
        if (!name_ok(&n))
            return false;
    return names.len == 0;
}

void general_name_text(const struct general_name *n, char *out, size_t size)
{
    static const char *const labels[] = { "other", "email:", "DNS:", "x400", "dirName:", "ediParty", "URI:", "IP:",
                                          "registeredID" };
    char text[260] = "";
    if (n->kind == NAME_EMAIL || n->kind == NAME_DNS || n->kind == NAME_URI)
        text_escape(text, sizeof(text), (const char *)n->value.p, n->value.len);
    else if (n->kind == NAME_DIRECTORY)
        dn_text(n->value, text, sizeof(text));
    else if (n->kind == NAME_IP && (n->value.len == 4 || n->value.len == 16))
        (void)inet_ntop(n->value.len == 4 ? AF_INET : AF_INET6, n->value.p, text, sizeof(text));
    (void)snprintf(out, size, "%s%s", labels[n->kind], text);
}

bool general_name_same(const struct general_name *a, const struct general_name *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == NAME_DNS || a->kind == NAME_EMAIL)
        return text_caseeq_n((const char *)a->value.p, a->value.len, (const char *)b->value.p, b->value.len);
    if (a->kind != NAME_DIRECTORY)
        return der_equal(a->value, b->value);
    uint8_t left[TRUST_DN_MAX], right[TRUST_DN_MAX];
    size_t left_len, right_len;
    return dn_canonical(a->value, left, sizeof(left), &left_len) &&
           dn_canonical(b->value, right, sizeof(right), &right_len) && left_len == right_len &&
           memcmp(left, right, left_len) == 0;
}
