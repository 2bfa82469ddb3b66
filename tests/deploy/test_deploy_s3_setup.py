"""The step that makes the buckets, against a server that holds to bucket policies for who has no key."""

from __future__ import annotations

import dataclasses
import fnmatch
import functools
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
import urllib3

from apertura.errors import SettingsError, StorageError
from apertura.settings import Settings
from apertura.storage.s3_setup import main, public_policy, set_up

OURS = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


@dataclass
class Gate:
    """moto with what it lacks: who does not sign may do only what the bucket's policy allows everybody."""

    app: Any
    url: str = ""
    opened: Callable[[str, str, str], bool] = lambda method, bucket, key: False

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        bucket, _, key = environ["PATH_INFO"].lstrip("/").partition("/")
        method = environ["REQUEST_METHOD"]
        signed = environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4-HMAC-SHA256")
        if not (signed or self.opened(method, bucket, key) or self._allowed(method, bucket, key)):
            start("403 Forbidden", [("Content-Type", "application/xml")])
            return [b"<Error><Code>AccessDenied</Code></Error>"]
        # moto holds unsigned requests against access control lists, which we do not use: it is asked as us.
        return self.app(environ | {"HTTP_AUTHORIZATION": OURS}, start)

    def _allowed(self, method: str, bucket: str, key: str) -> bool:
        try:
            policy = json.loads(_client(self.url).get_bucket_policy(Bucket=bucket)["Policy"])
        except Exception:
            return False
        return any(
            statement["Effect"] == "Allow"
            and statement["Principal"] == "*"
            and statement["Action"] == "s3:GetObject"
            and method in ("GET", "HEAD")
            and key != ""
            and fnmatch.fnmatchcase(f"arn:aws:s3:::{bucket}/{key}", statement["Resource"])
            for statement in policy["Statement"]
        )


@functools.cache
def _client(url: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    from moto.backends import get_backend
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    gate = Gate(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, gate, threaded=True)
    gate.url = f"http://127.0.0.1:{server.server_port}"
    for account in get_backend("s3").values():
        account.reset()
    for name, value in {
        "AWS_ENDPOINT_URL_S3": gate.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield gate
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def on_s3(settings: Settings) -> Settings:
    return dataclasses.replace(settings, private_url="s3://privado", public_url="s3://publico")


def _status(gate: Gate, method: str, path: str) -> int:
    return urllib3.request(method, f"{gate.url}/{path}", retries=False).status


def test_anybody_reads_the_public_bucket_and_nothing_else(gate: Gate, on_s3: Settings) -> None:
    set_up(on_s3)
    client = _client(gate.url)
    client.put_object(Bucket="publico", Key="datos/a.csv", Body=b"1")
    client.put_object(Bucket="privado", Key="extracts/a", Body=b"2")
    assert _status(gate, "GET", "publico/datos/a.csv") == 200
    assert _status(gate, "HEAD", "publico/datos/a.csv") == 200
    for method, path in (
        ("GET", "publico"),
        ("GET", "publico?policy"),
        ("PUT", "publico/datos/a.csv"),
        ("DELETE", "publico/datos/a.csv"),
        ("GET", "privado"),
        ("GET", "privado/extracts/a"),
    ):
        assert _status(gate, method, path) == 403, (method, path)
    rules = client.get_bucket_cors(Bucket="publico")["CORSRules"]
    assert [rule["AllowedMethods"] for rule in rules] == [["GET", "HEAD"]]


def test_a_second_start_changes_nothing(gate: Gate, on_s3: Settings) -> None:
    set_up(on_s3)
    client = _client(gate.url)
    client.put_object(Bucket="privado", Key="extracts/a", Body=b"2")
    before = client.get_bucket_policy(Bucket="publico")["Policy"]
    set_up(on_s3)
    assert client.get_bucket_policy(Bucket="publico")["Policy"] == before
    assert client.get_object(Bucket="privado", Key="extracts/a")["Body"].read() == b"2"


def test_a_prefix_opens_only_what_lies_under_it(gate: Gate, on_s3: Settings) -> None:
    set_up(dataclasses.replace(on_s3, public_url="s3://publico/apertura"))
    client = _client(gate.url)
    for key in ("apertura/a", "other/a"):
        client.put_object(Bucket="publico", Key=key, Body=b"1")
    assert _status(gate, "GET", "publico/apertura/a") == 200
    assert _status(gate, "GET", "publico/other/a") == 403


@pytest.mark.parametrize(
    ("private", "public"),
    [
        ("s3://uno/privado", "s3://uno/publico"),
        ("file:///srv/privado", "s3://publico"),
        ("s3://privado", "file:///srv/publico"),
    ],
)
def test_what_is_not_two_buckets_is_refused_before_anything_is_made(
    gate: Gate, on_s3: Settings, private: str, public: str
) -> None:
    with pytest.raises(SettingsError):
        set_up(dataclasses.replace(on_s3, private_url=private, public_url=public))
    assert _client(gate.url).list_buckets()["Buckets"] == []


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["arn:aws:iam::1:user/a", "*"]}])
def test_a_private_bucket_with_a_public_policy_is_refused(
    gate: Gate, on_s3: Settings, principal: Any
) -> None:
    client = _client(gate.url)
    client.create_bucket(Bucket="privado")
    policy = public_policy("privado")
    policy["Statement"][0]["Principal"] = principal
    client.put_bucket_policy(Bucket="privado", Policy=json.dumps(policy))
    with pytest.raises(StorageError, match="allows something to everybody"):
        set_up(on_s3)


@pytest.mark.parametrize("action", [{"Action": "s3:GetObject"}, {"NotAction": "s3:PutObject"}])
@pytest.mark.parametrize(
    "who", [{"NotPrincipal": {"AWS": "arn:aws:iam::1:user/a"}}, {"Principal": {"AWS": "*"}}]
)
def test_a_policy_that_allows_all_but_some_is_public(
    gate: Gate, on_s3: Settings, who: dict[str, Any], action: dict[str, Any]
) -> None:
    client = _client(gate.url)
    client.create_bucket(Bucket="privado")
    statement = {"Effect": "Allow", "Resource": "arn:aws:s3:::privado/*", **who, **action}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.put_bucket_policy(Bucket="privado", Policy=policy)
    with pytest.raises(StorageError, match="allows something to everybody"):
        set_up(on_s3)


def test_a_policy_that_names_whom_it_allows_or_denies_everybody_is_not(gate: Gate, on_s3: Settings) -> None:
    client = _client(gate.url)
    client.create_bucket(Bucket="privado")
    named = {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::1:user/a"]}, "Action": "s3:GetObject"}
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket"}
    statements = [{**one, "Resource": "arn:aws:s3:::privado/*"} for one in (named, denied)]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    client.put_bucket_policy(Bucket="privado", Policy=policy)
    set_up(on_s3)


def test_a_server_that_hides_only_what_is_not_there_is_found_out(gate: Gate, on_s3: Settings) -> None:
    """Without the right to list, S3 answers 403 for a missing object although it gives those it has."""

    def gives_what_is_there(method: str, bucket: str, key: str) -> bool:
        if method != "GET" or bucket != "privado" or not key:
            return False
        found = _client(gate.url).list_objects_v2(Bucket=bucket, Prefix=key)
        return any(each["Key"] == key for each in found.get("Contents", []))

    gate.opened = gives_what_is_there
    with pytest.raises(StorageError, match="read in the private bucket"):
        set_up(dataclasses.replace(on_s3, private_url="s3://privado/apertura"))
    assert "Contents" not in _client(gate.url).list_objects_v2(Bucket="privado")


def test_the_probe_leaves_nothing_behind(gate: Gate, on_s3: Settings) -> None:
    set_up(on_s3)
    for bucket in ("privado", "publico"):
        assert "Contents" not in _client(gate.url).list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize(
    ("opened", "told"),
    [
        (lambda method, bucket, key: bucket == "privado" and not key, "list the private bucket"),
        (lambda method, bucket, key: bucket == "privado" and bool(key), "read in the private bucket"),
        (lambda method, bucket, key: bucket == "publico" and not key, "list the public bucket"),
        (lambda method, bucket, key: (method, bucket) == ("PUT", "publico"), "write into the public bucket"),
        (lambda method, bucket, key: (method, bucket) == ("PUT", "privado"), "write into the private bucket"),
    ],
)
def test_a_server_that_lets_anybody_in_is_found_out(
    gate: Gate, on_s3: Settings, opened: Callable[[str, str, str], bool], told: str
) -> None:
    gate.opened = opened
    with pytest.raises(StorageError, match=told):
        set_up(on_s3)


def test_the_command_says_what_is_wrong_and_how_to_go_on(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APERTURA_PRIVATE", "s3://privado")
    monkeypatch.setenv("APERTURA_PUBLIC", "s3://publico")
    assert main() == 0
    gate.opened = lambda method, bucket, key: True
    assert main() == 1
    assert "What to do" in capsys.readouterr().err
