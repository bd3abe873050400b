/* wire/soap.h - SOAP 1.1 envelopes as bytes, for both sides: vim asks with them, the lab answers with them.
 * Document/literal only: Body holds exactly one element. It knows nothing of vSphere, of HTTP or of what a message
 * means; headers are handed over unread (WS-I BP 1.1; https://www.w3.org/TR/2000/NOTE-SOAP-20000508/). */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "wire/xml.h"

#define SOAP_NS "http://schemas.xmlsoap.org/soap/envelope/"

/* SOAP 1.1 section 4.4. */
struct soap_fault {
    const char *code;   /* faultcode without its prefix: "ServerFaultCode" */
    const char *string; /* faultstring, "" when empty: for people, never to be decided on */
    const struct xml_element *detail; /* the first element in detail, or NULL; decide on its xsi:type */
};

struct soap_message {
    const struct xml_element *header; /* NULL when there is none */
    const struct xml_element *body;   /* the one element in Body; the Fault when it is one */
    bool is_fault;
    struct soap_fault fault;          /* when is_fault */
};

/* Reads a document that xml_parse made. ERR_INPUT. Everything in ret is borrowed from it. */
MUST_USE bool soap_read(const struct xml_element *root, struct soap_message *ret, struct err *e);

/* Writes XML declaration, Envelope and Body, with the prefixes soapenv, xsd and xsi declared; the body follows. */
void soap_open(struct xml_writer *w);
void soap_close(struct xml_writer *w);

/* Writes a Fault up to and into detail; what is written between goes into detail. Inside soap_open/soap_close. */
void soap_fault_open(struct xml_writer *w, const char *code, const char *string);
void soap_fault_close(struct xml_writer *w);
