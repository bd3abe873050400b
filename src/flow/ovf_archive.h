/* flow/ovf_archive.h - an OVA that comes as one body, taken apart in passing: no member of it is kept but the descriptor and the manifest.
 * Called by flow/ovf_upload.c; nobody else includes it.
 *
 * The journey, on the loop of the client's connection. The descriptor comes first, then perhaps the manifest and a certificate: they are
 * gathered, and handed on together on a pool thread. Then nothing is read of the client until the task has its lease, and no thread waits for
 * that. Each further member is fed to its file's gate_upload, in the archive's order, from where the bytes lie in the client's input. When
 * all of it is through, the task compares the digests, and only then the client has its answer. Whatever goes wrong before ends
 * the upload, and the client reads why. */
#pragma once
#include "base/err.h"
#include "gate/piece.h"

struct ovf_upload;

enum { OVF_CERTIFICATE_MAX = 128 * 1024 };

/* Under the upload's lock, when nothing of it has come. It is the upload's archive until it ends or is dropped. */
void ovf_archive_begin(struct ovf_upload *u, gate_reply *reply, struct http_onward *ret);
/* Under the upload's lock, from any thread: the upload has gone on, or is over. Nothing without an archive. */
void ovf_archive_tell(struct ovf_upload *u);
