"""Words by which a line is known to be a role, a company, a place or a greeting, in the languages people sign in."""

from __future__ import annotations

import re

from leads.normalise import folded

WORDS = re.compile(r"[^\W\d_]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(folded(text).split())


ROLES = _words(
    """
    account accountant admin administrator advisor adviser analyst architect assistant associate attorney buyer
    ceo cfo chair chairman chairwoman chef chief cio cmo co-founder cofounder consultant controller coo
    coordinator counsel cto designer developer director editor engineer executive founder head hr intern
    inspector lawyer lead leader manager marketer merchandiser officer operations owner partner planner
    president principal procurement producer professor purchasing realtor recruiter representative researcher
    sales scientist secretary solicitor specialist strategist supervisor technician trainer treasurer vp
    abteilungsleiter abteilungsleiterin assistentin berater beraterin bereichsleiter einkauf einkaufer
    einkauferin geschaftsfuhrer geschaftsfuhrerin gesellschafter inhaber inhaberin leiter leiterin leitung
    mitarbeiter prokurist prokuristin referent referentin sachbearbeiter sachbearbeiterin teamleiter vertrieb
    vertriebsleiter vertriebsleiterin vorstand vorstandin achats acheteur acheteuse adjoint adjointe associee
    assistante chargee charge commercial commerciale conseiller conseillere dirigeant dirigeante directeur
    directrice gerant gerante ingenieur ingenieure presidente responsable fondateur fondatrice comercial compras
    consejero delegado directora encargado encargada fundador fundadora gerente jefe jefa presidenta propietario
    propietaria socio ventas acquisti amministratore amministratrice direttore direttrice fondatore ingegnere
    responsabile titolare vendite diretor diretora vendas adviseur bedrijfsleider directielid eigenaar hoofd
    inkoop inkoper medewerker oprichter verkoop zaakvoerder ekonom foretagsledare forsaljning forsaljningschef
    inkop inkopare inkopschef konsult saljare vd verksamhetschef daglig direktor indkobschef konsulent leder
    salgschef salgssjef innkjopssjef asiantuntija johtaja myyntijohtaja myyntipaallikko ostopaallikko paallikko
    toimitusjohtaja dyrektor handlowiec kierownik prezes specjalista wlasciciel zakupow jednatel reditel
    reditelka vedouci nakupu директор менеджер руководитель начальник специалист инженер генеральный заместитель
    muduru satis genel
    """
)
ROLE_ENDINGS = tuple(
    _words(
        """
        leiter leiterin chef chefin manager managerin ingenieur ingenieurin direktor direktorin direktør
        assistent assistentin berater beraterin vertreter vertreterin sjef johtaja paallikko leder konsulent
        sekretar
        """
    )
)
EAST_ASIAN_ROLES = (
    "部長",
    "課長",
    "社長",
    "係長",
    "取締役",
    "代表",
    "主任",
    "マネージャー",
    "经理",
    "总监",
    "主管",
    "总裁",
    "董事",
    "工程师",
)
COMPANIES = re.compile(
    r"(?<!\w)(?:"
    r"gmbh(?: ?& ?co\.? ?kg)?|mbh|ohg|gbr|e\.? ?k\.?|e\.? ?v\.?|ltd|limited|plc|llp|llc|inc|incorporated|corp"
    r"|corporation|holdings?|pty|pvt|s\.a\.s?\.?|sarl|s\.?à\.?r\.?l\.?|eurl|sasu|s\.l\.u?\.?|slu|s\.a\.u\.?"
    r"|s\.?r\.?l\.?|s\.?p\.?a\.?|snc|s\.n\.c\.|lda|ltda|eireli|b\.?v\.?|n\.?v\.?|vof|bvba|srl|aktiebolag|a/s"
    r"|aps|asa|oy|oyj|ehf|sp\.? ?z ?o\.?o\.?|s\.?r\.?o\.?|a\.s\.?|kft|zrt|d\.?o\.?o\.?|ооо|оао|зао|a\.?ş\.?"
    r"|şti|k\.k\.|kgaa"
    r")\.?(?!\w)",
    re.IGNORECASE,
)
#: These are other words too, unless they are written like this.
LOUD = re.compile(r"(?<!\w)(?:AG|KG|UG|SA|SE|SL|AB|AS|NV|BV|SAS|SCI|АО|ИП|CO|Co\.)(?!\w)")
EAST_ASIAN_COMPANIES = ("株式会社", "有限会社", "合同会社", "公司", "集团", "주식회사")
TRADES = _words(
    """
    agency bakery brewing brewery consulting foundation hospital industries institute labs logistics partners
    solutions studio studios systems technologies trading university universitat universite universidad ventures
    werke works
    """
)
CLOSINGS = re.compile(
    r"(?:with )?(?:best|kind|warm|kindest|many|warmest)(?: (?:regards|wishes|thanks))?|regards|thank you|cheers"
    r"|thanks(?: (?:again|and regards))?|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|all the best"
    r"|br|kr|rgds|mit (?:freundlichen|besten|herzlichen|lieben) grussen"
    r"|(?:viele|beste|herzliche|liebe|freundliche) grusse|mfg|vg|lg"
    r"|(?:tres |bien )?cordialement|bien a vous|meilleures salutations|sinceres salutations"
    r"|(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|un abrazo|(?:cordiali|distinti) saluti|saluti"
    r"|atenciosamente|(?:com os melhores )?cumprimentos|met vriendelijke groet(?:en)?|mvg|groet(?:en)?"
    r"|(?:med )?vanliga halsningar|mvh|med vennlig hilsen|(?:med )?venlig hilsen|hilsen|ystavallisin terveisin"
    r"|z powazaniem|pozdrawiam|s pozdravem|с уважением|sayg[ıi]lar[ıi]mla|以上|よろしくお願いいたします"
    r"|sent from my .{1,40}|get outlook for .{1,20}|gesendet von .{1,40}|envoye de mon .{1,40}"
)
#: A postal code, and the place after or before it.
BEFORE, CITY, AFTER = r"(?:.{0,100}?[,\s])??", r"([^\W\d_][^\d,|]{1,40}?)", r"(?:\s*,.{0,60})?"
PLACES = tuple(
    re.compile(shape)
    for shape in (
        rf"{BEFORE}\d{{4}} ?[A-Z]{{2}}\s+{CITY}{AFTER}",  # 1012 AB Amsterdam
        rf"{BEFORE}\d{{2}}-\d{{3}}\s+{CITY}{AFTER}",  # 00-001 Warszawa
        rf"{BEFORE}\d{{4}}-\d{{3}}\s+{CITY}{AFTER}",  # 1000-001 Lisboa
        rf"{BEFORE}\d{{3}} \d{{2}}\s+{CITY}{AFTER}",  # 111 22 Stockholm
        rf"{BEFORE}(?:[A-Z]{{1,3}}[- ])?\d{{4,5}}\s+{CITY}{AFTER}",  # 10115 Berlin
        rf"(?:.{{0,100}},\s*)?{CITY},\s*[A-Z]{{2}}\s+\d{{5}}(?:-\d{{4}})?{AFTER}",  # Austin, TX 78701
        rf"(?:.{{0,100}},\s*)?{CITY},?\s+(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT)\s+\d{{4}}{AFTER}",  # Sydney NSW 2000
        rf"(?:.{{0,100}},\s*)?{CITY},?\s+[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}{AFTER}",  # London EC1A 1BB
        rf"(?:.{{0,100}},\s*)?{CITY}(?: \d{{1,2}})?,\s+[A-Z]\d[\dW] ?[A-Z\d]{{4}}{AFTER}",  # Dublin 2, D02 AF30
        rf"(?:.{{0,100}},\s*)?{CITY},?\s+[A-Z]{{2}}\s+[A-Z]\d[A-Z] ?\d[A-Z]\d{AFTER}",  # Toronto, ON M5H 2N2
    )
)


def is_role(text: str) -> bool:
    if len(text) > 100 or any(char.isdigit() for char in text):
        return False
    if any(word in text for word in EAST_ASIAN_ROLES) and len(text) < 20:
        return True
    words = WORDS.findall(folded(text))
    return any(word in ROLES or word.endswith(ROLE_ENDINGS) for word in words)


def is_company(text: str) -> bool:
    if len(text) > 120:
        return False
    if any(word in text for word in EAST_ASIAN_COMPANIES) or LOUD.search(text):
        return len(text.split()) > 1 or any(word in text for word in EAST_ASIAN_COMPANIES)
    return len(text.split()) > 1 and bool(COMPANIES.search(text))


def is_trade(text: str) -> bool:
    """Whether it may be a company by what it does; roles say such words too."""
    words = WORDS.findall(folded(text))
    return len(words) > 1 and len(text) <= 120 and not TRADES.isdisjoint(words)


def is_closing(text: str) -> bool:
    """A greeting, which says nothing about anybody."""
    return bool(CLOSINGS.fullmatch(folded(text).strip(" ,.!-–—"))) if len(text) <= 60 else False


def place_in(text: str) -> str:
    """The city in a line with a postal code; empty where there is none."""
    if len(text) > 160:
        return ""
    for shape in PLACES:
        if match := shape.fullmatch(text.strip()):
            return match[1].strip()
    return ""
