/* lab/alarm.h - what a vCenter says when a certificate comes near its end. A host's: an event at each look that finds another
 * status, and a triggered alarm, yellow within 60 days, red within hardThreshold. Its own, at the root folder: an alarm for its
 * machine certificate and TRUSTED_ROOTS with the same days, and from 7.0 one for STS's signing certificate, yellow within 90
 * days, red within 7; an event when the color is another, then weekly while yellow and daily while red. Called by polls and
 * tasks, under lab_lock. */
#pragma once
#include "lab/hostcert.h"
#include "lab/inventory.h"

/* kind: the last part of com.vmware.vc.certmgr.*; user "": nobody. */
void lab_cert_event(struct lab_host *h, const char *kind, const char *user);
/* What the status that a poll found is called there; NULL when it is no news. */
const char *lab_cert_status_event(enum lab_cert_status s);

/* At its own certificates. */
void lab_look(struct lab_vcenter *vc, int64_t now);

/* Properties: overallStatus and triggeredAlarmState of a HostSystem and of the root folder (what is above hosts has their
 * alarms too); Alarm.info. */
lab_build lab_host_status, lab_host_alarms, lab_root_status, lab_tree_alarms, lab_alarm_info;
