"""One permission with one constraint: whether it is in effect hangs on that constraint alone.

Each row: name | constraint | what is known of its left operand (`-`: nothing) | does it hold | why.
What is part of what, and what is of which kind, is the same in all of them: see `WORLD`.
`[open]` marks what the standard leaves open; the reading taken is the one given.
"""

NOW = "2026-05-01T12:00:00Z"
WORLD = (
    "ex:clinicalResearch in ex:research; ex:lab in ex:university; ex:university in ex:academia; "
    "ex:shibuya in ex:tokyo; ex:tokyo in ex:japan; ex:csv is ex:table; ex:lab is ex:Organisation"
)
ROWS = """
purpose-eq-same | purpose eq ex:research | ex:research | yes | eq: the given value equals the right operand.
purpose-eq-other | purpose eq ex:research | ex:marketing | no | Another IRI is another purpose.
purpose-eq-case | purpose eq research | Research | no | [open] Text is compared character by character, as RDF compares IRIs and literals.
purpose-neq-other | purpose neq ex:marketing | ex:research | yes | neq: the value does not equal the right operand.
purpose-neq-same | purpose neq ex:marketing | ex:marketing | no | The value equals the one that is ruled out.
purpose-any-of-second | purpose isAnyOf ex:education,ex:research | ex:research | yes | The value is one of those listed.
purpose-any-of-none | purpose isAnyOf ex:education,ex:research | ex:marketing | no | The value is none of those listed.
purpose-none-of-other | purpose isNoneOf ex:marketing,ex:profiling | ex:research | yes | The value is none of those ruled out.
purpose-none-of-one | purpose isNoneOf ex:marketing,ex:profiling | ex:profiling | no | The value is one of those ruled out.
purpose-all-of-one | purpose isAllOf ex:research,ex:education | ex:research | no | One purpose is not all of two.
purpose-all-of-both | purpose isAllOf ex:research,ex:education | ex:research,ex:education,ex:statistics | yes | [open] Every listed value is among those known; more known ones do no harm.
purpose-several-eq | purpose eq ex:research | ex:research,ex:education | yes | [open] With several known values, eq asks for one of them, so that isAnyOf with one value means the same.
purpose-several-neq | purpose neq ex:marketing | ex:research,ex:marketing | no | [open] neq has to be true of every known value: one of them is the one ruled out.
purpose-several-none-of | purpose isNoneOf ex:marketing,ex:profiling | ex:research,ex:profiling | no | One of the known values is ruled out.
purpose-part-of | purpose isPartOf ex:research | ex:clinicalResearch | yes | The world tells that clinical research is part of research.
purpose-part-of-not | purpose isPartOf ex:marketing | ex:clinicalResearch | no | Nothing tells that clinical research is part of marketing.
purpose-has-part | purpose hasPart ex:clinicalResearch | ex:research | yes | hasPart is isPartOf read the other way.
purpose-has-part-not | purpose hasPart ex:research | ex:clinicalResearch | no | The part does not contain the whole.

unknown-eq | purpose eq ex:research | - | no | Nothing is known of the purpose: what is not known satisfies nothing.
unknown-neq | purpose neq ex:marketing | - | no | [open] It might be marketing: not even neq is satisfied by what is not known.
unknown-lt | count lt 5 | - | no | Nobody counted: no limit is known to be kept.
unknown-lteq | count lteq 5 | - | no | Nobody counted: no limit is known to be kept.
unknown-gt | count gt 0 | - | no | Nobody counted.
unknown-gteq | count gteq 0 | - | no | Nobody counted: even a bound that every count would keep is not known to be kept.
unknown-is-a | recipient isA ex:Organisation | - | no | Nobody says who receives the result.
unknown-has-part | spatial hasPart JP-13 | - | no | Nobody says where.
unknown-is-part-of | spatial isPartOf JP | - | no | Nobody says where.
unknown-is-all-of | purpose isAllOf ex:research,ex:education | - | no | Nothing is known of the purpose.
unknown-is-any-of | purpose isAnyOf ex:research,ex:education | - | no | Nothing is known of the purpose.
unknown-is-none-of | purpose isNoneOf ex:marketing,ex:profiling | - | no | [open] It might be one of them: not even isNoneOf is satisfied by what is not known.
empty-none-of | industry isNoneOf ex:mining | nil | yes | [open] It is known that there is none: none of the values is ruled out.
empty-eq | industry eq ex:mining | nil | no | There is no value that could equal the right operand.

count-lt-at | count lt 3 | 3 | no | 3 is not less than 3.
count-lt-below | count lt 3 | 2 | yes | 2 is less than 3.
count-lteq-at | count lteq 3 | 3 | yes | 3 is 3.
count-lteq-above | count lteq 3 | 4 | no | 4 is more than 3.
count-gt | count gt 3 | 4 | yes | 4 is more than 3.
count-gteq-below | count gteq 3 | 2 | no | 2 is less than 3.
count-by-value | count lt 10 | 9 | yes | Numbers are compared as numbers: as text, 9 would come after 10.
count-eq-spelling | count eq 3 | 3.0 | yes | 3 and 3.0 are the same decimal.
count-neq-spelling | count neq 3 | 03 | no | 03 is 3: the same number is not another one.
count-exponent | count eq 10 | 1e1 | yes | xsd:double spells ten as 1e1 too.
count-any-of | count isAnyOf 1,2,3 | 2.0 | yes | One of the listed numbers is 2.
count-none-of | count isNoneOf 1,2,3 | 4 | yes | 4 is none of the listed numbers.

recipient-eq | recipient eq ex:lab | ex:lab | yes | The one that receives the result is the one named.
recipient-neq | recipient neq ex:broker | ex:lab | yes | The result goes to another one than the one ruled out.
recipient-any-of | recipient isAnyOf ex:lab,ex:hospital | ex:hospital | yes | One of the named ones receives it.
recipient-part-of | recipient isPartOf ex:university | ex:lab | yes | The lab is part of the university.
recipient-part-of-far | recipient isPartOf ex:academia | ex:lab | yes | Being part of goes over any number of steps: lab, university, academia.
recipient-several-inside | recipient isPartOf ex:university | ex:lab,ex:university | yes | [open] All recipients lie inside; a thing is part of itself.
recipient-several-outside | recipient isPartOf ex:university | ex:lab,ex:broker | no | One of the recipients lies outside.
recipient-several-none-of | recipient isNoneOf ex:broker,ex:press | ex:lab,ex:broker | no | One of the recipients is ruled out.
recipient-is-a | recipient isA ex:Organisation | ex:lab | yes | The world tells that the lab is an organisation.
recipient-is-a-not | recipient isA ex:Person | ex:lab | no | Nothing tells that the lab is a person.

spatial-part-of | spatial isPartOf JP | JP-13 | yes | ISO 3166-2: JP-13 is a subdivision of JP.
spatial-part-of-itself | spatial isPartOf JP | JP | yes | [open] Use anywhere in Japan is use in Japan: a place is part of itself.
spatial-part-of-other | spatial isPartOf JP | US-CA | no | US-CA is a subdivision of US.
spatial-part-of-sibling | spatial isPartOf JP-13 | JP-27 | no | One prefecture is not part of another.
spatial-part-of-narrower | spatial isPartOf JP-13 | JP | no | The country is not part of its prefecture.
spatial-part-of-several | spatial isPartOf JP,US | US-CA | yes | [open] With several right operands, the place has to lie in one of them.
spatial-eq-part | spatial eq JP | JP-13 | no | eq asks for the same code; for what lies inside there is isPartOf.
spatial-any-of-part | spatial isAnyOf JP,KR | JP-13 | no | [open] isAnyOf compares like eq: the code itself is not listed.
spatial-neq | spatial neq US | JP-13 | yes | Another code.
spatial-has-part | spatial hasPart JP-13 | JP | yes | Japan contains JP-13.
spatial-told | spatial isPartOf ex:japan | ex:shibuya | yes | The world tells the steps: Shibuya, Tokyo, Japan.
spatial-alike | spatial isPartOf JP | JPN-13 | no | JPN-13 is no code of ISO 3166-2: looking alike is not being part of.

elapsed-lteq-at | elapsedTime lteq P30D | P30D | yes | 30 days are 30 days.
elapsed-lt-at | elapsedTime lt P30D | PT720H | no | 720 hours are 30 days, not less.
elapsed-hours | elapsedTime lt P2D | PT36H | yes | 36 hours are less than two days.
elapsed-over | elapsedTime lteq PT1H | PT60M0.001S | no | A millisecond more than an hour.
elapsed-year | elapsedTime eq P1Y | P12M | yes | XML Schema: a year is twelve months.
elapsed-month-unordered | elapsedTime lteq P1M | P30D | no | XML Schema: 30 days and a month are in no order, so it is not known that the limit is kept.
elapsed-month-neq | elapsedTime neq P1M | P30D | no | XML Schema: nor is it known that they differ.
elapsed-month-longer | elapsedTime gt P1M | P32D | yes | 32 days are longer than every month.
elapsed-month-shorter | elapsedTime lt P1M | P27D | yes | 27 days are shorter than every month.
metered-lteq | meteredTime lteq PT60M | PT45M | yes | 45 of 60 minutes are used.
delay-gteq | delayPeriod gteq PT1H | PT30M | no | Half an hour has passed, an hour is to pass.
interval-eq | timeInterval eq P7D | PT168H | yes | Seven days are 168 hours.

time-zone-same-instant | dateTime eq 2026-05-01T12:00:00Z | 2026-05-01T21:00:00+09:00 | yes | The same instant, spelled in Tokyo.
time-zone-neq | dateTime neq 2026-05-01T12:00:00Z | 2026-05-01T21:00:00+09:00 | no | The same instant is not another one.
time-zone-zero | dateTime eq 2026-05-01T12:00:00+00:00 | 2026-05-01T12:00:00Z | yes | Z is +00:00.
time-zone-minus-zero | dateTime eq 2026-05-01T12:00:00-00:00 | 2026-05-01T12:00:00Z | yes | XML Schema: -00:00 is Z.
time-zone-half-hour | dateTime lt 2026-05-01T17:30:00+05:30 | 2026-05-01T12:00:00Z | no | 17:30 at +05:30 is 12:00 Z, and that is not before itself.
time-zone-looks-later | dateTime lt 2026-05-01T20:00:00+09:00 | 2026-05-01T12:00:00Z | no | 20:00 in Tokyo is 11:00 Z, however late it looks.
time-zone-looks-earlier | dateTime lt 2026-05-01T08:00:00-05:00 | 2026-05-01T12:00:00Z | yes | 08:00 at -05:00 is 13:00 Z.
time-zone-none | dateTime lteq 2026-05-01T12:00:00 | 2026-05-01T12:00:00Z | yes | [open] Without a zone it is UTC.
time-fraction | dateTime eq 2026-05-01T12:00:00.000Z | 2026-05-01T12:00:00Z | yes | Zeros behind the point say nothing.
time-fraction-after | dateTime lteq 2026-05-01T12:00:00Z | 2026-05-01T12:00:00.001Z | no | A millisecond later is later.
time-midnight-24 | dateTime gteq 2026-04-30T24:00:00Z | 2026-05-01T00:00:00Z | yes | XML Schema: 24:00:00 is the beginning of the next day.
time-leap-day | dateTime lt 2028-03-01T00:00:00Z | 2028-02-29T23:59:59Z | yes | 2028 has a 29 February.
date-lteq-within | dateTime lteq 2026-05-01 | 2026-05-01T23:59:59Z | yes | [open] A date is the whole day: up to and including it.
date-lteq-after | dateTime lteq 2026-05-01 | 2026-05-02T00:00:00Z | no | [open] A date is the whole day; this is the next one.
date-lt-within | dateTime lt 2026-05-01 | 2026-05-01T00:00:00Z | no | Before the day is before its beginning.
date-gt-within | dateTime gt 2026-05-01 | 2026-05-01T12:00:00Z | no | [open] After the day is after its end.
date-gteq-within | dateTime gteq 2026-05-01 | 2026-05-01T00:00:00Z | yes | The day begins here.
date-eq-within | dateTime eq 2026-05-01 | 2026-05-01T12:00:00Z | yes | [open] On the day is at any time of it.
date-zone | dateTime gteq 2026-05-02+09:00 | 2026-05-01T15:00:00Z | yes | The second of May begins in Tokyo at 15:00 Z on the first.
date-zone-before | dateTime gteq 2026-05-02+09:00 | 2026-05-01T14:59:59Z | no | A second before it begins in Tokyo.

format-is-a | fileFormat isA ex:table | ex:csv | yes | The world tells that CSV is a kind of table.
resolution-lteq | resolution lteq 1200 | 600 | yes | 600 dpi are at most 1200 dpi.
percentage-over | percentage lteq 50 | 50.01 | no | More than half.
pay-amount | payAmount gteq 5.00 | 5 | yes | 5 and 5.00 are the same amount.
language-none-of | language isNoneOf el,fr | ja | yes | Japanese is neither Greek nor French.
version-eq | version eq 2.0 | 2.0 | yes | The same version.
event-eq | event eq odrl:policyUsage | odrl:policyUsage | yes | The action is exercised with the policy.
device-eq | systemDevice eq ex:gateway-1 | ex:gateway-2 | no | Another device.
profile-gteq | ex:clearance gteq 3 | 4 | yes | [open] An operand of a profile is put in order as what its right operand spells: here as a number.
profile-order-text | ex:clearance gteq 3 | high | no | [open] Text is not in order with a number, so it is not known that the bound is kept.
"""
