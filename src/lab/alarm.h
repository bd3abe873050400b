/* lab/alarm.h - what a vCenter says when a host's certificate comes near its end: an event at each look that finds another
 * status, and a triggered alarm, yellow within 60 days, red within hardThreshold. Called by polls and tasks, under lab_lock. */
#pragma once
#include "lab/hostcert.h"
#include "lab/inventory.h"

/* kind: the last part of com.vmware.vc.certmgr.*; user "": nobody. */
void lab_cert_event(struct lab_host *h, const char *kind, const char *user);
/* What the status that a poll found is called there; NULL when it is no news. */
const char *lab_cert_status_event(enum lab_cert_status s);

/* Properties: HostSystem's overallStatus and triggeredAlarmState; Alarm.info. */
lab_build lab_host_status, lab_host_alarms, lab_alarm_info;
