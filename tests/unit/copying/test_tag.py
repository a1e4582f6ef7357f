"""The tag that travels with a copy says everything, and nothing else passes for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.copying import standing
from nija_plugins.copying.standing import Standing
from nija_plugins.copying.tag import Copy, MalformedCopy, TradeKey, is_copy, key_of, parse

fractions = st.floats(1e-6, 0.999)
copies = st.builds(
    Copy,
    key=st.builds(
        TradeKey,
        leader=st.text("AZaz09_-", min_size=1, max_size=32),
        trade=st.integers(1, 10**9),
        opened=st.integers(0, 10**14),
    ),
    filled=st.integers(0, 10**14),
    price=st.floats(1e-9, 1e9),
    stop=fractions,
    target=st.floats(1e-6, 100),
    trail=fractions,
    share=st.floats(1e-3, 1),
)


@given(copies)
def test_a_tag_comes_back_as_the_copy_it_was(copy: Copy) -> None:
    assert parse(copy.tag) == copy
    assert copy.tag.startswith(copy.key.beginning)
    assert len(copy.tag) <= 255, "freqtrade cuts longer ones off"


@given(copies, copies)
def test_no_trades_tag_begins_like_anothers(one: Copy, other: Copy) -> None:
    if one.key != other.key:
        assert not one.tag.startswith(other.key.beginning)


GOOD = "nija_copy:main:12:1764057600123:1764057601456:50000.0:0.04:0.15:0.06:1.0"


@pytest.mark.parametrize(
    "tag",
    [
        GOOD.replace("0.04", "0"),
        GOOD.replace("0.04", "1"),
        GOOD.replace("0.04", "-0.04"),
        GOOD.replace("0.04", "four"),
        GOOD.replace("0.15", "inf"),
        GOOD.replace("0.06", "nan"),
        GOOD.replace("50000.0", "0"),
        GOOD.removesuffix(":1.0"),
        GOOD.replace(":1.0", ":1.01"),
        GOOD.replace(":1.0", ":0"),
        GOOD + ":1",
        GOOD.replace("main", "the main one"),
        GOOD.replace(":12:", ":twelve:"),
    ],
)
def test_what_is_no_copy_is_refused_by_name(tag: str) -> None:
    assert parse(GOOD).key == TradeKey("main", 12, 1764057600123)
    with pytest.raises(MalformedCopy, match="nija_copy:"):
        parse(tag)
    assert is_copy(tag) and key_of(tag) is None


def test_a_persons_tags_are_no_copies() -> None:
    assert not any(map(is_copy, (None, "", "force_entry", "breakout", "nija_adopted")))


@pytest.mark.parametrize("tier", ["ADVANCED", "none", "My own; tier"])
@pytest.mark.parametrize("copied", [True, False])
def test_a_standing_comes_back(tier: str, copied: bool) -> None:
    said = Standing("0.1.0", tier, copied, "MASTER_FOLLOW")
    assert standing.parse(str(said)) == said


def test_other_strategies_have_none() -> None:
    assert standing.parse(None) is None
    assert standing.parse("1.2.3") is None
