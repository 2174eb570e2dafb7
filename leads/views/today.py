"""What the home page says: what needs the reader now, what they did today, and how it stands with key and queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from leads.models import Membership, Submission
from leads.services import drafts, keys
from leads.states import MOVING, NEEDS_PERSON, State

from .key_words import counted, key_words
from .wording import Words

SHOWN = 5  # leads named one by one; the rest is a number


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing that waits for the reader, and where to do it."""

    href: str
    title: str
    text: str = ""
    tone: str = "warn"
    icon: str = "message-square-reply"
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    count: int
    label: str
    href: str


def todos(membership: Membership) -> list[Todo]:
    """The reader's own leads first, then the review queue, then what the team's admin looks after."""
    return [*_own(membership), *_old_drafts(membership), *_to_review(membership), *_of_the_team(membership)]


def _own(membership: Membership) -> Iterator[Todo]:
    mine = own_leads(membership)
    waiting = (
        mine.select_related("team")
        .filter(Q(state__in=[*NEEDS_PERSON, State.DRAFT]) | Q(state=State.UNKNOWN, look_up_at=None))
        .order_by("-updated_at", "-pk")
    )
    for lead in waiting[:SHOWN]:
        yield _todo_for(lead)
    more = waiting.count() - SHOWN
    if more > 0:
        yield Todo(f"{_list(membership)}?mine=on&state=attention", f"{more} more of yours", icon="ellipsis")


def _old_drafts(membership: Membership) -> Iterator[Todo]:
    """What will be removed unless somebody goes on with it."""
    going = drafts.about_to_go(membership.team, membership.user, now=timezone.now())
    if first := going.first():
        count = going.count()
        title = "1 draft of yours will be removed" if count == 1 else f"{count} drafts of yours will be removed"
        text = f"A draft goes {drafts.KEPT.days} days after it was saved last; the oldest was saved"
        href = reverse("draft_open", args=[membership.team.slug, first.public_id])
        yield Todo(href, title, text, "quiet", "file-clock", first.saved_at)


def _todo_for(lead: Submission) -> Todo:
    name, since = lead.title or "A lead without a name", lead.updated_at
    if lead.state == State.CHANGES_REQUESTED:
        return Todo(_url("submission_edit", lead), name, "A reviewer asked you for changes,", moment=since)
    if lead.state == State.DRAFT:
        return Todo(_url("submission_edit", lead), name, "Not sent yet,", "quiet", "file-pen", since)
    if lead.state == State.UNKNOWN:
        text = "We don’t know if it arrived. Look in Breakcold, then say what you found,"
        return Todo(_url("submission_detail", lead), name, text, "warn", "circle-question-mark", since)
    return Todo(_url("submission_detail", lead), name, "It was not accepted,", "danger", "circle-x", since)


def _to_review(membership: Membership) -> Iterator[Todo]:
    if not membership.can_review:
        return
    rows = Submission.objects.for_team(membership.team).filter(state=State.PENDING_REVIEW)
    if membership.team.four_eyes:
        rows = rows.exclude(Q(created_by=membership.user) | Q(token__owner=membership.user))
    if count := rows.count():
        oldest = rows.aggregate(at=Min("review_since"))["at"]
        title = counted(count, "waits for review", "wait for review").rstrip(".")
        yield Todo(_team_url("review_queue", membership), title, "The oldest came", "practice", "eye", oldest)


def _of_the_team(membership: Membership) -> Iterator[Todo]:
    """Leads of others that stand still, for those who may settle them; webhooks that were given up, for an admin."""
    others = Submission.objects.for_team(membership.team).stuck().exclude(_is_own(membership))
    if membership.can_review and (count := others.count()):
        title = counted(count, "of your team needs a person", "of your team need a person").rstrip(".")
        text = "Whoever entered them sees them too."
        yield Todo(_team_url("attention_list", membership), title, text, "danger", "users")
    if not membership.is_admin:
        return
    for webhook in membership.team.webhooks.present().exclude(off_because=""):
        href = reverse("webhook_detail", args=[membership.team.slug, webhook.public_id])
        yield Todo(href, f"The webhook “{webhook.name}” is off", webhook.off_because, "warn", "webhook")


def figures(membership: Membership) -> list[Figure]:
    """What the reader did since midnight, each with the way to the leads behind it."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    states = list(own_leads(membership).filter(created_at__gte=midnight).values_list("state", flat=True))
    mine = f"{_list(membership)}?mine=on"
    found = [
        Figure(len(states), "entered", mine),
        Figure(states.count(State.CREATED), "in Breakcold", f"{mine}&state=created"),
        Figure(sum(state in MOVING or state == State.PENDING_REVIEW for state in states), "on their way", mine),
    ]
    if membership.can_review:
        decided = Submission.objects.for_team(membership.team).filter(
            decided_by=membership.user_id, decided_at__gte=midnight
        )
        found.append(Figure(decided.count(), "decided on", _team_url("review_queue", membership)))
    return found


def latest(membership: Membership) -> list[Submission]:
    """The reader's newest leads."""
    return list(own_leads(membership).select_related("created_by", "token").order_by("-pk")[:SHOWN])


def key_health(membership: Membership) -> Words:
    """In words for everyone; what an admin can do about it stands on the key's own page."""
    team = membership.team
    key = keys.find_current_key(team)
    words = key_words(key, team.environment)
    trouble = keys.trouble_sentence(key, team.environment)
    return Words(words.tone, words.title, trouble) if trouble else words


@dataclass(frozen=True, slots=True)
class Queue:
    """How many leads of the team wait for their turn, and since when."""

    queued: int
    sending: int
    oldest: datetime | None

    @property
    def text(self) -> str:
        if not self.queued and not self.sending:
            return "Nothing waits. What you send goes out at once."
        parts = [counted(self.queued, "waits for its turn", "wait for their turn")]
        parts.append(counted(self.sending, "is on its way", "are on their way"))
        return " ".join(part for part in parts if part)


def queue(membership: Membership) -> Queue:
    team = membership.team
    waiting = keys.waiting_for(team, team.environment)
    rows = Submission.objects.for_team(team).queued().filter(environment=team.environment)
    return Queue(waiting.queued, waiting.sending, rows.aggregate(at=Min("queued_at"))["at"])


def _is_own(membership: Membership) -> Q:
    return Q(created_by=membership.user_id) | Q(token__owner=membership.user_id)


def own_leads(membership: Membership) -> QuerySet[Submission]:
    return Submission.objects.for_team(membership.team).filter(created_by=membership.user_id)


def _url(name: str, lead: Submission) -> str:
    return reverse(name, args=[lead.team.slug, lead.public_id])


def _team_url(name: str, membership: Membership) -> str:
    return reverse(name, args=[membership.team.slug])


def _list(membership: Membership) -> str:
    return _team_url("submission_list", membership)
