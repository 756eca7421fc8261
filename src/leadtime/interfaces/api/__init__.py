"""The HTTP interface: the functions of the command line, the same envelope, under ``/api/v1``; it serves the page too.

``create_app`` needs the extra ``app``; ``leadtime app`` starts it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadtime.interfaces.api._app import create_app
    from leadtime.interfaces.api._claimed import own_claims

__all__ = ["create_app", "own_claims"]


def __getattr__(name: str) -> Any:
    if name == "create_app":
        from leadtime.interfaces.api._app import create_app

        return create_app
    if name == "own_claims":
        from leadtime.interfaces.api._claimed import own_claims

        return own_claims
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
