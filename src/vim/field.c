#include "vim/field.h"

#include "vim/soap_call.h"
#include "wire/xml.h"

const char *vim_field_text(const struct xml_element *el, const char *name)
{
    const char *text = xml_child_text(el, VIM_NS, name);
    return text ? text : "";
}

int64_t vim_field_number(const struct xml_element *el, const char *name, int64_t otherwise)
{
    const struct xml_element *child = xml_child(el, VIM_NS, name);
    int64_t n;
    return child && xml_integer(child, 0, INT64_MAX, &n) ? n : otherwise;
}

bool vim_field_flag(const struct xml_element *el, const char *name)
{
    const struct xml_element *child = xml_child(el, VIM_NS, name);
    bool flag;
    return child && xml_boolean(child, &flag) && flag;
}
