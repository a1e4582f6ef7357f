"""Any bytes as the tier's state file: a tier, and a damaged file is set aside whole."""

import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given
from hypothesis import strategies as st

from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.state import (
    DamagedStateError,
    FutureStateError,
    ScalingState,
    Transition,
    parse_state,
)
from nija_plugins.scaling.store import StateFileError
from tests.fuzz.anything import json_values, mutated, texts
from tests.fuzz.depth import examples

NOW = datetime(2025, 3, 4, tzinfo=UTC)
CHANGE = Transition(
    from_tier=None, to_tier="GROWTH", equity=300.0, timestamp=NOW, direction="upgrade"
)
GOOD = [
    ScalingState().to_json(),
    ScalingState(account="kraken live", current_tier="GROWTH", last_equity=300.0).to_json(),
    ScalingState().moved(CHANGE).moved(CHANGE).to_json(),
]
FIELDS = sorted(ScalingState.model_fields)


def filed(content: bytes) -> None:
    """An account of $300 with this state file: it scales, and nothing is lost."""
    try:
        parse_state(content)
        damaged = False
    except DamagedStateError:
        damaged = True
    except FutureStateError:
        damaged = False
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.json"
        path.write_bytes(content)
        try:
            engine = AutoScalingEngine(path, account="kraken live", clock=lambda: NOW)
        except StateFileError:
            assert path.read_bytes() == content, "a newer NIJA's file is left alone"
            return
        engine.check_and_scale(300.0, now=NOW)
        assert engine.current_tier is not None
        assert engine.current_tier.name == "GROWTH" or not damaged
        assert parse_state(path.read_bytes()).current_tier == engine.current_tier.name
        aside = [one for one in Path(folder).iterdir() if ".damaged-" in one.name]
        assert [one.read_bytes() for one in aside] == [content] * damaged


@examples(60, 3000)
@given(st.binary(max_size=64) | mutated(GOOD))
@example(b"[" * 100_000)
@example(b'{"schema_version": true}')
def test_any_bytes(content: bytes) -> None:
    filed(content)


@examples(60, 3000)
@given(json_values | st.dictionaries(st.sampled_from(FIELDS) | texts, json_values, max_size=4))
def test_any_json(value: object) -> None:
    filed(json.dumps(value).encode())


@examples(60, 3000)
@given(st.sampled_from(GOOD), st.sampled_from(FIELDS), json_values)
@example(GOOD[1], "current_tier", "\ud800")
@example(GOOD[1], "last_equity", 1e308)
@example(GOOD[1], "account", "\ud800")
def test_any_value_in_a_good_one(good: bytes, field: str, value: object) -> None:
    filed(json.dumps(json.loads(good) | {field: value}).encode())
