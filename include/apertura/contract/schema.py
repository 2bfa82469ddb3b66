"""The JSON Schemas of contracts and of files of corrections, for editors."""

from __future__ import annotations

import json

from pydantic import BaseModel

from apertura.contract.corrections import Corrections
from apertura.contract.model import Contract


def contract_schema() -> str:
    """JSON Schema 2020-12 of a contract file, as text that is the same each time."""
    return _as_text(Contract, "Apertura contract")


def corrections_schema() -> str:
    """JSON Schema 2020-12 of a dataset's corrections, as text that is the same each time."""
    return _as_text(Corrections, "Apertura corrections")


def _as_text(model: type[BaseModel], title: str) -> str:
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = title
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
