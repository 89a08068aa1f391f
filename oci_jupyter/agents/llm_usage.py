"""Counts what a run's questions to the model took, and says when it is enough."""

from __future__ import annotations

from dataclasses import dataclass

#: Characters per token where the server does not count: near enough for English and for JSON.
_CHARACTERS_PER_TOKEN = 4


def estimated_tokens(text: str) -> int:
    """About how many tokens a text is."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


@dataclass
class Usage:
    """What one run's questions took.

    Attributes:
        token_limit: Most tokens, in and out together; None means no limit.
        input_price: Price of a million tokens in, in any currency; None where unknown.
        output_price: Price of a million tokens out.
        estimated: Some of the counts are our own estimates.
    """

    token_limit: int | None = None
    input_price: float | None = None
    output_price: float | None = None
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False

    def add(self, input_tokens: int, output_tokens: int, *, estimated: bool) -> None:
        """Count one request."""
        self.calls += 1
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        self.estimated = self.estimated or estimated

    @property
    def left(self) -> int | None:
        """Tokens left; None means no limit."""
        if self.token_limit is None:
            return None
        return max(0, self.token_limit - self.input_tokens - self.output_tokens)

    @property
    def cost(self) -> float | None:
        """Cost in the currency of the prices; None where no price is known."""
        if self.input_price is None and self.output_price is None:
            return None
        return (
            self.input_tokens * (self.input_price or 0.0)
            + self.output_tokens * (self.output_price or 0.0)
        ) / 1e6
