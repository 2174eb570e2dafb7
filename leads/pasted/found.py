"""What was found so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from leads.breakcold.fields import BY_NAME


@dataclass(slots=True)
class Found:
    """The first value of a field stays; what comes later and says something else is among the ``rest``."""

    country: str = ""
    values: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)

    def put(self, name: str, value: str) -> None:
        value = value.strip()
        if not value or self.values.get(name, "").casefold() == value.casefold():
            return
        if name in self.values:
            self.leave(f"{BY_NAME[name].label}: {value}")
        else:
            self.values[name] = value

    def leave(self, text: str) -> None:
        if text and text not in self.rest:
            self.rest.append(text)
