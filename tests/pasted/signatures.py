"""Invented signatures as people in many places write them, and what a lead has of each.

(country that is assumed, what was pasted, the fields found, what found no place)
"""

from __future__ import annotations

Case = tuple[str, str, dict[str, str], list[str]]


SIGNATURES: dict[str, Case] = {
    "ireland": (
        "IE",
        "Aoife Sample\n"
        "Head of Purchasing\n"
        "Example Brewing Ltd\n"
        "12 Example Street, Dublin 2, D02 AF30\n"
        "T: +353 1 555 0100 | M: +353 85 555 0101\n"
        "aoife.sample@example.com | www.example.com\n",
        {
            "phone": "+353 1 555 0100",
            "email": "aoife.sample@example.com",
            "website_url": "www.example.com",
            "first_name": "Aoife",
            "last_name": "Sample",
            "company_role": "Head of Purchasing",
            "company": "Example Brewing Ltd",
            "city": "Dublin",
        },
        ["Phone: +353 85 555 0101", "12 Example Street, Dublin 2, D02 AF30"],
    ),
    "america": (
        "",
        "Best regards,\n"
        "\n"
        "Sam Sample\n"
        "Sales Director | Example Systems Inc.\n"
        "+1 (415) 555-0132\n"
        "sam@example.com\n"
        "https://www.linkedin.com/in/sam-sample\n"
        "123 Example Ave, Austin, TX 78701\n",
        {
            "phone": "+1 (415) 555-0132",
            "email": "sam@example.com",
            "linkedin_url": "https://www.linkedin.com/in/sam-sample",
            "first_name": "Sam",
            "last_name": "Sample",
            "company_role": "Sales Director",
            "company": "Example Systems Inc.",
            "city": "Austin",
        },
        ["123 Example Ave, Austin, TX 78701"],
    ),
    "germany": (
        "DE",
        "Mit freundlichen Grüßen\n"
        "\n"
        "i.A. Jörg Muster\n"
        "Leiter Einkauf\n"
        "\n"
        "Beispiel Brauerei GmbH & Co. KG\n"
        "Musterstraße 12\n"
        "10115 Berlin\n"
        "Tel.: 030 5550100\n"
        "Fax: 030 5550199\n"
        "Mobil: +49 151 55501000\n"
        "E-Mail: joerg.muster@example.com\n"
        "www.example.com\n"
        "Geschäftsführer: Dr. Anna Muster\n"
        "Amtsgericht Charlottenburg HRB 12345\n",
        {
            "phone": "030 5550100",
            "email": "joerg.muster@example.com",
            "website_url": "www.example.com",
            "first_name": "Jörg",
            "last_name": "Muster",
            "company_role": "Leiter Einkauf",
            "company": "Beispiel Brauerei GmbH & Co. KG",
            "city": "Berlin",
        },
        [
            "Fax: 030 5550199",
            "Phone: +49 151 55501000",
            "Geschäftsführer: Dr. Anna Muster",
            "10115 Berlin",
            "Musterstraße 12",
            "Amtsgericht Charlottenburg HRB 12345",
        ],
    ),
    "france": (
        "FR",
        "Cordialement,\n"
        "Hélène Exemple\n"
        "Responsable des achats\n"
        "Société Exemple SARL\n"
        "5 rue de l'Exemple\n"
        "75001 Paris\n"
        "Tél. : 01 55 50 10 00\n"
        "Port. : 06 55 50 10 01\n"
        "helene@example.fr\n",
        {
            "phone": "01 55 50 10 00",
            "email": "helene@example.fr",
            "first_name": "Hélène",
            "last_name": "Exemple",
            "company_role": "Responsable des achats",
            "company": "Société Exemple SARL",
            "city": "Paris",
        },
        ["Phone: 06 55 50 10 01", "75001 Paris", "5 rue de l'Exemple"],
    ),
    "spain": (
        "ES",
        "Un saludo,\n"
        "María García López\n"
        "Directora Comercial\n"
        "Ejemplo Sistemas S.L.\n"
        "C/ Ejemplo 12, 28013 Madrid\n"
        "Móvil: 655 501 000\n"
        "maria@example.es\n",
        {
            "phone": "655 501 000",
            "email": "maria@example.es",
            "first_name": "María García",
            "last_name": "López",
            "company_role": "Directora Comercial",
            "company": "Ejemplo Sistemas S.L.",
            "city": "Madrid",
        },
        ["C/ Ejemplo 12, 28013 Madrid"],
    ),
    "italy": (
        "IT",
        "Cordiali saluti\n"
        "Giulia Esempio\n"
        "Responsabile Acquisti\n"
        "Esempio S.r.l.\n"
        "Via Esempio 3 - 20121 Milano\n"
        "Tel. +39 02 5550100\n"
        "Cell. +39 333 5550100\n"
        "P.IVA 01234567890\n"
        "giulia@example.it\n",
        {
            "phone": "+39 02 5550100",
            "email": "giulia@example.it",
            "first_name": "Giulia",
            "last_name": "Esempio",
            "company_role": "Responsabile Acquisti",
            "company": "Esempio S.r.l.",
            "city": "Milano",
        },
        ["Phone: +39 333 5550100", "P.IVA 01234567890", "20121 Milano", "Via Esempio 3"],
    ),
    "netherlands": (
        "NL",
        "Met vriendelijke groet,\n"
        "\n"
        "Jan van der Voorbeeld\n"
        "Inkoper\n"
        "Voorbeeld B.V.\n"
        "Voorbeeldstraat 1\n"
        "1012 AB Amsterdam\n"
        "T 020 555 0100\n"
        "M 06 5555 0100\n"
        "E jan@example.nl\n"
        "W www.example.nl\n",
        {
            "phone": "020 555 0100",
            "email": "jan@example.nl",
            "website_url": "www.example.nl",
            "first_name": "Jan",
            "last_name": "van der Voorbeeld",
            "company_role": "Inkoper",
            "company": "Voorbeeld B.V.",
            "city": "Amsterdam",
        },
        ["Phone: 06 5555 0100", "1012 AB Amsterdam", "Voorbeeldstraat 1"],
    ),
    "sweden": (
        "SE",
        "Med vänliga hälsningar\n"
        "Åsa Exempel\n"
        "Inköpschef\n"
        "Exempel AB\n"
        "Exempelgatan 1, 111 22 Stockholm\n"
        "08-555 010 00\n"
        "asa@example.se\n",
        {
            "phone": "08-555 010 00",
            "email": "asa@example.se",
            "first_name": "Åsa",
            "last_name": "Exempel",
            "company_role": "Inköpschef",
            "company": "Exempel AB",
            "city": "Stockholm",
        },
        ["Exempelgatan 1, 111 22 Stockholm"],
    ),
    "denmark": (
        "DK",
        "Venlig hilsen\nSøren Eksempel\nIndkøbschef\nEksempel A/S\nTlf.: 55 50 10 00\nsoren@example.dk\n",
        {
            "phone": "55 50 10 00",
            "email": "soren@example.dk",
            "first_name": "Søren",
            "last_name": "Eksempel",
            "company_role": "Indkøbschef",
            "company": "Eksempel A/S",
        },
        [],
    ),
    "finland": (
        "FI",
        "Ystävällisin terveisin\nMatti Esimerkki\nToimitusjohtaja\nEsimerkki Oy\nPuh. 040 555 0100\nmatti@example.fi\n",
        {
            "phone": "040 555 0100",
            "email": "matti@example.fi",
            "first_name": "Matti",
            "last_name": "Esimerkki",
            "company_role": "Toimitusjohtaja",
            "company": "Esimerkki Oy",
        },
        [],
    ),
    "poland": (
        "PL",
        "Z poważaniem\n"
        "Anna Przykład\n"
        "Kierownik zakupów\n"
        "Przykład Sp. z o.o.\n"
        "00-001 Warszawa\n"
        "tel. kom. 555 501 000\n"
        "anna@example.pl\n",
        {
            "phone": "555 501 000",
            "email": "anna@example.pl",
            "first_name": "Anna",
            "last_name": "Przykład",
            "company_role": "Kierownik zakupów",
            "company": "Przykład Sp. z o.o.",
            "city": "Warszawa",
        },
        ["00-001 Warszawa"],
    ),
    "portugal": (
        "PT",
        "Com os melhores cumprimentos\n"
        "João Exemplo\n"
        "Diretor de Compras\n"
        "Exemplo, Lda\n"
        "1000-001 Lisboa\n"
        "Telemóvel: 910 555 010\n"
        "joao@example.pt\n",
        {
            "phone": "910 555 010",
            "email": "joao@example.pt",
            "first_name": "João",
            "last_name": "Exemplo",
            "company_role": "Diretor de Compras",
            "company": "Exemplo, Lda",
            "city": "Lisboa",
        },
        ["1000-001 Lisboa"],
    ),
    "brazil": (
        "BR",
        "Atenciosamente,\nAna Exemplo da Silva\nGerente de Vendas\nExemplo Ltda\n(11) 95555-0100\nana@example.com.br\n",
        {
            "phone": "(11) 95555-0100",
            "email": "ana@example.com.br",
            "first_name": "Ana Exemplo",
            "last_name": "da Silva",
            "company_role": "Gerente de Vendas",
            "company": "Exemplo Ltda",
        },
        [],
    ),
    "britain": (
        "GB",
        "Kind regards\n"
        "Robin Placeholder | Purchasing Manager\n"
        "Example Bakery Limited\n"
        "1 Example Road, London EC1A 1BB\n"
        "DDI: 020 7946 0123\n"
        "robin@example.co.uk\n"
        "example.co.uk\n",
        {
            "phone": "020 7946 0123",
            "email": "robin@example.co.uk",
            "website_url": "example.co.uk",
            "first_name": "Robin",
            "last_name": "Placeholder",
            "company_role": "Purchasing Manager",
            "company": "Example Bakery Limited",
            "city": "London",
        },
        ["1 Example Road, London EC1A 1BB"],
    ),
    "austria": (
        "AT",
        "Mag. Eva Beispiel, MBA\n"
        "Geschäftsführerin\n"
        "Beispiel Consulting\n"
        "Am Beispiel 1\n"
        "A-1010 Wien\n"
        "+43 1 5550100\n"
        "eva@example.at\n",
        {
            "phone": "+43 1 5550100",
            "email": "eva@example.at",
            "first_name": "Eva",
            "last_name": "Beispiel",
            "company_role": "Geschäftsführerin",
            "company": "Beispiel Consulting",
            "city": "Wien",
        },
        ["Mag.", "A-1010 Wien", "MBA", "Am Beispiel 1"],
    ),
    "switzerland": (
        "CH",
        "Freundliche Grüsse\n"
        "Urs Beispiel\n"
        "Verkaufsleiter, Mitglied der Direktion\n"
        "Beispiel AG\n"
        "Bahnhofstrasse 1\n"
        "CH-8001 Zürich\n"
        "Direkt +41 44 555 01 00\n"
        "urs.beispiel@example.ch\n",
        {
            "phone": "+41 44 555 01 00",
            "email": "urs.beispiel@example.ch",
            "first_name": "Urs",
            "last_name": "Beispiel",
            "company_role": "Verkaufsleiter",
            "company": "Beispiel AG",
            "city": "Zürich",
        },
        ["CH-8001 Zürich", "Mitglied der Direktion", "Bahnhofstrasse 1"],
    ),
    "japan": (
        "JP",
        "山田 太郎\n"
        "株式会社サンプル\n"
        "営業部 部長\n"
        "〒100-0001 東京都千代田区\n"
        "TEL: 03-5555-0100\n"
        "メール: taro@example.jp\n",
        {
            "phone": "03-5555-0100",
            "email": "taro@example.jp",
            "last_name": "山田",
            "first_name": "太郎",
            "company": "株式会社サンプル",
            "company_role": "営業部 部長",
        },
        ["〒100-0001 東京都千代田区"],
    ),
    "china": (
        "CN",
        "王小明\n示例科技有限公司\n销售总监\n电话：+86 10 5555 0100\n邮箱：wang@example.cn\n",
        {
            "phone": "+86 10 5555 0100",
            "email": "wang@example.cn",
            "first_name": "王小明",
            "company": "示例科技有限公司",
            "company_role": "销售总监",
        },
        [],
    ),
    "russia": (
        "",
        "С уважением,\nИван Примеров\nДиректор по закупкам\nООО «Пример»\nтел. +7 495 555-01-00\nivan@example.ru\n",
        {
            "phone": "+7 495 555-01-00",
            "email": "ivan@example.ru",
            "first_name": "Иван",
            "last_name": "Примеров",
            "company_role": "Директор по закупкам",
            "company": "ООО «Пример»",
        },
        [],
    ),
    "turkey": (
        "TR",
        "Saygılarımla\nAyşe Örnek\nSatış Müdürü\nÖrnek A.Ş.\nTel: +90 212 555 01 00\nayse@example.com.tr\n",
        {
            "phone": "+90 212 555 01 00",
            "email": "ayse@example.com.tr",
            "first_name": "Ayşe",
            "last_name": "Örnek",
            "company_role": "Satış Müdürü",
            "company": "Örnek A.Ş.",
        },
        [],
    ),
    "name_and_address": (
        "",
        "Sam Sample <sam@example.com>\n",
        {
            "first_name": "Sam",
            "last_name": "Sample",
            "email": "sam@example.com",
        },
        [],
    ),
    "last_name_first": (
        "",
        '"Sample, Sam" <sam@example.com>\n',
        {
            "first_name": "Sam",
            "last_name": "Sample",
            "email": "sam@example.com",
        },
        [],
    ),
    "address_alone": (
        "",
        "sam.sample@example.com\n",
        {
            "email": "sam.sample@example.com",
        },
        [],
    ),
    "profile_alone": (
        "",
        "https://www.linkedin.com/in/sam-sample/?trk=x\n",
        {
            "linkedin_url": "https://www.linkedin.com/in/sam-sample/?trk=x",
        },
        [],
    ),
    "labels": (
        "",
        "Name: Sam Sample\n"
        "Email: sam@example.com\n"
        "Company: Example Ltd\n"
        "Phone: +353 1 555 0100\n"
        "Job title: Buyer\n"
        "Deal value: 12500\n"
        "Favourite colour: green\n",
        {
            "first_name": "Sam",
            "last_name": "Sample",
            "email": "sam@example.com",
            "company": "Example Ltd",
            "phone": "+353 1 555 0100",
            "company_role": "Buyer",
            "contract_value": "12500",
        },
        ["Favourite colour: green"],
    ),
    "table": (
        "",
        "First name\tLast name\tEmail\tCompany\tPhone\tShoe size\n"
        "Sam\tSample\tsam@example.com\tExample Ltd\t+35315550100\t44\n",
        {
            "first_name": "Sam",
            "last_name": "Sample",
            "email": "sam@example.com",
            "company": "Example Ltd",
            "phone": "+35315550100",
        },
        ["Shoe size: 44"],
    ),
    "table_on_its_side": (
        "",
        "First name\tSam\nLast name\tSample\nEmail\tsam@example.com\n",
        {
            "first_name": "Sam",
            "last_name": "Sample",
            "email": "sam@example.com",
        },
        [],
    ),
    "row": (
        "",
        "Sam\tSample\tsam@example.com\tExample Ltd\t+353 1 555 0100\n",
        {
            "email": "sam@example.com",
            "phone": "+353 1 555 0100",
            "first_name": "Sam",
            "last_name": "Sample",
            "company": "Example Ltd",
        },
        [],
    ),
    "vcard": (
        "",
        "BEGIN:VCARD\n"
        "VERSION:3.0\n"
        "N:Sample;Sam;;Dr.;\n"
        "FN:Dr. Sam Sample\n"
        "ORG:Example Brewing Ltd;Purchasing\n"
        "TITLE:Head of Purchasing\n"
        "TEL;TYPE=WORK,VOICE:+353 1 555 0100\n"
        "TEL;TYPE=CELL:+353 85 555 0101\n"
        "EMAIL;TYPE=INTERNET:sam@example.com\n"
        "ADR;TYPE=WORK:;;12 Example Street;Dublin;;D02;Ireland\n"
        "URL:https://example.com\n"
        "NOTE:Met at the fair\\, twice\n"
        "END:VCARD\n",
        {
            "first_name": "Sam",
            "last_name": "Sample",
            "company": "Example Brewing Ltd",
            "company_role": "Head of Purchasing",
            "phone": "+353 1 555 0100",
            "email": "sam@example.com",
            "city": "Dublin",
            "website_url": "https://example.com",
            "icebreaker": "Met at the fair, twice",
        },
        ["Purchasing", "Phone: +353 85 555 0101", "12 Example Street, D02, Ireland"],
    ),
    "short_with_signs": (
        "",
        "Thanks!\nJane Doe, CTO @ Example Labs\njane@example.io • +44 20 7946 0958 • example.io\n",
        {
            "email": "jane@example.io",
            "phone": "+44 20 7946 0958",
            "website_url": "example.io",
            "first_name": "Jane",
            "last_name": "Doe",
            "company_role": "CTO",
            "company": "Example Labs",
        },
        [],
    ),
    "german_after_dashes": (
        "",
        "--\n"
        "Dr. Max Mustermann\n"
        "Senior Software Engineer\n"
        "Example Institute\n"
        "m: 0171 5550100\n"
        "max@example.org\n"
        "github.com/max\n",
        {
            "phone": "0171 5550100",
            "email": "max@example.org",
            "website_url": "github.com/max",
            "first_name": "Max",
            "last_name": "Mustermann",
            "company_role": "Senior Software Engineer",
            "company": "Example Institute",
        },
        ["Dr."],
    ),
    "role_at_company": (
        "US",
        "Chris Example\n"
        "VP of Operations at Example Logistics\n"
        "Office 415.555.0100 x 123\n"
        "Cell 415.555.0101\n"
        "chris@example.com\n"
        "twitter.com/chrisexample\n",
        {
            "phone": "415.555.0100",
            "email": "chris@example.com",
            "twitter_name": "chrisexample",
            "first_name": "Chris",
            "last_name": "Example",
            "company_role": "VP of Operations",
            "company": "Example Logistics",
        },
        ["x 123", "Phone: 415.555.0101"],
    ),
}
