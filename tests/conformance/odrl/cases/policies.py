"""Policies of more than one constraint: logic, actions, collections, refinements, duties, remedies, conflicts.

`POLICIES` holds each policy with what it means to say, in Turtle with `p:` for its own names. Each row of `ROWS`:
name | policy | request | state of the world | expected reports | decision | why.

A report is `rule Active: premises & duties`: a premise is `+` satisfied or `-` not, a duty has its deontic state. The
world has the time 2026-05-01T12:00:00Z besides what the row says. `[open]` marks what the standard leaves open; the
reading taken is the one given.
"""

_RESEARCH = "odrl:leftOperand odrl:purpose ; odrl:operator odrl:eq ; odrl:rightOperand ex:research ."
_IN_JAPAN = 'odrl:leftOperand odrl:spatial ; odrl:operator odrl:isPartOf ; odrl:rightOperand "JP" .'
_FIVE_TIMES = "odrl:leftOperand odrl:count ; odrl:operator odrl:lt ; odrl:rightOperand 5 ."
_THIS_YEAR = (
    "odrl:leftOperand odrl:dateTime ; odrl:operator odrl:lt ;\n"
    '    odrl:rightOperand "2027-01-01T00:00:00Z"^^xsd:dateTime .'
)
_LAST_YEAR = (
    "odrl:leftOperand odrl:dateTime ; odrl:operator odrl:lt ;\n"
    '    odrl:rightOperand "2026-01-01T00:00:00Z"^^xsd:dateTime .'
)


def _joined(kind: str, *, in_order: bool = False) -> str:
    parts = "( p:research p:japan )" if in_order else "p:research , p:japan"
    return (
        f"p: odrl:permission p:use . p:use odrl:action odrl:use ; odrl:constraint p:both .\n"
        f"p:both a odrl:LogicalConstraint ; odrl:{kind} {parts} .\np:research {_RESEARCH}\np:japan {_IN_JAPAN}"
    )


def _conflict(strategy: str) -> str:
    return (
        f"p: {strategy} odrl:permission p:may ; odrl:prohibition p:not .\n"
        f"p:may odrl:action odrl:use .\n"
        f"p:not odrl:action odrl:print ; odrl:constraint p:research .\np:research {_RESEARCH}"
    )


_PAY = "p:pay a odrl:Duty ; odrl:action odrl:compensate ."

POLICIES = {
    "and": ("Use for research and in Japan.", _joined("and")),
    "or": ("Use for research or in Japan.", _joined("or")),
    "xone": ("Use either for research or in Japan, not both.", _joined("xone")),
    "and-sequence": ("Use for research, then in Japan.", _joined("andSequence", in_order=True)),
    "side-by-side": (
        "Use for research; use in Japan: two constraints of one rule.",
        f"""
p: odrl:permission p:use . p:use odrl:action odrl:use ; odrl:constraint p:research , p:japan .
p:research {_RESEARCH}
p:japan {_IN_JAPAN}""",
    ),
    "or-of-ands": (
        "Use for research in Japan, or fewer than five times this year.",
        f"""
p: odrl:permission p:use . p:use odrl:action odrl:use ; odrl:constraint p:either .
p:either odrl:or p:first , p:second .
p:first odrl:and p:research , p:japan .
p:second odrl:and p:five , p:year .
p:research {_RESEARCH}
p:japan {_IN_JAPAN}
p:five {_FIVE_TIMES}
p:year {_THIS_YEAR}""",
    ),
    "xone-of-or": (
        "Use either for research or in Japan, or else fewer than five times, but not both of these two.",
        f"""
p: odrl:permission p:use . p:use odrl:action odrl:use ; odrl:constraint p:one .
p:one odrl:xone p:either , p:five .
p:either odrl:or p:research , p:japan .
p:research {_RESEARCH}
p:japan {_IN_JAPAN}
p:five {_FIVE_TIMES}""",
    ),
    "four-deep": (
        "Use this year, and (for research or (in Japan and exactly one of: five times, last year)).",
        f"""
p: odrl:permission p:use . p:use odrl:action odrl:use ; odrl:constraint p:all .
p:all odrl:and p:year , p:either .
p:either odrl:or p:research , p:inside .
p:inside odrl:and p:japan , p:one .
p:one odrl:xone p:five , p:past .
p:year {_THIS_YEAR}
p:research {_RESEARCH}
p:japan {_IN_JAPAN}
p:five {_FIVE_TIMES}
p:past {_LAST_YEAR}""",
    ),
    "may-use": ("Everybody can use.", "p: odrl:permission p:may . p:may odrl:action odrl:use ."),
    "may-read": ("Everybody can read.", "p: odrl:permission p:may . p:may odrl:action odrl:read ."),
    "may-transfer": (
        "Everybody can transfer.",
        "p: odrl:permission p:may . p:may odrl:action odrl:transfer .",
    ),
    "may-modify": ("Everybody can modify.", "p: odrl:permission p:may . p:may odrl:action odrl:modify ."),
    "may-write": ("Everybody can write.", "p: odrl:permission p:may . p:may odrl:action odrl:write ."),
    "may-reproduce": (
        "Everybody can reproduce.",
        "p: odrl:permission p:may . p:may odrl:action odrl:reproduce .",
    ),
    "may-read-print": (
        "Everybody can read and print.",
        "p: odrl:permission p:may . p:may odrl:action odrl:read , odrl:print .",
    ),
    "may-anything": ("Everybody can do everything.", "p: odrl:permission p:may . p:may a odrl:Permission ."),
    "must-not-use": ("Nobody can use.", "p: odrl:prohibition p:not . p:not odrl:action odrl:use ."),
    "must-not-print": ("Nobody can print.", "p: odrl:prohibition p:not . p:not odrl:action odrl:print ."),
    "club": (
        "Members of the club can read x.",
        "p: odrl:permission p:may . p:may odrl:assignee ex:club ; odrl:action odrl:read ; odrl:target ex:x .\n"
        "ex:club a odrl:PartyCollection ; odrl:source ex:members .",
    ),
    "adults": (
        "Members of the club who are over 17 can read.",
        "p: odrl:permission p:may . p:may odrl:assignee p:adults ; odrl:action odrl:read .\n"
        "p:adults a odrl:PartyCollection ; odrl:source ex:club ; odrl:refinement p:age .\n"
        "p:age odrl:leftOperand ex:age ; odrl:operator odrl:gt ; odrl:rightOperand 17 .",
    ),
    "small-files": (
        "Alice can read those of the album that are smaller than 1000.",
        "p: odrl:permission p:may . p:may odrl:assignee ex:alice ; odrl:action odrl:read ; odrl:target p:small .\n"
        "p:small a odrl:AssetCollection ; odrl:source ex:album ; odrl:refinement p:size .\n"
        "p:size odrl:leftOperand ex:size ; odrl:operator odrl:lt ; odrl:rightOperand 1000 .",
    ),
    "print-1200": (
        "Everybody can print at up to 1200 dpi.",
        "p: odrl:permission p:may . p:may odrl:action p:print .\n"
        "p:print rdf:value odrl:print ; odrl:refinement p:dpi .\n"
        "p:dpi odrl:leftOperand odrl:resolution ; odrl:operator odrl:lteq ; odrl:rightOperand 1200 .",
    ),
    "two-and-two": (
        "Alice and Bob can read x and y.",
        "p: odrl:permission p:may . p:may odrl:assignee ex:alice , ex:bob ; odrl:action odrl:read ;\n"
        "    odrl:target ex:x , ex:y .",
    ),
    "compact": (
        "Alice can read x and print x: assignee and target are stated once for both rules.",
        "p: odrl:assignee ex:alice ; odrl:target ex:x ; odrl:permission p:read , p:print .\n"
        "p:read odrl:action odrl:read . p:print odrl:action odrl:print .",
    ),
    "paid": (
        "Everybody can read, and has to compensate.",
        f"p: odrl:permission p:may . p:may odrl:action odrl:read ; odrl:duty p:pay .\n{_PAY}",
    ),
    "paid-and-named": (
        "Everybody can read, and has to compensate and to attribute.",
        "p: odrl:permission p:may . p:may odrl:action odrl:read ; odrl:duty p:pay , p:name .\n"
        f"{_PAY}\np:name a odrl:Duty ; odrl:action odrl:attribute .",
    ),
    "paid-in-japan": (
        "Everybody can read, and has to compensate where that is in Japan.",
        "p: odrl:permission p:may . p:may odrl:action odrl:read ; odrl:duty p:pay .\n"
        f"p:pay a odrl:Duty ; odrl:action odrl:compensate ; odrl:constraint p:japan .\np:japan {_IN_JAPAN}",
    ),
    "paid-five": (
        "Everybody can read, and has to pay 5.00.",
        "p: odrl:permission p:may . p:may odrl:action odrl:read ; odrl:duty p:pay .\n"
        "p:pay a odrl:Duty ; odrl:action p:compensate .\n"
        "p:compensate rdf:value odrl:compensate ; odrl:refinement p:amount .\n"
        "p:amount odrl:leftOperand odrl:payAmount ; odrl:operator odrl:gteq ; odrl:rightOperand 5.00 .",
    ),
    "paid-by-bob": (
        "Everybody can read where Bob pays.",
        "p: odrl:permission p:may . p:may odrl:action odrl:read ; odrl:duty p:pay .\n"
        "p:pay a odrl:Duty ; odrl:assignee ex:bob ; odrl:action odrl:compensate .",
    ),
    "paid-or-fined": (
        "Everybody can read, and has to compensate; who did not in time has to donate to the club as well.",
        "p: odrl:permission p:may . p:may odrl:action odrl:read ; odrl:duty p:pay .\n"
        "p:pay a odrl:Duty ; odrl:action odrl:compensate ; odrl:consequence p:fine .\n"
        "p:fine a odrl:Duty ; odrl:action ex:donate .",
    ),
    "obliged": (
        "Alice has to delete x in 2026, and can read it.",
        "p: odrl:obligation p:delete ; odrl:permission p:may .\n"
        "p:delete odrl:assignee ex:alice ; odrl:action odrl:delete ; odrl:target ex:x ; odrl:constraint p:year .\n"
        "p:may odrl:assignee ex:alice ; odrl:action odrl:read ; odrl:target ex:x .\n"
        f"p:year {_THIS_YEAR}",
    ),
    "obliged-before": (
        "Alice had to delete x before 2026.",
        "p: odrl:obligation p:delete .\n"
        "p:delete odrl:assignee ex:alice ; odrl:action odrl:delete ; odrl:target ex:x ; odrl:constraint p:past .\n"
        f"p:past {_LAST_YEAR}",
    ),
    "remedied": (
        "Nobody can distribute; who did has to inform.",
        "p: odrl:prohibition p:not . p:not odrl:action odrl:distribute ; odrl:remedy p:tell .\n"
        "p:tell a odrl:Duty ; odrl:action odrl:inform .",
    ),
    "no-research": (
        "Nobody can use for research.",
        "p: odrl:prohibition p:not . p:not odrl:action odrl:use ; odrl:constraint p:research .\n"
        f"p:research {_RESEARCH}",
    ),
    "conflict-perm": (
        "Use, but no printing for research; permissions win.",
        _conflict("odrl:conflict odrl:perm ;"),
    ),
    "conflict-prohibit": (
        "Use, but no printing for research; prohibitions win.",
        _conflict("odrl:conflict odrl:prohibit ;"),
    ),
    "conflict-invalid": (
        "Use, but no printing for research; a conflict makes the policy invalid.",
        _conflict("odrl:conflict odrl:invalid ;"),
    ),
    "conflict-default": ("Use, but no printing for research; no strategy is named.", _conflict("")),
    "conflict-two": (
        "Use, but no printing for research; two strategies are named.",
        _conflict("odrl:conflict odrl:perm , odrl:prohibit ;"),
    ),
    "conflict-perm-paid": (
        "Printing against compensation, no use at all; permissions win.",
        "p: odrl:conflict odrl:perm ; odrl:permission p:may ; odrl:prohibition p:not .\n"
        f"p:may odrl:action odrl:print ; odrl:duty p:pay .\np:not odrl:action odrl:use .\n{_PAY}",
    ),
    "conflict-targets": (
        "Reading x, no reading of y.",
        "p: odrl:permission p:may ; odrl:prohibition p:not .\n"
        "p:may odrl:action odrl:read ; odrl:target ex:x .\np:not odrl:action odrl:read ; odrl:target ex:y .",
    ),
    "conflict-parties": (
        "The club can use, Bob cannot; prohibitions win.",
        "p: odrl:conflict odrl:prohibit ; odrl:permission p:may ; odrl:prohibition p:not .\n"
        "p:may odrl:assignee ex:club ; odrl:action odrl:use .\np:not odrl:assignee ex:bob ; odrl:action odrl:use .",
    ),
}

ROWS = """
and-both | and | alice use x; purpose ex:research | spatial JP-13 | use Active: action+ both+ research+ japan+ | permitted | and: all parts are satisfied.
and-one | and | alice use x; purpose ex:research | spatial US-CA | use Inactive: action+ both- research+ japan- | undecided | and: one part is not satisfied.
and-unknown | and | alice use x; purpose ex:research | - | use Inactive: action+ both- research+ japan- | undecided | and: a part is not known to be satisfied.
or-one | or | alice use x; purpose ex:marketing | spatial JP-13 | use Active: action+ both+ research- japan+ | permitted | or: at least one part is satisfied.
or-both | or | alice use x; purpose ex:research | spatial JP | use Active: action+ both+ research+ japan+ | permitted | or: at least one part is satisfied, both may be.
or-none | or | alice use x; purpose ex:marketing | spatial US-CA | use Inactive: action+ both- research- japan- | undecided | or: no part is satisfied.
or-unknown | or | alice use x; purpose ex:research | - | use Active: action+ both+ research+ japan- | permitted | or: one satisfied part is enough, whatever the other one is.
or-unknown-no | or | alice use x; purpose ex:marketing | - | use Inactive: action+ both- research- japan- | undecided | or: the only part that might be satisfied is not known to be.
xone-first | xone | alice use x; purpose ex:research | spatial US-CA | use Active: action+ both+ research+ japan- | permitted | xone: exactly one part is satisfied.
xone-second | xone | alice use x; purpose ex:marketing | spatial JP-13 | use Active: action+ both+ research- japan+ | permitted | xone: exactly one part is satisfied.
xone-both | xone | alice use x; purpose ex:research | spatial JP-13 | use Inactive: action+ both- research+ japan+ | undecided | xone: two parts are satisfied.
xone-none | xone | alice use x; purpose ex:marketing | spatial US-CA | use Inactive: action+ both- research- japan- | undecided | xone: no part is satisfied.
xone-unknown | xone | alice use x; purpose ex:research | - | use Inactive: action+ both- research+ japan- | undecided | [open] The other part might be satisfied too, so it is not known that exactly one is.
sequence-both | and-sequence | alice use x; purpose ex:research | spatial JP-13 | use Active: action+ both+ research+ japan+ | permitted | andSequence: all parts are satisfied, judged in their order.
sequence-second | and-sequence | alice use x; purpose ex:research | spatial US-CA | use Inactive: action+ both- research+ japan- | undecided | andSequence: the second part is not satisfied.
sequence-first | and-sequence | alice use x; purpose ex:marketing | spatial JP-13 | use Inactive: action+ both- research- japan+ | undecided | [open] andSequence: without the first part the sequence is not satisfied; the second one is reported as it is.
side-both | side-by-side | alice use x; purpose ex:research | spatial JP-13 | use Active: action+ research+ japan+ | permitted | Information Model 2.5.3: all constraints of a rule have to be satisfied.
side-one | side-by-side | alice use x; purpose ex:marketing | spatial JP-13 | use Inactive: action+ research- japan+ | undecided | One of the constraints of the rule is not satisfied.
nested-first | or-of-ands | alice use x; purpose ex:research | spatial JP-13; count 7 | use Active: action+ either+ first+ research+ japan+ second- five- year+ | permitted | The first alternative is satisfied as a whole.
nested-second | or-of-ands | alice use x; purpose ex:marketing | spatial JP-13; count 4 | use Active: action+ either+ first- research- japan+ second+ five+ year+ | permitted | The second alternative is satisfied as a whole.
nested-halves | or-of-ands | alice use x; purpose ex:marketing | spatial JP-13; count 5 | use Inactive: action+ either- first- research- japan+ second- five- year+ | undecided | Half of each alternative is none of them.
nested-xone-one | xone-of-or | alice use x; purpose ex:research | spatial JP-13; count 9 | use Active: action+ one+ either+ research+ japan+ five- | permitted | Both parts of the inner or are one part of the xone.
nested-xone-two | xone-of-or | alice use x; purpose ex:research | spatial US-CA; count 1 | use Inactive: action+ one- either+ research+ japan- five+ | undecided | Both parts of the xone are satisfied.
nested-xone-other | xone-of-or | alice use x; purpose ex:marketing | spatial US-CA; count 1 | use Active: action+ one+ either- research- japan- five+ | permitted | Only the second part of the xone is satisfied.
nested-xone-unknown | xone-of-or | alice use x; purpose ex:marketing | count 1 | use Inactive: action+ one- either- research- japan- five+ | undecided | [open] The place is not known, so the inner or might be satisfied too.
deep-short | four-deep | alice use x; purpose ex:research | - | use Active: action+ all+ year+ either+ research+ inside- japan- one- five- past- | permitted | Research is enough for the or; what is not known elsewhere does not matter.
deep-long | four-deep | alice use x; purpose ex:marketing | spatial JP-13; count 2 | use Active: action+ all+ year+ either+ research- inside+ japan+ one+ five+ past- | permitted | In Japan, and exactly one of the two: fewer than five times, and not last year.
deep-fails | four-deep | alice use x; purpose ex:marketing | spatial JP-13; count 8 | use Inactive: action+ all- year+ either- research- inside- japan+ one- five- past- | undecided | Neither of the innermost two is satisfied, so nothing above them is.

action-same | may-read | alice read x | - | may Active: action+ | permitted | The action asked for is the one permitted.
action-included | may-use | alice read x | - | may Active: action+ | permitted | Vocabulary: read is included in use.
action-wider | may-read | alice use x | - | may Inactive: action- | undecided | use is not included in read.
action-other-root | may-use | alice sell x | - | may Inactive: action- | undecided | Vocabulary: sell is included in transfer, not in use.
action-transfer-sell | may-transfer | alice sell x | - | may Active: action+ | permitted | Vocabulary: sell is included in transfer.
action-transfer-give | may-transfer | alice give x | - | may Active: action+ | permitted | Vocabulary: give is included in transfer.
action-transfer-use | may-transfer | alice use x | - | may Inactive: action- | undecided | use and transfer are roots side by side.
action-two-steps | may-use | alice extract x | - | may Active: action+ | permitted | Vocabulary: extract is included in reproduce, and reproduce in use.
action-one-step | may-reproduce | alice extract x | - | may Active: action+ | permitted | Vocabulary: extract is included in reproduce.
action-sibling | may-reproduce | alice print x | - | may Inactive: action- | undecided | print is included in use beside reproduce.
action-old-name-asked | may-modify | alice write x | - | may Active: action+ | permitted | Vocabulary: write is a deprecated name, an exact match of modify.
action-old-name-stated | may-write | alice modify x | - | may Active: action+ | permitted | An exact match holds both ways.
action-copy | may-reproduce | alice copy x | - | may Active: action+ | permitted | Vocabulary: copy is a deprecated name, an exact match of reproduce.
action-several | may-read-print | alice print x | - | may Active: action+ | permitted | Information Model 2.7: a rule with two actions is two rules with one each.
action-several-none | may-read-print | alice play x | - | may Inactive: action- | undecided | Neither of the two actions includes play.
action-none-stated | may-anything | alice sell x | - | may Active: | permitted | [open] A rule without an action says nothing about the action (so does the public suite).
action-profile | may-use | alice ex:train x | ex:train includedIn ex:compute; ex:compute includedIn use | may Active: action+ | permitted | An action of a profile is included in use over two steps that the world tells.
action-profile-unknown | may-use | alice ex:train x | - | may Inactive: action- | undecided | [open] Nothing tells that the action is included in use.
action-prohibited-included | must-not-use | alice print x | - | not Active: action+ | prohibited | Prohibiting use prohibits what is included in it.
action-prohibited-wider | must-not-print | alice use x | - | not Inactive: action- | undecided | [open] Asking for use is not asking for print; nothing is permitted by that either.
action-prohibited-same | must-not-print | alice print x | - | not Active: action+ | prohibited | The action asked for is the one prohibited.

party-member | club | alice read x | ex:alice in ex:club | may Active: target+ party+ action+ | permitted | Alice is part of the collection.
party-member-source | club | alice read x | ex:alice in ex:members | may Active: target+ party+ action+ | permitted | The source names the same collection.
party-nested | club | alice read x | ex:alice in ex:team; ex:team in ex:club | may Active: target+ party+ action+ | permitted | [open] A part of a part is a part.
party-stranger | club | bob read x | ex:alice in ex:club | may Inactive: target+ party- action+ | undecided | Nothing tells that Bob is part of the collection.
party-other-target | club | alice read y | ex:alice in ex:club | may Inactive: target- party+ action+ | undecided | y is not the target.
party-circle | club | bob read x | ex:bob in ex:a; ex:a in ex:b; ex:b in ex:a | may Inactive: target+ party- action+ | undecided | A circle of parts leads nowhere, and ends.
refined-party | adults | alice read x | ex:alice in ex:club; ex:alice ex:age 20 | may Active: party+ action+ | permitted | Information Model 2.5.6: a member that satisfies the refinement.
refined-party-not | adults | alice read x | ex:alice in ex:club; ex:alice ex:age 17 | may Inactive: party- action+ | undecided | 17 is not more than 17.
refined-party-unknown | adults | alice read x | ex:alice in ex:club | may Inactive: party- action+ | undecided | Her age is not known.
refined-party-outside | adults | bob read x | ex:alice in ex:club; ex:bob ex:age 30 | may Inactive: party- action+ | undecided | Old enough, and no member.
refined-party-of-another | adults | alice read x | ex:alice in ex:club; ex:alice ex:age 12; ex:bob ex:age 30 | may Inactive: party- action+ | undecided | Each member is judged by its own age.
refined-asset | small-files | alice read x | ex:x in ex:album; ex:x ex:size 999 | may Active: target+ party+ action+ | permitted | Information Model 2.5.5: an asset of the collection that satisfies the refinement.
refined-asset-not | small-files | alice read x | ex:x in ex:album; ex:x ex:size 1000 | may Inactive: target- party+ action+ | undecided | 1000 is not less than 1000.
refined-asset-outside | small-files | alice read y | ex:x in ex:album; ex:y ex:size 10 | may Inactive: target- party+ action+ | undecided | Small, and not of the collection.
refined-action | print-1200 | alice print x; resolution 600 | - | may Active: action+ | permitted | Formal Semantics, example 14: the action asked for satisfies the refinement.
refined-action-not | print-1200 | alice print x; resolution 2400 | - | may Inactive: action- | undecided | Formal Semantics, example 14: the refinement is not satisfied.
refined-action-unknown | print-1200 | alice print x | - | may Inactive: action- | undecided | Nobody says at which resolution.
refined-action-other | print-1200 | alice read x; resolution 600 | - | may Inactive: action- | undecided | Another action, whatever its resolution.
several-second | two-and-two | bob read y | - | may Active: target+ party+ action+ | permitted | Information Model 2.7: two parties and two assets are four rules.
several-third | two-and-two | carol read x | - | may Inactive: target+ party- action+ | undecided | Carol is neither of the two.
compact-read | compact | alice read x | - | read Active: target+ party+ action+; print Inactive: target+ party+ action- | permitted | Information Model 2.7.1: what the policy states for all rules goes into each.
compact-bob | compact | bob print x | - | read Inactive: target+ party- action-; print Inactive: target+ party- action+ | undecided | The shared assignee is Alice.

duty-fulfilled | paid | alice read x | pay found Performed Fulfilled | may Active: action+ & pay=Fulfilled | permitted | The duty is fulfilled.
duty-violated | paid | alice read x | pay found Unperformed Violated | may Inactive: action+ & pay=Violated | undecided | A violated duty keeps its permission from being active.
duty-open | paid | alice read x | pay found Unknown NonSet | may Active: action+ & pay=NonSet | undecided | [open] Active as in the public suite (case 059), but not to be used before the duty is fulfilled (Formal Semantics, example 22).
duty-silent | paid | alice read x | - | may Active: action+ & pay=NonSet | undecided | [open] Nobody says anything about the duty: as if it were said to be unknown.
duty-performed | paid | alice read x | pay found Performed | may Active: action+ & pay=Fulfilled | permitted | An active duty whose action is performed is fulfilled.
duty-unperformed | paid | alice read x | pay found Unperformed | may Inactive: action+ & pay=Violated | undecided | An active duty whose action can no longer be performed is violated.
duty-other-rule | paid | alice read x | name found Performed Fulfilled | may Active: action+ & pay=NonSet | undecided | What is found about another duty says nothing about this one.
duties-both | paid-and-named | alice read x | pay found Performed; name found Performed | may Active: action+ & pay=Fulfilled name=Fulfilled | permitted | Information Model 2.6.5: all duties have to be fulfilled.
duties-one-open | paid-and-named | alice read x | pay found Performed | may Active: action+ & pay=Fulfilled name=NonSet | undecided | One of two duties is open.
duties-one-violated | paid-and-named | alice read x | pay found Performed; name found Unperformed | may Inactive: action+ & pay=Fulfilled name=Violated | undecided | One violated duty is enough.
duty-inactive | paid-in-japan | alice read x | spatial US-CA | may Active: action+ & pay=NonSet | permitted | Formal Semantics: a duty whose constraint is not satisfied is inactive, and does not bind.
duty-bound | paid-in-japan | alice read x | spatial JP-13 | may Active: action+ & pay=NonSet | undecided | The duty binds here, and is open.
duty-bound-unknown | paid-in-japan | alice read x | - | may Active: action+ & pay=NonSet | undecided | [open] The duty might bind: the place is not known.
duty-bound-done | paid-in-japan | alice read x | spatial JP-13; pay found Performed | may Active: action+ & pay=Fulfilled | permitted | The duty binds here, and is fulfilled.
duty-act | paid-five | alice read x | did alice compensate payAmount=5 | may Active: action+ & pay=Fulfilled | permitted | Formal Semantics, example 22: the world tells of an action that is the one demanded.
duty-act-short | paid-five | alice read x | did alice compensate payAmount=4.99 | may Active: action+ & pay=NonSet | undecided | The refinement of the action is not satisfied.
duty-act-silent | paid-five | alice read x | did alice compensate | may Active: action+ & pay=NonSet | undecided | Nobody says how much was paid.
duty-act-other | paid-five | alice read x | did alice attribute payAmount=5 | may Active: action+ & pay=NonSet | undecided | Another action was performed.
duty-act-stranger | paid-five | alice read x | did bob compensate payAmount=5 | may Active: action+ & pay=NonSet | undecided | [open] Information Model 2.6.5: the duty takes its assignee from the permission. That names none, so it is who asks: what Bob did is not hers.
duty-act-assignee | paid-by-bob | alice read x | did bob compensate | may Active: action+ & pay=Fulfilled | permitted | The duty names who has to perform it.
duty-act-not-assignee | paid-by-bob | alice read x | did alice compensate | may Active: action+ & pay=NonSet | undecided | Alice is not the one who has to perform it.
consequence-late | paid-or-fined | alice read x | pay found Performed Violated; fine found Performed Fulfilled | may Active: action+ & pay=Fulfilled | permitted | Information Model 2.6.6: the duty and its consequence are both fulfilled in the end.
consequence-open | paid-or-fined | alice read x | pay found Performed Violated | may Inactive: action+ & pay=Violated | undecided | The consequence is not fulfilled yet.
consequence-alone | paid-or-fined | alice read x | pay found Unperformed Violated; fine found Performed Fulfilled | may Inactive: action+ & pay=Violated | undecided | [open] Information Model 2.6.3 says both: a consequence is a new requirement beside the duty (taken here), or fulfils it in its place. It does not replace the duty, which can no longer be performed.
consequence-not-needed | paid-or-fined | alice read x | pay found Performed Fulfilled | may Active: action+ & pay=Fulfilled | permitted | Nothing was violated, so nothing follows.
obligation-open | obliged | alice read x | - | delete Active NonSet: year+; may Active: target+ party+ action+ | permitted | An obligation of the policy is active by its constraints, and no condition of the permission.
obligation-done | obliged | alice read x | did alice delete target=x | delete Active Fulfilled: year+; may Active: target+ party+ action+ | permitted | The action demanded was performed by the one named, on the asset named.
obligation-done-elsewhere | obliged | alice read x | did alice delete target=y | delete Active NonSet: year+; may Active: target+ party+ action+ | permitted | Another asset was deleted.
obligation-done-by-other | obliged | alice read x | did bob delete target=x | delete Active NonSet: year+; may Active: target+ party+ action+ | permitted | Bob is not the one who has to.
obligation-violated | obliged | alice read x | delete found Unperformed | delete Active Violated: year+; may Active: target+ party+ action+ | permitted | [open] A violated obligation is reported; only duties of the permission keep it from being active.
obligation-past | obliged-before | alice read x | - | delete Inactive NonSet: past- | undecided | The constraint of the obligation is no longer satisfied.

prohibition-constraint | no-research | alice use x; purpose ex:research | - | not Active: action+ research+ | prohibited | The prohibition is in effect for research.
prohibition-constraint-not | no-research | alice use x; purpose ex:marketing | - | not Inactive: action+ research- | undecided | Not prohibited is not permitted.
prohibition-constraint-unknown | no-research | alice use x | - | not Inactive: action+ research- | undecided | [open] It is not known to be in effect, and nothing permits.
remedy-violated | remedied | alice distribute x | did alice distribute | not Active Violated: action+ & tell=NonSet | prohibited | Information Model 2.6.2: the prohibited action was performed, the remedy is open.
remedy-done | remedied | alice distribute x | did alice distribute; did alice inform | not Active Fulfilled: action+ & tell=Fulfilled | prohibited | Information Model 2.6.7: with all remedies fulfilled the prohibition is not infringed; it still prohibits.
remedy-stranger | remedied | alice distribute x | did bob distribute | not Active NonSet: action+ & tell=NonSet | prohibited | [open] What Bob did is judged when Bob asks.
remedy-never | remedied | alice distribute x | not found Unperformed | not Active Fulfilled: action+ & tell=NonSet | prohibited | The prohibited action was not performed, and no longer can be.

conflict-perm-both | conflict-perm | alice print x; purpose ex:research | - | may Active: action+; not Active: action+ research+ | permitted | Information Model 2.10: with perm the permission overrides.
conflict-prohibit-both | conflict-prohibit | alice print x; purpose ex:research | - | may Active: action+; not Active: action+ research+ | prohibited | Information Model 2.10: with prohibit the prohibition overrides.
conflict-invalid-both | conflict-invalid | alice print x; purpose ex:research | - | may Active: action+; not Active: action+ research+ | invalid | Information Model 2.10: with invalid the whole policy is invalid.
conflict-default-both | conflict-default | alice print x; purpose ex:research | - | may Active: action+; not Active: action+ research+ | invalid | Information Model 2.10: invalid is the default.
conflict-two-both | conflict-two | alice print x; purpose ex:research | - | may Active: action+; not Active: action+ research+ | invalid | Information Model 2.10: several strategies make the policy invalid.
conflict-none-other-action | conflict-default | alice read x; purpose ex:research | - | may Active: action+; not Inactive: action- research+ | permitted | [open] The rules do not meet in this request, and only what meets is a conflict.
conflict-none-other-purpose | conflict-invalid | alice print x; purpose ex:marketing | - | may Active: action+; not Inactive: action+ research- | permitted | The prohibition is known not to be in effect.
conflict-unknown-prohibit | conflict-prohibit | alice print x | - | may Active: action+; not Inactive: action+ research- | undecided | [open] The prohibition might be in effect, for all that is known: nothing is permitted on that.
conflict-unknown-invalid | conflict-invalid | alice print x | - | may Active: action+; not Inactive: action+ research- | undecided | [open] The rules might meet, for all that is known.
conflict-unknown-perm | conflict-perm | alice print x | - | may Active: action+; not Inactive: action+ research- | permitted | Where permissions override, it does not matter whether the prohibition is in effect.
conflict-perm-open-duty | conflict-perm-paid | alice print x | - | may Active: action+ & pay=NonSet; not Active: action+ | undecided | The permission overrides, and cannot be used before its duty is fulfilled.
conflict-perm-paid | conflict-perm-paid | alice print x | pay found Performed | may Active: action+ & pay=Fulfilled; not Active: action+ | permitted | The permission overrides, and its duty is fulfilled.
conflict-perm-violated | conflict-perm-paid | alice print x | pay found Unperformed | may Inactive: action+ & pay=Violated; not Active: action+ | prohibited | The permission is not active, so there is nothing that overrides.
conflict-targets-first | conflict-targets | alice read x | - | may Active: target+ action+; not Inactive: target- action+ | permitted | The prohibition is about another asset.
conflict-targets-second | conflict-targets | alice read y | - | may Inactive: target- action+; not Active: target+ action+ | prohibited | Only the prohibition is about this asset.
conflict-parties-alice | conflict-parties | alice read x | ex:alice in ex:club; ex:bob in ex:club | may Active: party+ action+; not Inactive: party- action+ | permitted | The prohibition is about Bob.
conflict-parties-bob | conflict-parties | bob read x | ex:alice in ex:club; ex:bob in ex:club | may Active: party+ action+; not Active: party+ action+ | prohibited | A member, and the one who is excluded; prohibitions win.
"""
