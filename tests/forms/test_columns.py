"""Which column is what, by the headings that other programs give their exports."""

from __future__ import annotations

import pytest

from leads.breakcold.fields import FIELDS
from leads.forms.columns import FULL_NAME, FULL_NAME_ALIASES, guess, heading_key, targets_of
from leads.forms.lead import LeadForm

#: What each program writes, in its order; after “=” the field it is guessed to be.
EXPORTS = {
    "HubSpot": (
        "Record ID, First Name=first_name, Last Name=last_name, Email=email, Phone Number=phone, Contact "
        "owner=owners, Associated Company, Last Activity Date, Lead Status, Marketing contact status, Create "
        "Date, Company Name=company, Job Title=company_role, Mobile Phone Number, Website URL=website_url, "
        "City=city, State/Region, Country/Region, LinkedIn URL=linkedin_url, Twitter Username=twitter_name"
    ),
    "Salesforce leads": (
        "Lead Owner=owners, Salutation, First Name=first_name, Last Name=last_name, Title=company_role, Company / "
        "Account=company, Mailing Street, Mailing City=city, Phone=phone, Mobile, Email=email, Lead Source, "
        "Rating, Website=website_url, Industry, Annual Revenue, Create Date, Lead ID=id"
    ),
    "Salesforce loader": (
        "ID=id, FIRSTNAME=first_name, LASTNAME=last_name, TITLE=company_role, COMPANY=company, CITY=city, STATE, "
        "PHONE=phone, MOBILEPHONE, EMAIL=email, WEBSITE=website_url, OWNERID, ISDELETED"
    ),
    "Pipedrive": (
        "Person - Name=full_name, Person - Organization=company, Person - Email - Work=email, Person - Email - "
        "Home, Person - Phone - Work=phone, Person - Phone - Mobile, Person - Owner=owners, Person - Labels=tags, "
        "Person - Job title=company_role, Deal - Title=contract_name, Deal - Value=contract_value, Deal - "
        "Currency of Value=contract_currency, Deal - Stage"
    ),
    "LinkedIn connections": (
        "First Name=first_name, Last Name=last_name, URL=linkedin_url, Email Address=email, Company=company, "
        "Position=company_role, Connected On"
    ),
    "Sales Navigator by a scraper": (
        "profileUrl=linkedin_url, fullName=full_name, companyName=company, title=company_role, companyUrl, "
        "location=city, summary"
    ),
    "Outlook": (
        "First Name=first_name, Middle Name, Last Name=last_name, Title, Suffix, Nickname, E-mail Address=email, "
        "E-mail 2 Address, Home Phone, Business Phone=phone, Mobile Phone, Company=company, Job "
        "Title=company_role, Department, Business Street, Business City=city, Business Postal Code, Home City, "
        "Web Page=website_url, Notes=icebreaker, Categories=tags"
    ),
    "Outlook in German": (
        "Anrede, Vorname=first_name, Weitere Vornamen, Nachname=last_name, Suffix, Firma=company, Abteilung, "
        "Position=company_role, Straße geschäftlich, Ort geschäftlich=city, Telefon geschäftlich=phone, "
        "Mobiltelefon, E-Mail-Adresse=email, E-Mail 2: Adresse, Webseite=website_url, Notizen=icebreaker, "
        "Kategorien=tags"
    ),
    "Outlook in French": (
        "Titre, Prénom=first_name, Deuxième prénom, Nom=last_name, Société=company, Service, "
        "Fonction=company_role, Ville (bureau)=city, Téléphone (bureau)=phone, Tél. mobile, Adresse de "
        "messagerie=email, Page Web=website_url, Remarques=icebreaker, Catégories=tags"
    ),
    "Outlook in Spanish": (
        "Nombre=first_name, Segundo nombre, Apellidos=last_name, Organización=company, Departamento, "
        "Cargo=company_role, Ciudad del trabajo=city, Teléfono del trabajo=phone, Teléfono móvil, Dirección de "
        "correo electrónico=email, Página Web=website_url, Notas=icebreaker, Categorías=tags"
    ),
    "Outlook in Italian": (
        "Nome=first_name, Secondo nome, Cognome=last_name, Società=company, Reparto, Posizione=company_role, "
        "Cellulare=phone, Indirizzo posta elettronica=email, Pagina Web=website_url, Categorie=tags"
    ),
    "Outlook in Dutch": (
        "Voornaam=first_name, Achternaam=last_name, Bedrijf=company, Afdeling, Functie=company_role, Telefoon op "
        "werk=phone, Mobiele telefoon, E-mailadres=email, Webpagina=website_url, Notities=icebreaker, Plaats=city"
    ),
    "Outlook in Portuguese": (
        "Nome=first_name, Sobrenome=last_name, Empresa=company, Departamento, Cargo=company_role, Telefone "
        "comercial=phone, Telefone celular, Endereço de email=email, Página da Web=website_url, Cidade=city, "
        "Anotações=icebreaker"
    ),
    "Google": (
        "First Name=first_name, Middle Name, Last Name=last_name, Name Prefix, Name Suffix, Nickname, File As, "
        "Organization Name=company, Organization Title=company_role, Organization Department, Birthday, "
        "Notes=icebreaker, Photo=avatar_url, Labels=tags, E-mail 1 - Label, E-mail 1 - Value=email, Phone 1 - "
        "Label, Phone 1 - Value=phone, Address 1 - Label, Address 1 - City=city, Website 1 - Label, Website 1 - "
        "Value=website_url"
    ),
    "Google as it was": (
        "Name, Given Name=first_name, Additional Name, Family Name=last_name, Group Membership, E-mail 1 - Type, "
        "E-mail 1 - Value=email, Phone 1 - Type, Phone 1 - Value=phone, Organization 1 - Type, Organization 1 - "
        "Name=company, Organization 1 - Title=company_role"
    ),
    "badge scanner": (
        "Scan Date, Scan Time, Badge ID, First Name=first_name, Last Name=last_name, Title, Job "
        "Title=company_role, Company=company, Address 1, City=city, State, Zip, Country, Phone=phone, "
        "Email=email, Rating, Comments=icebreaker, Booth, Scanned by"
    ),
    "badge scanner in German": (
        "Scanzeit, Ticketnummer, Anrede, Titel, Vorname=first_name, Name=last_name, Firma=company, "
        "Funktion=company_role, E-Mail=email, Telefon=phone, PLZ, Ort=city, Land, Bemerkung=icebreaker"
    ),
}


@pytest.mark.django_db
def test_it_knows_the_headings_of_other_programs(team):
    targets = targets_of(LeadForm(team=team))
    wrong = []
    for program, text in EXPORTS.items():
        pairs = [each.strip().partition("=") for each in text.split(",")]
        found = guess([heading for heading, _, _ in pairs], targets, (), ())
        wrong += [
            (program, heading, name) for name, (heading, _, meant) in zip(found, pairs, strict=True) if name != meant
        ]
    assert wrong == []


@pytest.mark.django_db
def test_it_knows_every_field_by_its_name_and_by_what_the_form_calls_it(team):
    targets = targets_of(LeadForm(team=team))
    assert guess(list(targets), targets, (), ()) == [name if name != FULL_NAME else "" for name in targets]
    assert guess(list(targets.values()), targets, (), ()) == [name if name != FULL_NAME else "" for name in targets]


def test_no_heading_stands_for_two_fields():
    said: dict[str, str] = {}
    for name, words in [
        *((field.name, (field.name, *field.aliases)) for field in FIELDS),
        (FULL_NAME, FULL_NAME_ALIASES),
    ]:
        for word in words:
            assert said.setdefault(heading_key(word), name) == name, word
