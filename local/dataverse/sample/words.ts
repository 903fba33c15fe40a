/** What sample rows are made of. Invented people and companies; some names that a narrow encoding would break. */

export const FIRST_NAMES =
  `Anna Ben Carla Daniel Eva Felix Greta Hannah Ida Jonas Karim Lena Marco Nadia Oscar Paula Quentin Rosa Samuel Tara
Umar Vera Wanda Xavier Yusuf Zoë Łukasz Søren Åsa José Núria Chloé Đặng Þóra Ngọc 太郎 花子 伟 丽娜 Ольга Дмитрий Ελένη محمد`.split(
    /\s+/,
  );

export const LAST_NAMES =
  `Albrecht Baker Castillo Dubois Eriksson Fischer Garcia Haddad Ivanov Johansson Kowalski Lindqvist Moreau Nakamura
O'Brien Pereira Quinn Rossi Schmidt Tanaka Ulrich van-Dijk Weber Ximenes Young Zimmermann Müller Straße Çelik Ó-Súilleabháin Nguyễn 山田 王
Петрова Παπαδόπουλος`.split(/\s+/);

export const COMPANY_STEMS =
  `Adatum Alpine Blue-Yonder Contoso Datum Fabrikam Fourth-Coffee Graphic Humongous Litware Lucerne Margie Munson
Northwind Proseware Relecloud Southridge Tailspin Tailwind Trey Wide-World Wingtip Woodgrove Škoda-Werke Søborg Öresund`.split(
    /\s+/,
  );

export const COMPANY_KINDS =
  'Corporation|GmbH & Co. KG|Ltd.|S.A.|AB|Traders|Research|Insurance|Logistics|Foods, Inc.|株式会社|Vineyards'.split(
    '|',
  );

export const DOMAINS = 'example.com example.org example.net contoso.example fabrikam.example northwind.example'.split(
  ' ',
);

export const STREETS =
  'Main Street|Hauptstraße|Rue de la Paix|Via Roma|Calle Mayor|Kungsgatan|Oak Avenue|Lindenweg|銀座'.split('|');

export const CITIES: readonly { city: string; state: string; country: string; zip: string; dial: string }[] = [
  { city: 'Redmond', state: 'WA', country: 'United States', zip: '98052', dial: '+1 425' },
  { city: 'Zürich', state: 'ZH', country: 'Schweiz', zip: '8001', dial: '+41 44' },
  { city: 'München', state: 'Bayern', country: 'Deutschland', zip: '80331', dial: '+49 89' },
  { city: 'Lyon', state: 'Rhône', country: 'France', zip: '69001', dial: '+33 4' },
  { city: 'Malmö', state: 'Skåne', country: 'Sverige', zip: '211 20', dial: '+46 40' },
  { city: 'São Paulo', state: 'SP', country: 'Brasil', zip: '01310-100', dial: '+55 11' },
  { city: '東京', state: '東京都', country: '日本', zip: '104-0061', dial: '+81 3' },
];

export const JOB_TITLES =
  'Buyer|Head of Purchasing|Chief Technology Officer|Account Manager|Engineer|Geschäftsführerin|Owner|Assistant'.split(
    '|',
  );

export const SUBJECTS =
  `Quarterly order|Question about the invoice|New branch office|Renewal of the contract|Very interested in the bikes
Machines for plant 3|Follow-up after the trade fair|Complaint: "late delivery"|Umstellung auf SQL|Needs 100 % uptime`.split(
    /\||\n/,
  );

export const SENTENCES = [
  'Asked for a quotation until the end of the month.',
  'Prefers to be called in the morning; never on Fridays.',
  'Said: "We compare three vendors, and price isn\'t everything."',
  'Hat im Frühjahr umgebaut und braucht nun größere Mengen.',
  'Next step:\r\n\t1. send the contract\r\n\t2. call again',
  'Delivery < 5 days & payment > 30 days are a problem; see C:\\offers\\2024.',
  '💡 idea of the sales team: a bundle with support 🚀',
  'お客様は来週また電話します。',
  'Naïve façade, coöperation, ½ price — all in one note.',
];
