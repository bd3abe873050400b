#include "lab/session.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "lab/rest_face.h"
#include "wire/http1.h"

/* Takes p out of the list and frees it with done. */
#define DROP(list, p, done)                       \
    do {                                          \
        __typeof__(p) gone_ = (p), *at_ = &(list); \
        while (*at_ && *at_ != gone_)             \
            at_ = &(*at_)->next;                  \
        if (*at_) {                               \
            *at_ = gone_->next;                   \
            done(gone_);                          \
            free(gone_);                          \
        }                                         \
    } while (0)

static void view_done(struct lab_view *v)
{
    free(v->members);
}

static void history_done(struct lab_history *h)
{
    free(h->request);
}

static void filter_done(struct lab_filter *f)
{
    free(f->request);
    for (size_t i = 0; i < f->known_cap; i++) {
        free(f->known[i].moid);
        free(f->known[i].told.hashes);
    }
    free(f->known);
}

static void collector_done(struct lab_collector *c)
{
    while (c->filters)
        DROP(c->filters, c->filters, filter_done);
}

static void page_done(struct lab_page *p)
{
    free(p->request);
    free(p->objects);
}

static void session_done(struct lab_session *s)
{
    while (s->views)
        lab_session_view_end(s, s->views);
    while (s->collectors)
        lab_session_collector_end(s, s->collectors);
    while (s->pages)
        lab_page_end(s, s->pages);
    while (s->histories)
        lab_session_history_end(s, s->histories);
}

void lab_session_end(struct lab_vcenter *vc, struct lab_session *s)
{
    DROP(vc->sessions, s, session_done);
}

void lab_session_view_end(struct lab_session *s, struct lab_view *v)
{
    DROP(s->views, v, view_done);
}

void lab_session_collector_end(struct lab_session *s, struct lab_collector *c)
{
    DROP(s->collectors, c, collector_done);
}

void lab_session_history_end(struct lab_session *s, struct lab_history *h)
{
    DROP(s->histories, h, history_done);
}

struct lab_history *lab_session_history(const struct lab_session *s, const char *moid)
{
    for (struct lab_history *h = s ? s->histories : NULL; h; h = h->next)
        if (!strcmp(h->moid, moid))
            return h;
    return NULL;
}

void lab_page_end(struct lab_session *s, struct lab_page *p)
{
    DROP(s->pages, p, page_done);
}

static bool collector_filter_end(struct lab_collector *c, const char *moid)
{
    struct lab_filter *f = c->filters;
    while (f && strcmp(f->moid, moid) != 0)
        f = f->next;
    if (!f)
        return false;
    DROP(c->filters, f, filter_done);
    return true;
}

bool lab_session_filter_end(struct lab_session *s, const char *moid)
{
    for (struct lab_collector *c = s->collectors; c; c = c->next)
        if (collector_filter_end(c, moid))
            return true;
    return false;
}

void lab_sessions_end(struct lab_vcenter *vc)
{
    while (vc->sessions)
        lab_session_end(vc, vc->sessions);
    (void)pthread_cond_broadcast(&vc->at.estate->news);
}

static void expire(struct lab_vcenter *vc, int64_t now_ms)
{
    size_t count = 0;
    struct lab_session *oldest = NULL;
    for (struct lab_session *s = vc->sessions, *next; s; s = next) {
        next = s->next;
        if (now_ms - s->last_ms > LAB_IDLE_MS) {
            lab_session_end(vc, s);
            continue;
        }
        count++;
        if (!oldest || s->last_ms < oldest->last_ms)
            oldest = s;
    }
    if (count > LAB_SESSIONS_MAX)
        lab_session_end(vc, oldest);
}

static bool right_password(struct lab_vcenter *vc, const char *user, const char *password)
{
    size_t len = strlen(vc->password);
    uint64_t lockout = vc->at.estate->scenario->lockout;
    bool same = text_caseeq(user, vc->user) && strlen(password) == len && !CRYPTO_memcmp(password, vc->password, len);
    if (vc->at.faults & LAB_FAULT_PASSWORD || (lockout && vc->wrong >= lockout))
        return false;
    if (!same && vc->wrong < UINT32_MAX)
        vc->wrong++;
    else if (same)
        vc->wrong = 0;
    return same;
}

static struct lab_session *open_session(struct lab_vcenter *vc, bool rest, int64_t now_ms)
{
    expire(vc, now_ms);
    struct lab_session *s = xcalloc(1, sizeof(*s));
    random_uuid(s->id);
    random_uuid(s->key);
    (void)text_copy(s->user, sizeof(s->user), LAB_PRINCIPAL);
    s->login_ms = s->last_ms = now_ms;
    s->rest = rest;
    s->next = vc->sessions;
    vc->sessions = s;
    return s;
}

struct lab_session *lab_session_login(struct lab_vcenter *vc, const char *user, const char *password, bool rest,
                                      int64_t now_ms, struct err *e)
{
    if (!right_password(vc, user, password)) {
        (void)err_set(e, ERR_DENIED, "Cannot complete login due to an incorrect user name or password.");
        return NULL;
    }
    return open_session(vc, rest, now_ms);
}

struct lab_session *lab_session_clone(struct lab_vcenter *vc, const char *ticket, int64_t now_ms)
{
    for (struct lab_session *s = vc->sessions; s; s = s->next) {
        if (!s->clone[0] || strlen(ticket) != strlen(s->clone) || CRYPTO_memcmp(s->clone, ticket, strlen(ticket)) != 0)
            continue;
        s->clone[0] = '\0';
        return open_session(vc, false, now_ms);
    }
    return NULL;
}

struct lab_session *lab_session_find(struct lab_vcenter *vc, const char *id, bool rest, int64_t now_ms)
{
    expire(vc, now_ms);
    for (struct lab_session *s = vc->sessions; s; s = s->next) {
        if (s->rest == rest && strlen(id) == strlen(s->id) && !CRYPTO_memcmp(s->id, id, strlen(id))) {
            s->last_ms = now_ms;
            s->calls++;
            return s;
        }
    }
    return NULL;
}

/* One cookie among others: name="value"; pyvmomi sends the attributes of Set-Cookie back as well. */
static bool cookie(const char *header, const char *name, char out[40])
{
    size_t name_len = strlen(name);
    for (const char *at = header; at; at = strchr(at, ';')) {
        at += strspn(at, "; ");
        if (strncmp(at, name, name_len) != 0 || at[name_len] != '=')
            continue;
        const char *value = at + name_len + 1 + (at[name_len + 1] == '"');
        size_t len = strcspn(value, "\"; ");
        if (len >= 40)
            return false;
        memcpy(out, value, len);
        out[len] = '\0';
        return true;
    }
    return false;
}

bool lab_cookie(const struct http1_head *head, const char *name, char out[40])
{
    for (size_t i = 0; i < head->fields_len; i++)
        if (text_caseeq(head->fields[i].name, "Cookie") && cookie(head->fields[i].value, name, out))
            return true;
    return false;
}

bool lab_session_basic(struct lab_vcenter *vc, const struct http1_head *head)
{
    char user[LAB_NAME], password[LAB_NAME];
    return lab_rest_basic(head, user, password) && right_password(vc, user, password);
}

struct lab_session *lab_session_of(struct lab_vcenter *vc, const struct http1_head *head, int64_t now_ms)
{
    char id[40];
    return lab_cookie(head, "vmware_soap_session", id) ? lab_session_find(vc, id, false, now_ms) : NULL;
}

void lab_session_moid(const struct lab_session *s, char out[LAB_MOID_MAX])
{
    char uuid[RANDOM_UUID];
    random_uuid(uuid);
    (void)snprintf(out, LAB_MOID_MAX, "session[%s]%s", s->key, uuid);
}

struct lab_view *lab_session_view(const struct lab_session *s, const char *moid)
{
    for (struct lab_view *v = s ? s->views : NULL; v; v = v->next)
        if (!strcmp(v->moid, moid))
            return v;
    return NULL;
}

/* The default collector is there as soon as it is spoken to. */
struct lab_collector *lab_session_collector(struct lab_session *s, const char *moid)
{
    const char *wanted = !strcmp(moid, "propertyCollector") ? "" : moid;
    for (struct lab_collector *c = s ? s->collectors : NULL; c; c = c->next)
        if (!strcmp(c->moid, wanted))
            return c;
    if (!s || *wanted)
        return NULL;
    struct lab_collector *c = xcalloc(1, sizeof(*c));
    c->next = s->collectors;
    s->collectors = c;
    return c;
}

bool lab_session_object(const struct lab_asking *k, const char *moid, enum lab_mo *ret)
{
    const struct lab_view *view = lab_session_view(k->session, moid);
    const struct lab_history *history = lab_session_history(k->session, moid);
    if (view)
        *ret = view->list ? MO_LIST_VIEW : MO_VIEW;
    else if (history)
        *ret = history->tasks ? MO_TASK_HISTORY : MO_EVENT_HISTORY;
    else if (k->session && lab_session_collector(k->session, moid))
        *ret = MO_COLLECTOR;
    else
        return false;
    return true;
}

struct lab_value *lab_user_session(const struct lab_asking *k, struct lab_value *parent, const char *name,
                                   const struct lab_session *s)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, parent, name, "UserSession");
    (void)lab_string(a, v, "key", s->key);
    (void)lab_string(a, v, "userName", s->user);
    (void)lab_string(a, v, "fullName", "Administrator vsphere.local");
    (void)lab_time(a, v, "loginTime", s->login_ms / 1000);
    (void)lab_time(a, v, "lastActiveTime", s->last_ms / 1000);
    (void)lab_string(a, v, "locale", "en");
    (void)lab_string(a, v, "messageLocale", "en");
    (void)lab_bool(a, v, "extensionSession", false);
    (void)lab_string(a, v, "ipAddress", s->ip);
    (void)lab_string(a, v, "userAgent", s->agent);
    (void)lab_long(a, v, "callCount", (int64_t)s->calls);
    return v;
}

struct lab_value *lab_session_list(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "UserSession");
    for (const struct lab_session *s = k->vc->sessions; s; s = s->next)
        if (!s->rest)
            (void)lab_user_session(k, list, NULL, s);
    return list;
}

/* Below the container, all levels or one. The tree is flat enough to say it by kind. */
static bool inside(const struct lab_asking *k, struct lab_object o, const struct lab_view *v)
{
    struct lab_object up = o;
    for (int depth = 0; depth < 8; depth++) {
        bool known;
        struct lab_value *parent = lab_property(k, up, "parent", &known);
        if (!parent || !lab_object_find(k, parent->text, &up))
            return false;
        if (!strcmp(parent->text, v->container))
            return true;
        if (!v->recursive)
            return false;
    }
    return false;
}

struct lab_value *lab_view_objects(const struct lab_asking *k, struct lab_object view)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "ManagedObjectReference");
    const struct lab_view *v = lab_session_view(k->session, view.moid);
    for (size_t i = 0; v && v->list && i < v->members_len; i++) {
        struct lab_object o;
        if (lab_object_find(k, v->members[i], &o))
            (void)lab_ref(k->arena, list, NULL, lab_object_type(o), lab_object_moid(k, o));
    }
    if (v && v->list)
        return list;
    bool everything = v && v->recursive && !strcmp(v->container, "group-d1");
    for (size_t i = 0; v && i < lab_inventory_len(k->vc); i++) {
        struct lab_object o;
        if (!lab_inventory_at(k->vc, i, &o))
            continue;
        bool wanted = !v->types_len;
        for (size_t j = 0; j < v->types_len && !wanted; j++)
            wanted = lab_type_is_a(lab_object_type(o), v->types[j]);
        if (wanted && o.mo != MO_ROOT && (everything || inside(k, o, v)))
            (void)lab_ref(k->arena, list, NULL, lab_object_type(o), lab_object_moid(k, o));
    }
    return list;
}

struct lab_value *lab_view_container(const struct lab_asking *k, struct lab_object view)
{
    const struct lab_view *v = lab_session_view(k->session, view.moid);
    struct lab_object o;
    return v && lab_object_find(k, v->container, &o) ? lab_ref(k->arena, NULL, NULL, lab_object_type(o), lab_object_moid(k, o))
                                                     : NULL;
}

struct lab_value *lab_view_types(const struct lab_asking *k, struct lab_object view)
{
    const struct lab_view *v = lab_session_view(k->session, view.moid);
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "String");
    for (size_t i = 0; v && i < v->types_len; i++)
        (void)lab_string(k->arena, list, NULL, v->types[i]);
    return list;
}

struct lab_value *lab_view_recursive(const struct lab_asking *k, struct lab_object view)
{
    const struct lab_view *v = lab_session_view(k->session, view.moid);
    return lab_bool(k->arena, NULL, NULL, v && v->recursive);
}
