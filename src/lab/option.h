/* lab/option.h - a vCenter's advanced settings by name: vpxd.certmgmt.*, which have their effect at once.
 * Called by the SOAP methods and the control socket, under lab_lock. */
#pragma once
#include "lab/vmca.h"

void lab_settings_init(struct lab_settings *s);
void lab_settings_done(struct lab_settings *s);

/* ERR_NOT_FOUND for a name that can't be set, ERR_INPUT for a value that it does not take. */
MUST_USE bool lab_option_set(struct lab_vcenter *vc, const char *key, const char *value, int64_t now, struct err *e);
/* As text, into out; false when there is none of that name. */
bool lab_option_get(const struct lab_vcenter *vc, const char *key, char out[LAB_NAME]);

lab_apply lab_do_option;
