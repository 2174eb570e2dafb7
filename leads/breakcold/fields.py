"""The contract of ``POST /lead``: one row per body field, and nothing else knows the fields.

The form, the JSON body, the field reference and the sandbox are loops over ``FIELDS``. Names, kinds, nullability and
defaults come from Breakcold's specification of "Create a lead"; labels, help, aliases and limits are ours, because
that specification states none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a value is: decides the widget, the check, the normal form and the JSON type."""

    TEXT = "text"  # one line
    MULTILINE = "multiline"  # several lines, line ends as "\n"
    EMAIL = "email"
    PHONE = "phone"  # sent in E.164 when it can be read as a number
    URL = "url"  # http or https
    HANDLE = "handle"  # a user name on some network, without the leading @
    AMOUNT = "amount"  # a whole number of money, sent as a string
    BOOLEAN = "boolean"
    CURRENCY = "currency"  # one of CURRENCIES
    OPTION = "option"  # one option id
    OPTIONS = "options"  # a list of option ids
    ATTRIBUTES = "attributes"  # {attribute id: value}, see ``AttributeKind``


class Group(StrEnum):
    """The labelled parts of the entry form, in reading order."""

    WHO = "who"
    SOCIAL = "social"
    COMPANY = "company"
    DEAL = "deal"
    ICEBREAKERS = "icebreakers"
    PLACE = "place"
    ATTRIBUTES = "attributes"
    ADVANCED = "advanced"


GROUP_LABELS = {
    Group.WHO: "Who it is",
    Group.SOCIAL: "Social",
    Group.COMPANY: "Company details",
    Group.DEAL: "Deal",
    Group.ICEBREAKERS: "Icebreakers",
    Group.PLACE: "Lists, status, tags and owners",
    Group.ATTRIBUTES: "Custom attributes",
    Group.ADVANCED: "Advanced",
}

CURRENCIES = ("USD", "EUR", "JPY", "GBP", "AUD", "CAD", "CHF", "CNY", "HKD", "NZD", "INR", "PLN")

SHORT = 200  # characters: names, titles, handles
LONG = 2_000  # characters: addresses of pages and pictures
BLOCK = 5_000  # characters: icebreakers
MANY = 100  # items in a list of ids


@dataclass(frozen=True, slots=True)
class Field:
    """One body field of ``POST /lead``.

    ``limit`` is characters for text, items for ``OPTIONS``, digits for ``AMOUNT``; None where the kind bounds itself.
    ``picker`` names the kind of ``PickerOption`` whose ids are allowed. ``words`` are what people choose between for
    no and yes, where that reads better than a switch.
    """

    name: str
    label: str
    kind: Kind
    group: Group
    nullable: bool = False
    default: bool | None = None
    limit: int | None = None
    picker: str | None = None
    help: str = ""
    example: Any = ""
    aliases: tuple[str, ...] = ()
    words: tuple[str, str] | None = None


# fmt: off
FIELDS: tuple[Field, ...] = (
    Field("is_company", "This lead is a", Kind.BOOLEAN, Group.WHO, default=False, example=False,
          words=("Person", "Company"), aliases=("company lead", "type", "is organisation")),
    Field("first_name", "First name", Kind.TEXT, Group.WHO, nullable=True, limit=SHORT, example="Sam",
          aliases=("given name", "firstname", "vorname", "prénom", "nombre", "nome", "voornaam")),
    Field("last_name", "Last name", Kind.TEXT, Group.WHO, nullable=True, limit=SHORT, example="Sample",
          aliases=("surname", "family name", "lastname", "nachname", "nom", "nom de famille", "apellido", "apellidos",
                   "cognome", "achternaam")),
    Field("email", "Email", Kind.EMAIL, Group.WHO, nullable=True, limit=254, example="sam@example.com",
          aliases=("e-mail", "email address", "mail", "e-mail-adresse", "adresse e-mail", "courriel", "correo",
                   "correo electrónico", "posta elettronica")),
    Field("phone", "Phone", Kind.PHONE, Group.WHO, limit=40, example="+35312345678",
          help="With the country code, like +353 1 234 5678.",
          aliases=("telephone", "phone number", "mobile", "cell", "telefon", "telefonnummer", "handy", "téléphone",
                   "teléfono", "telefono", "telefoon")),
    Field("company", "Company", Kind.TEXT, Group.WHO, nullable=True, limit=SHORT, example="Example Brewing Ltd",
          aliases=("company name", "organisation", "organization", "account", "firma", "unternehmen", "société",
                   "entreprise", "empresa", "azienda", "bedrijf")),
    Field("company_role", "Role", Kind.TEXT, Group.WHO, nullable=True, limit=SHORT, example="Head of Purchasing",
          aliases=("job title", "title", "position", "function", "funktion", "poste", "fonction", "cargo", "puesto",
                   "ruolo", "functie")),
    Field("linkedin_url", "LinkedIn profile", Kind.URL, Group.WHO, nullable=True, limit=LONG,
          example="https://www.linkedin.com/in/sam-sample", help="The address of the person's profile page.",
          aliases=("linkedin", "linkedin profile", "linkedin profile url", "profil linkedin")),
    Field("website_url", "Website", Kind.URL, Group.WHO, nullable=True, limit=LONG, example="https://example.com",
          aliases=("website", "web", "url", "homepage", "webseite", "site web", "sitio web", "sito web")),
    Field("city", "City", Kind.TEXT, Group.WHO, nullable=True, limit=SHORT, example="Dublin",
          aliases=("town", "location", "stadt", "ort", "ville", "ciudad", "città", "stad")),
    Field("twitter_name", "X (Twitter) name", Kind.HANDLE, Group.SOCIAL, nullable=True, limit=SHORT,
          example="samsample", help="Without the @.", aliases=("twitter", "x", "twitter handle")),
    Field("facebook_username", "Facebook user name", Kind.HANDLE, Group.SOCIAL, limit=SHORT, example="sam.sample",
          aliases=("facebook",)),
    Field("instagram_username", "Instagram user name", Kind.HANDLE, Group.SOCIAL, limit=SHORT, example="sam.sample",
          aliases=("instagram",)),
    Field("youtube_username", "YouTube user name", Kind.HANDLE, Group.SOCIAL, limit=SHORT, example="samsample",
          aliases=("youtube",)),
    Field("telegram_username", "Telegram user name", Kind.HANDLE, Group.SOCIAL, limit=SHORT, example="sam_sample",
          aliases=("telegram",)),
    Field("whatsapp_username", "WhatsApp name or number", Kind.HANDLE, Group.SOCIAL, limit=SHORT,
          example="+35312345678", aliases=("whatsapp",)),
    Field("avatar_url", "Picture address", Kind.URL, Group.SOCIAL, nullable=True, limit=LONG,
          example="https://example.com/sam.jpg", help="Kept as text: the portal never opens it.",
          aliases=("avatar", "photo", "picture", "photo url")),
    Field("linkedin_company_url", "LinkedIn page of the company", Kind.URL, Group.COMPANY, nullable=True, limit=LONG,
          example="https://www.linkedin.com/company/example", aliases=("linkedin company", "company linkedin page")),
    Field("company_linkedin_url", "LinkedIn page of the company (second)", Kind.URL, Group.COMPANY, nullable=True,
          limit=LONG, example="https://www.linkedin.com/company/example-group",
          help="Breakcold has two fields for it; most teams need only the first.",
          aliases=("company linkedin url", "company linkedin")),
    Field("twitter_company_name", "X (Twitter) name of the company", Kind.HANDLE, Group.COMPANY, nullable=True,
          limit=SHORT, example="examplebrewing", help="Without the @.", aliases=("company twitter", "twitter company")),
    Field("company_avatar_url", "Logo address", Kind.URL, Group.COMPANY, nullable=True, limit=LONG,
          example="https://example.com/logo.png", help="Kept as text: the portal never opens it.",
          aliases=("logo", "company logo", "logo url")),
    Field("create_company_if_not_exists", "Create the company if it is new", Kind.BOOLEAN, Group.COMPANY, default=True,
          example=True, help="Breakcold adds the company when it does not know it yet.", aliases=("create company",)),
    Field("is_contract", "There is a deal", Kind.BOOLEAN, Group.DEAL, default=False, example=False,
          aliases=("has deal", "has contract")),
    Field("contract_name", "Deal name", Kind.TEXT, Group.DEAL, nullable=True, limit=SHORT, example="Autumn order",
          aliases=("contract", "deal", "opportunity")),
    Field("contract_value", "Deal value", Kind.AMOUNT, Group.DEAL, limit=15, example="12500",
          help="A whole number, without currency sign.", aliases=("value", "amount", "deal value", "wert", "montant")),
    Field("contract_currency", "Currency", Kind.CURRENCY, Group.DEAL, example="EUR",
          aliases=("currency", "währung", "devise", "moneda", "valuta")),
    Field("icebreaker", "Icebreaker", Kind.MULTILINE, Group.ICEBREAKERS, nullable=True, limit=BLOCK,
          example="We met at the Dublin trade fair.", help="A line that opens the conversation.",
          aliases=("ice breaker", "opener", "intro", "note", "notes")),
    Field("icebreaker_2", "Icebreaker 2", Kind.MULTILINE, Group.ICEBREAKERS, nullable=True, limit=BLOCK,
          example="They are opening a second site.", aliases=("ice breaker 2",)),
    Field("icebreaker_3", "Icebreaker 3", Kind.MULTILINE, Group.ICEBREAKERS, nullable=True, limit=BLOCK,
          example="Uses three suppliers today.", aliases=("ice breaker 3",)),
    Field("icebreaker_4", "Icebreaker 4", Kind.MULTILINE, Group.ICEBREAKERS, nullable=True, limit=BLOCK,
          example="Prefers to be called in the morning.", aliases=("ice breaker 4",)),
    Field("lists", "Lists", Kind.OPTIONS, Group.PLACE, limit=MANY, picker="list", example=["list-1"],
          aliases=("list", "list names", "listen", "listes", "listas")),
    Field("status", "Status", Kind.OPTIONS, Group.PLACE, limit=MANY, picker="status", example=["status-1"],
          help="The steps on offer belong to the chosen lists.",
          aliases=("stage", "pipeline stage", "statut", "estado")),
    Field("tags", "Tags", Kind.OPTIONS, Group.PLACE, limit=MANY, picker="tag", example=["tag-1", "tag-2"],
          aliases=("tag", "labels", "keywords", "schlagworte", "étiquettes", "etiquetas")),
    Field("owners", "Owners", Kind.OPTIONS, Group.PLACE, limit=MANY, picker="owner", example=["member-1"],
          aliases=("owner", "assigned to", "assignee", "besitzer", "propriétaire", "propietario")),
    Field("auto_assign_owner", "Make the key's owner an owner", Kind.BOOLEAN, Group.PLACE, default=True, example=True,
          help="Breakcold assigns the lead to the user the API key belongs to.", aliases=("auto assign",)),
    Field("attributes", "Custom attributes", Kind.ATTRIBUTES, Group.ATTRIBUTES, limit=MANY,
          example={"attribute-1": "New value"}, aliases=("custom attributes", "custom fields")),
    Field("is_draft", "Keep it as a draft in Breakcold", Kind.BOOLEAN, Group.ADVANCED, default=False, example=False,
          aliases=("draft",)),
    Field("id_list", "Main list", Kind.OPTION, Group.ADVANCED, limit=SHORT, picker="list", example="list-1",
          help="Breakcold's older field for a single list; “Lists” above is the usual one.",
          aliases=("list id", "main list")),
    Field("id", "Own id", Kind.TEXT, Group.ADVANCED, limit=SHORT, example="3c90c3cc-0d44-4b50-8888-8dd25736052a",
          help="Kept with the lead here. It is sent to Breakcold only where the operator allows own ids.",
          aliases=("external id", "lead id")),
)
# fmt: on

BY_NAME = {field.name: field for field in FIELDS}


class AttributeKind(StrEnum):
    """The kinds of custom attribute Breakcold is known to have, by the names it uses."""

    TEXT = "TEXT"
    TEXTAREA = "TEXTAREA"
    NUMBER = "NUMBER"
    EMAIL = "EMAIL"
    CHECKBOX = "CHECKBOX"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP"
    SELECT = "SELECT"
    CURRENCY = "CURRENCY"
    LOCATION = "LOCATION"
    PHONENUMBER = "PHONENUMBER"
    RELATION = "RELATION"


def in_group(group: Group) -> tuple[Field, ...]:
    """The fields of one group, in the order of the form."""
    return tuple(field for field in FIELDS if field.group is group)
