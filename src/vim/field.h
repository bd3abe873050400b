/* vim/field.h - what an answer's element says in one of its children: texts, numbers and flags, with what counts where the child is
 * absent or is none. Used inside vim only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct xml_element;

/* "" when absent; borrows from el. */
const char *vim_field_text(const struct xml_element *el, const char *name);
/* From 0; otherwise where it is absent or no number. */
int64_t vim_field_number(const struct xml_element *el, const char *name, int64_t otherwise);
/* False where it is absent or no boolean. */
bool vim_field_flag(const struct xml_element *el, const char *name);
