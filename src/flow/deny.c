#include "flow/deny.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "flow/site.h"
#include "net/address.h"
#include "net/hosts.h"
#include "net/range.h"
#include "net/resolve.h"
#include "store/endpoint.h"
#include "store/setting.h"
#include "store/store.h"

#define KEY "test-connection.denied" /* the entries, one a line */

struct deny {
    struct arena *arena;
    struct range *ranges;
    size_t ranges_len, ranges_cap;
    const char **names; /* lower case; each stands for itself and what is below it */
    size_t names_len, names_cap;
};

static void add_range(struct deny *d, const struct range *r)
{
    d->ranges = arena_room(d->arena, d->ranges, d->ranges_len, &d->ranges_cap, sizeof(*d->ranges));
    d->ranges[d->ranges_len++] = *r;
}

static void add_name(struct deny *d, const char *name)
{
    d->names = arena_room(d->arena, d->names, d->names_len, &d->names_cap, sizeof(*d->names));
    char *copy = arena_strdup(d->arena, name);
    for (char *p = copy; *p; p++)
        *p = text_lower(*p);
    d->names[d->names_len++] = copy;
}

static void add_address(struct deny *d, const struct address *a)
{
    struct range r = { .first = *a, .bits = a->family == ADDRESS_V4 ? 32 : 128 };
    add_range(d, &r);
}

/* An address, a range, or a name. */
static void add_any(struct deny *d, const char *text)
{
    struct range r;
    struct err none;
    if (range_parse(text, &r, &none))
        add_range(d, &r);
    else
        add_name(d, text);
}

/* ---- the provider's list ---- */

static bool canonical(const char *text, char out[DENY_ENTRY_TEXT], struct err *e)
{
    struct range r;
    struct err why;
    if (range_parse(text, &r, &why)) {
        range_write(&r, out);
        return true;
    }
    if (strchr(text, '/'))
        return err_set(e, ERR_INPUT, "%s", why.msg);
    size_t len = strlen(text);
    if (len > 0 && text[len - 1] == '.')
        len--;
    if (!hosts_name_valid(text) || len >= DENY_ENTRY_TEXT)
        return err_set(e, ERR_INPUT, "an entry is an address, a range such as 10.0.0.0/8, or a domain name");
    for (size_t i = 0; i < len; i++)
        out[i] = text_lower(text[i]);
    out[len] = '\0';
    return true;
}

bool deny_list(struct store *s, struct arena *a, const char *const **ret, size_t *ret_len, struct err *e)
{
    const char *text, **list = arena_array(a, DENY_ENTRIES_MAX + 1, sizeof(*list));
    struct err why = { 0 };
    size_t len = 0;
    if (!store_setting_get(s, KEY, a, &text, &why)) {
        if (why.kind != ERR_NOT_FOUND)
            return err_set(e, why.kind, "%s", why.msg);
        text = "";
    }
    while (*text && len < DENY_ENTRIES_MAX) {
        size_t n = strcspn(text, "\n");
        list[len++] = arena_strndup(a, text, n);
        text += n + (text[n] == '\n');
    }
    *ret = list;
    *ret_len = len;
    return true;
}

static bool write_list(struct store *s, const char *const *list, size_t len, const struct store_by *by, struct err *e)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, STORE_SETTING_MAX);
    for (size_t i = 0; i < len; i++)
        if (!buf_printf(&text, e, i ? "\n%s" : "%s", list[i]))
            return err_in(e, "the deny list");
    return len ? store_setting_put(s, KEY, buf_str(&text), by, e) : store_setting_remove(s, KEY, by, e);
}

/* Where it stands, or len. */
static size_t place_of(const char *const *list, size_t len, const char *entry)
{
    size_t i = 0;
    while (i < len && strcmp(list[i], entry) != 0)
        i++;
    return i;
}

bool deny_add(struct store *s, const char *text, const struct store_by *by, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *const *list;
    char entry[DENY_ENTRY_TEXT];
    size_t len;
    if (!canonical(text, entry, e) || !deny_list(s, &a, &list, &len, e))
        return false;
    if (place_of(list, len, entry) < len)
        return err_set(e, ERR_CONFLICT, "%s is on the list already", entry);
    if (len == DENY_ENTRIES_MAX)
        return err_set(e, ERR_LIMIT, "the list holds %d entries, which is the most", DENY_ENTRIES_MAX);
    const char **more = arena_array(&a, len + 1, sizeof(*more));
    for (size_t i = 0; i < len; i++)
        more[i] = list[i];
    more[len] = entry;
    return write_list(s, more, len + 1, by, e);
}

bool deny_remove(struct store *s, const char *text, const struct store_by *by, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *const *list;
    char entry[DENY_ENTRY_TEXT];
    size_t len, n = 0;
    if (!canonical(text, entry, e) || !deny_list(s, &a, &list, &len, e))
        return false;
    size_t at = place_of(list, len, entry);
    if (at == len)
        return err_set(e, ERR_NOT_FOUND, "%s is not on the list", entry);
    const char **fewer = arena_array(&a, len, sizeof(*fewer));
    for (size_t i = 0; i < len; i++)
        if (i != at)
            fewer[n++] = list[i];
    return write_list(s, fewer, n, by, e);
}

/* ---- everything that holds for a tenant ---- */

struct reading {
    struct deny *deny;
    const char **resolve; /* names of vCenters and NSX Managers, to be looked up after the list */
    size_t resolve_len, resolve_cap;
    char last[STORE_ENDPOINT_MAX + 1];
    size_t rows;
};

static bool on_endpoint(void *self, const struct store_endpoint *ep, struct err *e)
{
    struct reading *r = self;
    struct deny *d = r->deny;
    (void)e;
    r->rows++;
    (void)text_copy(r->last, sizeof(r->last), ep->key);
    if (ep->kind == TRUST_FOR_ADDRESS)
        return true;
    add_any(d, ep->host);
    for (size_t i = 0; i < ep->names_len; i++)
        add_any(d, ep->names[i]);
    if (ep->kind != TRUST_FOR_ESXI) {
        r->resolve = arena_room(d->arena, r->resolve, r->resolve_len, &r->resolve_cap, sizeof(*r->resolve));
        r->resolve[r->resolve_len++] = arena_strdup(d->arena, ep->host);
    }
    return true;
}

/* vCenters, NSX Managers and hosts, by everything that the cell knows of them. */
static bool add_infrastructure(const struct site *site, struct store *s, struct deny *d, struct err *e)
{
    struct reading r = { .deny = d };
    struct store_endpoint_query q = { 0 };
    do {
        r.rows = 0;
        if (!store_endpoint_list(s, &q, on_endpoint, &r, e))
            return false;
        q.after = arena_strdup(d->arena, r.last);
    } while (r.rows == STORE_PAGE_MAX);
    for (size_t i = 0; i < r.resolve_len; i++) {
        struct resolve_answer at;
        struct err none;
        if (!resolve_now(site->resolver, r.resolve[i], 0, &at, &none))
            continue;
        for (size_t k = 0; k < at.len; k++)
            add_address(d, &at.addresses[k]);
    }
    return true;
}

static void add_own(const struct site *site, struct deny *d)
{
    struct range local[RANGE_LOCAL_MAX];
    size_t n = range_local(local, RANGE_LOCAL_MAX);
    for (size_t i = 0; i < n; i++)
        add_range(d, &local[i]);
    if (site->cell_address)
        add_any(d, site->cell_address);
    if (site->cell_name)
        add_any(d, site->cell_name);
}

bool deny_load(const struct site *site, struct store *s, struct arena *a, const struct deny **ret, struct err *e)
{
    struct deny *d = arena_alloc(a, sizeof(*d));
    const char *const *list;
    size_t len;
    d->arena = a;
    if (!deny_list(s, a, &list, &len, e) || !add_infrastructure(site, s, d, e))
        return err_in(e, "what a tenant may not reach");
    for (size_t i = 0; i < len; i++)
        add_any(d, list[i]);
    add_own(site, d);
    *ret = d;
    return true;
}

/* Nobody's business is there, whatever the list says. */
static bool never(const struct address *a)
{
    switch (address_class(a)) {
    case ADDRESS_GLOBAL:
    case ADDRESS_PRIVATE:
        return false;
    case ADDRESS_UNSPECIFIED:
    case ADDRESS_LOOPBACK:
    case ADDRESS_LINK_LOCAL:
    case ADDRESS_MULTICAST:
    case ADDRESS_RESERVED:
        break;
    }
    return true;
}

bool deny_address(const struct deny *d, const struct address *a)
{
    if (never(a))
        return true;
    for (size_t i = 0; i < d->ranges_len; i++)
        if (range_holds(&d->ranges[i], a))
            return true;
    return false;
}

/* name is `of`, or below it. */
static bool within(const char *name, size_t len, const char *of)
{
    size_t n = strlen(of);
    return len >= n && text_caseeq_n(name + len - n, n, of, n) && (len == n || name[len - n - 1] == '.');
}

bool deny_name(const struct deny *d, const char *host)
{
    struct address a;
    struct err none;
    size_t len = strlen(host);
    if (len > 0 && host[len - 1] == '.')
        len--;
    if (address_parse(host, 0, &a, &none))
        return deny_address(d, &a);
    for (size_t i = 0; i < d->names_len; i++)
        if (within(host, len, d->names[i]))
            return true;
    return false;
}
