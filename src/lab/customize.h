/* lab/customize.h - guest customization: a spec that waits until its machine is powered on, and what becomes of the guest then.
 * The spec lies in DIR/guests/VCENTER/N/customization.xml (0600: it has passwords); what it made of the guest is in the machine
 * itself. With extraConfig vsphere-lab.customization=fail it fails in the guest. Under lab_lock. */
#pragma once
#include "lab/vm_method.h"

enum { LAB_CUSTOM_SPEC_MAX = 1024 * 1024 };

/* Takes a spec for the next power-on; false after t's fault. vm is not kept yet. */
MUST_USE bool lab_customize(struct lab_task *t, struct lab_vm *vm, const struct xml_element *spec);
/* XML as it came, in one namespace; top: with its declarations. */
void lab_custom_write(struct xml_writer *w, const struct xml_element *el, bool top);
/* Its guest's tools run. */
void lab_customize_booted(struct lab_vm *vm);
