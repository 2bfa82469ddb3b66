"""The contract's JSON Schema, for editors."""

from __future__ import annotations

import json

from apertura.contract.model import Contract


def contract_schema() -> str:
    """JSON Schema 2020-12 of a contract file, as text that is the same each time."""
    schema = Contract.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Apertura contract"
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
