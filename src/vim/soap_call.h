/* vim/soap_call.h - one vSphere method call over SOAP: a request with its arguments, the answer's element or a typed
 * fault. Called by session.c, which adds the session, and by it alone; everybody else calls vim_session_call.
 * Elements are told apart by namespace and local name (docs/vsphere.md lists what real servers write). */
#pragma once
#include "vim/endpoint.h"
#include "vim/fault.h"

struct secret;
struct xml_element;
struct xml_writer;

#define VIM_NS "urn:vim25"
#define VIM_SOAP_COOKIE "vmware_soap_session"

enum {
    VIM_MOID_MAX = 256,      /* bytes of a managed object's id with its NUL; it is an opaque string */
    VIM_VERSION_MAX = 24,    /* "8.0.2.0" with its NUL */
    VIM_COOKIE_MAX = 4096,   /* bytes of the session cookie, name included */
    VIM_SOAP_SENT = 256 * 1024, /* bytes of one call, unless its method says more */
};

/* A managed object: its type and id, as the server gave it. A value. */
struct vim_object {
    char type[64];
    char id[VIM_MOID_MAX];
};

struct vim_method {
    const char *name;                                    /* "RetrievePropertiesEx" */
    const struct vim_object *on;                         /* _this */
    void (*args)(struct xml_writer *w, const void *ctx); /* in the schema's order: real servers insist. NULL = none */
    const void *ctx;
    size_t answer_max;                                   /* bytes; 0 = VIM_ANSWER_MAX */
    size_t sent_max;                                     /* bytes; 0 = VIM_SOAP_SENT */
    bool once;                                           /* never sent twice: it makes a task, or holds a password */
    const char *since;                                   /* the schema whose members it has ("7.0"): spoken where the server
                                                          * knows it, else the one that is spoken always. NULL = that */
    bool bound;                                          /* names objects that died with the session (a view, a filter):
                                                          * not repeated after a new login */
};

/* As whom and within what; all borrowed. */
struct vim_soap {
    struct vim_endpoint *ep;
    const char *version;         /* for SOAPAction: the schema that the answer is wanted in */
    const struct secret *cookie; /* "name=value" as it was set, or NULL */
    int64_t deadline_ms;
    struct arena *arena;         /* for the answer */
};

/* *ret: the <NameResponse> element, in the arena. On a fault: false with fault filled (type "" when it was something
 * else) and e set from it. ret_cookie, when not NULL, takes the session cookie that came with the answer. */
MUST_USE bool vim_soap_call(const struct vim_soap *as, const struct vim_method *m, const struct xml_element **ret,
                            struct secret *ret_cookie, struct vim_fault *fault, struct err *e);

/* The object that an element names: <returnval type="Task">task-7</returnval>. False when it names none. */
MUST_USE bool vim_object_read(const struct xml_element *el, struct vim_object *ret);
/* <name type="HostSystem">host-9</name> */
void vim_object_write(struct xml_writer *w, const char *name, const struct vim_object *o);
