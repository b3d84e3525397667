"""Encrypted sources: whose certificates are trusted.

FFmpeg trusts every certificate unless it is given those to trust; and whoever answers in a camera's place also gets its
password.
"""

from __future__ import annotations

import functools
import os
import ssl
import tempfile
from pathlib import Path

SCHEMES = ("https", "rtsps", "rtmps")
"""URL schemes over TLS."""
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
"""Where Debian, Fedora and macOS keep the certificates that are trusted."""


def tls_options(scheme: str) -> dict[str, str]:
    """FFmpeg's options for a scheme: its server's certificate is checked against those of the system.

    ``SSL_CERT_FILE`` names another file of trusted certificates (PEM), as it does for OpenSSL.
    """
    if scheme not in SCHEMES:
        return {}
    named = os.environ.get("SSL_CERT_FILE")
    return {"tls_verify": "1", "ca_file": named or _system_bundle()}


@functools.cache
def _system_bundle() -> str:
    for path in (ssl.get_default_verify_paths().cafile, *_BUNDLES):
        if path and Path(path).is_file():
            return path
    # Windows keeps them in no file.
    certificates = ssl.create_default_context().get_ca_certs(binary_form=True)
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
        file.writelines(ssl.DER_cert_to_PEM_cert(certificate) for certificate in certificates)
    return file.name
