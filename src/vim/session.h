/* vim/session.h - one account at one vCenter Server: logged in when needed, over SOAP and over REST, each with its own
 * session there. Shared by all threads; every call blocks: pool threads and the CLI.
 *
 * The journey of a call: the first one reads the service content and logs in; a session that has run out is noticed by
 * the answer, replaced by one new login, and the call is repeated, once. A password that was rejected is never sent
 * again by this object (retry storms lock accounts): every later call is ERR_DENIED at once, until a new one is made. */
#pragma once
#include <jansson.h>

#include "vim/about.h"
#include "vim/soap_call.h"

struct secret;
struct vim_session;

/* ep is borrowed; user and password are copied. ERR_INPUT: empty, too long, or a colon in the user's name, which HTTP
 * Basic can't say (RFC 7617 section 2). */
MUST_USE bool vim_session_create(struct vim_endpoint *ep, const char *user, const struct secret *password,
                                 struct vim_session **ret, struct err *e);
/* Wipes; says nothing to the server. */
struct vim_session *vim_session_destroy(struct vim_session *s);
DEFINE_AUTO(vim_session_destroyp, struct vim_session *, vim_session_destroy)

struct vim_endpoint *vim_session_endpoint(struct vim_session *s);

/* Logs in now (SOAP), if it isn't. ERR_DENIED: the password was rejected, or had been. */
MUST_USE bool vim_session_login(struct vim_session *s, int64_t deadline_ms, struct err *e);
/* Ends both sessions at the server; the object can log in again. What fails is not said: sessions end by themselves. */
void vim_session_logout(struct vim_session *s, int64_t deadline_ms);
/* The password was rejected: nothing but a new object helps. */
bool vim_session_rejected(struct vim_session *s);

/* Read once; the same until the object is destroyed, but read again after each login. */
MUST_USE bool vim_session_about(struct vim_session *s, int64_t deadline_ms, struct vim_about *ret, struct err *e);

/* One method call as the account. fault may be NULL. m->bound: see there; such a call answers NotAuthenticated when the
 * session had run out, and the caller starts anew with its objects. */
MUST_USE bool vim_session_call(struct vim_session *s, const struct vim_method *m, int64_t deadline_ms, struct arena *a,
                               const struct xml_element **ret, struct vim_fault *fault, struct err *e);

enum {
    VIM_REST_ID_MAX = 4096,         /* bytes of a REST session's id */
    VIM_REST_LOGIN_MAX = 64 * 1024, /* bytes of the answer to a REST login */
};

/* The two families of URLs: /api with bare bodies (7.0U2 and later) and /rest, which wraps them in {"value": ..}. */
enum vim_rest_family { VIM_REST_API, VIM_REST_REST };

struct vim_rest_answer {
    bool absent;     /* this server has neither family of the path, or no REST at all: 6.7, vcsim. Not an error */
    json_t *value;   /* owned by the caller (json_decref), without the wrapping; NULL when absent */
};

/* GET "/vcenter/..", as the account. A 404 with a JSON error means that
 * the object is not there: ERR_NOT_FOUND; any other 404 that the server does not have the call. */
MUST_USE bool vim_session_get(struct vim_session *s, const char *path, int64_t deadline_ms, struct vim_rest_answer *ret,
                              struct err *e);

/* For unit tests and metrics: logins that were sent, of either kind. */
unsigned vim_session_logins(struct vim_session *s);
