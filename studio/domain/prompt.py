"""Prompt syntax: emphasis as most programs of the field write it.

    a (red:1.3) fox, ((bright)) sky, [dull] ground, \\(literal brackets\\)

`(text)` multiplies the weight by 1.1, `[text]` divides it by 1.1, `(text:1.3)` multiplies by 1.3; brackets nest, and a
backslash makes a bracket literal. Unbalanced brackets are literal text: no prompt is an error.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

EMPHASIS = 1.1
_NUMBER = re.compile(r":\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2028\u2029\ufeff]")
MAX_WEIGHT = 10.0
MAX_DEPTH = 50  # brackets nested deeper are literal text


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text, already unescaped."""

    text: str


@dataclass(frozen=True, slots=True)
class Weighted:
    """A bracketed part; `weight` multiplies the weight of what is inside. `written` is False for bare brackets."""

    parts: tuple["Node", ...]
    weight: float
    written: bool = False


Node = Text | Weighted


@dataclass(frozen=True, slots=True)
class Fragment:
    """A run of text with its final weight, 1 for normal."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Prompt:
    """A parsed prompt."""

    parts: tuple[Node, ...]

    def fragments(self) -> tuple[Fragment, ...]:
        """The text in order, neighbours of equal weight joined."""
        joined: list[Fragment] = []
        for fragment in _flatten(self.parts, 1.0):
            if joined and abs(joined[-1].weight - fragment.weight) < 1e-9:
                joined[-1] = Fragment(joined[-1].text + fragment.text, fragment.weight)
            else:
                joined.append(fragment)
        return tuple(joined)

    def plain(self) -> str:
        """The text without any syntax."""
        return "".join(fragment.text for fragment in self.fragments())


def clean(text: str) -> str:
    """`text` without control characters and with single blanks, as tokenizers like it."""
    return re.sub(r"\s+", " ", _CONTROL.sub("", text)).strip()


def parse(text: str) -> Prompt:
    """The syntax tree of a prompt; never fails."""
    return Prompt(_Parser(clean(text)).run())


def unparse(prompt: Prompt) -> str:
    """The text that parses to `prompt`."""
    return "".join(_write(node) for node in prompt.parts)


def _flatten(nodes: tuple[Node, ...], weight: float) -> list[Fragment]:
    found: list[Fragment] = []
    for node in nodes:
        if isinstance(node, Text):
            found.append(Fragment(node.text, weight))
        else:
            inner = max(-MAX_WEIGHT, min(MAX_WEIGHT, weight * node.weight))
            found += _flatten(node.parts, inner)
    return found


def _write(node: Node) -> str:
    if isinstance(node, Text):
        return re.sub(r"([()\[\]\\])", r"\\\1", node.text)
    inner = "".join(_write(part) for part in node.parts)
    if node.written:
        return f"({inner}:{Decimal(repr(node.weight)):f})"
    return f"({inner})" if node.weight > 1 else f"[{inner}]"


class _Parser:
    """One pass with a stack of open brackets."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.stack: list[tuple[str, list[Node]]] = [("", [])]
        self.plain: list[str] = []

    def run(self) -> tuple[Node, ...]:
        while self.at < len(self.text):
            self._step(self.text[self.at])
        while len(self.stack) > 1:
            self._unopened()
        self._flush()
        return tuple(self.stack[0][1])

    def _step(self, character: str) -> None:
        self.at += 1
        if character == "\\" and self.text[self.at : self.at + 1] in tuple("()[]\\"):
            self.plain.append(self.text[self.at])
            self.at += 1
        elif character in "([" and len(self.stack) <= MAX_DEPTH:
            self._flush()
            self.stack.append((character, []))
        elif character == "]" and self.stack[-1][0] == "[":
            self._close(1 / EMPHASIS, False)
        elif character == ")" and self.stack[-1][0] == "(":
            self._close(EMPHASIS, False)
        elif character == ":" and self.stack[-1][0] == "(" and (number := _NUMBER.match(self.text, self.at - 1)):
            self.at = number.end()
            self._close(max(-MAX_WEIGHT, min(MAX_WEIGHT, float(number[1]))), True)
        else:
            self.plain.append(character)

    def _flush(self) -> None:
        if self.plain:
            self._append(Text("".join(self.plain)))
            self.plain = []

    def _append(self, node: Node) -> None:
        nodes = self.stack[-1][1]
        if nodes and isinstance(node, Text) and isinstance(previous := nodes[-1], Text):
            nodes[-1] = Text(previous.text + node.text)
        else:
            nodes.append(node)

    def _close(self, weight: float, written: bool) -> None:
        self._flush()
        _, nodes = self.stack.pop()
        if nodes:
            self._append(Weighted(tuple(nodes), weight, written))

    def _unopened(self) -> None:
        """The innermost open bracket was never closed: it is literal text."""
        self._flush()
        bracket, nodes = self.stack.pop()
        for node in (Text(bracket), *nodes):
            self._append(node)
