"""Credentials in addresses are hidden, wherever an address is shown."""

from __future__ import annotations

import pytest

from bench.redaction import without_password


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:secret@host:5000", "http://***@host:5000"),
        ("http://token@host", "http://***@host"),
        ("postgresql://me:p@ss@host/db and http://a:b@c", "postgresql://***@host/db and http://***@c"),
        ("sqlite:///results/mlflow.db", "sqlite:///results/mlflow.db"),
        ("https://host/users/@me", "https://host/users/@me"),
        ("write to me@host", "write to me@host"),
    ],
)
def test_what_stands_before_the_host_is_hidden(text: str, shown: str) -> None:
    assert without_password(text) == shown
