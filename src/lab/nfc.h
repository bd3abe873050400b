/* lab/nfc.h - the host's side of NFC leases: /nfc/LEASE/FILE at the host that the lease names, without any other ticket.
 * POST takes a stream-optimised disk, PUT a file, GET gives one. Called by the hosts' listener, on the loop. */
#pragma once

struct http_stream;

extern const struct http_stream lab_nfc_post, lab_nfc_put, lab_nfc_get;
