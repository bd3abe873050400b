/* vim/customize.h - guest customization through a vCenter Server: the specification that CustomizeVM_Task takes, and the events that say how
 * it went in the guest. Called by flow/customize.h. */
#pragma once
#include "vim/session.h"

struct arena;
struct secret;
struct vim_about;

enum { VIM_CUSTOMIZE_NICS = 10 };

/* Everything is borrowed; texts may be NULL where it says so. Cards get their addresses by DHCP. */
struct vim_customize {
    bool windows;
    const char *computer;
    const char *domain;                   /* DNS domain of Linux; the domain to join of Windows with join; "" = none */
    size_t nics;                          /* cards that the machine has: as many are described */
    const char *script;                   /* Linux, vSphere 7.0 and later; NULL = none */
    const struct secret *admin_password;  /* NULL = as it is; Linux needs vSphere 8.0 */
    bool change_sid, join, auto_logon, reset_password;
    int logons;
    const char *domain_user;
    const struct secret *domain_password; /* with join */
    const char *full_name, *org;          /* Windows */
};
/* What came with which release (vSphere Web Services API, CustomizationLinuxPrep); a Windows guest never takes a script this way. */
bool vim_customize_takes_script(const struct vim_about *about, bool windows);
bool vim_customize_takes_password(const struct vim_about *about, bool windows);

/* ERR_INPUT: this vCenter is too old for what is asked. ret_task is to be waited for (vim/task.h). */
MUST_USE bool vim_customize(struct vim_session *s, const char *moref, const struct vim_customize *c, int64_t deadline_ms,
                            struct vim_object *ret_task, struct err *e);

enum vim_customized { VIM_CUSTOMIZED_NOT_YET, VIM_CUSTOMIZED_DONE, VIM_CUSTOMIZED_FAILED };
struct vim_customized_news {
    enum vim_customized how;
    const char *why; /* of a failure, in the arena; "" = nothing */
    int64_t last;    /* the newest event's key */
};
/* What the newest event about it says that came after the event `after` (0: all). A server without events answers NOT_YET. */
MUST_USE bool vim_customized_read(struct vim_session *s, const char *moref, int64_t after, int64_t deadline_ms, struct arena *a,
                                  struct vim_customized_news *ret, struct err *e);
