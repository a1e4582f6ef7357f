"""The simulated exchange: both exchanges' routes in one app; their paths do not meet."""

from datetime import UTC, datetime

from fastapi import FastAPI, Request
from fastapi.exceptions import HTTPException
from fastapi.responses import JSONResponse

from nija_plugins.venue import coinbase, kraken
from nija_plugins.venue.candles import CandleSource
from nija_plugins.venue.listings import COINBASE, KRAKEN
from nija_plugins.venue.quotes import Clock, Quotes


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def build_app(source: CandleSource, clock: Clock = wall_clock) -> FastAPI:
    """The app that serves `source` as of the time `clock` tells."""
    app = FastAPI(title="NIJA simulated exchange", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(coinbase.router(Quotes(COINBASE, source, clock)))
    app.include_router(kraken.router(Quotes(KRAKEN, source, clock)))

    @app.exception_handler(HTTPException)
    async def refuse(_request: Request, error: HTTPException) -> JSONResponse:
        # The exchanges send their error object bare, without FastAPI's "detail" around it.
        return JSONResponse(error.detail, status_code=error.status_code)

    @app.get("/{path:path}")
    def unknown(path: str) -> JSONResponse:
        why = f"the simulated exchange has no /{path}"
        return JSONResponse({"error": "NOT_FOUND", "error_description": why}, status_code=404)

    return app
