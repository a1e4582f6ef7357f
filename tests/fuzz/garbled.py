"""An exchange whose answers go wrong on their way: between the simulated exchange's routes and the
client, so that ccxt and freqtrade read them as they would read the real one's."""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nija_plugins.venue.faults import CALLS, call_of

RAW = ("NaN", "1e400", "-1e400", "Infinity", "00", "")
"""What stands in the JSON as it is: no value that Python could write."""
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 10**30, 1e-30, 0.5, "", " ", "NaN", "inf", "1e400", "-5", "x"),
    *([], {}, [[]], [None], {"": None}, "\u0000", "١٢", "2025-13-45T99:00:00Z"),
)
KINDS = ("drop", "value", "raw", "text", "double", "cut", "bytes", "swap", "nothing")


@dataclass(frozen=True)
class Flaw:
    """What befalls the answers of `call` while it is in force: `kind` of change at places that
    `seed` chooses."""

    call: str
    kind: str
    seed: int
    places: int = 1

    def befall(self, body: bytes) -> bytes:
        """The answer that arrives."""
        random = Random(self.seed)
        if self.kind == "nothing":
            return b""
        if self.kind == "cut":
            return body[: random.randrange(len(body) + 1)]
        if self.kind == "bytes":
            changed = bytearray(body)
            for _ in range(self.places):
                if changed:
                    changed[random.randrange(len(changed))] = random.randrange(256)
            return bytes(changed)
        try:
            tree = json.loads(body)
        except ValueError:
            return body
        for _ in range(self.places):
            tree = self._changed(tree, random)
        text = json.dumps(tree)
        for number, raw in enumerate(RAW):
            text = text.replace(f'"@{number}@"', raw)
        return text.encode()

    def _changed(self, tree: Any, random: Random) -> Any:
        places = list(_places(tree))
        if not places:
            return random.choice(VALUES)
        owner, key = random.choice(places)
        value = owner[key]
        match self.kind:
            case "drop":
                del owner[key]
            case "value":
                owner[key] = random.choice(VALUES)
            case "raw":
                owner[key] = f"@{random.randrange(len(RAW))}@"
            case "text":
                owner[key] = json.dumps(value)
            case "double":
                owner[key] = [value, value]
            case "swap":
                other, place = random.choice(places)
                owner[key], other[place] = other[place], value
        return tree


def _places(tree: Any) -> Any:
    if isinstance(tree, dict | list):
        for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
            yield tree, key
            yield from _places(tree[key])


class Garbler:
    """ASGI middleware; `flaw` is in force until it is replaced."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.flaw: Flaw | None = None
        self.befell = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        flaw = self.flaw
        call = call_of(scope["method"], scope["path"])[0] if scope["type"] == "http" else None
        if flaw is None or call != flaw.call:
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await self.app(scope, receive, keep)
        self.befell += 1
        body = flaw.befall(body)
        kept = [(n, v) for n, v in start["headers"] if n.lower() != b"content-length"]
        await send({**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})


flaws = st.builds(
    Flaw,
    st.sampled_from(("add_order", "query_order", "balance", "add_order", "query_order", *CALLS)),
    st.sampled_from(KINDS),
    st.integers(0, 2**32),
    st.sampled_from((1, 1, 2, 5)),
)
