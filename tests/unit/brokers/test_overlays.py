"""What each broker's overlay says, beside what it stands for."""

import runpy

import pytest
from freqtrade.configuration.load_config import load_config_file

from nija_plugins.brokers.bots import BrokerName, overlay
from nija_plugins.exchange_features import holds_stops
from nija_plugins.venue.listings import COINBASE, KRAKEN
from tests.conftest import ROOT

LISTED = {BrokerName.COINBASE: COINBASE, BrokerName.KRAKEN: KRAKEN}


@pytest.mark.parametrize("broker", LISTED)
def test_fees_and_order_types(broker: BrokerName) -> None:
    said = load_config_file(str(ROOT / overlay(broker)))
    assert said["exchange"] == {"name": broker}
    listed = LISTED[broker]
    assert said["fee"] == float(max(listed.maker, listed.taker))
    rests = {"stoploss_on_exchange": holds_stops(broker)}
    strategy = runpy.run_path(str(ROOT / "user_data/strategies/NijaMicro.py"))["NijaMicro"]
    assert said["order_types"] == {**strategy.order_types, **rests}
