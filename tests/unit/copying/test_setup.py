"""followers.toml: one clear line per mistake, and no secrets in it."""

from pathlib import Path

import pytest

from nija_plugins.copying.setup import SetupError, load

GOOD = """
[leader]
name = "main"
url = "http://127.0.0.1:8080"
username = "nija"
password_env = "MAIN_PASSWORD"
ws_token_env = "MAIN_TOKEN"

[[followers]]
name = "anna"
url = "https://anna.example:8443/"
username = "anna"
password_env = "ANNA_PASSWORD"
share = 0.5
pairs = ["BTC/USD"]
"""
SECRETS = {"MAIN_PASSWORD": "one-secret", "MAIN_TOKEN": "a-token", "ANNA_PASSWORD": "two-secret"}


def write(path: Path, text: str) -> Path:
    file = path / "followers.toml"
    file.write_text(text)
    return file


def test_a_good_file_with_its_secrets(tmp_path: Path) -> None:
    setup = load(write(tmp_path, GOOD), SECRETS)
    (anna,) = setup.followers
    assert (anna.address, anna.share, anna.pairs) == (
        "https://anna.example:8443",
        0.5,
        ("BTC/USD",),
    )
    assert anna.password.get_secret_value() == "two-secret"
    assert setup.leader.ws_token.get_secret_value() == "a-token"
    assert not any(secret in repr(setup) for secret in SECRETS.values())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("share = 0.5", "share = 1.5", "followers.0.share (anna): Input should be less than"),
        ("share = 0.5", "share = 0", "followers.0.share (anna): Input should be greater than 0"),
        ("share = 0.5", 'shares = "half"', "followers.0.shares (anna): is unknown"),
        ('username = "anna"', "", "followers.0.username (anna): is missing"),
        ("https://anna.example:8443/", "anna.example", "followers.0.url (anna)"),
        ("https://anna", "https://anna:two-secret@anna", "leave the credentials out"),
        ("8443/", "8443/api/v1", "write the address without a path"),
        ('"main"', '"the main one"', "leader.name: must be 1 to 32 letters, digits, - or _"),
        ('"anna"\nurl', '"main"\nurl', '"main" is the name of 2 bots'),
        ("https://anna.example:8443/", "http://127.0.0.1:8080", "is the url of 2 bots"),
        ("ANNA_PASSWORD", "BERTA", "followers (anna): the environment variable BERTA is not set"),
        ("MAIN_TOKEN", "NONE", "leader.ws_token_env: the environment variable NONE is not set"),
        ("[[followers]]", "[[follower]]", "followers: is missing"),
        ("[leader]", "[leader", "cannot be read"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(SetupError) as error:
        load(write(tmp_path, GOOD.replace(old, new, 1)), SECRETS)
    assert told in str(error.value)
    assert "followers.toml" in str(error.value)
    assert "at least 1 item" not in str(error.value), "the other one is there"
    assert not any(secret in str(error.value) for secret in SECRETS.values())


def test_a_password_in_the_file_is_refused_without_being_shown(tmp_path: Path) -> None:
    for key in ("password", "ws_token"):
        text = GOOD.replace("[leader]", f'[leader]\n{key} = "one-secret"')
        with pytest.raises(SetupError, match=f"{key} does not belong into a file") as error:
            load(write(tmp_path, text), SECRETS)
        assert "one-secret" not in str(error.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"followers.toml does not exist: docs/copy-trading.md"):
        load(tmp_path / "followers.toml", SECRETS)
