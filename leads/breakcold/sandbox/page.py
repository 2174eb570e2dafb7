"""The page at ``/``: what the sandbox received, for the person who tries the portal out."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from typing import Any

from leads.breakcold.sandbox.ledger import Entry
from leads.breakcold.sandbox.state import Account, State
from leads.breakcold.sandbox.wire import Answer, Request

SHOWN = 200  # leads
JSON_SHOWN = 20_000  # characters of each
REFRESH = 5  # seconds

STYLE = """
:root { color-scheme: light dark;
  --paper: light-dark(#f7f7f5, #16181d); --card: light-dark(#fff, #1e2128); --ink: light-dark(#1c1f24, #e9eaee);
  --quiet: light-dark(#5c636e, #a2a9b5); --rule: light-dark(#e3e4e1, #31353f); --accent: light-dark(#1d5fbf, #8ab8ff);
  --note: light-dark(#fff4d6, #3a301a); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0 0; } .quiet, dt, time { color: var(--quiet); font-size: .875rem; } a { color: var(--accent); }
dl.sums { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .5rem; margin: 1.5rem 0 0; }
dl.sums div, li, .empty { background: var(--card); border: 1px solid var(--rule); border-radius: .5rem;
  padding: .75rem 1rem; }
dd { margin: 0; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem; }
.row { display: flex; flex-wrap: wrap; gap: 0 1rem; justify-content: space-between; align-items: baseline; }
.row strong, .id { overflow-wrap: anywhere; } meter { width: 100%; height: .75rem; }
.fault { background: var(--note); } .empty { text-align: center; padding: 2rem 1rem; }
summary { cursor: pointer; color: var(--accent); font-size: .875rem; padding: .25rem 0; }
pre { margin: .25rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8125rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def respond(state: State, request: Request) -> Answer:
    """``/?still`` does not reload itself, so that an opened lead stays open."""
    with state.lock:
        text = _page(state, still="still" in request.query)
    return Answer(200, text.encode(errors="replace"), "text/html; charset=utf-8", dict(HEADERS))


def _page(state: State, *, still: bool) -> str:
    entries = state.ledger.entries[: -SHOWN - 1 : -1]
    faults = state.faults.waiting()
    accounts = sorted(state.accounts.values(), key=lambda account: account.name)
    reload = "" if still else f'<meta http-equiv="refresh" content="{REFRESH}">'
    switch = '<a href="/">Reload by itself</a>' if still else '<a href="/?still">Stop reloading</a>'
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
{reload}<title>Breakcold sandbox</title><style>{STYLE}</style></head>
<body><main>
<div class="row"><h1>Breakcold sandbox</h1><span class="quiet">{switch}</span></div>
<p>Nothing here is real. Leads the portal sends to this address stop here.</p>
<dl class="sums">{_sum("Leads", len(state.ledger.entries))}{_sum("Calls", state.call_count)}
{_sum("Keys seen", len(accounts))}{_sum("Faults waiting", len(faults))}</dl>
{_section("Faults waiting", [_fault(fault) for fault in faults])}
{_section("Budgets", [_budget(state, account) for account in accounts])}
<h2>{_heading(len(entries), len(state.ledger.entries))}</h2>
{_leads(state, entries)}
</main></body></html>
"""


def _sum(name: str, number: int) -> str:
    return f"<div><dt>{name}</dt><dd>{number:,}</dd></div>"


def _section(title: str, items: list[str]) -> str:
    return f"<h2>{title}</h2><ul>{''.join(items)}</ul>" if items else ""


def _fault(fault: dict[str, Any]) -> str:
    match = fault["match"]
    where = f"{match['method'] or 'Any verb'} {match['path'] or 'on any path'}"
    left = "until cleared" if fault["times"] is None else f"{fault['times']} to go"
    return (
        f'<li class="fault row"><strong>{escape(fault["action"])}</strong><span>{escape(where)}</span>'
        f'<span class="quiet">{left}</span></li>'
    )


def _budget(state: State, account: Account) -> str:
    regime, now = state.regime_of(account), state.clock()
    left = account.budget.remaining(regime, now)
    label = _key(account)
    if account.name in state.revoked:
        told, meter = "revoked", ""
    elif regime.limit is None:
        told, meter = f"unlimited, {account.calls:,} calls", ""
    else:
        reset = round(account.budget.seconds_left(regime, now))
        told = f"{left:,} of {regime.limit:,} calls left, new window in {reset} s"
        meter = f'<meter min="0" max="{max(1, regime.limit)}" value="{left}" aria-label="Calls left, {label}"></meter>'
    return f'<li><div class="row"><strong>{label}</strong><span class="quiet">{told}</span></div>{meter}</li>'


def _key(account: Account) -> str:
    return f"Key ending in {escape(account.last4)}" if account.last4 else f"Account {escape(account.name)}"


def _heading(shown: int, total: int) -> str:
    return f"The newest {shown:,} of {total:,} leads" if total > shown else "Leads, newest first"


def _leads(state: State, entries: list[Entry]) -> str:
    if not entries:
        return '<p class="empty">No leads yet. Enter one in the portal and it appears here.</p>'
    return f"<ul>{''.join(_lead(state, entry) for entry in entries)}</ul>"


def _lead(state: State, entry: Entry) -> str:
    body = entry["body"]
    name = " ".join(filter(None, (body.get("first_name"), body.get("last_name")))) or body.get("company") or "No name"
    company = body.get("company") if body.get("company") != name else None
    below = " · ".join(escape(text) for text in (company, body.get("email")) if text)
    received = escape(json.dumps(body, indent=2, ensure_ascii=False)[:JSON_SHOWN])
    time = escape(entry["time"])
    return f"""<li id="lead-{escape(entry["id"])}">
<div class="row"><strong>{escape(name)}</strong><time datetime="{time}">{_readable(time)}</time></div>
<div>{below}</div>
<div class="row quiet"><span class="id">{escape(entry["id"])}</span><span>{_key(state.account(entry["account"]))}</span>
</div><details><summary>JSON received</summary><pre>{received}</pre></details></li>
"""


def _readable(time: str) -> str:
    return f"{time[:10]} {time[11:19]} UTC"
