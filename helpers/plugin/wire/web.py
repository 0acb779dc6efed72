"""The driver as a web application: the Engine's calls over HTTP, and the driver's answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import bottle

from .driver import Driver

CONTENT_TYPE = "application/vnd.docker.plugins.v1.2+json"


def application(driver: Driver, record: Callable[[dict[str, Any]], None]) -> bottle.Bottle:
    """The application; `record` gets each call with its answer.

    An unreadable request is answered with status 400, an unknown call with 404 (the Engine then continues
    without it), a failed call with 200. Each time, ``Err`` says why.
    """
    app = bottle.Bottle()

    def answer(call: str) -> str:
        request, status = {}, 200
        try:
            request = json.loads(bottle.request.body.read() or b"{}")
            if not isinstance(request, dict):
                raise ValueError("the request is not a JSON object")
            if call in driver.calls:
                result = driver.calls[call](request)
            else:
                status, result = 404, {"Err": f"wire has no {call}"}
        except ValueError as error:  # JSON's and ipaddress's errors are ValueErrors, too
            status, result = 400, {"Err": f"{call}: {error}"}
        except Exception as error:
            result = {"Err": f"{call}: {error}"}
        record({"call": call, "request": request, "status": status, "answer": result})
        bottle.response.status = status
        bottle.response.content_type = CONTENT_TYPE
        return json.dumps(result)

    app.route("/<call>", method="POST", callback=answer)
    return app
