"""Addresses that stand in a lead are text: the portal looks at none of them, whoever brought them and whoever reads."""

from __future__ import annotations

from leads.breakcold.fields import FIELDS, Kind
from leads.delivery import drain
from leads.models import Submission
from leads.services import tokens
from leads.states import State
from tests.breakcold.loopback import answer, answering, listening
from tests.factories import OPERATOR

URLS = [field.name for field in FIELDS if field.kind is Kind.URL]


def test_it_asks_nothing_of_an_address_in_a_lead(team, bob, alice, browse, key) -> None:
    """Typed and sent by a script, delivered, listed, opened, changed and exported: nobody came to the address."""
    _, plain = tokens.issue_token(team=team, name="script", actor=OPERATOR)
    with listening(answering(answer(b"{}"))) as trap:
        lead = {name: f"http://127.0.0.1:{trap.port}/{name}" for name in URLS} | {"first_name": "Sam"}
        lead["icebreaker"] = f"see http://127.0.0.1:{trap.port}/text"
        assert len(URLS) >= 3 and browse(bob).enter(lead).status_code == 303
        sent = browse(None).client.post(
            "/rest/lead",
            lead | {"email": "s@example.com"},
            "application/json",
            headers={"X-API-KEY": plain, "Prefer": "wait=0"},
        )
        assert sent.status_code == 202, sent.content
        drain.drain(key.public_id)
        reader = browse(alice)
        for found in Submission.objects.all():
            assert found.state == State.CREATED
            page = reader.get("submission_detail", found.public_id).content.decode()
            assert f":{trap.port}/" in page and 'src="http' not in page
        reader.get("submission_list")
        assert b"127.0.0.1" in b"".join(reader.post("export_leads", data={"format": "csv"}))
        assert trap.connections == 0
