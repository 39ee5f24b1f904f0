"""What is shown or passed on holds no credentials."""

from __future__ import annotations

import re

_CREDENTIALS = re.compile(r"://[^/\s]*@")


def without_password(text: str) -> str:
    """The text with the user and the password of every address in it hidden: either may be a token.

    Examples
    --------
    >>> without_password("postgresql://me:p@ss@host/db")
    'postgresql://***@host/db'
    """
    return _CREDENTIALS.sub("://***@", text)
