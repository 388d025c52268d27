"""Nobody is told to install the package by its bare name: it is in no registry that this project could vouch for."""

from __future__ import annotations

import re

from orchestrator.core.extras import install_extra
from tests.architecture.test_shape import ROOT, tracked

BY_NAME = re.compile(r"""(?:pip|pipx|uv tool) install(?: -\S+)* ["']?aml""" + r"ctl\b(?!-)")


def test_no_text_advises_to_install_by_name() -> None:
    found = []
    for path in tracked():
        if path.suffix in (".py", ".md", ".yaml", ".yml", ".toml", ".sh", "") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in BY_NAME.finditer(text)]
    assert found == []


def test_the_advice_names_the_checkout_and_the_wheel() -> None:
    for part in ("-e '.[azure,local]'", "amlctl-VERSION-py3-none-any.whl[azure,local]", "uv build"):
        assert part in install_extra("azure", "local")
