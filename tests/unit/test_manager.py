"""Plugins: who may be loaded, who may be unloaded, and what a typo is told."""

import importlib
from pathlib import Path

import pytest

from nija_plugins import manager
from nija_plugins.manager import PluginError
from nija_plugins.settings import Settings, SettingsError

VETO = """
from nija_plugins import hookimpl

@hookimpl
def nija_veto(request):
    return "never"
"""


def folder_with(tmp_path: Path, source: str, name: str = "mine") -> Path:
    (tmp_path / f"{name}.py").write_text(source)
    return tmp_path


def names(built) -> list[str]:
    return [name for name, plugin in built.list_name_plugin() if plugin is not None]


def test_every_built_in_is_loaded_and_serves_a_hook() -> None:
    loaded = list(manager.describe(manager.build(Settings())))
    assert {one.name for one in loaded} >= {*manager.ESSENTIAL, *manager.DEFAULT}
    assert all(one.hooks for one in loaded)


def test_a_users_file_is_loaded_under_its_name(tmp_path: Path) -> None:
    built = manager.build(Settings(), folder_with(tmp_path, VETO))
    mine = next(one for one in manager.describe(built) if one.name == "mine")
    assert (mine.kind, mine.hooks) == ("file", ("nija_veto",))


def test_an_unchanged_file_runs_once_per_process(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, VETO + "\nopen(__file__ + '.runs', 'a').write('x')\n")
    manager.build(Settings(), folder)
    manager.build(Settings(), folder)
    assert (tmp_path / "mine.py.runs").read_text() == "x"


def test_the_place_it_was_first_loaded_from_may_be_gone(tmp_path: Path) -> None:
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
        folder = folder_with(tmp_path / name, VETO)
        built = manager.build(Settings(), folder)
        manager.fingerprint(built, Settings())
        (folder / "mine.py").unlink()


def test_default_plugins_can_be_disabled_and_essential_ones_cannot() -> None:
    off = Settings.load({"nija": {"plugins": {"disable": ["signals.trend"]}}}, {})
    assert "signals.trend" not in names(manager.build(off))
    for essential in ("risk.drawdown", "trade_filter.reward_risk", manager.SCALING):
        impossible = Settings.load({"nija": {"plugins": {"disable": [essential]}}}, {})
        with pytest.raises(SettingsError, match=f"{essential}.*essential"):
            manager.build(impossible)


def test_disabling_something_unknown_is_an_error() -> None:
    typo = Settings.load({"nija": {"plugins": {"disable": ["signals.trned"]}}}, {})
    with pytest.raises(SettingsError, match=r"signals\.trned.*signals\.trend"):
        manager.build(typo)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (VETO.replace("nija_veto", "nija_vteo"), ["mine", "nija_vteo", "nija_veto"]),
        (VETO.replace("request", "requets"), ["mine", "requets", "request"]),
        (VETO.replace("@hookimpl\n", ""), ["mine", "nija_veto", "@hookimpl"]),
        (VETO.replace("@hookimpl", "@hookimpl(wrapper=True)"), ["mine", "wrapper"]),
        ("import nothing_of_that_name", ["mine.py", "ModuleNotFoundError"]),
        ("def broken(:", ["mine.py", "SyntaxError"]),
    ],
)
def test_a_broken_plugin_is_refused_by_name(tmp_path: Path, source: str, told: list[str]) -> None:
    with pytest.raises(PluginError) as caught:
        manager.build(Settings(), folder_with(tmp_path, source))
    assert all(word in str(caught.value) for word in told)


@pytest.mark.parametrize("name", [manager.SCALING, "risk.tier", "signals.trend"])
def test_a_file_cannot_take_a_built_ins_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(PluginError, match=f'"{name}".*rename it') as caught:
        manager.build(Settings(), folder_with(tmp_path, VETO, name))
    assert len(str(caught.value)) < 200


class TestFingerprint:
    def of(self, settings: Settings | None = None, folder: Path | None = None, *more) -> str:
        settings = settings or Settings()
        return manager.fingerprint(manager.build(settings, folder), settings, *more)

    def test_is_stable(self) -> None:
        assert self.of() == self.of()

    def test_changes_with_a_setting(self) -> None:
        assert self.of() != self.of(Settings(max_position_pct=17))

    def test_changes_with_a_plugins_source(self, tmp_path: Path) -> None:
        before = self.of(None, folder_with(tmp_path, VETO))
        after = self.of(None, folder_with(tmp_path, VETO.replace("never", "ever")))
        assert len({self.of(), before, after}) == 3

    def test_changes_with_the_tier_table(self) -> None:
        assert self.of(None, None, [1]) != self.of(None, None, [2])


class TestOptional:
    """`nija.plugins.enable` puts an optional plugin in the place of a default one."""

    def test_it_stands_in_for_the_default_one_and_alone_answers(self) -> None:
        shipped = manager.build(Settings())
        names = [name for name, plugin in shipped.list_name_plugin() if plugin is not None]
        assert "regime.engine" in names
        assert "regime.mixture" not in names
        built = manager.build(_enabling("regime.mixture"))
        names = [name for name, plugin in built.list_name_plugin() if plugin is not None]
        assert "regime.engine" not in names
        assert [one.plugin_name for one in built.hook.nija_regime.get_hookimpls()] == [
            "regime.mixture"
        ]
        kinds = {one.name: one.kind for one in manager.describe(built)}
        assert kinds["regime.mixture"] == "optional"

    def test_what_is_not_optional_is_refused_by_name(self) -> None:
        with pytest.raises(SettingsError, match=r'"regime\.mixtures", which is no optional'):
            manager.build(_enabling("regime.mixtures"))

    def test_the_one_replaced_cannot_be_disabled_as_well(self) -> None:
        settings = Settings.model_validate(
            {"plugins": {"enable": ["regime.mixture"], "disable": ["regime.engine"]}}
        )
        with pytest.raises(SettingsError, match=r"regime\.engine.*not loaded"):
            manager.build(settings)


def _enabling(name: str) -> Settings:
    return Settings.model_validate({"plugins": {"enable": [name]}})


def test_the_fingerprint_sees_every_module_of_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """freqtrade would show the last backtest's result for an edited plugin."""
    folder = tmp_path / "careful_sizer"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "plugin.py").write_text("from careful_sizer import sizes\n")
    (folder / "sizes.py").write_text("HALF = 0.5\n")
    monkeypatch.syspath_prepend(tmp_path)
    built = manager.build(Settings())
    built.register(importlib.import_module("careful_sizer.plugin"), "careful")
    before = manager.fingerprint(built, Settings())
    (folder / "sizes.py").write_text("HALF = 0.9\n")
    assert manager.fingerprint(built, Settings()) != before
