"""TLS: whose certificates are trusted, of cameras and of gateways."""

from __future__ import annotations

import functools
import os
import ssl
import tempfile
from pathlib import Path

SCHEMES = ("https", "rtsps", "rtmps")
"""URL schemes of sources over TLS."""
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
"""Where Debian, Fedora and macOS keep the certificates that are trusted."""


def tls_options(scheme: str) -> dict[str, str]:
    """FFmpeg's options for a scheme.

    FFmpeg trusts every certificate unless it is given those to trust; and whoever answers in a camera's place also gets
    its password.
    """
    return {"tls_verify": "1", "ca_file": trusted_certificates()} if scheme in SCHEMES else {}


def trusted_certificates() -> str:
    """The path of a file (PEM) with the certificates that are trusted: those of the system.

    ``SSL_CERT_FILE`` names another file, as it does for OpenSSL.
    """
    return os.environ.get("SSL_CERT_FILE") or _system_bundle()


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
