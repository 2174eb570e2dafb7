"""The team's webhooks, as its admins see them."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.delivery import webhooks as sending
from leads.models import AuditEntry, Team, Webhook, WebhookDelivery
from leads.services import webhooks
from leads.services.webhook_targets import open_target
from tests.breakcold.loopback import answer, answering, listening
from tests.factories import OPERATOR, make_submission
from tests.receivers import EVERYTHING, OK, PATH, is_signed, make_webhook, statuses, told

from .conftest import HTMX
from .page import errors_of, parse
from .questions import answers_head, asks_to_sign_in, gives_htmx_the_fragment, hands_everything_back, rejects

pytestmark = pytest.mark.django_db

ADDRESS = "http://127.0.0.1:9" + PATH
NOBODY_STOPS = threading.Event()


@pytest.fixture(autouse=True)
def open_to_this_machine(settings):
    settings.PORTAL_WEBHOOK_PRIVATE_TARGETS = True


@pytest.fixture
def admin(browse, alice):
    return browse(alice)


@pytest.fixture
def hook(team):
    return make_webhook(team, "http://127.0.0.1:9")


def filled(**values):
    return {
        "public_id": str(uuid4()),
        "name": "Sales",
        "kind": "json",
        "address": ADDRESS,
        "events": EVERYTHING,
        **values,
    }


def text(response) -> str:
    return " ".join(parse(response).one("main").text.split())


def deliver() -> None:
    while (webhook := sending.claim(timezone.now())) is not None:
        sending.work(webhook, NOBODY_STOPS)


def test_it_says_what_to_do_when_there_is_none(admin):
    page = parse(admin.get("webhook_list"))
    assert "Nobody is told yet" in page.text
    assert page.one("section", class_="empty").one("a").attrs["href"] == admin.url("webhook_new")


def test_it_lists_them_without_what_is_secret(admin, hook, other_team):
    make_webhook(other_team, "http://127.0.0.1:8", name="theirs")
    response = admin.get("webhook_list")
    assert "127.0.0.1:9" in text(response) and "Signed JSON" in text(response)
    assert "theirs" not in text(response) and "SecretPath" not in response.content.decode()


@pytest.mark.parametrize(
    ("state", "badge"),
    [
        ({}, "On"),
        ({"is_on": False}, "Off"),
        ({"failing_since": timezone.now()}, "Failing"),
        ({"is_on": False, "off_because": "It said that it is gone for good (410)."}, "Switched off"),
    ],
)
def test_it_shows_the_state_in_words(admin, hook, state, badge):
    Webhook.objects.update(**state)
    for response in (admin.get("webhook_list"), admin.get("webhook_detail", hook.public_id)):
        assert badge in [" ".join(element.text.split()) for element in parse(response).all("span", class_="badge")]


def test_it_asks_what_a_new_one_needs(admin):
    form = parse(admin.get("webhook_new")).one("form", id="webhook-form")
    sent = form.sends()
    assert sent["kind"] == ["text"] and sent["events"] == EVERYTHING
    assert len(form.all("label", class_="check")) == len(EVERYTHING)


def test_it_adds_one_and_shows_its_secret_once(admin, team):
    response = admin.post("webhook_new", data=filled())
    assert response.status_code == 200
    hook = Webhook.objects.select_related("team").get()
    secret = open_target(hook).secret
    assert parse(response).one(id="webhook-secret").text == secret
    assert "SecretPath" not in response.content.decode()
    assert secret not in admin.get("webhook_detail", hook.public_id).content.decode()
    assert AuditEntry.objects.filter(team=team, action="webhook.added").count() == 1


def test_it_adds_one_for_a_chat_and_leads_to_its_page(admin):
    response = admin.post("webhook_new", data=filled(kind="text"))
    hook = Webhook.objects.get()
    assert (response.status_code, response["Location"]) == (303, admin.url("webhook_detail", hook.public_id))
    assert "is told from now on" in text(admin.get("webhook_detail", hook.public_id))


def test_a_page_that_is_loaded_again_adds_no_second_one(admin):
    data = filled()
    admin.post("webhook_new", data=data)
    response = admin.post("webhook_new", data=data)
    assert response.status_code == 422 and "sent already" in text(response)
    assert "whsec_" not in response.content.decode()
    assert Webhook.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"name": ""}, "name", "Give it a name."),
        ({"kind": "xml"}, "kind", "Choose one of these."),
        ({"address": ""}, "address", "Type the address that is to be told."),
        ({"address": "https://user:pw@127.0.0.1/"}, "address", "before the @"),
        ({"address": "http://10.0.0.1/hidden"}, "address", "only for this machine"),
        ({"address": "https://169.254.169.254/latest"}, "address", "sends nothing to"),
        ({"events": []}, "events", "Choose at least one."),
        ({"events": ["lead.deleted"]}, "events", "Choose from these."),
    ],
)
def test_it_says_what_is_wrong_and_keeps_what_was_typed(admin, values, field, words):
    data = filled(**values)
    response = admin.post("webhook_new", data=data)
    assert response.status_code == 422
    assert words in errors_of(response)[field]
    sent = parse(response).one("form", id="webhook-form").sends()
    assert sent["name"] == [data["name"]] and sent["address"] == [data["address"]]
    assert not Webhook.objects.exists() and not AuditEntry.objects.filter(action="webhook.added").exists()


def test_it_shows_typed_markup_as_text(admin):
    response = admin.post("webhook_new", data=filled(name="<b>x</b>", kind="text"), follow=True)
    assert "<b>x</b>" not in response.content.decode() and "<b>x</b>" in parse(response).one("h1").text


def test_it_says_when_a_team_has_enough(admin, team):
    for number in range(webhooks.MAX_WEBHOOKS):
        make_webhook(team, "http://127.0.0.1:9", name=f"hook {number}")
    assert "at most 10" in text(admin.get("webhook_list"))
    response = admin.post("webhook_new", data=filled())
    assert response.status_code == 422 and "at most 10" in text(response)


def test_it_changes_one_and_leaves_the_address(admin, hook):
    before = open_target(hook)
    page = parse(admin.get("webhook_detail", hook.public_id))
    sent = page.one("form", id="webhook-form").sends()
    assert sent["address"] == [""] and "kind" not in sent
    response = admin.post(
        "webhook_detail", hook.public_id, data={"name": "Other", "address": "", "events": ["key.paused"]}
    )
    assert response.status_code == 303
    found = Webhook.objects.select_related("team").get()
    assert (found.name, found.events, open_target(found)) == ("Other", ["key.paused"], before)


def test_it_refuses_a_change_and_opens_the_form(admin, hook):
    response = admin.post(
        "webhook_detail", hook.public_id, data={"name": "Other", "address": "nonsense", "events": EVERYTHING}
    )
    assert response.status_code == 422
    page = parse(response)
    assert "open" in page.one("details", id="webhook-change").attrs
    assert "not an address" in errors_of(response)["address"]
    assert Webhook.objects.get().name == "hook"


def test_a_test_arrives_and_shows_up(admin, team):
    with listening(answering(OK)) as server:
        hook = make_webhook(team, server.url)
        assert admin.post("webhook_act", hook.public_id, "test").status_code == 303
        waiting = admin.get("webhook_detail", hook.public_id)
        assert "On its way" in text(waiting)
        assert "every 3s" in parse(waiting).one(id="webhook-state").attrs["hx-trigger"]
        deliver()
        assert is_signed(told(server.requests[0]), open_target(hook).secret)
    page = admin.get("webhook_detail", hook.public_id)
    assert "Delivered" in text(page)
    assert "hx-trigger" not in parse(page).one(id="webhook-state").attrs


def test_it_says_what_went_wrong_and_when_it_is_tried_again(admin, team, bob):
    Team.objects.filter(pk=team.pk).update(reviews=True)
    team.refresh_from_db()
    with listening(answering(answer(b"", 500))) as server:
        hook = make_webhook(team, server.url)
        lead = make_submission(team, bob)
        deliver()
    said = text(admin.get("webhook_detail", hook.public_id))
    assert "It does not work. It answered 500." in said
    assert lead.reference in said and "Next one" in said


def test_it_says_why_it_was_switched_off(admin, hook):
    webhooks.switch_off(webhook=hook, because=webhooks.GONE, actor=OPERATOR)
    said = text(admin.get("webhook_detail", hook.public_id))
    assert "The portal switched it off. It said that it is gone for good (410)." in said
    assert "Switch on" in said


def test_it_is_left_alone_while_nothing_new_happened(admin, hook):
    webhooks.send_test(webhook=hook, actor=OPERATOR)
    asked = parse(admin.get("webhook_detail", hook.public_id)).one(id="webhook-state").attrs["hx-get"]
    assert admin.client.get(asked, headers=HTMX).status_code == 204
    WebhookDelivery.objects.update(status="delivered")
    assert admin.client.get(asked, headers=HTMX).status_code == 200


@pytest.mark.parametrize(("deed", "is_on"), [("off", False), ("on", True)])
def test_it_is_switched(admin, hook, deed, is_on):
    Webhook.objects.update(is_on=not is_on)
    response = admin.post("webhook_act", hook.public_id, deed)
    assert (response.status_code, response["Location"]) == (303, admin.url("webhook_detail", hook.public_id))
    assert Webhook.objects.get().is_on is is_on


def test_it_is_removed_and_is_gone(admin, hook):
    response = admin.post("webhook_act", hook.public_id, "remove")
    assert (response.status_code, response["Location"]) == (303, admin.url("webhook_list"))
    for name, *args in (("webhook_detail",), ("webhook_secret",)):
        assert admin.get(name, hook.public_id, *args).status_code == 404
    assert admin.post("webhook_act", hook.public_id, "on").status_code == 404
    assert "Nobody is told yet" in text(admin.get("webhook_list"))


def test_it_knows_no_other_deed(admin, hook):
    assert admin.post("webhook_act", hook.public_id, "explode").status_code == 404


def test_it_makes_another_secret_and_shows_it_once(admin, hook):
    before = open_target(hook).secret
    response = admin.post("webhook_secret", hook.public_id)
    secret = parse(response).one(id="webhook-secret").text
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret) and secret != before
    again = admin.get("webhook_secret", hook.public_id)
    assert (again.status_code, again["Location"]) == (303, admin.url("webhook_detail", hook.public_id))
    assert open_target(Webhook.objects.select_related("team").get()).secret == secret


def test_it_has_no_secret_for_a_chat(admin, team):
    hook = make_webhook(team, "http://127.0.0.1:9", kind="text")
    assert "New secret" not in text(admin.get("webhook_detail", hook.public_id))
    response = admin.post("webhook_secret", hook.public_id, follow=True)
    assert "not signed" in text(response)


def test_it_sends_again_what_ended(admin, hook):
    webhooks.send_test(webhook=hook, actor=OPERATOR)
    WebhookDelivery.objects.update(status="given_up", attempts=10)
    delivery = WebhookDelivery.objects.get()
    assert "Send again" in text(admin.get("webhook_detail", hook.public_id))
    response = admin.post("webhook_replay", hook.public_id, delivery.public_id)
    assert response.status_code == 303
    assert statuses(hook) == ["waiting"]
    response = admin.client.post(admin.url("webhook_replay", hook.public_id, delivery.public_id), follow=True)
    assert "on its way already" in text(response)


def test_it_replays_nothing_of_another_webhook_or_team(admin, hook, team, other_team):
    mine, theirs = make_webhook(team, "http://127.0.0.1:9"), make_webhook(other_team, "http://127.0.0.1:9")
    for other in (mine, theirs):
        webhooks.send_test(webhook=other, actor=OPERATOR)
    WebhookDelivery.objects.update(status="given_up")
    for other in (mine, theirs):
        url = admin.url("webhook_replay", hook.public_id, other.deliveries.get().public_id)
        assert admin.client.post(url).status_code == 404
    assert admin.post("webhook_replay", theirs.public_id, theirs.deliveries.get().public_id).status_code == 404
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"given_up"}


POSTS = [("webhook_detail",), ("webhook_act", "off"), ("webhook_secret",)]


@pytest.mark.parametrize("who", ["bob", "carol", "charlie"])
def test_it_is_for_admins_of_the_team(request, browse, hook, who):
    browser = browse(request.getfixturevalue(who))
    status = 404 if who == "charlie" else 403
    before = Webhook.objects.values().get(), AuditEntry.objects.count()
    for name in ("webhook_list", "webhook_new"):
        assert browser.get(name).status_code == status
    assert browser.post("webhook_new", data=filled()).status_code == status
    assert browser.get("webhook_detail", hook.public_id).status_code == status
    for name, *args in POSTS:
        assert browser.post(name, hook.public_id, *args, data=filled()).status_code == status
    assert (Webhook.objects.values().get(), AuditEntry.objects.count()) == before


def test_it_hides_the_webhooks_of_another_team_behind_one_s_own(browse, charlie, other_team, hook):
    browser = browse(charlie, other_team)
    assert browser.get("webhook_detail", hook.public_id).status_code == 404
    for name, *args in POSTS:
        assert browser.post(name, hook.public_id, *args).status_code == 404
    assert Webhook.objects.get().is_on


def test_it_wants_a_sign_in(browse, hook):
    asks_to_sign_in(browse(None), "webhook_list")
    hands_everything_back(browse(None), "webhook_new")


def test_it_has_the_verbs_it_has(admin, hook):
    rejects(admin, "POST PUT PATCH DELETE", "webhook_list")
    rejects(admin, "PUT PATCH DELETE", "webhook_new")
    rejects(admin, "PUT PATCH DELETE", "webhook_detail", hook.public_id)
    rejects(admin, "GET HEAD PUT PATCH DELETE", "webhook_act", hook.public_id, "off")
    answers_head(admin, "webhook_list")
    answers_head(admin, "webhook_detail", hook.public_id)


def test_htmx_gets_the_part_that_moves(admin, hook):
    gives_htmx_the_fragment(admin, "webhooks", "webhook_list")
    gives_htmx_the_fragment(admin, "webhook-state", "webhook_detail", hook.public_id)


def test_its_tab_is_for_admins(admin, browse, bob, team):
    assert admin.url("webhook_list") in [
        a.attrs["href"] for a in parse(admin.get("webhook_list")).one(id="settings-nav").all("a")
    ]
    page = parse(browse(bob).get("member_list"))
    assert reverse("webhook_list", args=[team.slug]) not in [a.attrs.get("href") for a in page.all("a")]


def test_a_long_list_costs_no_more_queries(admin, hook, django_assert_max_num_queries):
    for _ in range(60):
        webhooks.send_test(webhook=hook, actor=OPERATOR)
    WebhookDelivery.objects.update(queued_at=timezone.now() - timedelta(days=1))
    with django_assert_max_num_queries(16):
        response = admin.get("webhook_detail", hook.public_id)
    assert len(parse(response).all("tr")) == 51
