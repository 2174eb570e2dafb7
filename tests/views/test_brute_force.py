"""Somebody who tries passwords, and who learns nothing: neither the password nor who has an account."""

from __future__ import annotations

import time
from statistics import median

import pytest
from allauth.account.auth_backends import AuthenticationBackend
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory

from leads.models import User
from leads.views import device
from leads.views.account import PortalAccountAdapter
from tests.factories import PASSWORD
from tests.services.threads import all_at_once

from .page import parse

LOGIN, RESET = "/accounts/login/", "/accounts/password/reset/"
TRIES = 10_000
TOO_MANY = "Too many failed login attempts"


@pytest.fixture
def evaluated(monkeypatch) -> list[str]:
    """Each password that was really compared, or worked on as if it were."""
    seen: list[str] = []
    look = AuthenticationBackend._authenticate

    def noted(self, request, **credentials):
        seen.append(credentials["email"])
        return look(self, request, **credentials)

    monkeypatch.setattr(AuthenticationBackend, "_authenticate", noted)
    return seen


@pytest.fixture
def in_memory(settings):
    """Counting in memory is the same counting, and ten thousand times as fast."""
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "tries"}
    settings.CACHES = {"default": {**settings.CACHES["default"], **memory}}
    yield
    cache.clear()


def come_in(client: Client, user: User, password: str = PASSWORD):
    return client.post(LOGIN, {"login": user.email, "password": password})


def told(answer) -> str:
    return " ".join(" ".join(element.text.split()) for element in parse(answer).all(role="alert"))


@pytest.mark.parametrize("email", ["bob@example.com", "nobody@example.com"])
def test_of_ten_thousand_tries_at_most_a_hundred_are_looked_at(bob, evaluated, in_memory, monkeypatch, email):
    """Over three hours, from ten thousand addresses; and the owner's browser is let in all the while."""
    now = [time.time()]
    monkeypatch.setattr("time.time", lambda: now[0])
    owner = Client()
    assert come_in(owner, bob).status_code == 302
    owner.post("/accounts/logout/")
    evaluated.clear()
    requests, refused = RequestFactory(), 0
    for number in range(TRIES):
        now[0] += 3 * 3600 / TRIES
        request = requests.post(LOGIN, REMOTE_ADDR=f"198.{number >> 16}.{(number >> 8) & 255}.{number & 255}")
        try:
            assert PortalAccountAdapter(request).authenticate(request, email=email, password=f"guess {number}") is None
        except ValidationError as exc:
            assert TOO_MANY in str(exc)
            refused += 1
    assert len(evaluated) <= 100 and len(evaluated) + refused == TRIES
    assert TOO_MANY in told(come_in(Client(), bob)) or email != bob.email
    assert come_in(owner, bob).status_code == 302


def test_the_owner_comes_in_from_the_very_address_of_whoever_tries(bob):
    owner, other = Client(), Client()
    come_in(owner, bob)
    owner.post("/accounts/logout/")
    answers = [come_in(other, bob, "wrong").status_code for _ in range(61)]
    assert answers[-1] == 429
    assert come_in(owner, bob).status_code == 302


def test_a_known_browser_has_tries_of_its_own_and_no_more(bob):
    owner = Client()
    come_in(owner, bob)
    owner.post("/accounts/logout/")
    for _ in range(10):
        come_in(owner, bob, "wrong")
    assert TOO_MANY in told(come_in(owner, bob))
    assert come_in(Client(), bob).status_code == 302


def test_the_mark_of_a_browser_helps_its_owner_only(bob, alice, settings):
    """Not with another account, not when it was made up; nor does it open anything."""
    owner = Client()
    come_in(owner, bob)
    owner.post("/accounts/logout/")
    mark = owner.cookies[settings.DEVICE_COOKIE_NAME]
    assert mark["httponly"] and mark["samesite"] == "Lax"
    request = RequestFactory().get("/")
    for value, email, is_known in (
        (mark.value, bob.email, True), (mark.value, "BOB@example.com", True), (mark.value, alice.email, False),
        (mark.value + "x", bob.email, False), ("", bob.email, False), ("a:b:c", bob.email, False),
    ):  # fmt: skip
        request.COOKIES[settings.DEVICE_COOKIE_NAME] = value
        assert bool(device.known_to(request, email)) is is_known, value
    assert owner.get("/t/brewers/submissions/").status_code == 302
    for login in ("bob@example.com\0", "", "\0", "x" * 5000):
        assert owner.post(LOGIN, {"login": login, "password": "x"}).status_code == 200


def test_a_reset_by_mail_lets_the_owner_in_past_all_of_it(bob):
    for _ in range(11):
        come_in(Client(), bob, "wrong")
    client, new = Client(), "a different horse 42"
    client.post(RESET, {"email": bob.email})
    path = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    where = client.get("/" + path.split("/", 3)[3])["Location"]
    client.post(where, {"password1": new, "password2": new})
    for _ in range(11):
        come_in(Client(), bob, "wrong")
    assert come_in(client, bob, new).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_no_more_are_looked_at_when_many_try_at_once(bob, evaluated):
    """The count is in the database, so it holds for any number of processes."""

    def attempt(number: int) -> None:
        for turn in range(4):
            come_in(Client(REMOTE_ADDR=f"198.51.100.{number * 8 + turn}"), bob, "wrong")

    all_at_once(attempt, 6)
    assert 0 < len(evaluated) <= 10


# Who has an account


def test_it_says_the_same_whether_there_is_an_account_or_not(bob):
    for path, field, tries in ((LOGIN, "login", 12), (RESET, "email", 7)):
        for _ in range(tries):
            pages = []
            for email in (bob.email, "nobody@example.com"):
                client = Client(REMOTE_ADDR="192.0.2.1" if email == bob.email else "192.0.2.2")
                answer = client.post(path, {field: email, "password": "wrong"}, follow=True)
                text = " ".join(parse(answer).one("main").text.split())
                pages.append((answer.status_code, text.replace(answer["X-Request-ID"], ""), len(answer.redirect_chain)))
            assert pages[0] == pages[1], path


def test_an_account_that_is_switched_off_shows_only_to_whoever_knows_its_password(bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert told(come_in(Client(), bob, "wrong")) == told(
        Client().post(LOGIN, {"login": "no@example.com", "password": "x"})
    )
    assert "/inactive/" in come_in(Client(), bob)["Location"]


def test_the_same_work_is_done_whether_there_is_an_account_or_not(bob, settings, monkeypatch):
    """One password is hashed for each try: with Argon2 that is nearly all of its time."""
    hashed = []
    hasher = settings.PASSWORD_HASHERS[0].rsplit(".", 1)[1]
    from django.contrib.auth import hashers

    encode = getattr(hashers, hasher).encode
    monkeypatch.setattr(getattr(hashers, hasher), "encode", lambda *a, **k: hashed.append(1) or encode(*a, **k))
    off = User.objects.create_user("off@example.com", PASSWORD, is_active=False)
    none = User.objects.create_user("provider@example.com")  # came by the provider: has no password
    counts = []
    for email in (bob.email, "nobody@example.com", off.email, none.email):
        hashed.clear()
        Client().post(LOGIN, {"login": email, "password": "wrong"})
        counts.append(len(hashed))
    assert counts == [1, 1, 1, 1]


def test_asking_for_a_new_password_takes_the_same_time_for_everybody(bob, monkeypatch):
    """Each answer comes after the same while, which is longer than the work takes; ratios, not clocks, are compared."""
    monkeypatch.setattr("leads.views.password_reset.ANSWER_SECONDS", 0.15)
    took: dict[str, list[float]] = {bob.email: [], "nobody@example.com": []}
    for number in range(3):
        for email, times in took.items():
            client = Client(REMOTE_ADDR=f"192.0.2.{number}")
            began = time.perf_counter()
            client.post(RESET, {"email": email})
            times.append(time.perf_counter() - began)
    known, unknown = (median(times) for times in took.values())
    assert min(known, unknown) >= 0.15
    assert 0.7 < known / unknown < 1.4
