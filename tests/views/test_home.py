from __future__ import annotations

from leads.models import User
from leads.models.teams import Role

from .conftest import HTMX
from .page import parse


def test_it_goes_straight_to_the_only_team(team, bob, browse):
    response = browse(bob).client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/t/brewers/")


def test_it_lets_choose_between_teams(team, other_team, bob, browse):
    other_team.memberships.create(user=bob, role=Role.MEMBER)
    links = {link.attrs["href"] for link in parse(browse(bob).client.get("/")).one("main").all("a")}
    assert links == {"/t/brewers/", "/t/strangers/"}


def test_it_says_what_to_do_without_a_team(db, browse, team):
    user = User.objects.create_user("nobody@example.com")
    response = browse(user).client.get("/")
    assert response.status_code == 200
    assert "You are in no team yet" in response.content.decode()
    assert "Brewers" not in response.content.decode()


def test_it_asks_to_sign_in(browse):
    client = browse(None).client
    assert client.get("/")["Location"] == "/accounts/login/?next=/"
    assert client.get("/t/brewers/")["Location"] == "/accounts/login/?next=/t/brewers/"
    assert client.get("/", headers=HTMX).status_code == 401


def test_it_hides_other_teams(charlie, browse):
    assert browse(charlie).get("team_home").status_code == 404
    assert browse(charlie).client.get("/t/there-is-none/").status_code == 404


def test_it_rejects_other_verbs(bob, browse):
    for verb in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        for path in ("/", "/t/brewers/"):
            assert browse(bob).client.generic(verb, path).status_code == 405
