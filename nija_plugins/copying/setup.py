"""followers.toml: who leads, who follows, and where their secrets are."""

import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from nija_plugins.copying.tag import LEADER_NAME


class SetupError(ValueError):
    """A followers.toml that cannot be used: one line per finding, naming file and key."""


def _bare(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.username or url.password:
        raise ValueError("leave the credentials out of the address: they would be printed with it")
    if url.path not in (None, "", "/") or url.query:
        raise ValueError("write the address without a path: http://127.0.0.1:8080")
    return url


Address = Annotated[AnyHttpUrl, AfterValidator(_bare)]


class Endpoint(BaseModel):
    """One bot's API: `url` without a path, `password_env` names an environment variable."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern=f"^{LEADER_NAME}$")
    url: Address
    username: str = Field(min_length=1)
    password_env: str = Field(min_length=1)
    password: SecretStr = Field(SecretStr(""), exclude=True)
    """Filled from the environment, never read from the file."""

    @property
    def address(self) -> str:
        """The URL without a slash at its end."""
        return str(self.url).rstrip("/")


class LeaderEndpoint(Endpoint):
    """The leader's; `name` stands in every tag, so it must not change. `ws_token_env` names an
    environment variable with the leader's `api_server.ws_token`."""

    ws_token_env: str = Field(min_length=1)
    ws_token: SecretStr = Field(SecretStr(""), exclude=True)


class FollowerEndpoint(Endpoint):
    """A follower's. `share` is the factor on the stake that its own sizer decides, in (0, 1];
    `pairs` are those it copies, all of them when it names none."""

    share: float = Field(1.0, gt=0, le=1)
    pairs: tuple[str, ...] = ()


class Setup(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    leader: LeaderEndpoint
    followers: tuple[FollowerEndpoint, ...] = Field(min_length=1)


def load(path: Path, environ: Mapping[str, str]) -> Setup:
    """The setup in `path`, with the secrets that `environ` holds. Raises SetupError."""
    try:
        told = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise SetupError(
            f"{path} does not exist: docs/copy-trading.md shows one to begin with."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}.") from None
    try:
        setup = Setup.model_validate(told)
    except ValidationError as error:
        raise SetupError("\n".join(_lines(path, error, told))) from None
    findings = [*_twice(setup), *_inline_secrets(told), *_missing(setup, environ)]
    if findings:
        raise SetupError("\n".join(f"{path}: {finding}" for finding in findings))
    return setup.model_copy(
        update={
            "leader": setup.leader.model_copy(
                update={
                    "password": SecretStr(environ[setup.leader.password_env]),
                    "ws_token": SecretStr(environ[setup.leader.ws_token_env]),
                }
            ),
            "followers": tuple(
                one.model_copy(update={"password": SecretStr(environ[one.password_env])})
                for one in setup.followers
            ),
        }
    )


def _lines(path: Path, error: ValidationError, told: Mapping[str, Any]) -> list[str]:
    lines = []
    wrong = {finding["loc"][0] for finding in error.errors() if len(finding["loc"]) > 1}
    for finding in error.errors():
        # pydantic leaves out a follower that is wrong, and counts one less.
        if finding["type"] == "too_short" and finding["loc"][0] in wrong:
            continue
        key = ".".join(str(part) for part in finding["loc"])
        message = finding["msg"].removeprefix("Value error, ")
        if finding["type"] == "extra_forbidden":
            message = "is unknown"
        elif finding["type"] == "missing":
            message = "is missing"
        elif finding["type"] == "string_pattern_mismatch":
            message = "must be 1 to 32 letters, digits, - or _"
        lines.append(f"{path}: {key}{_whose(finding['loc'], told)}: {message}.")
    return lines


def _whose(where: tuple[int | str, ...], told: Mapping[str, Any]) -> str:
    """ " (anna)" for a key of the follower of that name."""
    try:
        name = told["followers"][where[1]]["name"]
    except (KeyError, IndexError, TypeError):
        return ""
    return f" ({name})" if isinstance(name, str) else ""


def _twice(setup: Setup) -> list[str]:
    everybody: list[Endpoint] = [setup.leader, *setup.followers]
    names = Counter(one.name for one in everybody)
    addresses = Counter(one.address for one in everybody)
    return [
        *(f'"{name}" is the name of {count} bots.' for name, count in names.items() if count > 1),
        *(f"{url} is the url of {count} bots." for url, count in addresses.items() if count > 1),
    ]


def _inline_secrets(told: Mapping[str, Any]) -> list[str]:
    everybody = [told["leader"], *told["followers"]]
    found = [key for one in everybody for key in ("password", "ws_token") if key in one]
    return [
        f"{key} does not belong into a file: set {key}_env to an environment variable's name."
        for key in dict.fromkeys(found)
    ]


def _missing(setup: Setup, environ: Mapping[str, str]) -> list[str]:
    wanted = [("leader.password_env", setup.leader.password_env)]
    wanted.append(("leader.ws_token_env", setup.leader.ws_token_env))
    wanted += [(f"followers ({one.name})", one.password_env) for one in setup.followers]
    return [
        f"{key}: the environment variable {name} is not set."
        for key, name in wanted
        if not environ.get(name)
    ]
