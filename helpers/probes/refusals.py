"""What an Engine, or docker-py on its behalf, answers to a request that it refuses."""

from __future__ import annotations

from collections.abc import Callable

from docker.errors import DockerException

from helpers.probes import inside


@inside.probe
def refusal(request: Callable[..., object], *arguments: object, **options: object) -> str:
    """Make a request with docker-py, and return the reason for which it was refused.

    Parameters
    ----------
    request:
        A method of a docker-py client.
    arguments, options:
        For that method.

    Returns
    -------
    str
        The Engine's explanation, or docker-py's if it did not ask the Engine; "" if the request was granted.
    """
    try:
        request(*arguments, **options)
    except DockerException as error:
        return str(getattr(error, "explanation", None) or error)
    return ""
