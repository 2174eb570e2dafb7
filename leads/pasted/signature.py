"""A signature, line by line: addresses and numbers are known by their shape, the lines that are left by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import phonenumbers

from . import labels
from .addresses import HANDLES, field_of_address
from .found import Found
from .names import looks_like_a_name, put_name
from .words import is_closing, is_company, is_role, is_trade, place_in

BETWEEN = re.compile(r"\s*[|•·●▪■◆¦]\s*|\s+[–—/]\s+|\t+|\s{3,}|\s+[-–—]{1,2}\s+|\s+//\s+")
EMAIL = re.compile(r"(?:mailto:)?([\w.+%'’&-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24})", re.IGNORECASE)
NAMED = re.compile(r"([^<>()\[\]]{1,120})[<(\[](?:mailto:)?([^\s<>()\[\]]{3,254})[>)\]]")
URL = re.compile(
    r"https?://[^\s<>\"'|]{3,400}"
    r"|(?:www\.|[a-z]{2,3}\.linkedin\.com/|linkedin\.com/|twitter\.com/|x\.com/|facebook\.com/|instagram\.com/"
    r"|youtube\.com/|t\.me/|wa\.me/)[^\s<>\"'|]{2,400}",
    re.IGNORECASE,
)
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}[a-z]{2,12}(?:/[^\s]{0,200})?", re.IGNORECASE)
PHONE = re.compile(r"\+?\(?\d[\d\s().\-/‐-―·]{5,28}\d")
LABELLED = re.compile(r"\s*+([^\s:：=<>@][^:：=<>@]{0,39}?)\s{0,20}?(?:[:：=]|\t)\s*+(.+)")
SPACED_LABEL = re.compile(r"([^\W\d_]{1,12}\.?)\s+(.+)")
DECORATION = re.compile(r"^[\s>*_~=#|–—-]+|[\s*_~=|–—-]+$")
BEFORE_SHAPE = re.compile(r"[^\d+(@]{1,40}")
#: Before the name of who signs for somebody.
SIGNED_FOR = re.compile(r"(?:i\. ?[AV]\.|ppa\.|p\.p\.)\s+", re.IGNORECASE)
AT = re.compile(r"(.{2,80}?)\s+(?:at|bei|chez|@|bij|hos)\s+(.{2,100})", re.IGNORECASE)
LONGEST_COMPANY = 80


def read(lines: Sequence[str], found: Found) -> None:
    words: list[str] = []
    for line in lines:
        line = DECORATION.sub("", line.strip())
        if line and not is_closing(line):
            words += _shapes(line, found)
    _put_words(words, found)


def _shapes(line: str, found: Found) -> Iterator[str]:
    """Take addresses and numbers out of a line; what is left of it are words."""
    if (said := LABELLED.fullmatch(line)) and (name := labels.field_of(said[1])) and "//" not in said[1]:
        _put_labelled(name, said[1], said[2].strip(), found)
        return
    for part in BETWEEN.split(_named(line, found)):
        yield from _part(part.strip(" ,;"), found)


def _part(part: str, found: Found) -> Iterator[str]:
    if not part:
        return
    if (said := LABELLED.fullmatch(part)) and (name := labels.field_of(said[1])):
        _put_labelled(name, said[1], said[2].strip(), found)
        return
    if (said := SPACED_LABEL.fullmatch(part)) and (name := labels.field_of(said[1])) and _has_shape(said[2]):
        _put_labelled(name, said[1], said[2].strip(), found)
        return
    if (said := BEFORE_SHAPE.match(part)) and (name := labels.field_of(said[0])):
        value = part[said.end() :].strip()
        if name == labels.NOTHING and value:
            found.leave(part)
            return
        if name == "phone" and PHONE.match(value):
            _put_labelled(name, said[0], value, found)
            return
    if DOMAIN.fullmatch(part) and "@" not in part and not is_company(part):
        put_address(found, part)
        return
    left = _take(EMAIL, part, lambda text: found.put("email", _bare_email(text)))
    left = _take(URL, left, lambda text: put_address(found, text))
    left = PHONE.sub(lambda match: _taken_phone(match[0], left, found), left)
    left = re.sub(r"\s*[<(\[]\s*[>)\]]", "", left).strip(" ,;")
    if left and left != part:  # a label may have stood before what was taken out
        name = labels.field_of(left)
        left = "" if name else left
    if left.strip(" ,;:.-–"):
        yield left


def _take(shape: re.Pattern[str], text: str, put: object) -> str:
    for match in shape.finditer(text):
        put(match[0])  # type: ignore[operator]
    return shape.sub(" ", text)


def _bare_email(text: str) -> str:
    return re.sub(r"(?i)\Amailto:", "", text)


def _named(line: str, found: Found) -> str:
    """``Name <address>``, of which there may be several in a line."""
    match = NAMED.search(line)
    if not match or not EMAIL.fullmatch(match[2]):
        return line
    before = match[1].strip(" \"'“”„,;")
    before = re.sub(r"(?i)^(?:from|von|de|da|to|an|cc)\s*:\s*", "", before)
    if before and "first_name" not in found.values and not labels.field_of(before):
        put_name(found, before)
        found.put("email", match[2])
        return line[: match.start()] + line[match.end() :]
    return line


def _has_shape(text: str) -> bool:
    return bool(EMAIL.search(text) or URL.match(text) or PHONE.match(text) or DOMAIN.fullmatch(text))


def _put_labelled(name: str, label: str, value: str, found: Found) -> None:
    if name == labels.NOTHING:
        found.leave(f"{label.strip()}: {value}")
    elif name == labels.FULL_NAME:
        for left in (NAMED.fullmatch(value) and [_named(value, found)]) or [value]:
            put_name(found, left)
    elif name == labels.ADDRESS:
        put_place(found, value)
    elif name in ("phone", "website_url", "linkedin_url", "email", "whatsapp_username"):
        _put_shaped(name, label, value, found)
    elif name in HANDLES.values() and URL.match(value):
        put_address(found, value)
    else:
        found.put(name, value)


def _put_shaped(name: str, label: str, value: str, found: Found) -> None:
    """A line may go on: ``T: +44 … | M: +44 … | www.example.com``."""
    parts = [part for part in BETWEEN.split(value) if part.strip()]
    first = parts[0] if parts else value
    if name == "phone" and (match := PHONE.search(first)) and _is_phone(match[0], found):
        found.put("phone", match[0].strip())
        left = (first[: match.start()] + first[match.end() :]).strip(" ,;")
    elif name == "email" and (match := EMAIL.search(first)):
        found.put("email", match[1])
        left = first.replace(match[0], "").strip(" ,;<>()[]")
    elif name in ("website_url", "linkedin_url") and (match := URL.search(first) or DOMAIN.search(first)):
        put_address(found, match[0])
        left = first.replace(match[0], "").strip(" ,;<>()[]")
    elif name == "whatsapp_username":
        found.put(name, first)
        left = ""
    else:
        found.leave(f"{label.strip()}: {first}")
        left = ""
    for part in (left, *parts[1:]):
        for more in _part(part.strip(" ,;"), found):
            found.leave(more)


def _is_phone(text: str, found: Found) -> bool:
    digits = re.sub(r"\D", "", text)
    if not 6 <= len(digits) <= 15:
        return False
    number = f"+{text.strip()[2:]}" if text.strip().startswith("00") else text
    try:
        parsed = phonenumbers.parse(number.replace("(0)", ""), found.country or None)
    except phonenumbers.NumberParseException:
        return bool(not found.country and re.match(r"\(?0\d", text.strip()))  # a national number: the form asks which
    return phonenumbers.is_possible_number(parsed)


def _taken_phone(text: str, line: str, found: Found) -> str:
    """A number on its own counts when it is one; digits of an address or a register do not."""
    is_told = text.strip().startswith(("+", "00", "(0", "(+")) or len(line.strip()) - len(text.strip()) <= 8
    if is_told and _is_phone(text, found):
        found.put("phone", text.strip())
        return " "
    return text


def put_address(found: Found, text: str) -> None:
    """A web address: of a profile, or of a site."""
    found.put(*field_of_address(text.rstrip(".,;:)>]")))


def put_place(found: Found, text: str) -> None:
    """The city, where it can be told; the address itself has no field."""
    if city := place_in(text):
        found.put("city", city)
    if text.strip() != city:
        found.leave(text.strip())


def _put_words(words: list[str], found: Found) -> None:
    """Name, role, company and city among the lines without a shape, in the order people write them."""
    left: list[tuple[int, str]] = []
    at: dict[str, int] = {}
    for place, text in enumerate(_split_words(words)):
        name = _kind_of(text, found)
        at.setdefault(name, place)
        if name == labels.FULL_NAME:
            put_name(found, text)
        elif name == labels.ADDRESS:
            put_place(found, text)
        elif name == "company_role" and "company" not in found.values and (said := AT.fullmatch(text)):
            found.put("company_role", said[1])
            found.put("company", said[2])
        elif name:
            found.put(name, text)
        else:
            left.append((place, text))
    for place, text in left:
        found.put(guessed, text) if (guessed := _by_place(place, text, at, found)) else found.leave(text)


def _kind_of(text: str, found: Found) -> str:
    """What a line says, by its words."""
    known = found.values
    if "first_name" not in known and "last_name" not in known and _is_name(text):
        return labels.FULL_NAME
    if "company" not in known and (is_company(text) or _is_of_the_domain(text, found)):
        return "company"
    if "company_role" not in known and is_role(text):
        return "company_role"
    if "company" not in known and is_trade(text):
        return "company"
    return labels.ADDRESS if place_in(text) else ""


def _by_place(place: int, text: str, at: dict[str, int], found: Found) -> str:
    """The line between name and company is the role, the one after the role the company."""
    if len(text) > LONGEST_COMPANY or any(char.isdigit() for char in text) or not text[0].isupper():
        return ""
    if "company_role" not in found.values and at.get(labels.FULL_NAME) == place - 1 and at.get("company") == place + 1:
        return "company_role"
    if "company" not in found.values and at.get("company_role") == place - 1:
        return "company"
    return ""


def _is_name(text: str) -> bool:
    return looks_like_a_name(text) and not (is_role(text) or is_company(text) or is_trade(text))


def _split_words(words: Sequence[str]) -> Iterator[str]:
    """``Name, Role`` and ``Name (she/her)`` are two things; other commas belong where they are."""
    for line in words:
        text = SIGNED_FOR.sub("", line, count=1) if SIGNED_FOR.match(line) else line
        before, _, after = (part.strip() for part in text.partition(","))
        name, _, more = text.partition(" (")
        if after and not place_in(text) and not is_company(before) and (_is_name(before) or is_role(before)):
            yield before
            yield after
        elif more and _is_name(name.strip()):
            yield name.strip()
            yield f"({more}"
        else:
            yield text.strip()


def _is_of_the_domain(text: str, found: Found) -> bool:
    """A line that the address of the mail or of the site is made of."""
    places = (found.values.get("email", "").rpartition("@")[2], found.values.get("website_url", ""))
    letters = re.sub(r"[\W_]", "", labels.key(text))
    if len(letters) < 4 or len(text) > LONGEST_COMPANY:
        return False
    for place in places:
        host = re.sub(r"(?i)\A(?:https?://)?(?:www\.)?", "", place).partition("/")[0]
        name = re.sub(r"[\W_]", "", labels.key(host.rpartition(".")[0]))
        if len(name) >= 4 and (letters.startswith(name) or name.startswith(letters)):
            return True
    return False
