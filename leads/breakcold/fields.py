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
          words=("Person", "Company"),
          aliases=("company lead", "type", "is organisation")),
    Field("first_name", "First name", Kind.TEXT, Group.WHO, nullable=True, limit=SHORT, example="Sam",
          aliases=("given name", "firstname", "forename", "vorname", "prénom", "nombre", "nome", "primo nome",
                   "primeiro nome", "voornaam")),
    Field("last_name", "Last name", Kind.TEXT, Group.WHO, nullable=True, limit=SHORT, example="Sample",
          aliases=("surname", "family name", "lastname", "nachname", "familienname", "nom", "nom de famille",
                   "apellido", "apellidos", "primer apellido", "cognome", "achternaam", "sobrenome", "apelido")),
    Field("email", "Email", Kind.EMAIL, Group.WHO, nullable=True, limit=254, example="sam@example.com",
          aliases=("e-mail", "email address", "e-mail address", "mail", "email 1", "e-mail 1 value", "work email",
                   "business email", "person email work", "person email", "primary email", "e-mail-adresse",
                   "adresse e-mail", "adresse de messagerie", "courriel", "correo", "correo electrónico",
                   "dirección de correo electrónico", "posta elettronica", "indirizzo posta elettronica",
                   "indirizzo email", "e-mailadres", "endereço de email", "email profissional")),
    Field("phone", "Phone", Kind.PHONE, Group.WHO, limit=40, example="+35312345678",
          help="With the country code, like +353 1 234 5678.",
          aliases=("phone number", "telephone", "business phone", "work phone", "direct phone", "phone 1 value",
                   "person phone work", "person phone", "mobile", "mobile phone", "mobile phone number", "cell",
                   "cell phone", "person phone mobile", "tel", "telefon", "telefonnummer", "telefon geschäftlich",
                   "handy", "mobiltelefon", "mobil", "téléphone", "numéro de téléphone", "téléphone bureau",
                   "portable", "tél mobile", "teléfono", "número de teléfono", "teléfono del trabajo", "móvil",
                   "teléfono móvil", "telefono", "numero di telefono", "telefono ufficio", "cellulare", "telefoon",
                   "telefoonnummer", "telefoon op werk", "mobiele telefoon", "mobiel", "telefone",
                   "telefone comercial", "telefone celular", "celular", "telemóvel")),
    Field("company", "Company", Kind.TEXT, Group.WHO, nullable=True, limit=SHORT, example="Example Brewing Ltd",
          aliases=("company name", "companyname", "organisation", "organization",
                   "organization name", "organization 1 name",
                   "person organization", "company account", "account name", "account", "associated company",
                   "employer", "firma", "unternehmen", "firmenname", "société", "entreprise", "nom de l'entreprise",
                   "empresa", "nombre de la empresa", "organización", "compañía", "azienda", "società",
                   "ragione sociale", "bedrijf", "bedrijfsnaam", "organisatie", "nome da empresa", "organização")),
    Field("company_role", "Role", Kind.TEXT, Group.WHO, nullable=True, limit=SHORT, example="Head of Purchasing",
          aliases=("job title", "position", "current job", "job position", "jobtitle", "person job title",
                   "organization title", "organization 1 title", "title", "function", "job function", "funktion",
                   "berufsbezeichnung", "stellenbezeichnung", "poste", "fonction", "intitulé du poste", "titre",
                   "cargo", "puesto", "ruolo", "posizione", "qualifica", "functie", "functietitel", "função")),
    Field("linkedin_url", "LinkedIn profile", Kind.URL, Group.WHO, nullable=True, limit=LONG,
          example="https://www.linkedin.com/in/sam-sample", help="The address of the person's profile page.",
          aliases=("linkedin", "linkedin profile", "linkedin profile url", "linkedin link", "linkedinprofileurl",
                   "profile url", "profileurl", "person linkedin url", "profil linkedin", "perfil de linkedin",
                   "perfil linkedin", "profilo linkedin", "linkedin-profil", "linkedin-profiel")),
    Field("website_url", "Website", Kind.URL, Group.WHO, nullable=True, limit=LONG, example="https://example.com",
          aliases=("website", "web", "url", "web page", "homepage", "company website", "company domain", "domain",
                   "company domain name", "website 1 value", "webseite", "internetseite", "site web",
                   "site internet", "page web", "sitio web", "página web", "sito web", "pagina web", "webpagina",
                   "site", "página da web")),
    Field("city", "City", Kind.TEXT, Group.WHO, nullable=True, limit=SHORT, example="Dublin",
          aliases=("town", "business city", "mailing city", "address 1 city", "location", "stadt", "ort",
                   "ort geschäftlich", "wohnort", "ville", "ville bureau", "ciudad", "ciudad del trabajo",
                   "localidad", "città", "plaats", "stad", "woonplaats", "cidade", "localidade")),
    Field("twitter_name", "X (Twitter) name", Kind.HANDLE, Group.SOCIAL, nullable=True, limit=SHORT,
          example="samsample", help="Without the @.",
          aliases=("twitter", "x", "twitter handle", "twitter username", "x handle")),
    Field("facebook_username", "Facebook user name", Kind.HANDLE, Group.SOCIAL, limit=SHORT, example="sam.sample",
          aliases=("facebook", "facebook name", "facebook handle")),
    Field("instagram_username", "Instagram user name", Kind.HANDLE, Group.SOCIAL, limit=SHORT, example="sam.sample",
          aliases=("instagram", "instagram handle", "instagram name")),
    Field("youtube_username", "YouTube user name", Kind.HANDLE, Group.SOCIAL, limit=SHORT, example="samsample",
          aliases=("youtube", "youtube channel", "youtube handle")),
    Field("telegram_username", "Telegram user name", Kind.HANDLE, Group.SOCIAL, limit=SHORT, example="sam_sample",
          aliases=("telegram", "telegram handle")),
    Field("whatsapp_username", "WhatsApp name or number", Kind.HANDLE, Group.SOCIAL, limit=SHORT,
          example="+35312345678",
          aliases=("whatsapp", "whatsapp number", "whatsapp phone number", "whatsapp-nummer", "numéro whatsapp",
                   "número de whatsapp")),
    Field("avatar_url", "Picture address", Kind.URL, Group.SOCIAL, nullable=True, limit=LONG,
          example="https://example.com/sam.jpg", help="Kept as text: the portal never opens it.",
          aliases=("avatar", "photo", "picture", "photo url", "picture url", "profile picture", "image url", "bild",
                   "foto", "profilbild")),
    Field("linkedin_company_url", "LinkedIn page of the company", Kind.URL, Group.COMPANY, nullable=True, limit=LONG,
          example="https://www.linkedin.com/company/example",
          aliases=("linkedin company", "company linkedin page", "linkedin company page", "company linkedin profile",
                   "unternehmensseite linkedin")),
    Field("company_linkedin_url", "LinkedIn page of the company (second)", Kind.URL, Group.COMPANY, nullable=True,
          limit=LONG, example="https://www.linkedin.com/company/example-group",
          help="Breakcold has two fields for it; most teams need only the first.",
          aliases=("company linkedin url", "company linkedin")),
    Field("twitter_company_name", "X (Twitter) name of the company", Kind.HANDLE, Group.COMPANY, nullable=True,
          limit=SHORT, example="examplebrewing", help="Without the @.",
          aliases=("company twitter", "twitter company", "company twitter handle")),
    Field("company_avatar_url", "Logo address", Kind.URL, Group.COMPANY, nullable=True, limit=LONG,
          example="https://example.com/logo.png", help="Kept as text: the portal never opens it.",
          aliases=("logo", "company logo", "logo url", "company logo url", "firmenlogo")),
    Field("create_company_if_not_exists", "Create the company if it is new", Kind.BOOLEAN, Group.COMPANY, default=True,
          example=True, help="Breakcold adds the company when it does not know it yet.", aliases=("create company",)),
    Field("is_contract", "There is a deal", Kind.BOOLEAN, Group.DEAL, default=False, example=False,
          aliases=("has deal", "has contract")),
    Field("contract_name", "Deal name", Kind.TEXT, Group.DEAL, nullable=True, limit=SHORT, example="Autumn order",
          aliases=("contract", "deal", "deal title", "opportunity", "opportunity name", "auftrag", "geschäft",
                   "affaire", "opportunité", "oportunidad", "negocio", "nombre del negocio", "opportunità", "affare",
                   "trattativa", "kans", "oportunidade", "negócio")),
    Field("contract_value", "Deal value", Kind.AMOUNT, Group.DEAL, limit=15, example="12500",
          help="A whole number, without currency sign.",
          aliases=("value", "amount", "deal amount", "wert", "betrag", "auftragswert", "montant", "valeur",
                   "importe", "valor", "importo", "valore", "bedrag", "waarde")),
    Field("contract_currency", "Currency", Kind.CURRENCY, Group.DEAL, example="EUR",
          aliases=("currency", "currency of value", "deal currency of value", "deal currency", "currency code",
                   "währung", "devise", "moneda", "divisa", "valuta", "moeda")),
    Field("icebreaker", "Icebreaker", Kind.MULTILINE, Group.ICEBREAKERS, nullable=True, limit=BLOCK,
          example="We met at the Dublin trade fair.", help="A line that opens the conversation.",
          aliases=("ice breaker", "opener", "intro", "note", "notes", "comments", "comment", "remarks", "notiz",
                   "notizen", "bemerkung", "bemerkungen", "kommentar", "remarque", "remarques", "commentaire",
                   "commentaires", "nota", "notas", "comentario", "comentarios", "observaciones", "commenti",
                   "osservazioni", "notitie", "notities", "opmerking", "opmerkingen", "anotações", "observações",
                   "comentários")),
    Field("icebreaker_2", "Icebreaker 2", Kind.MULTILINE, Group.ICEBREAKERS, nullable=True, limit=BLOCK,
          example="They are opening a second site.", aliases=("ice breaker 2",)),
    Field("icebreaker_3", "Icebreaker 3", Kind.MULTILINE, Group.ICEBREAKERS, nullable=True, limit=BLOCK,
          example="Uses three suppliers today.", aliases=("ice breaker 3",)),
    Field("icebreaker_4", "Icebreaker 4", Kind.MULTILINE, Group.ICEBREAKERS, nullable=True, limit=BLOCK,
          example="Prefers to be called in the morning.", aliases=("ice breaker 4",)),
    Field("lists", "Lists", Kind.OPTIONS, Group.PLACE, limit=MANY, picker="list", example=["list-1"],
          aliases=("list", "list names", "list name", "liste", "listen", "listes", "lista", "listas", "lijst",
                   "lijsten")),
    Field("status", "Status", Kind.OPTIONS, Group.PLACE, limit=MANY, picker="status", example=["status-1"],
          help="The steps on offer belong to the chosen lists.",
          aliases=("stage", "pipeline stage", "phase", "statut", "étape", "estado",
                   "etapa", "stato", "fase")),
    Field("tags", "Tags", Kind.OPTIONS, Group.PLACE, limit=MANY, picker="tag", example=["tag-1", "tag-2"],
          aliases=("tag", "labels", "label", "keywords", "categories", "person labels", "schlagworte",
                   "schlagwörter", "kategorien", "étiquettes", "catégories", "etiquetas", "categorías", "etichette",
                   "categorie", "categorieën", "categorias", "trefwoorden")),
    Field("owners", "Owners", Kind.OPTIONS, Group.PLACE, limit=MANY, picker="owner", example=["member-1"],
          aliases=("owner", "contact owner", "lead owner", "deal owner", "person owner", "account owner",
                   "assigned to", "assignee", "besitzer", "zuständig", "inhaber", "verantwortlich", "propriétaire",
                   "responsable", "propietario", "proprietario", "assegnato a", "responsabile", "eigenaar",
                   "proprietário", "responsável")),
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
