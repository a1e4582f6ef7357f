"""Any "nija" section and any environment: settings, or one clear line a finding that names the key;
never another exception."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from nija_plugins.settings import ALIASES, EXPORTED, Settings, SettingsError, environment_name
from tests.fuzz.anything import json_values, scalars, texts
from tests.fuzz.depth import examples

NAMES = sorted(Settings.model_fields)
LONGEST = 400
"""Characters of one line."""


def loaded(config: dict[str, Any], environ: dict[str, str] | None = None) -> str | None:
    """None for settings that could be made, else what was said about them."""
    try:
        settings = Settings.load(config, environ or {})
    except SettingsError as error:
        said = str(error)
        for line in said.split("\n"):
            assert line.startswith(("Setting", "Section", "Environment variable")), line
            assert line.endswith((".", "?")), line
            assert len(line) <= LONGEST, len(line)
            assert line.isprintable(), repr(line)
            line.encode()
        return said
    assert settings == Settings.model_validate(settings.model_dump())
    return None


@examples(150, 3000)
@given(json_values)
def test_any_section(section: Any) -> None:
    said = loaded({"nija": section})
    if said is not None and not isinstance(section, dict):
        assert '"nija"' in said


@examples(300, 6000)
@given(st.sampled_from(NAMES), json_values | st.lists(scalars, max_size=3))
@example("max_positions", 10**400)
@example("trade_only", ["\ud800"])
def test_any_value_of_a_setting(name: str, value: Any) -> None:
    said = loaded({"nija": {name: value}})
    if said is not None:
        assert f'"nija.{name}' in said or "weight" in said


@examples(100, 3000)
@given(st.dictionaries(st.sampled_from(NAMES) | texts, json_values, max_size=6))
def test_many_at_once(section: dict[str, Any]) -> None:
    said = loaded({"nija": section})
    assert said is not None or section.keys() <= set(NAMES)


@examples(200, 5000)
@given(
    st.dictionaries(
        st.sampled_from([*map(environment_name, NAMES), *ALIASES, EXPORTED]), texts, max_size=4
    )
)
@example({EXPORTED: "[" * 100_000})
@example({"MAX_POSITIONS": "9" * 5000})
def test_any_environment(environ: dict[str, str]) -> None:
    said = loaded({}, environ)
    if said is not None:
        assert any(name in said for name in environ) or "weight" in said
