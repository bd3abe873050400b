/* vim/property.h - reading properties of managed objects, a page at a time (PropertyCollector.RetrievePropertiesEx).
 * Used inside vim by the files that know what the properties mean. */
#pragma once
#include "vim/session.h"

enum {
    VIM_PAGE_OBJECTS = 50,  /* asked for in one page: a host with its certificate is 20 kB of XML, one element a byte */
};

/* Called for each object, in order; el is its ObjectContent, alive for the call. Return false (with e set) to stop. */
typedef bool vim_object_sink(void *self, const struct vim_object *o, const struct xml_element *el, struct err *e);

/* All objects of one type in the inventory, through a container view over the root folder, which is destroyed
 * afterwards. If the session runs out on the way the walk starts anew, once: sink is then told so by NULL for o and el, and
 * forgets what it got. ERR_LIMIT: more than max objects. The deadline is for the whole walk. */
struct vim_walk {
    const char *type;
    const char *const *paths; /* ends in NULL */
    size_t max;
    vim_object_sink *sink;
    void *self;
};
MUST_USE bool vim_walk(struct vim_session *s, const struct vim_walk *what, int64_t deadline_ms, struct err *e);

/* Parts of the specification that the property collector is asked with: what of a type, and "all that this view shows". */
struct xml_writer;
void vim_filter_type(struct xml_writer *w, const char *type, const char *const *paths);
void vim_filter_view(struct xml_writer *w, const struct vim_object *view);

/* Properties of one object. ERR_NOT_FOUND when it is gone. *ret lives in the arena. */
MUST_USE bool vim_properties(struct vim_session *s, const struct vim_object *o, const char *const *paths,
                             int64_t deadline_ms, struct arena *a, const struct xml_element **ret, struct err *e);

/* The same of what came with a later schema ("7.0.2.0"), where the server knows that: to an older one it is an unknown name. */
struct vim_wanted {
    const struct vim_object *object;
    const char *const *paths;
    const char *since;
};
MUST_USE bool vim_properties_since(struct vim_session *s, const struct vim_wanted *w, int64_t deadline_ms, struct arena *a,
                                   const struct xml_element **ret, struct err *e);

/* The value of a property in an ObjectContent, or NULL: a property without a value is simply not there. */
const struct xml_element *vim_property(const struct xml_element *object, const char *path);
/* Its text; NULL also when it is empty, which some servers write for "unset". */
const char *vim_property_text(const struct xml_element *object, const char *path);
