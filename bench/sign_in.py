"""Whether the time of a refused sign-in tells who has an account: known and unknown addresses in turns, as in life."""

from __future__ import annotations

import argparse
import random
import statistics
import time

from .places import django_of_its_own

LOGIN = "/accounts/login/"
EACH = 8  # tries at one address: fewer than make the portal refuse to look


def make_people(count: int) -> list[str]:
    """Accounts with one password among them, because hashing one for each would take minutes."""
    from django.contrib.auth.hashers import make_password

    from leads.models import User

    password = make_password("a password nobody guesses")
    emails = [f"known{number}@example.com" for number in range(count)]
    User.objects.bulk_create(User(email=email, password=password) for email in emails)
    return emails


def measure(emails: list[str]) -> tuple[float, float]:
    """Seconds by the clock, and of this process's own work, of one refused try at each address, in this order."""
    from django.test import Client

    address = ".".join(str(random.randrange(1, 255)) for _ in range(4))
    client = Client(REMOTE_ADDR=address, HTTP_HOST="localhost")
    began, worked = time.perf_counter(), time.process_time()
    for email in emails:
        status = client.post(LOGIN, {"login": email, "password": "wrong"}).status_code
        if status != 200:
            raise RuntimeError(f"the try was not looked at: {status}")
    return time.perf_counter() - began, time.process_time() - worked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=2_000, help="in all, half of them at addresses nobody has")
    options = parser.parse_args()
    half = options.tries // 2
    took: dict[str, list[tuple[float, float]]] = {"known": [], "unknown": []}
    with django_of_its_own():
        known = make_people(half // EACH + 1)
        measure([known[-1]])
        for number in range(half):
            email = known[number // EACH]
            pair = [("known", email), ("unknown", email.replace("known", "nobody"))]
            random.shuffle(pair)
            for kind, address in pair:
                took[kind].append(measure([address]))
    for place, what in enumerate(("by the clock", "own work")):
        medians = {kind: statistics.median(each[place] for each in times) * 1000 for kind, times in took.items()}
        apart = medians["known"] - medians["unknown"]
        print(
            f"{what:13} known {medians['known']:6.1f} ms, unknown {medians['unknown']:6.1f} ms, apart {apart:+.2f} ms"
        )
    print(f"tries         {options.tries}")


if __name__ == "__main__":
    main()
