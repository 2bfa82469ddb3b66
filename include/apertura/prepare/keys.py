"""Keys: one master key on the worker, and from it one per linkage domain of pseudonyms and per dataset.

The master key never leaves its file: not into the repository, a database, a log or an Airflow Variable.
Keys are derived by HKDF-SHA256 (RFC 5869), so that a derived key tells nothing about another one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apertura.contract import FieldSpec, Resource
from apertura.errors import SettingsError
from apertura.quality.counts import about_people
from apertura.runs.context import Context
from apertura.settings import Settings

NO_KEY = "none"
"""The key id of a dataset that needs no key."""

_LEAST_BYTES = 32
_MAKE_ONE = "set APERTURA_KEY_FILE to a key file; `apertura key create` makes one"


@dataclass(frozen=True)
class MasterKey:
    """The secret that every pseudonym and fingerprint of people rests on. Only `id` may be written."""

    secret: bytes = field(repr=False)

    @classmethod
    def load(cls, settings: Settings) -> MasterKey:
        """Read the key file: base64 of at least 32 random bytes, mode 0600 or 0400, owned by us.

        SettingsError when the setting or the file is missing, others may read it, or it holds no key.
        """
        path = settings.key_file
        if path is None:
            raise SettingsError(
                "the dataset has personal or pseudonymized columns and there is no master key", hint=_MAKE_ONE
            )
        secret = _decoded(_read_private(path))
        if secret is None:
            raise SettingsError(
                f"the master key file is not base64 of at least {_LEAST_BYTES} bytes", hint=_MAKE_ONE
            )
        return cls(secret)

    @property
    def id(self) -> str:
        """16 hex digits that name the key in public documents and tell nothing of it."""
        return hashlib.sha256(self.derive("key-id")).hexdigest()[:16]

    def derive(self, info: str) -> bytes:
        """32 bytes for one purpose, named by `info`."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info.encode()).derive(self.secret)


def _read_private(path: Path) -> bytes:
    """The file's bytes, read through one descriptor whose mode and owner were checked."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        problem = "is not there" if isinstance(error, FileNotFoundError) else "cannot be opened"
    else:
        try:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode):
                _check_owner(status)
                return os.read(descriptor, 4096)
            problem = "is not a regular file"
        finally:
            os.close(descriptor)
    raise SettingsError(f"the master key file {problem}", hint=_MAKE_ONE)


def _check_owner(status: os.stat_result) -> None:
    if stat.S_IMODE(status.st_mode) not in (0o600, 0o400):
        raise SettingsError(
            "the master key file can be read or changed by others", hint="chmod 600 the key file"
        )
    if status.st_uid != os.geteuid():
        raise SettingsError(
            "the master key file belongs to another user",
            hint="give it to the user that runs Apertura's tasks",
        )


def _decoded(text: bytes) -> bytes | None:
    try:
        secret = base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) >= _LEAST_BYTES else None


def create_key(path: Path) -> MasterKey:
    """Make a new random key file, mode 0600; SettingsError when the file is there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_bytes(_LEAST_BYTES)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        descriptor = -1
    if descriptor < 0:
        raise SettingsError(
            "the master key file is there already: replacing it breaks every stable pseudonym",
            hint="keep it, or name another file",
        )
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)  # whatever the umask
        file.write(base64.b64encode(secret) + b"\n")
        file.flush()
        os.fsync(descriptor)
    return MasterKey(secret)


def needs_key(ctx: Context) -> bool:
    """Whether the dataset is about people, or any of its fields is not public or pseudonymized."""
    return about_people(ctx.dataset.contract) or any(
        spec.keyed is not None or spec.access != "publica"
        for resource in ctx.dataset.contract.resources
        for spec in resource.fields
    )


def key_id(ctx: Context) -> str:
    """The master key's id, or `none` for a dataset that needs no key: part of the recipe."""
    return MasterKey.load(ctx.settings).id if needs_key(ctx) else NO_KEY


def extract_key(ctx: Context) -> bytes | None:
    """The key (32 bytes) under which the dataset's extract digests enter its fingerprints; None without."""
    if not needs_key(ctx):
        return None
    return MasterKey.load(ctx.settings).derive(f"apertura/extract/v1\n{ctx.dataset.id}")


def pseudonym_key(
    key: MasterKey, ctx: Context, spec: FieldSpec, resource: Resource, fingerprint: str
) -> bytes:
    """The HMAC key (32 bytes) of one pseudonymized column.

    Equal within its declared linkage domain and canonical form, different outside. With rotation
    `release` the partition's `fingerprint` is part of it: a retry gives the same pseudonyms, another
    extract or another recipe gives others, or two versions could be joined row by row.
    """
    pseudonym = spec.keyed
    if pseudonym is None:
        raise SettingsError(f"{ctx.dataset.id}: column {spec.name} declares no pseudonym")
    contract = ctx.dataset.contract
    if pseudonym.domain == "table":
        domain = ["table", contract.id, resource.name]
    elif pseudonym.domain == "dataset":
        domain = ["dataset", contract.id]
    else:
        domain = ["group", contract.institution, pseudonym.domain.removeprefix("group:")]
    rotation = [fingerprint] if pseudonym.rotation == "release" else []
    return key.derive("\n".join(["apertura/pseudonym/v1", *domain, pseudonym.form, *rotation]))
