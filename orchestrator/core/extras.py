"""How an extra of amlctl is installed: said here and nowhere else. The package is in no registry that this project could vouch for."""

from __future__ import annotations


def install_extra(*extras: str) -> str:
    """What to do where packages are missing.

    Args:
        extras: names in pyproject.toml: ``local``, ``azure``.
    """
    names = ",".join(extras)
    return (
        f"Install amlctl with [{names}]: in its checkout `pip install -c constraints.txt -e '.[{names}]'`, elsewhere "
        f"`pip install 'PATH/TO/amlctl-VERSION-py3-none-any.whl[{names}]'` with the wheel that `uv build --wheel` makes there."
    )
