"""The web process, killed between a click and its answer; and leads that are taken back as they leave."""

from __future__ import annotations

import re
import socket
import threading
import time
from uuid import uuid4

import requests

from .stage import Play, Process, wait_until

PASSWORD = "a password for faults"
RETRIES = 20


class Browser:
    """Signed in to the play's team, on whatever process serves it now."""

    def __init__(self, play: Play, port: int) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.url = f"http://localhost:{port}"
        self.form = f"{self.url}/t/{play.team.slug}/submissions/new/"

    def sign_in(self, email: str) -> None:
        page = self.session.get(f"{self.url}/accounts/login/", timeout=60).text
        data = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": _token(page)}
        self.session.post(f"{self.url}/accounts/login/", data=data, timeout=60).raise_for_status()
        self.token = _token(self.session.get(self.form, timeout=60).text)

    def send(self, email: str, one_time_key: str) -> int | None:
        """The status; None when no answer came."""
        data = {"first_name": "Sam", "email": email, "one_time_key": one_time_key, "csrfmiddlewaretoken": self.token}
        try:
            return self.session.post(self.form, data=data, allow_redirects=False, timeout=30).status_code
        except requests.RequestException:
            return None


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("no form on the page")
    return found.group(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(play: Play, port: int) -> Process:
    web = play.stage.start("web", "--port", str(port))

    def answers() -> bool:
        try:
            return requests.get(f"http://localhost:{port}/healthz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    wait_until(answers, "the web process does not answer")
    return web


def web_kills(play: Play, count: int) -> None:
    """kill -9 between POST and answer; the browser sends the same form again until it is answered."""
    from leads.audit import OPERATOR
    from leads.models.teams import Role
    from leads.services import members

    who = f"sam@{play.team.slug}.example"
    members.add_member(team=play.team, email=who, role=Role.MEMBER, password=PASSWORD, actor=OPERATOR)
    port = free_port()
    web = serve(play, port)
    browser = Browser(play, port)
    browser.sign_in(who)
    cut_off = answered_first = 0
    for number in range(count):
        email, key = f"{number}@{play.team.slug}.example", str(uuid4())
        answers: list[int | None] = []
        click = threading.Thread(target=lambda e=email, k=key, a=answers: a.append(browser.send(e, k)))
        click.start()
        time.sleep(play.random.uniform(0.0, 0.08))
        web.kill()
        click.join()
        was_there = play.rows.filter(email_key=email).count()
        answered_first += answers == [303]
        cut_off += answers == [None]
        if answers == [303] and was_there != 1:
            play.notes.append(f"WRONG: answered, and there are {was_there} rows")
        web = serve(play, port)
        for _ in range(RETRIES):
            if answers[-1] == 303:
                break
            answers.append(browser.send(email, key))
        rows = play.rows.filter(email_key=email)
        if answers[-1] != 303 or rows.count() != 1:
            play.notes.append(f"WRONG: {rows.count()} rows after answers {answers}")
        play.accepted |= {str(row.public_id): email for row in rows}
    web.kill()
    play.notes.append(f"{cut_off} cut off, {answered_first} answered before the kill")
    play.finish()


def undo_races(play: Play, count: int) -> None:
    """A lead is taken back at the very moment at which it may leave."""
    from leads.audit import OPERATOR
    from leads.services import submissions

    worker = play.stage.worker()
    undone, too_late = [], []
    for _ in range(count):
        [lead] = play.enter()
        time.sleep(play.random.choice((0.0, play.random.uniform(0.0, 0.25))))
        try:
            submissions.cancel(submission=play.rows.get(pk=lead.pk), actor=OPERATOR)
            undone.append(lead.pk)
        except submissions.IllegalTransition:
            too_late.append(lead.pk)
    wait_until(lambda: not play.count("queued", "sending"), "the leads do not leave")
    worker.stop()
    play.finish()
    play.notes.append(f"{len(undone)} undone, {len(too_late)} too late")
    both = play.rows.filter(pk__in=undone).exclude(state="cancelled").count()
    neither = play.rows.filter(pk__in=too_late).exclude(state="created").count()
    if both or neither:
        play.notes.append(f"WRONG: {both} undone and sent, {neither} neither")
