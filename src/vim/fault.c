#include "vim/fault.h"

#include <string.h>

#include "base/text.h"
#include "wire/xml.h"

enum err_kind vim_fault_kind(const char *type)
{
    static const struct {
        const char *type;
        enum err_kind kind;
    } kinds[] = {
        { "InvalidLogin", ERR_DENIED },
        { "NotAuthenticated", ERR_DENIED },
        { "NoPermission", ERR_DENIED },
        { "RestrictedVersion", ERR_DENIED },
        { "InvalidGuestLogin", ERR_DENIED },
        { "GuestPermissionDenied", ERR_DENIED },
        { "ManagedObjectNotFound", ERR_NOT_FOUND },
        { "NotFound", ERR_NOT_FOUND },
        { "FileNotFound", ERR_NOT_FOUND },
        { "InvalidName", ERR_NOT_FOUND },
        { "MethodNotFound", ERR_NOT_FOUND },
        { "NotSupported", ERR_NOT_FOUND },
        { "NotImplemented", ERR_NOT_FOUND },
        { "InvalidProperty", ERR_INPUT },
        { "InvalidArgument", ERR_INPUT },
        { "InvalidRequest", ERR_INPUT },
        { "InvalidType", ERR_INPUT },
        { "DuplicateName", ERR_CONFLICT },
        { "AlreadyExists", ERR_CONFLICT },
        { "FileAlreadyExists", ERR_CONFLICT },
        { "InvalidState", ERR_CONFLICT },
        { "InvalidPowerState", ERR_CONFLICT },
        { "InvalidCollectorVersion", ERR_CONFLICT },
        { "TaskInProgress", ERR_CONFLICT },
        { "ConcurrentAccess", ERR_CONFLICT },
        { "RequestCanceled", ERR_CANCELLED },
        { "Timedout", ERR_TIMEOUT },
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (!strcmp(type, kinds[i].type))
            return kinds[i].kind;
    return ERR_PEER;
}

bool vim_fault_err(const struct vim_fault *f, struct err *e)
{
    return err_set(e, vim_fault_kind(f->type), "%s%s%s", f->type, f->text[0] ? ": " : "", f->text);
}

/* A type's name is a word; anything else would be shown to people as if it were one. */
static bool is_word(const char *s)
{
    size_t len = strlen(s);
    return len && len < VIM_FAULT_TYPE &&
           strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

void vim_fault_read(const struct xml_element *typed, const char *text, struct vim_fault *ret)
{
    static const char tail[] = "Fault";
    char name[VIM_FAULT_TYPE];
    *ret = (struct vim_fault){ .type = "UnnamedFault" };
    if (typed && typed->type && is_word(typed->type)) {
        (void)text_copy(ret->type, sizeof(ret->type), typed->type);
    } else if (typed && is_word(typed->name)) {
        /* <InvalidLoginFault> without a type: the element is named after it. */
        (void)text_copy(name, sizeof(name), typed->name);
        size_t len = strlen(name), cut = sizeof(tail) - 1;
        if (len > cut && !strcmp(name + len - cut, tail))
            name[len - cut] = '\0';
        (void)text_copy(ret->type, sizeof(ret->type), name);
    }
    if (text)
        text_escape(ret->text, sizeof(ret->text), text, strlen(text));
}

bool vim_fault_is(const struct vim_fault *f, const char *type)
{
    return !strcmp(f->type, type);
}
