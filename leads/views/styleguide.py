"""Every element of the pages in every state, for whoever builds or changes one. Staff only."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from leads.forms.kinds import BooleanField, OptionsField
from leads.states import State

from .access import signed_in

TONES = ("quiet", "info", "ok", "warn", "danger", "practice")
SAMPLES = (("1", "First choice"), ("2", "Second choice"), ("3", "Third choice"))


class SampleForm(forms.Form):
    """One field of each kind."""

    text = forms.CharField(label="One line", help_text="A hint says what would not be guessed.")
    search = forms.CharField(label="Search", required=False, widget=forms.TextInput(attrs={"type": "search"}))
    lines = forms.CharField(label="Several lines", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    secret = forms.CharField(label="Password", required=False, widget=forms.PasswordInput())
    day = forms.DateField(label="Day", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    file = forms.FileField(label="File", required=False)
    one = forms.ChoiceField(label="One of many", choices=SAMPLES)
    kind = forms.ChoiceField(label="One of a few", choices=SAMPLES, widget=forms.RadioSelect())
    several = OptionsField(label="Any number of options", limit=3, choices=SAMPLES, required=False)
    is_on = BooleanField(label="On or off", default=True, words=None, help_text="Takes effect when it is saved.")

    def __init__(self, *, state: str, data: dict[str, str] | None = None) -> None:
        super().__init__(data, prefix=state, initial={"text": "Something typed", "kind": "1", "several": ["1", "3"]})
        for field in self.fields.values():
            field.disabled = state == "closed"


@require_safe
@signed_in
def styleguide(request: HttpRequest) -> HttpResponse:
    """To everybody else it is not there."""
    if not getattr(request.user, "is_staff", False):
        raise Http404("no such page")
    wrong = SampleForm(state="wrong", data={"wrong-text": "", "wrong-one": "9", "wrong-day": "soon"})
    for name in ("lines", "several", "is_on", "kind"):
        if not wrong.has_error(name):
            wrong.add_error(name, "This says what is wrong and what to do.")
    context = {
        "tones": TONES,
        "states": State.choices,
        "forms": [
            ("At rest", SampleForm(state="rest")),
            ("With mistakes", wrong),
            ("Closed", SampleForm(state="closed")),
        ],
        "fixed": SampleForm(state="fixed"),
        "page_obj": Paginator(range(100), 10).get_page(2),
        "now": timezone.now(),
        "soon": timezone.now() + timedelta(seconds=90),
    }
    return render(request, "styleguide/styleguide.html", context)
