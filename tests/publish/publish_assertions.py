"""What several publish tests look at: public documents, refusals, withdrawals."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from publish_scene import default_rows

from apertura.errors import AperturaError
from apertura.publish import publish
from apertura.runs.context import Context

Public = Callable[[], dict[str, str]]


def document(state: Path, name: str) -> Any:
    """A public JSON document of the dataset."""
    return json.loads((state / "public/datos/prueba/cosas" / name).read_text(encoding="utf-8"))


def other_rows(count: int = 3) -> dict[str, Any]:
    """The default rows with one amount changed."""
    rows = default_rows(count)
    rows[0]["monto"] = Decimal("99.99")
    return {"cosas": rows}


def refused(ctx: Context, error: type[AperturaError], public: Public, **more: Any) -> AperturaError:
    """Publishing is refused with this error, and the public bucket is as before."""
    before = public()
    with pytest.raises(error) as caught:
        publish(ctx, **more)
    assert public() == before
    assert "prueba/cosas" in caught.value.message
    assert caught.value.hint
    assert caught.value.__context__ is None
    return caught.value


def tombstone(ctx: Context, version: str | None, content: bytes) -> None:
    ctx.public.put(f"datos/prueba/cosas/versiones/{version}/retirada.json", content)
