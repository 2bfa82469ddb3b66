"""An Airflow connection as the plain endpoint the library takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from apertura.contract import Contract
from apertura.errors import AperturaError, SettingsError

if TYPE_CHECKING:
    from apertura.sources.endpoint import Endpoint


def endpoint_of(contract: Contract) -> Endpoint | None:
    """The endpoint of the contract's source; None when operators drop its files into the inbox."""
    return None if contract.source.kind == "inbox" else endpoint(contract.source.connection)


def endpoint(connection_id: str) -> Endpoint:
    """The connection with this id; SettingsError when there is none or its extra is no JSON object.

    Asked through the Task SDK: tasks have no access to Airflow's database. Nothing of the connection but
    its id is ever told, since hosts and extras may hold credentials.
    """
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    from apertura.sources.endpoint import Endpoint

    failure: AperturaError
    try:
        found = BaseHook.get_connection(connection_id)
        extra = json.loads(found.extra or "{}")
        if isinstance(extra, dict):
            return Endpoint.from_parts(
                conn_type=found.conn_type or "",
                host=found.host,
                port=found.port,
                schema=found.schema,
                login=found.login,
                password=found.password,
                extra=extra,
                connection_id=connection_id,
            )
        failure = SettingsError(f"the extra of connection {connection_id} is no JSON object")
    except AirflowNotFoundException:
        failure = SettingsError(
            f"Airflow has no connection {connection_id}",
            hint=f"add it under Admin, Connections, or set AIRFLOW_CONN_{connection_id.upper()}",
        )
    except ValueError:
        failure = SettingsError(f"the extra of connection {connection_id} is no JSON")
    except AperturaError as error:
        failure = error
    raise failure
