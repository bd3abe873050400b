/* lab/folder.h - datastores over HTTP: /folder/PATH?dcPath=&dsName= at the vCenter with a session, and at a host with a service
 * ticket. GET and HEAD with ranges, a listing of a folder, PUT, DELETE. Called by the listeners, on the loop. */
#pragma once

struct http_stream;

extern const struct http_stream lab_folder_get, lab_folder_put, lab_folder_delete;
