/* vim/fault.h - what vSphere says when it refuses: a typed fault, from a SOAP Fault or from a task's error.
 * Decided on by its type, never by its text, which is localized and often empty (vSphere Web Services API, MethodFault). */
#pragma once
#include "base/err.h"

struct xml_element;

enum { VIM_FAULT_TYPE = 96, VIM_FAULT_TEXT = 200 };

/* A value. */
struct vim_fault {
    char type[VIM_FAULT_TYPE]; /* "InvalidLogin"; "" = there was none */
    char text[VIM_FAULT_TEXT]; /* for people: escaped, cut; "" when it says nothing */
};

/* The kind that fits: InvalidLogin, NotAuthenticated and NoPermission are ERR_DENIED, ManagedObjectNotFound ERR_NOT_FOUND,
 * MethodNotFound and its like ERR_NOT_FOUND as well (an older server), one not listed ERR_PEER. */
enum err_kind vim_fault_kind(const char *type);
/* "ManagedObjectNotFound: the object .. ". Returns false. */
bool vim_fault_err(const struct vim_fault *f, struct err *e);
/* From the element whose xsi:type names the fault. text may be NULL; either may be missing. */
void vim_fault_read(const struct xml_element *typed, const char *text, struct vim_fault *ret);
bool vim_fault_is(const struct vim_fault *f, const char *type);
