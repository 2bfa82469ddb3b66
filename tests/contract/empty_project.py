"""A project like this one with contracts of the test's own."""

from __future__ import annotations

from pathlib import Path

from apertura.contract import Project

HOME = Path(__file__).resolve().parents[2]


def without_contracts(folder: Path) -> Project:
    """This project's files in `folder`, without its contracts."""
    for name in ("sql", "expectations", "include"):
        (folder / name).mkdir()
        for path in (HOME / name).iterdir():
            if path.name != "datasets":
                (folder / name / path.name).symlink_to(path)
    (folder / "include/datasets").mkdir()
    return Project(folder)
