// What we read out of a certificate.  Everything in it was written by the peer: texts come back as printable
// ASCII.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <vector>

namespace pf::net {

std::string subject_text(const X509* cert);  // RFC 2253: "CN=imap.example.com,O=Example"
std::string issuer_text(const X509* cert);
std::string common_name(const X509* cert);     // of the subject, the first; may be empty
std::string date_text(const ASN1_TIME* time);  // "2027-01-31" in UTC

// DNS names and IP addresses of the subject alternative names, in order; others (mail, URI) are left out.
std::vector<std::string> subject_alternative_names(const X509* cert);

// Hex SHA-256 of the DER SubjectPublicKeyInfo (RFC 7469 section 2.4 without the base64).
std::string spki_sha256(const X509* cert);

// RFC 5929 section 4.1: the certificate's hash by the hash of its own signature, SHA-256 for MD5 and SHA-1.
// Raw bytes; empty where the signature has no such hash (Ed25519).
std::string server_end_point(const X509* cert);

}  // namespace pf::net
