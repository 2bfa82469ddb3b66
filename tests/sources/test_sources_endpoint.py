"""An endpoint is read from a connection as Airflow writes it, and never shows what is secret in it."""

from __future__ import annotations

import json

import pytest

from apertura.errors import SettingsError
from apertura.sources.endpoint import Endpoint


def from_env(text: str) -> Endpoint:
    return Endpoint.from_env("sat_http", {"AIRFLOW_CONN_SAT_HTTP": text})


@pytest.mark.parametrize(
    ("text", "base_url"),
    [
        ("http://portal.example", "http://portal.example/"),
        ("http://portal.example:8080/", "http://portal.example:8080/"),
        ("https://portal.example/descargas", "https://portal.example/descargas/"),
        ("http://portal.example/https", "https://portal.example/"),
        ("http://https://portal.example:8443/a/b", "https://portal.example:8443/a/b/"),
        ("http://[::1]:80", "http://[::1]:80/"),
        ('{"conn_type": "http", "host": "portal.example", "schema": "https"}', "https://portal.example/"),
        ('{"conn_type": "http", "host": "http://127.0.0.1:81/sat"}', "http://127.0.0.1:81/sat/"),
        (
            '{"conn_type": "http", "host": "http://portal.example/sat", "port": 82}',
            "http://portal.example:82/sat/",
        ),
        ('{"conn_type": "http", "host": "portal.example", "port": "83"}', "http://portal.example:83/"),
    ],
)
def test_json_and_uri_forms_give_the_base_url(text: str, base_url: str) -> None:
    assert from_env(text).base_url == base_url


def test_login_password_and_extra_are_read_from_a_uri() -> None:
    endpoint = from_env(
        "http://an%40a:se%2Fcret@portal.example/?allow_private=true&retries=2&allowed_hosts=a.example,b.example"
    )
    assert (endpoint.login, endpoint.password) == ("an@a", "se/cret")
    assert endpoint.allow_private
    assert endpoint.retries == 2
    assert endpoint.hosts == {"portal.example", "a.example", "b.example"}


@pytest.mark.parametrize("form", ["nested", "text"])
def test_extra_of_the_json_form_is_an_object_or_its_text(form: str) -> None:
    extra = {"user_agent": "Mozilla/5.0", "timeout_seconds": 7, "allow_private": False}
    text = json.dumps(
        {"conn_type": "http", "host": "h.example", "extra": extra if form == "nested" else json.dumps(extra)}
    )
    endpoint = from_env(text)
    assert (endpoint.user_agent, endpoint.timeout_seconds, endpoint.allow_private) == (
        "Mozilla/5.0",
        7,
        False,
    )


def test_private_addresses_are_off_unless_the_connection_says_otherwise() -> None:
    assert not from_env("http://portal.example").allow_private


@pytest.mark.parametrize(
    "text", ["", "portal.example", "{", "[]", '{"host": "x"}', '{"conn_type": "http", "port": "x"}']
)
def test_what_is_no_connection_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(SettingsError, match="AIRFLOW_CONN_SAT_HTTP") as caught:
        from_env(text)
    assert len(text) < 3 or text not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("allow_private", "perhaps"),
        ("retries", -1),
        ("retries", "many"),
        ("timeout_seconds", 0),
        ("timeout_seconds", True),
        ("max_backoff_seconds", -1),
        ("allowed_hosts", [1]),
        ("user_agent", "two\nlines"),
        ("user_agent", "ñandú"),
    ],
)
def test_a_wrong_extra_is_named_by_its_key_not_its_value(key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"`{key}`") as caught:
        Endpoint.from_parts("http", host="h.example", extra={key: value}, connection_id="sat_http")
    if isinstance(value, str):
        assert value not in str(caught.value)


def test_other_tools_extra_keys_are_passed_over() -> None:
    endpoint = Endpoint.from_parts("http", host="h.example", extra={"tcp_keep_alive": True})
    assert endpoint.base_url == "http://h.example/"


def test_neither_repr_nor_errors_show_credentials_or_places() -> None:
    endpoint = from_env("postgres://ana:muysecreta@db.interno.example:5432/casos")
    with pytest.raises(SettingsError) as caught:
        _ = endpoint.base_url
    for secret in ("ana", "muysecreta", "interno", "casos"):
        assert secret not in repr(endpoint)
        assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["", "http://", "http://u:p@h.example", "ftp://h.example", "http://h.example/?t=1"]
)
def test_a_host_that_cannot_be_used_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="no usable host"):
        _ = Endpoint.from_parts("http", host=host, connection_id="sat_http").base_url
