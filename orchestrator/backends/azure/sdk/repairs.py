"""Faults of azure-ai-ml that nothing outside of it can go around: mended in its own modules, once for the process."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from azure.ai.ml._artifacts import _blob_storage_helper, _gen2_storage_helper
from azure.ai.ml.entities import CertificateConfiguration
from azure.ai.ml.entities import _credentials as credentials

_UPLOADERS: Final = (_blob_storage_helper, _gen2_storage_helper)


@cache
def mend() -> None:
    """Mend what the installed version has; a second call changes nothing."""
    for module in _UPLOADERS:
        # After each upload it resets the colour of stderr, whether that is a terminal or not.
        module.print = _silent
    _mend_certificates()


def _silent(*texts: object, **options: object) -> None:
    """In the place of ``print``."""


def _mend_certificates() -> None:
    """Older versions call a field of a certificate ``resource_uri`` that their own forms of the wire call ``resource_url``.

    Without this a data lake with a certificate is written and can never be read. Source: measured with azure-ai-ml 1.27.
    """
    if "resource_url" not in getattr(credentials.RestCertificateDatastoreCredentials, "_attribute_map", {}):
        return  # a newer version, whose forms are of another make
    send, read = (
        CertificateConfiguration._to_datastore_rest_object,
        CertificateConfiguration._from_datastore_rest_object,
    )

    def send_whole(certificate: Any) -> Any:
        form = send(certificate)
        form.resource_url = certificate.resource_url
        return form

    def read_whole(form: Any) -> Any:
        form.resource_uri = form.resource_url
        return read(form)

    CertificateConfiguration._to_datastore_rest_object = send_whole
    CertificateConfiguration._from_datastore_rest_object = staticmethod(read_whole)
