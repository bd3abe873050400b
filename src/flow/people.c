#include "flow/people.h"

#include <string.h>

#include "base/arena.h"
#include "flow/caller.h"
#include "flow/init.h"
#include "flow/loan.h"
#include "flow/session.h"
#include "flow/site.h"
#include "flow/token.h"
#include "store/by.h"
#include "store/store.h"

const char *people_org(const struct caller *c)
{
    return c->tenant[0] ? c->tenant : c->org;
}

static bool is_his_org(const struct caller *c, const char *org)
{
    return c->system || strcmp(c->org, org) == 0;
}

bool people_user_seen(const struct caller *c, const struct user *u)
{
    return strcmp(u->urn, c->user) == 0 || (caller_may(c, RIGHT_USER_VIEW) && is_his_org(c, u->org));
}

static bool begin(const struct site *s, struct loan *l, struct err *e)
{
    return loan_begin(s->shelf, l, e) && store_begin(l->store, STORE_WRITE, e);
}

static bool gives_no_more(const struct caller *c, const struct role *r, struct err *e)
{
    return !(r->rights & ~c->rights) || err_set(e, ERR_DENIED, "the role %s has rights that you have not", r->name);
}

/* The role that is asked for, if any; it must be there for the organization. */
static bool choose_role(struct store *s, const struct caller *c, const struct people_user *what, struct arena *a,
                        struct user *u, struct err *e)
{
    struct role r;
    if (!what->role && !what->role_name)
        return u->role || err_set(e, ERR_INPUT, "roleEntityRefs is missing: a user has one role");
    bool found = what->role ? role_get(s, what->role, a, &r, e) : role_find(s, u->org, what->role_name, a, &r, e);
    if (!found && e->kind != ERR_NOT_FOUND)
        return false;
    if (!found || !role_serves(&r, u->org))
        return err_set(e, ERR_INPUT, "there is no such role in this organization");
    if (u->role && strcmp(u->role, r.urn) == 0)
        return true;
    u->role = r.urn;
    return gives_no_more(c, &r, e);
}

static void choose_texts(const struct people_user *what, struct user *u)
{
    u->full_name = what->full_name ? what->full_name : u->full_name;
    u->email = what->email ? what->email : u->email;
    u->description = what->description ? what->description : u->description;
    u->telephone = what->telephone ? what->telephone : u->telephone;
    if (what->state != PEOPLE_AS_IS)
        u->enabled = what->state == PEOPLE_ENABLED;
}

/* Asked of what a change would leave behind, before it is kept. */
static bool one_administrator_stays(struct store *s, struct err *e)
{
    bool there;
    if (!init_has_administrator(s, &there, e))
        return false;
    return there || err_set(e, ERR_INPUT, "this would leave the cell without an enabled system administrator");
}

static bool hash(const struct site *s, const struct secret *password, char ret[SECRET_HASH], struct err *e)
{
    ret[0] = '\0';
    return !password || session_password_hash(s->sessions, password, ret, e);
}

bool people_user_add(const struct site *s, const struct caller *c, const struct people_user *what, struct arena *a,
                     struct user *ret, struct err *e)
{
    char hashed[SECRET_HASH];
    struct org o;
    const struct store_by by = site_by(c, "api.users");
    struct user u = { .name = what->name, .org = what->org ? what->org : people_org(c), .full_name = "", .email = "",
                      .description = "", .telephone = "", .enabled = true };
    if (!caller_may(c, RIGHT_USER_MANAGE) || !is_his_org(c, u.org))
        return err_set(e, ERR_DENIED, "you may not make users in this organization");
    if (!what->name || !what->password)
        return err_set(e, ERR_INPUT, "a new user needs a name and a password");
    if (!hash(s, what->password, hashed, e))
        return false;
    choose_texts(what, &u);
    AUTO(loan_end) struct loan l = { 0 };
    if (!begin(s, &l, e))
        return false;
    if (!org_get(l.store, u.org, a, &o, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_INPUT, "there is no such organization") : false;
    if (!choose_role(l.store, c, what, a, &u, e) || !user_save(l.store, &u, &by, a, e) ||
        !user_save_hash(l.store, u.urn, hashed, &by, e) || !store_commit(l.store, e))
        return false;
    u.made_ms = by.at_ms;
    *ret = u;
    return true;
}

/* Whether c may change u at all, and what of him. */
static bool may_change(struct store *s, const struct caller *c, const struct user *u, const struct people_user *what,
                       struct arena *a, struct err *e)
{
    struct role r;
    if (!people_user_seen(c, u))
        return err_set(e, ERR_NOT_FOUND, "there is no user of this id");
    if (caller_may(c, RIGHT_USER_MANAGE))
        return role_get(s, u->role, a, &r, e) && gives_no_more(c, &r, e);
    if (strcmp(u->urn, c->user) != 0)
        return err_set(e, ERR_DENIED, "this needs the right \"%s\"", right_name(RIGHT_USER_MANAGE));
    if (what->state == PEOPLE_DISABLED || (what->password && !what->current))
        return err_set(e, ERR_DENIED, what->password ? "your own password is changed with currentPassword beside it"
                                                     : "you can't disable yourself");
    return true;
}

/* The user as he shall be; kept by the caller. */
static bool changed(struct store *s, const struct caller *c, const char *urn, const struct people_user *what,
                    struct arena *a, struct user *u, struct err *e)
{
    if (!user_get(s, urn, a, u, e) || !may_change(s, c, u, what, a, e))
        return false;
    if (what->name && strcmp(what->name, u->name) != 0)
        return err_set(e, ERR_INPUT, "the name of a user can't be changed");
    choose_texts(what, u);
    return choose_role(s, c, what, a, u, e);
}

/* The session in which it was asked for goes on. */
bool people_user_change(const struct site *s, const struct caller *c, const char *urn, const struct people_user *what,
                        struct arena *a, struct user *ret, struct err *e)
{
    char hashed[SECRET_HASH];
    struct user u;
    bool own = strcmp(urn, c->user) == 0;
    if (own && what->password && what->current && !session_password_check(s->sessions, c, what->current, e))
        return false;
    if (!own && !caller_may(c, RIGHT_USER_MANAGE)) /* before anything is hashed for him */
        return err_set(e, ERR_DENIED, "this needs the right \"%s\"", right_name(RIGHT_USER_MANAGE));
    if (!hash(s, what->password, hashed, e))
        return false;
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = site_by(c, "api.users");
    if (!begin(s, &l, e) || !changed(l.store, c, urn, what, a, &u, e) || !user_save(l.store, &u, &by, a, e) ||
        (hashed[0] && !user_save_hash(l.store, urn, hashed, &by, e)) || !one_administrator_stays(l.store, e))
        return false;
    bool ends = hashed[0] || !u.enabled;
    if ((ends && !session_remove_user(l.store, urn, own ? c->session : "", e)) || !store_commit(l.store, e))
        return false;
    if (ends)
        session_forget_user(s->sessions, urn);
    *ret = u;
    return true;
}

bool people_user_remove(const struct site *s, const struct caller *c, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = site_by(c, "api.users");
    const struct people_user nothing = { .name = NULL };
    struct user u;
    if (!caller_may(c, RIGHT_USER_MANAGE))
        return err_set(e, ERR_DENIED, "this needs the right \"%s\"", right_name(RIGHT_USER_MANAGE));
    if (strcmp(urn, c->user) == 0)
        return err_set(e, ERR_INPUT, "you can't delete yourself");
    if (!begin(s, &l, e) || !user_get(l.store, urn, &a, &u, e) || !may_change(l.store, c, &u, &nothing, &a, e) ||
        !token_remove_user(l.store, urn, &by, e) || !session_remove_user(l.store, urn, "", e) ||
        !user_remove(l.store, urn, &by, e) || !one_administrator_stays(l.store, e) || !store_commit(l.store, e))
        return false;
    session_forget_user(s->sessions, urn);
    return true;
}

static bool may_manage_orgs(const struct caller *c, struct err *e)
{
    return (c->system && caller_may(c, RIGHT_SYSTEM_SETTINGS_MANAGE)) ||
           err_set(e, ERR_DENIED, "organizations are managed by providers with the right \"%s\"",
                   right_name(RIGHT_SYSTEM_SETTINGS_MANAGE));
}

bool people_org_save(const struct site *s, const struct caller *c, struct org *o, struct arena *a, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = site_by(c, "api.orgs");
    struct org old = { .name = "" };
    if (!may_manage_orgs(c, e) || !begin(s, &l, e))
        return false;
    if (!o->urn)
        o->made_ms = by.at_ms;
    else if (!org_get(l.store, o->urn, a, &old, e))
        return false;
    if (o->urn && org_is_system(o->urn) && (!o->enabled || strcmp(o->name, old.name) != 0))
        return err_set(e, ERR_INPUT, "the System organization can't be disabled or get another name");
    return org_save(l.store, o, &by, a, e) && store_commit(l.store, e);
}

bool people_org_remove(const struct site *s, const struct caller *c, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = site_by(c, "api.orgs");
    struct org o;
    if (!may_manage_orgs(c, e) || !begin(s, &l, e) || !org_get(l.store, urn, &a, &o, e))
        return false;
    if (o.enabled && !org_is_system(urn))
        return err_set(e, ERR_INPUT, "the organization %s must be disabled before it is deleted", o.name);
    return org_remove(l.store, urn, &by, e) && store_commit(l.store, e);
}

static bool may_manage_role(const struct caller *c, const struct role *r, struct err *e)
{
    if (!caller_may(c, RIGHT_USER_MANAGE))
        return err_set(e, ERR_DENIED, "this needs the right \"%s\"", right_name(RIGHT_USER_MANAGE));
    return r->fixed || is_his_org(c, r->org) || err_set(e, ERR_NOT_FOUND, "there is no role of this id");
}

bool people_role_save(const struct site *s, const struct caller *c, struct role *r, struct arena *a, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = site_by(c, "api.roles");
    struct role old;
    struct org o;
    if (!may_manage_role(c, r, e) || !gives_no_more(c, r, e) || !begin(s, &l, e))
        return false;
    if (r->urn && (!role_get(l.store, r->urn, a, &old, e) || !may_manage_role(c, &old, e) || !gives_no_more(c, &old, e)))
        return false;
    if (!r->fixed && !org_get(l.store, r->org, a, &o, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_INPUT, "there is no such organization") : false;
    return role_save(l.store, r, &by, a, e) && one_administrator_stays(l.store, e) && store_commit(l.store, e);
}

bool people_role_remove(const struct site *s, const struct caller *c, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = site_by(c, "api.roles");
    struct role r;
    return begin(s, &l, e) && role_get(l.store, urn, &a, &r, e) && may_manage_role(c, &r, e) &&
           role_remove(l.store, urn, &by, e) && store_commit(l.store, e);
}
