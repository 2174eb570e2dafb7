"""The nursery of the campaign: its processes go by the campaign's clock, and may kill themselves at a named point.

An order to it may say ``{"point": NAME, "passes": N}``; see ``tests/nursery.py`` and ``failpoints.py``.
"""

from __future__ import annotations

from tests.nursery import Order, serve

from . import clock


def prepare() -> None:
    clock.from_environment().install()


def begin(order: Order) -> None:
    from . import failpoints  # which needs the models

    if order.get("point"):
        failpoints.install(order["point"], order["passes"])


if __name__ == "__main__":
    serve(prepare, begin)
