"""Repositories for tests, made by the system's git as a person would make them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class Upstream:
    """A repository to fetch from.

    Attributes:
        committed_at: the time of the commits from now on; empty means now.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.committed_at = ""
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """Run git there and return what it prints."""
        environ = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(self.folder)}
        environ |= {"GIT_COMMITTER_DATE": self.committed_at} if self.committed_at else {}
        person = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *person, *arguments], cwd=self.folder, env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")

    def commit(self, message: str = "A change", *options: str, **files: str) -> str:
        """Commit everything and return the commit's id. Files are given as ``name=text``; spec.yaml by default."""
        for name, text in (files or {"spec": f"project: p\n# {message}\n"}).items():
            self.write(name if "/" in name or "." in name else f"{name}.yaml", text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message, *options)
        return self.git("rev-parse", "HEAD")
