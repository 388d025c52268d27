"""A throw-away certificate authority, so that clients that insist on TLS can speak to loopback."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orchestrator.core.errors import UnsupportedSetup
from orchestrator.core.extras import install_extra
from orchestrator.workspace.supervision.control import write_private

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AZURE_EXTRA: Final = install_extra("azure")
"""What installs the client of Azure Machine Learning, and with it what certificates are made with."""

HOSTS: Final = ("localhost",)
ADDRESS: Final = "127.0.0.1"
LIFETIME: Final = datetime.timedelta(days=30)

_PEM_END = "\n"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files of one server.

    Attributes:
        folder: for the owner only.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate alone."""
        return self.folder / "ca.pem"

    @property
    def bundle(self) -> Path:
        """The authorities that this machine trusts anyway, and ours: for ``REQUESTS_CA_BUNDLE``, which replaces all."""
        return self.folder / "bundle.pem"

    @property
    def server(self) -> Path:
        """Key and certificate of the server."""
        return self.folder / "server.pem"


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Make an authority and a server certificate, and what a server needs of them. The authority's key is never written.

    Raises:
        UnsupportedSetup: the package that makes certificates is not installed.
    """
    files.folder.mkdir(parents=True, exist_ok=True, mode=stat.S_IRWXU)
    _issue(files)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.server)
    return context


def _issue(files: TlsFiles) -> None:
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise UnsupportedSetup("Serving TLS needs the package cryptography.", fix=AZURE_EXTRA) from None
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    names = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address(ADDRESS)), *(x509.DNSName(host) for host in HOSTS)]
    )
    basic = x509.BasicConstraints
    authority = _certificate("amlctl throw-away authority", authority_key, authority_key, (basic(True, 0), None))  # noqa: FBT003
    server = _certificate("amlctl embedded workspace", server_key, authority_key, (basic(False, None), names))  # noqa: FBT003
    pem = serialization.Encoding.PEM
    authority_text = authority.public_bytes(pem).decode()
    key_text = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    write_private(files.server, key_text + server.public_bytes(pem).decode())
    write_private(files.authority, authority_text)
    write_private(files.bundle, _trusted() + _PEM_END + authority_text)


def _certificate(
    subject: str, key: EllipticCurvePrivateKey, signer: EllipticCurvePrivateKey, extensions: tuple[Any, Any]
) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named("amlctl throw-away authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    basic, names = extensions
    builder = builder.add_extension(basic, critical=True)
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _trusted() -> str:
    """The certificates that this machine's clients trust already, as text."""
    try:
        import certifi

        source = Path(certifi.where())
    except ImportError:
        source = Path(ssl.get_default_verify_paths().cafile or "")
    return source.read_text(encoding="utf-8") if source.is_file() else ""
