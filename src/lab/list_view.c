#include "lab/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "lab/sdk.h"

/* Adds what the arguments of that name refer to; refusing what is not there is the caller's. */
static bool add(struct lab_call *c, struct lab_view *v, const char *argument, bool answer)
{
    for (const struct xml_element *el = lab_arg(c, argument); el; el = xml_next(el, VIM_NS, argument)) {
        struct lab_object o;
        bool there = strlen(el->text) < LAB_MOID_MAX && lab_object_find(&c->k, el->text, &o);
        if (!there && answer) /* ModifyListView and ResetListView name what could not be resolved */
            lab_value_bare(c->w, "returnval", lab_ref(c->k.arena, NULL, NULL, "ManagedObject", el->text));
        if (!there)
            continue;
        if (v->members_len == LAB_MEMBERS_MAX)
            return lab_say(c, "RuntimeFault", "Too many objects in this view");
        v->members = xreallocarray(v->members, v->members_len + 1, sizeof(*v->members));
        (void)text_copy(v->members[v->members_len++], LAB_MOID_MAX, el->text);
    }
    return true;
}

bool lab_create_list_view(struct lab_call *c)
{
    size_t count = 0;
    for (const struct lab_view *it = c->k.session->views; it; it = it->next)
        count++;
    if (count == LAB_VIEWS_MAX)
        return lab_say(c, "RuntimeFault", "Too many views in this session");
    struct lab_view *v = xcalloc(1, sizeof(*v));
    lab_session_moid(c->k.session, v->moid);
    v->list = true;
    v->next = c->k.session->views;
    c->k.session->views = v;
    if (!add(c, v, "obj", false)) {
        lab_session_view_end(c->k.session, v);
        return false;
    }
    lab_value_bare(c->w, "returnval", lab_ref(c->k.arena, NULL, NULL, "ListView", v->moid));
    return true;
}

static struct lab_view *view_of(struct lab_call *c)
{
    struct lab_view *v = lab_session_view(c->k.session, c->self_moid);
    if (v && v->list)
        return v;
    (void)lab_say_gone(c, c->self_moid);
    return NULL;
}

bool lab_modify_list_view(struct lab_call *c)
{
    struct lab_view *v = view_of(c);
    if (!v)
        return false;
    for (const struct xml_element *el = lab_arg(c, "remove"); el; el = xml_next(el, VIM_NS, "remove"))
        for (size_t i = 0; i < v->members_len; i++)
            if (!strcmp(v->members[i], el->text)) {
                memmove(v->members + i, v->members + i + 1, (v->members_len - i - 1) * sizeof(*v->members));
                v->members_len--;
                break;
            }
    (void)lab_touch(c->k.vc);
    return add(c, v, "add", true);
}

bool lab_reset_list_view(struct lab_call *c)
{
    struct lab_view *v = view_of(c);
    if (!v)
        return false;
    v->members_len = 0;
    (void)lab_touch(c->k.vc);
    return add(c, v, "obj", true);
}
