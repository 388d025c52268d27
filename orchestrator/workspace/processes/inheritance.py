"""Which of this process's variables a child gets: those that any program needs of its machine, and none that may be somebody's right.

Whoever starts the workspace may hold tokens for git, for Azure and for the loop's server. Jobs, scoring servers and everything that
trains or serves is other people's code. It gets what its spec gives it (``environment_variables``), not what lies about.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

SETTING: Final = "AMLCTL_PASS_ENVIRONMENT"
"""Names further variables that children get: ``OPENAI_API_BASE,HF_*``. It is the setting of whoever runs this; a spec cannot change it."""

MACHINE: Final = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "NO_COLOR", "LANG", "LANGUAGE", "LC_*", "TZ", "TZDIR", "TMPDIR", "TMP", "TEMP",
    "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    # how the network is reached, and who is trusted on it
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "FTP_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "NIX_SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS", "PIP_CERT",
    # accelerators and threads
    "CUDA_*", "NVIDIA_*", "CUDNN_*", "NCCL_*", "HIP_*", "ROCR_*", "ROCM_*", "HSA_*", "GPU_*", "ZE_*", "*_NUM_THREADS", "KMP_*", "GOMP_*",
    # Python, and where packages come from
    "PYTHONPATH", "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED", "PYTHONHOME", "PYENV_ROOT", "PYENV_VERSION", "VIRTUAL_ENV",
    "CONDA_PREFIX", "PIP_*", "UV_*", "HF_HOME", "TORCH_HOME",
)  # fmt: skip
"""Names and patterns. Those of proxies are also taken in lower case."""

_PROXY: Final = re.compile(r"(http|https|no|all|ftp)_proxy")
_SECRET: Final = re.compile(r"TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|API_?KEY|(^|_)(KEY|AUTH)$")
_USER_IN_URL: Final = re.compile(r"://[^/@\s]*@")


def inherited(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that a child gets.

    Args:
        environ: of this process.
    """
    further = [name.strip() for name in environ.get(SETTING, "").split(",") if name.strip()]
    return {
        name: value
        for name, value in environ.items()
        if _of_the_machine(name, value) or any(fnmatchcase(name, each) for each in further if name != SETTING)
    }


def handed_on(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of a process of ours that starts children itself: the same, and what it needs to know of them."""
    found = inherited(environ)
    return {**found, SETTING: environ[SETTING]} if environ.get(SETTING) else found


def _of_the_machine(name: str, value: str) -> bool:
    if _PROXY.fullmatch(name):
        return True
    if not any(fnmatchcase(name, each) for each in MACHINE):
        return False
    # A package index may be one's own, with a password in its address.
    return name.endswith("_PROXY") or not (_SECRET.search(name) or _USER_IN_URL.search(value))
