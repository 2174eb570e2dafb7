"""“Enter one like this”: what a lead says, without what is its own."""

from __future__ import annotations

import pytest

from leads.breakcold.fields import BY_NAME
from leads.models import FormPreset, Submission
from tests.factories import make_preset, make_row, make_submission
from tests.picking import add, add_attribute

from .page import lead_form

OWN = {
    "first_name": "Aoife",
    "last_name": "Byrne",
    "email": "aoife@example.com",
    "phone": "+353861234567",
    "linkedin_url": "https://www.linkedin.com/in/aoife",
    "twitter_name": "aoife",
    "id": "crm-1",
}
SHARED = {"company": "Acme", "website_url": "https://acme.example", "city": "Cork", "contract_name": "Autumn"}


@pytest.fixture
def bobs(bob, browse):
    return browse(bob)


def filled(page):
    sent = lead_form(page).sends()
    switches = {name for name, field in BY_NAME.items() if field.default is not None}
    ours = {"csrfmiddlewaretoken", "one_time_key", "environment", "preset"}
    texts = {name: texts[0] for name, texts in sent.items() if name not in ours | switches}
    return {name: text for name, text in texts.items() if text}


def test_it_takes_along_what_colleagues_share_and_sends_as_a_lead_of_its_own(team, bob, bobs, key):
    add(team, "tag", "hot")
    add_attribute(team, "size")
    lead = make_submission(team, bob, **OWN, **SHARED, tags=["hot"], attributes={"size": "large"})
    page = bobs.get("submission_like", lead.public_id)
    assert filled(page) == SHARED | {"tags": "hot", "attributes.size": "large"}
    assert lead.reference in page.content.decode()
    data = lead_form(page).sends() | {"email": "bert@example.com"}
    assert bobs.post("submission_new", data=data).status_code == 303
    second = Submission.objects.latest("pk")
    assert second != lead
    assert second.values["company"] == "Acme"
    assert "first_name" not in second.values


def test_it_leaves_a_company_s_own_names_out_of_one_like_it(team, bob, bobs):
    lead = make_submission(team, bob, is_company=True, **OWN, **SHARED)
    page = bobs.get("submission_like", lead.public_id)
    assert filled(page) == {"city": "Cork", "contract_name": "Autumn"}
    assert lead_form(page).sends()["is_company"] == ["true"]


def test_it_opens_in_the_preset_unless_the_lead_says_more(team, bob, bobs):
    preset = make_preset(team, make_row("email"), make_row("city", default="Galway"))
    lead = make_submission(team, bob, email="a@example.com", city="Cork")
    Submission.objects.filter(pk=lead.pk).update(preset=preset)
    page = bobs.get("submission_like", lead.public_id)
    assert (filled(page), lead_form(page).sends()["preset"]) == ({"city": "Cork"}, [str(preset.public_id)])
    FormPreset.objects.filter(pk=preset.pk).update(rows=[make_row("email")])
    page = bobs.get("submission_like", lead.public_id)
    assert (filled(page), lead_form(page).sends()["preset"]) == ({"city": "Cork"}, ["all"])


def test_it_says_what_breakcold_has_no_more(team, bob, bobs):
    lead = make_submission(team, bob, email="a@example.com", tags=["gone"])
    assert "no longer has this" in bobs.get("submission_like", lead.public_id).content.decode()
    assert bobs.url("submission_like", lead.public_id) in bobs.get("submission_detail", lead.public_id).content.decode()
