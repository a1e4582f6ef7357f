"""What comes from outside: any JSON, any bytes, good bytes with something wrong in them."""

from collections.abc import Iterable

from hypothesis import strategies as st

WORDS = (
    "",
    " ",
    "NaN",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "-0",
    "0x10",
    "1_000",
    "١٢",
    "null",
    "\n",
    "\0",
)

texts = st.text(max_size=12) | st.sampled_from(WORDS) | st.text(st.characters(), max_size=5)
"""Also half characters (surrogates), which JSON may hold and files may not."""

numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from((0, -1, 10**19, -(10**400), 10**400, 1e308, 5e-324, 2**63, float("nan"))),
)

scalars = st.none() | st.booleans() | numbers | texts

json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn, originals: Iterable[bytes]) -> bytes:
    """One of `originals` cut, spliced, repeated or with other bytes in it."""
    content = bytearray(draw(st.sampled_from(list(originals))))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 64)))
        what = draw(st.sampled_from(("cut", "drop", "replace", "flip", "repeat")))
        if what == "cut":
            del content[start:]
        elif what == "drop":
            del content[start:end]
        elif what == "replace":
            content[start:end] = draw(st.binary(max_size=16))
        elif what == "flip":
            for place in range(start, end):
                content[place] ^= draw(st.sampled_from((1, 0x10, 0x80, 0xFF)))
                break
        else:
            content[start:start] = content[start:end]
    return bytes(content)
