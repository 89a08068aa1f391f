"""Which language model, where, and within which bounds."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ..contract import ContractError

OPENAI_URL = "https://api.openai.com/v1"

#: What a client without a key says in its place; local servers ask for none.
NO_KEY = "no-key"


class LLMSettings(BaseModel):
    """Which model is asked, and within which bounds.

    Attributes:
        base_url: Of the OpenAI-compatible server, with its version, for example `…/v1`.
        model: The model's name, as the server knows it.
        api_key: None for servers that need none.
        timeout: Seconds of silence after which a request is given up.
        total_timeout: Seconds that one request may take altogether.
        max_reply_bytes: Longest reply.
        max_reply_tokens: What the model is told about the length of its reply.
        token_limit: Most tokens of a run, in and out together; None means no limit.
        input_price: Price of a million tokens in; None where unknown.
        output_price: Price of a million tokens out.
        retries: How often a request that failed for a passing reason is repeated.
        longest_wait: Seconds beyond which a server's "try again after" is not waited for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = OPENAI_URL
    model: str = Field(min_length=1)
    api_key: SecretStr | None = None
    timeout: float = Field(default=300.0, gt=0)
    total_timeout: float = Field(default=1_800.0, gt=0)
    max_reply_bytes: int = Field(default=1_000_000, gt=0)
    max_reply_tokens: int = Field(default=4_096, gt=0)
    token_limit: int | None = Field(default=None, gt=0)
    input_price: float | None = Field(default=None, ge=0)
    output_price: float | None = Field(default=None, ge=0)
    retries: Annotated[int, Field(ge=0, le=10)] = 4
    longest_wait: float = Field(default=60.0, ge=0)
    temperature: float = Field(default=0.0, ge=0)
    seed: int | None = 7

    @property
    def key(self) -> str:
        """The key, '' where there is none."""
        return self.api_key.get_secret_value() if self.api_key is not None else ""

    @property
    def host(self) -> str:
        """Host and port of the server, for display."""
        return urlsplit(self.base_url).netloc


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL: what a key is bound to."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)


def same_server(url: str, other: str) -> bool:
    """Whether two URLs lead to the same server, so that it may be told the same key."""
    try:
        return origin(url) == origin(other)
    except ValueError:  # one of them is no URL
        return False


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine only."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def within(url: str, allowed: str) -> bool:
    """Whether a URL lies under an allowed one: same scheme, host and port, and below its path."""
    try:
        path, below = urlsplit(url).path.rstrip("/"), urlsplit(allowed).path.rstrip("/")
        return origin(url) == origin(allowed) and (path == below or path.startswith(f"{below}/"))
    except ValueError:  # one of them is no URL
        return False


def checked_base_url(url: str, *, plain_http: bool = False) -> str:
    """A base URL in its plain form.

    Args:
        url: As typed.
        plain_http: Unencrypted connections to other machines are allowed too.

    Raises:
        ContractError: It is none that can be used; the message never repeats a password in it.
    """

    def refuse(what: str, fix: str) -> ContractError:
        return ContractError.of("base_url", what, fix, field="base_url")

    form = "Give a URL such as https://api.openai.com/v1 or http://localhost:11434/v1."
    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise refuse("The base URL is not a URL.", form) from error
    if parts.username is not None or parts.password is not None:
        raise refuse(
            "The base URL holds a user name or a password.", "Give the key in its own field."
        )
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in url):
        raise refuse("The base URL is no http(s) URL with a host.", form)
    if parts.query or parts.fragment:
        raise refuse("The base URL holds a query or a fragment.", form)
    if any(step in (".", "..") for step in parts.path.split("/")) or "%" in parts.path:
        raise refuse("The base URL's path holds `.`, `..` or `%`.", form)
    if parts.scheme == "http" and not plain_http and not is_loopback(url):
        raise refuse(
            f"http to {host} would send the analysis and the key unencrypted.",
            "Use https. Only this machine is reached by http, unless an administrator lists the "
            "URL in OciJupyterApp.llm_allowed_base_urls.",
        )
    return url
