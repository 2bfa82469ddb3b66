"""SPSS system files of the demonstration institutions, in windows-1252 and without a date of their own.

Written byte by byte, because the libraries that write such files know UTF-8 only and stamp them with the
clock: INE's are in windows-1252, and equal rows shall give equal bytes. After the format as PSPP's developers
describe it (PSPP Developers Guide, System File Format); uncompressed.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ENCODING = "cp1252"
_SYSTEM_MISSING = -sys.float_info.max
_NUMERIC, _TEXT = 5, 1  # print formats F and A

Value = float | int | str | None


@dataclass(frozen=True)
class Variable:
    """A column: a name of up to 8 letters, 0 or the width of its texts, its label, labels of its values."""

    name: str
    width: int = 0
    label: str = ""
    labels: Mapping[Any, str] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """How many pieces of eight bytes a value takes."""
        return max(1, -(-self.width // 8))


def system_file(
    variables: Sequence[Variable], rows: Sequence[Sequence[Value]], *, label: str = "", notes: str = ""
) -> bytes:
    """A .sav of these variables and rows; None is a system-missing number. `notes` is a document line."""
    parts = [
        b"$FL2",
        _text("@(#) SPSS DATA FILE - demostracion", 60),
        struct.pack("<5id", 2, sum(one.cells for one in variables), 0, 0, len(rows), 100.0),
        _text("02 Jan 26", 9) + _text("03:04:05", 8) + _text(label, 64) + bytes(3),
    ]
    position, labelled = 1, []
    for one in variables:
        parts.append(_variable(one))
        if one.labels:
            labelled.append(_value_labels(one, position))
        position += one.cells
    parts += labelled
    if notes:
        parts.append(struct.pack("<2i", 6, 1) + _text(notes, 80))
    # Machine integers, among them the code page; and the encoding by name.
    parts.append(struct.pack("<4i8i", 7, 3, 4, 8, 20, 0, 0, -1, 1, 1, 2, 1252))
    name = b"windows-1252"
    parts.append(struct.pack("<4i", 7, 20, 1, len(name)) + name)
    parts.append(struct.pack("<2i", 999, 0))
    for row in rows:
        parts += [_cell(one, value) for one, value in zip(variables, row, strict=True)]
    return b"".join(parts)


def _variable(one: Variable) -> bytes:
    shape = (_TEXT << 16) | (one.width << 8) if one.width else (_NUMERIC << 16) | (8 << 8)
    made = struct.pack("<6i", 2, one.width, bool(one.label), 0, shape, shape) + _text(one.name, 8)
    if one.label:
        told = one.label.encode(ENCODING)
        made += struct.pack("<i", len(told)) + told + bytes(-len(told) % 4)
    following = struct.pack("<6i", 2, -1, 0, 0, shape, shape) + _text("", 8)
    return made + following * (one.cells - 1)


def _value_labels(one: Variable, position: int) -> bytes:
    made = struct.pack("<2i", 3, len(one.labels))
    for value, label in one.labels.items():
        told = label.encode(ENCODING)[:120]
        key = struct.pack("<d", value) if isinstance(value, int | float) else _text(str(value), 8)
        made += key + bytes([len(told)]) + told + b" " * (-(1 + len(told)) % 8)
    return made + struct.pack("<3i", 4, 1, position)


def _cell(one: Variable, value: Value) -> bytes:
    if one.width:
        return _text("" if value is None else str(value), 8 * one.cells)
    return struct.pack("<d", _SYSTEM_MISSING if value is None else float(value))


def _text(text: str, size: int) -> bytes:
    """A text of a fixed size, filled with blanks; ValueError when it is longer."""
    made = text.encode(ENCODING)
    if len(made) > size:
        raise ValueError("a text is longer than its place in the file")
    return made.ljust(size)
