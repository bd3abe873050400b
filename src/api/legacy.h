/* api/legacy.h - both forms of the legacy face from one description: the same calls write an XML document or a JSON object,
 * whichever was asked for, and a body in either form is read by the same names (vcd-api.md 1.2, 2.5, 3.3).
 * Called by the legacy resources. In XML a name may carry the prefix "vmext:"; in JSON it goes, and the first letter becomes
 * small. Calls need no checking one by one: legacy_end says the first failure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "api/op.h"
#include "wire/xml.h"

enum { LEGACY_DEPTH = 12 };

#define LEGACY_NS "http://www.vmware.com/vcloud/v1.5"
#define LEGACY_OVF_NS "http://schemas.dmtf.org/ovf/envelope/1"
#define LEGACY_EXT_NS "http://www.vmware.com/vcloud/extension/v1.5"

struct legacy {
    struct api_call *c;
    bool json;
    struct xml_writer xml;
    json_t *at[LEGACY_DEPTH]; /* borrowed but for the first */
    size_t depth;
};

/* name: the root; one with the prefix declares its namespace. */
void legacy_start(struct legacy *l, struct api_call *c, const char *name);
/* The same with href and type, as every resource has them; type: the vendor type without suffix. */
void legacy_begin(struct legacy *l, struct api_call *c, const char *name, const char *href, const char *type);
/* Right after the start: the prefixes "ovf:" and "vmext:" may be used inside. */
void legacy_prefixes(struct legacy *l);
/* Attributes of the element that was opened last. NULL or "": nothing. */
void legacy_attr(struct legacy *l, const char *name, const char *value);
void legacy_attr_number(struct legacy *l, const char *name, int64_t value);
void legacy_attr_bool(struct legacy *l, const char *name, bool value);
void legacy_attr_time(struct legacy *l, const char *name, int64_t ms); /* 0: nothing */
/* A child with nothing but text; NULL: nothing. */
void legacy_leaf(struct legacy *l, const char *name, const char *value);
void legacy_leaf_number(struct legacy *l, const char *name, int64_t value);
void legacy_leaf_bool(struct legacy *l, const char *name, bool value);
void legacy_leaf_time(struct legacy *l, const char *name, int64_t ms); /* 0: nothing */
/* A child with more inside; in JSON an object .. */
void legacy_open(struct legacy *l, const char *name);
/* .. or an object in the array of that name, for what may come several times. */
void legacy_item(struct legacy *l, const char *name);
void legacy_close(struct legacy *l);
/* In JSON the array is there also when nothing is in it; XML says nothing. */
void legacy_array(struct legacy *l, const char *name);
/* <Link rel=".." type=".." href=".."/>; type may be NULL. */
void legacy_link(struct legacy *l, const char *rel, const char *type, const char *href);
/* href, id, type, name of a reference. */
void legacy_ref(struct legacy *l, const char *name, const char *href, const char *id, const char *type, const char *text);
/* The same without id, as one of several; type: with suffix. */
void legacy_named(struct legacy *l, const char *name, const char *href, const char *type, const char *text);
/* type: the vendor type without suffix. */
MUST_USE bool legacy_end(struct legacy *l, int status, const char *type, struct err *e);

/* A body, XML or JSON by its Content-Type (else by its first byte). Both NULL: it was empty, or the four bytes `null`. */
struct legacy_in {
    const struct xml_element *xml;
    const json_t *json;
};
/* ERR_INPUT. legacy_body_done for what it gave, and for nothing that legacy_in_child gave. */
MUST_USE bool legacy_body(struct api_call *c, struct legacy_in *ret, struct err *e);
void legacy_body_done(struct legacy_in *in);
/* A document of that name; JSON names none. An empty one passes. */
MUST_USE bool legacy_in_is(const struct legacy_in *in, const char *name, struct err *e);
bool legacy_in_empty(const struct legacy_in *in);
/* A child by its XML name; empty when there is none. */
struct legacy_in legacy_in_child(const struct legacy_in *in, const char *name);
/* Text of a child, or of an attribute; NULL when there is none. ERR_INPUT: in JSON it is no text. */
MUST_USE bool legacy_in_text(const struct legacy_in *in, const char *name, const char **ret, struct err *e);
MUST_USE bool legacy_in_attr(const struct legacy_in *in, const char *name, const char **ret, struct err *e);
MUST_USE bool legacy_in_bool(const struct legacy_in *in, const char *name, bool otherwise, bool *ret, struct err *e);
