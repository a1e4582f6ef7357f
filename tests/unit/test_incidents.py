"""One incident per cause until it clears, and none older than an hour."""

from datetime import timedelta

from nija_plugins.incidents import WINDOW, Incident, Incidents
from tests.conftest import NOW

BROKEN = {"plugin a: nija_veto": 'Plugin "a" failed in nija_veto.'}
SILENT = {"wallets": "The wallets could not be refreshed."}
SECOND = timedelta(seconds=1)


def test_a_cause_that_begins_to_fail_is_an_incident() -> None:
    found = Incidents().after(NOW, BROKEN)
    assert found.recent == (Incident(NOW, *next(iter(BROKEN.items()))),)
    assert found.lasting == frozenset(BROKEN)


def test_a_lasting_cause_is_one_incident() -> None:
    found = Incidents()
    for minute in range(50):
        found = found.after(NOW + timedelta(minutes=minute), BROKEN)
    assert len(found.recent) == 1


def test_a_lasting_cause_is_no_new_incident_after_its_hour() -> None:
    found = Incidents().after(NOW, BROKEN).after(NOW + 2 * WINDOW, BROKEN)
    assert not found.recent
    assert found.lasting == frozenset(BROKEN)


def test_a_cause_that_cleared_and_fails_again_is_another_one() -> None:
    found = Incidents()
    for minute, failing in enumerate((BROKEN, {}, BROKEN, {}, BROKEN)):
        found = found.after(NOW + timedelta(minutes=minute), failing)
    assert len(found.recent) == 3


def test_two_causes_are_two_incidents() -> None:
    assert len(Incidents().after(NOW, BROKEN | SILENT).recent) == 2


def test_an_incident_counts_for_an_hour() -> None:
    found = Incidents().after(NOW, BROKEN)
    assert found.after(NOW + WINDOW - SECOND, {}).recent
    assert not found.after(NOW + WINDOW, {}).recent


def test_nothing_failed_and_nothing_does() -> None:
    quiet = Incidents()
    assert quiet.after(NOW, {}) is quiet


def test_forgiven_causes_start_no_new_count_while_they_last() -> None:
    found = Incidents().after(NOW, BROKEN | SILENT).forgiven()
    assert not found.recent
    assert not found.after(NOW + SECOND, BROKEN | SILENT).recent
    again = found.after(NOW + SECOND, SILENT).after(NOW + 2 * SECOND, BROKEN | SILENT)
    assert [one.cause for one in again.recent] == list(BROKEN)
