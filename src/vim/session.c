#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cond.h"
#include "base/mem.h"
#include "base/text.h"
#include "vim/basic.h"
#include "vim/session_fields.h"
#include "wire/xml.h"

bool vim_session_create(struct vim_endpoint *ep, const char *user, const struct secret *password,
                        struct vim_session **ret, struct err *e)
{
    if (!vim_basic_check(user, password, vim_endpoint_name(ep), e))
        return false;
    struct vim_session *s = xcalloc(1, sizeof(*s));
    if (!secret_set(&s->password, password->bytes, password->len, e)) {
        free(s);
        return false;
    }
    s->ep = ep;
    s->user = xstrdup(user);
    (void)pthread_mutex_init(&s->lock, NULL);
    cond_init(&s->freed);
    *ret = s;
    return true;
}

struct vim_session *vim_session_destroy(struct vim_session *s)
{
    if (!s)
        return NULL;
    secret_done(&s->password);
    secret_done(&s->cookie);
    secret_done(&s->rest_id);
    (void)pthread_cond_destroy(&s->freed);
    (void)pthread_mutex_destroy(&s->lock);
    free(s->user);
    free(s);
    return NULL;
}

struct vim_endpoint *vim_session_endpoint(struct vim_session *s)
{
    return s->ep;
}

bool session_lock(struct vim_session *s, int64_t deadline_ms, struct err *e)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->held && cond_wait_until(&s->freed, &s->lock, deadline_ms)) {
    }
    bool mine = !s->held;
    s->held = true;
    (void)pthread_mutex_unlock(&s->lock);
    return mine || err_set(e, ERR_TIMEOUT, "%s: another login is still under way", vim_endpoint_name(s->ep));
}

void session_wait(struct vim_session *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->held)
        (void)pthread_cond_wait(&s->freed, &s->lock);
    s->held = true;
    (void)pthread_mutex_unlock(&s->lock);
}

void session_unlock(struct vim_session *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->held = false;
    (void)pthread_cond_signal(&s->freed);
    (void)pthread_mutex_unlock(&s->lock);
}

bool session_reject(struct vim_session *s, struct err *e)
{
    s->rejected = true;
    return session_may_try(s, e);
}

bool session_may_try(struct vim_session *s, struct err *e)
{
    if (!s->rejected)
        return true;
    char user[80];
    text_escape(user, sizeof(user), s->user, strlen(s->user));
    return err_set(e, ERR_DENIED, "%s rejected the password of %s; it is not tried again", vim_endpoint_name(s->ep), user);
}

static void login_args(struct xml_writer *w, const void *ctx)
{
    const struct vim_session *s = ctx;
    xml_leaf(w, "userName", s->user);
    xml_open(w, "password");
    xml_text_n(w, (const char *)s->password.bytes, s->password.len);
    xml_close(w);
}

/* No cookie goes along: Login with one that is logged in answers InvalidLogin as well. Lock held. */
static bool login(struct vim_session *s, int64_t deadline_ms, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_fault fault;
    struct vim_method m = { .name = "Login", .on = &s->about.session_manager, .args = login_args, .ctx = s, .once = true };
    if (!session_may_try(s, e))
        return false;
    if (!vim_about_read(s->ep, deadline_ms, &s->about, e))
        return false;
    s->about_known = true;
    s->logins++;
    struct vim_soap as = { s->ep, s->about.speak, NULL, deadline_ms, &a };
    if (!vim_soap_call(&as, &m, &answer, &s->cookie, &fault, e)) {
        if (vim_fault_is(&fault, "InvalidLogin"))
            return session_reject(s, e);
        /* A fault's text is the server's, which has just read the password: only its type is repeated. */
        return fault.type[0] ? err_set(e, vim_fault_kind(fault.type), "%s: Login: %s", vim_endpoint_name(s->ep), fault.type) : false;
    }
    s->soap_epoch++;
    return s->cookie.len || err_set(e, ERR_PEER, "%s: Login gave no session cookie", vim_endpoint_name(s->ep));
}

/* The version that a call is made in: an older server drops, or refuses, what a newer schema brought. Lock held. */
static const char *version_for(const struct vim_session *s, const char *since)
{
    return since && vim_version_compare(s->about.api_version, since) >= 0 ? since : s->about.speak;
}

/* A session to call with: logs in if there is none. */
static bool soap_session(struct vim_session *s, const char *since, int64_t deadline_ms, struct secret *ret_cookie,
                         char *ret_speak, uint64_t *ret_epoch, struct err *e)
{
    if (!session_lock(s, deadline_ms, e))
        return false;
    bool ok = (s->cookie.len || login(s, deadline_ms, e)) && secret_set(ret_cookie, s->cookie.bytes, s->cookie.len, e);
    if (ok) {
        *ret_epoch = s->soap_epoch;
        (void)text_copy(ret_speak, VIM_VERSION_MAX, version_for(s, since));
    }
    session_unlock(s);
    return ok;
}

bool vim_session_login(struct vim_session *s, int64_t deadline_ms, struct err *e)
{
    AUTO(secret_done) struct secret cookie = { 0 };
    char speak[VIM_VERSION_MAX];
    uint64_t epoch;
    return soap_session(s, NULL, deadline_ms, &cookie, speak, &epoch, e);
}

bool vim_session_rejected(struct vim_session *s)
{
    session_wait(s);
    bool rejected = s->rejected;
    session_unlock(s);
    return rejected;
}

unsigned vim_session_logins(struct vim_session *s)
{
    session_wait(s);
    unsigned logins = s->logins;
    session_unlock(s);
    return logins;
}

bool vim_session_about(struct vim_session *s, int64_t deadline_ms, struct vim_about *ret, struct err *e)
{
    if (!session_lock(s, deadline_ms, e))
        return false;
    bool ok = s->about_known || vim_about_read(s->ep, deadline_ms, &s->about, e);
    s->about_known = ok;
    if (ok)
        *ret = s->about;
    session_unlock(s);
    return ok;
}

/* The session with this epoch has run out; a newer one has not. */
static void soap_expired(struct vim_session *s, uint64_t epoch)
{
    session_wait(s);
    if (s->soap_epoch == epoch)
        secret_done(&s->cookie);
    session_unlock(s);
}

bool vim_session_call(struct vim_session *s, const struct vim_method *m, int64_t deadline_ms, struct arena *a,
                      const struct xml_element **ret, struct vim_fault *fault, struct err *e)
{
    struct vim_fault here = { 0 };
    fault = fault ? fault : &here;
    *fault = (struct vim_fault){ 0 };
    for (int again = 1;; again--) {
        AUTO(secret_done) struct secret cookie = { 0 };
        char speak[VIM_VERSION_MAX];
        uint64_t epoch;
        if (!soap_session(s, m->since, deadline_ms, &cookie, speak, &epoch, e))
            return false;
        struct vim_soap as = { s->ep, speak, &cookie, deadline_ms, a };
        if (vim_soap_call(&as, m, ret, NULL, fault, e))
            return true;
        if (!vim_fault_is(fault, "NotAuthenticated"))
            return false;
        soap_expired(s, epoch);
        if (!again || m->bound)
            return false;
    }
}

void vim_session_logout(struct vim_session *s, int64_t deadline_ms)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(secret_done) struct secret cookie = { 0 };
    const struct xml_element *answer;
    struct vim_fault fault;
    struct vim_about about;
    session_wait(s);
    bool in = s->cookie.len && secret_set(&cookie, s->cookie.bytes, s->cookie.len, NULL);
    about = s->about;
    secret_done(&s->cookie);
    session_unlock(s);
    struct vim_method m = { .name = "Logout", .on = &about.session_manager };
    struct vim_soap as = { s->ep, about.speak, &cookie, deadline_ms, &a };
    if (in)
        (void)!vim_soap_call(&as, &m, &answer, NULL, &fault, NULL);
    session_rest_logout(s, deadline_ms);
}
