"""What people write before a value, in the languages their signatures are in."""

from __future__ import annotations

import re
from functools import cache

from leads.breakcold.fields import FIELDS, Kind
from leads.normalise import folded

FULL_NAME, ADDRESS, NOTHING = "full_name", "address", "nothing"
#: Kinds whose text says all there is to say; the others are chosen from lists that only the portal knows.
WRITTEN = {Kind.TEXT, Kind.MULTILINE, Kind.EMAIL, Kind.PHONE, Kind.URL, Kind.HANDLE, Kind.AMOUNT, Kind.CURRENCY}
NO_WORD = re.compile(r"[^\w@]+|_")
#: Beside the names, labels and aliases of FIELDS, which count first.
MORE = {
    FULL_NAME: """name, full name, contact, contact name, contact person, from, von, de, da, ansprechpartner,
        kontakt, nom complet, nombre completo, nome completo, volledige naam, naam, имя, фио, 氏名, 名前,
        姓名, imię i nazwisko, jméno""",
    "phone": """t, p, m, c, d, h, tel, tel no, ph, mob, mobil, mobiel, mobile phone, mobile number, cell phone,
        cellphone, celular, movil, cellulare, portable, gsm, direct, direct line, direct dial, direkt,
        durchwahl, ligne directe, office, office phone, work, main, fon, festnetz, zentrale, tlf, tfn,
        tlf nr, puh, puhelin, matkapuhelin, natel, fixe, standard, port, ddi, telemovel, telefone, kom,
        komorka, tel kom, mobitel, m tel, тел, телефон, моб, мобильный, 電話, 電話番号, 携帯, 手机, 电话,
        τηλ, cep, cep tel""",
    "email": """e, email, e mail, mail, mailto, @, correo, courriel, mel, epost, e post, sahkoposti, e posta,
        eposta, почта, эл почта, メール, 邮箱, 电子邮件, email address, adres e mail""",
    "website_url": """w, web, www, site, internet, homepage, website, webseite, sito, sitio, webbplats, hjemmeside,
        сайт, strona, strona www, ウェブ, 网址, net""",
    "company": """company, firm, firma, organization, organisation, employer, societe, yritys, foretag, компания,
        会社, 会社名, 公司""",
    "company_role": """role, job, job title, position, titel, stelle, stilling, tehtava, ruolo, должность, stanowisko,
        役職, 职位""",
    "city": "city, town, stadt, ort, ville, ciudad, citta, miasto, город",
    ADDRESS: """a, add, address, postal address, adresse, anschrift, direccion, indirizzo, adres, endereco, osoite,
        адрес, 住所, 地址, office address, visiting address, besoksadress""",
    "linkedin_url": "linkedin, in, li, linkedin profile",
    "twitter_name": "twitter, x, x twitter",
    "whatsapp_username": "whatsapp, whats app, wa",
    NOTHING: """f, fax, telefax, fax no, faks, faksi, факс, telecopie, skype, teams, zoom, vat, vat no, vat id,
        ust id, ust idnr, tva, siret, siren, nif, cif, p iva, kvk, btw, company no, registered in,
        registered office, hrb, geschaftsfuhrer, geschaftsfuhrung, managing directors, amtsgericht,
        registergericht, sitz, id""",
}  # fmt: skip


def key(text: str) -> str:
    """A label without case, accents and punctuation."""
    return folded(NO_WORD.sub(" ", text))


@cache
def _known() -> dict[str, str]:
    found: dict[str, str] = {}
    for field in FIELDS:
        if field.kind in WRITTEN and field.name != "id":
            for word in (field.name, field.label, *field.aliases):
                found.setdefault(key(word), field.name)
    for name, words in MORE.items():
        for word in words.split(","):
            found.setdefault(key(word), name)
    return found


def field_of(label: str) -> str:
    """The field a label names, ``FULL_NAME``, ``ADDRESS``, ``NOTHING`` for what a lead has no field for, or ""."""
    text = key(label[:60])
    return _known().get(text, "") or _known().get(text.rstrip("0123456789 "), "") if text else ""
