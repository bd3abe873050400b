/* flow/people.h - deeds with organizations, users and roles: each checks who may, does it in one transaction with its audit
 * lines, and ends the sessions that must not go on. Called by the API's handlers; both faces share these.
 *
 * The rules. Nobody gives a right that he has not, nor changes somebody who has one that he has not. Users of an
 * organization manage that one only; what is in another is not there for them (ERR_NOT_FOUND). One enabled system
 * administrator always stays. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "flow/org.h"
#include "flow/role.h"
#include "flow/user.h"

struct arena;
struct caller;
struct site;

/* The organization in which somebody acts now: the tenant context, else his own. */
const char *people_org(const struct caller *c);

/* What is asked for; NULL leaves a member as it is, or empty for a new user. */
struct people_user {
    const char *name;                 /* can't be changed */
    const char *full_name, *email, *description, *telephone;
    const char *org;                  /* URN; for a new user, NULL = people_org */
    const char *role, *role_name;     /* URN, or name where that is NULL */
    const struct secret *password;
    const struct secret *current;     /* his old password: from one who changes his own without RIGHT_USER_MANAGE */
    enum { PEOPLE_AS_IS, PEOPLE_ENABLED, PEOPLE_DISABLED } state; /* as is: a new one is enabled */
};

MUST_USE bool people_user_add(const struct site *s, const struct caller *c, const struct people_user *what,
                              struct arena *a, struct user *ret, struct err *e);
/* Disabling him, or a new password, ends his sessions, but the one that asks. */
MUST_USE bool people_user_change(const struct site *s, const struct caller *c, const char *urn,
                                 const struct people_user *what, struct arena *a, struct user *ret, struct err *e);
/* His sessions and API tokens go as well. Not oneself. */
MUST_USE bool people_user_remove(const struct site *s, const struct caller *c, const char *urn, struct err *e);
/* Whether c may see the user: himself, or with RIGHT_USER_VIEW those of his organization; a provider all. */
bool people_user_seen(const struct caller *c, const struct user *u);

/* o->urn NULL: a new one. */
MUST_USE bool people_org_save(const struct site *s, const struct caller *c, struct org *o, struct arena *a, struct err *e);
/* It must be disabled and empty. */
MUST_USE bool people_org_remove(const struct site *s, const struct caller *c, const char *urn, struct err *e);

/* r->urn NULL: a new one in r->org. */
MUST_USE bool people_role_save(const struct site *s, const struct caller *c, struct role *r, struct arena *a, struct err *e);
MUST_USE bool people_role_remove(const struct site *s, const struct caller *c, const char *urn, struct err *e);
