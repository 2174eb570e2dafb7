"""Making invitations: an admin gets a link, sees it once, and can take it back."""

from __future__ import annotations

import re
import socket
import threading
from datetime import timedelta

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from leads.models import AuditEntry, Invitation, User
from leads.services import invitation_mail, invitations
from tests.factories import OPERATOR, actor_for

from . import questions
from .conftest import HTMX
from .page import errors_of, parse
from .test_members import said, words

DORA = {"email": "dora@example.com", "role": "reviewer"}
LINK = re.compile(r"http://localhost:8000/invitations/(lpi_[\w-]{43})/")
NO_MAIL = "django.core.mail.backends.filebased.EmailBackend"


@pytest.fixture
def admin(alice, browse):
    return browse(alice)


def link_of(response):
    [link] = set(LINK.findall(response.content.decode()))
    return link


def invite(team, alice, email="dora@example.com"):
    return invitations.invite(team=team, email=email, role="reviewer", actor=actor_for(alice))[0]


def test_it_shows_the_link_once(admin):
    response = admin.post("invitation_new", data=DORA)
    assert response.status_code == 200
    page = parse(response)
    assert page.one("p", id="invitation-link").text == f"http://localhost:8000/invitations/{link_of(response)}/"
    assert page.one("button", data_copy="invitation-link")
    assert "dora@example.com" in words(page.one("section", id="invitations"))
    assert page.one("input", name="email").attrs.get("value", "") == ""
    again = admin.get("member_list").content.decode()
    assert "lpi_" not in again and "dora@example.com" in again
    assert admin.get("invitation_new")["Location"] == admin.url("member_list")
    assert response["Cache-Control"] == "no-store"


def test_it_gives_htmx_the_people_with_the_link(admin):
    response = admin.post("invitation_new", data=DORA, headers=HTMX)
    [root] = [child for child in parse(response).children if not isinstance(child, str)]
    assert root.attrs["id"] == "people" and link_of(response)


@pytest.mark.parametrize("name", ["invitation_new", "invitation_renew", "invitation_revoke"])
def test_it_answers_the_questions_of_every_page(team, alice, bob, charlie, browse, name):
    args = [] if name == "invitation_new" else [invite(team, alice).public_id]
    questions.hands_everything_back(browse(None), name, *args)
    questions.tells_htmx_among_the_notices(browse(None), "post", name, *args)
    questions.hides_other_teams(browse(charlie), "post", name, *args)
    questions.rejects(browse(alice), "PUT PATCH DELETE", name, *args)
    assert browse(bob).post(name, *args, data=DORA).status_code == 403
    assert Invitation.objects.filter(revoked_at=None).count() == len(args)


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("", "Whose address"),
        ("dora", "not an email address"),
        ("dorа@example.com", "cyrillic"),
        ("d" * 250 + "@example.com", "at most 254"),
        ("d\0@example.com", "Null characters|control"),
        ("bob@example.com", "in the team already"),
        ("erin@example.com", "was invited already, by you"),
    ],
    ids=ascii,
)
def test_it_says_beside_the_field_what_is_wrong(team, alice, bob, admin, email, why):
    invite(team, alice, "erin@example.com")
    response = admin.post("invitation_new", data={"email": email, "role": "admin"})
    assert response.status_code == 422 and re.search(why, errors_of(response)["email"])
    form = parse(response).one("form", action=admin.url("invitation_new"))
    assert form.sends()["role"] == ["admin"]
    assert form.sends()["email"] == [email] or "\0" in email
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("role", ["", "owner", "Admin"])
def test_it_refuses_a_role_there_is_not(admin, role):
    response = admin.post("invitation_new", data=DORA | {"role": role})
    assert (response.status_code, list(errors_of(response))) == (422, ["role"])
    assert not Invitation.objects.exists()


def test_it_makes_a_new_link_in_place_of_the_old(team, alice, admin):
    old = link_of(admin.post("invitation_new", data=DORA))
    invitation = Invitation.objects.get()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert "Ran out" in words(parse(admin.get("member_list")).one("tr", id=f"invitation-{invitation.public_id}"))
    new = link_of(admin.post("invitation_renew", invitation.public_id))
    assert [admin.client.get(f"/invitations/{link}/").status_code for link in (old, new)] == [410, 200]
    late = admin.post("invitation_renew", invitation.public_id)
    assert late.status_code == 422 and "you took this invitation back" in late.content.decode()


def test_it_takes_an_invitation_back(admin):
    link = link_of(admin.post("invitation_new", data=DORA))
    invitation = Invitation.objects.get()
    assert admin.post("invitation_revoke", invitation.public_id).status_code == 303
    assert "dora@example.com is taken back" in said(admin.client)
    assert admin.client.get(f"/invitations/{link}/").status_code == 410
    admin.post("invitation_revoke", invitation.public_id)
    assert "Meanwhile you took" in said(admin.client)
    assert "dora@example.com" not in admin.get("member_list").content.decode()


def test_it_touches_nothing_of_another_team(admin, other_team, charlie):
    theirs, plain = invitations.invite(team=other_team, email="x@example.com", role="admin", actor=actor_for(charlie))
    assert admin.post("invitation_renew", theirs.public_id).status_code == 422
    admin.post("invitation_revoke", theirs.public_id)
    assert "no such invitation" in said(admin.client)
    assert invitations.find(plain) == theirs


# The mail


def test_it_mails_the_link_where_mail_is_set_up(admin, alice, mailoutbox):
    User.objects.filter(pk=alice.pk).update(name="Alice Ahern")
    response = admin.post("invitation_new", data=DORA)
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (["dora@example.com"], "Invitation to Brewers")
    assert f"/invitations/{link_of(response)}/" in mail.body
    assert "Alice Ahern invites you" in mail.body and "as a reviewer" in mail.body
    assert "It was sent to them" in words(parse(response).one("section", id="new-link"))


def test_it_keeps_a_name_out_of_the_mail_s_headers(team, admin, mailoutbox):
    type(team).objects.filter(pk=team.pk).update(name="Brewers\r\nBcc: all@example.com")
    admin.post("invitation_new", data=DORA)
    [mail] = mailoutbox
    assert mail.subject == "Invitation to Brewers Bcc: all@example.com" and mail.recipients() == ["dora@example.com"]


def test_it_says_that_no_mail_is_sent_where_none_is_set_up(admin, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = NO_MAIL, str(tmp_path)
    response = admin.post("invitation_new", data=DORA)
    assert link_of(response) and "This portal sends no mail" in response.content.decode()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def mail_server():
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def use_smtp(settings, port):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def test_it_loses_nothing_to_a_mail_server_that_is_away(admin, settings, mail_server, caplog):
    port = mail_server.getsockname()[1]
    mail_server.close()
    use_smtp(settings, port)
    response = admin.post("invitation_new", data=DORA)
    assert "The mail could not be sent" in words(parse(response).one("section", id="new-link"))
    assert admin.client.get(f"/invitations/{link_of(response)}/").status_code == 200
    assert "could not be mailed: ConnectionRefusedError" in caplog.text
    assert "dora@example.com" not in caplog.text and "lpi_" not in caplog.text


def test_it_does_not_wait_for_a_mail_server_that_hangs(admin, settings, mail_server, monkeypatch):
    use_smtp(settings, mail_server.getsockname()[1])
    settings.EMAIL_TIMEOUT = 60
    monkeypatch.setattr(invitation_mail, "MAX_SECONDS", 0.05)
    response = admin.post("invitation_new", data=DORA)
    assert "has not answered yet" in words(parse(response).one("section", id="new-link"))
    assert invitations.find(link_of(response))


def test_it_sends_outside_of_the_transaction(admin, monkeypatch):
    """A mail that went out is about an invitation that is there, and nobody waits for the mail with a lock held."""
    seen = []

    def look(self, messages):
        seen.append((threading.current_thread() is threading.main_thread(), len(messages)))
        return 1

    monkeypatch.setattr(EmailBackend, "send_messages", look)
    admin.post("invitation_new", data=DORA)
    assert seen == [(False, 1)]


def test_it_writes_neither_link_nor_address_into_the_log(admin):
    link = link_of(admin.post("invitation_new", data=DORA))
    admin.post("invitation_renew", Invitation.objects.get().public_id)
    text = str(list(AuditEntry.objects.values()))
    assert AuditEntry.objects.filter(action="member.invited").count() == 2
    assert link not in text and "dora" not in text
    page = admin.get("audit_list").content.decode()
    assert "invited somebody" in page and "dora@example.com" not in page


def test_it_needs_no_person_to_have_invited(team, admin):
    invitations.invite(team=team, email="dora@example.com", role="member", actor=OPERATOR)
    assert "an operator" in words(parse(admin.get("member_list")).one("section", id="invitations"))
