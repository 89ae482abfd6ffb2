"""Whether terms agree with themselves, and whether anyone could ever use what they permit."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import combinations, product
from math import prod

from renkei.exchange.errors import (
    MinimumGroupWithoutCell,
    PermissionUnreachable,
    TermsContradict,
    TermsTooComplex,
)
from renkei.exchange.rules.odrl.expressions import Constraint, Expression, Logical, atoms, compile_expression
from renkei.exchange.rules.terms.said import Terms
from renkei.kernel.clock import format_utc, parse_duration, parse_utc
from renkei.privacy.types import Delivery, MaskKind

MOST_STEPS = 400_000
"""Values that are compared in all while it is found out whether terms can be satisfied."""
_MOST_SUBSETS = 4
"""Of so many bodies or places, every choice is tried; of more, no permission is called unreachable for them."""
_TICK = timedelta(seconds=1)
_SEVERAL = ("rk:membership", "spatial")
"""Of what a recipient can have several at once."""
_Known = str | datetime | timedelta | tuple[str, ...]
_ELSE = {"purpose": "any-other-purpose", "recipient": "did:web:any.other", "spatial": "XX"}


def check_sound(terms: Terms) -> None:
    """Refuse terms that contradict themselves, by name and with what would mend them.

    Raises exchange.terms-contradict, minimum-group-without-cell, permission-unreachable, terms-too-complex.
    """
    _check_times(terms)
    _check_columns(terms)
    _check_groups(terms)
    _check_reachable(terms)


def _contradiction(ja: str, en: str, fix_ja: str, fix_en: str) -> TermsContradict:
    return TermsContradict(ja=ja, en=en, fix_ja=fix_ja, fix_en=fix_en)


def _check_times(terms: Terms) -> None:
    starts, ends = terms.starts, terms.ends
    over = (
        starts
        and ends
        and (starts.at > ends.at or (starts.at == ends.at and not (starts.included and ends.included)))
    )
    if over:
        raise _contradiction(
            "利用の開始が終了より後です(dateTime)。",
            "Use begins after it ends (dateTime).",
            "開始を終了より前にしてください。",
            "Let it begin before it ends.",
        )
    since, until = terms.observed_from, terms.observed_until
    if since and until and since >= until:
        raise _contradiction(
            "rk:observedFrom が rk:observedUntil 以後なので、該当する行がありません。",
            "rk:observedFrom is not before rk:observedUntil, so that no row is left.",
            "期間に長さをもたせてください。",
            "Give the window a length.",
        )


def _check_columns(terms: Terms) -> None:
    masked = Counter(mask.column for mask in terms.masks)
    for column, times in sorted(masked.items()):
        if times > 1:
            raise _contradiction(
                f"列「{column}」に rk:mask が 2 つあります。",
                f"The column “{column}” has two rk:mask.",
                "1 つだけ残してください。",
                "Leave one of them.",
            )
    redacted = {mask.column for mask in terms.masks if mask.kind is MaskKind.REDACT}
    _refuse_both(terms.withheld & set(masked), "rk:withholdColumn", "rk:mask")
    _refuse_both(terms.withheld & terms.group_by, "rk:withholdColumn", "rk:groupBy")
    _refuse_both(redacted & terms.group_by, "rk:mask (redact)", "rk:groupBy")


def _refuse_both(columns: Iterable[str], one: str, other: str) -> None:
    for column in sorted(columns):
        raise _contradiction(
            f"列「{column}」が {one} と {other} の両方にあります。",
            f"The column “{column}” stands in both {one} and {other}.",
            "どちらか一方から外してください。",
            "Take it out of one of them.",
        )


def _check_groups(terms: Terms) -> None:
    in_place = terms.delivery is Delivery.IN_PLACE
    grouped = bool(terms.group_by) or terms.cell is not None
    if terms.minimum_group is not None and not (grouped or in_place):
        raise MinimumGroupWithoutCell
    if in_place and terms.minimum_group is None:
        raise _contradiction(
            "rk:delivery が in-place なのに rk:minimumGroup がありません。一行ずつの集計で行そのものが分かってしまいます。",
            "rk:delivery is in-place without rk:minimumGroup: a query for each single row would tell the rows.",
            "rk:minimumGroup と rk:entity を加えてください。",
            "Add rk:minimumGroup with rk:entity.",
        )
    if terms.budget is not None and not in_place:
        raise _contradiction(
            "rk:privacyBudget は rk:delivery が in-place のときだけ意味をもちます。",
            "rk:privacyBudget means something only where rk:delivery is in-place.",
            "rk:delivery を in-place にするか、rk:privacyBudget を外してください。",
            "Set rk:delivery to in-place, or leave rk:privacyBudget out.",
        )
    if terms.delivery is Delivery.AGGREGATES and not terms.group_by:
        raise _contradiction(
            "rk:delivery が aggregates なのに、グループを決める rk:groupBy がありません。",
            "rk:delivery is aggregates, but no rk:groupBy says what makes a group.",
            "rk:groupBy に列を挙げてください。",
            "Name columns in rk:groupBy.",
        )
    if terms.group_by and terms.delivery is Delivery.ROWS and terms.minimum_group is None:
        raise _contradiction(
            "rk:groupBy は rk:minimumGroup か、rk:delivery の aggregates・in-place と組でなければ何も定めません。",
            "rk:groupBy says nothing without rk:minimumGroup or rk:delivery aggregates or in-place.",
            "rk:minimumGroup を加えるか、rk:groupBy を外してください。",
            "Add rk:minimumGroup, or leave rk:groupBy out.",
        )


# ---- whether the permission can ever be used


def _check_reachable(terms: Terms) -> None:
    """Try each combination of the values that the constraints speak of, and of one that none speaks of.

    A constraint can only tell such values apart, so that terms which none of them satisfies, nothing satisfies. Who
    belongs to several bodies, or is in several places, is tried with every choice of a few.
    """
    bans = [ban.when for ban in terms.banned if ban.action == "use"]
    if not terms.when and not bans:
        return
    required = [*terms.when, *_plain(terms)]
    expressions = [*required, *(each for ban in bans for each in ban)]
    spoken_of = list(atoms(*expressions))
    values = sum(1 if isinstance(each.value, str) else len(each.value) for each in spoken_of)
    spoken = _values(spoken_of)
    steps = prod(len(each) for each in spoken.values()) * (len(spoken_of) + values)
    if steps > MOST_STEPS:
        raise TermsTooComplex(cases=steps, most=MOST_STEPS)
    if any(len(spoken[name]) > _MOST_SUBSETS**2 for name in _SEVERAL if name in spoken):
        return
    needed = compile_expression(Logical("and", tuple(required)))
    barred = [compile_expression(Logical("and", ban)) for ban in bans]
    for combination in product(*spoken.values()):
        world = dict(zip(spoken, combination, strict=True))
        if needed(world) and not any(ban(world) for ban in barred):
            return
    raise PermissionUnreachable(operands=", ".join(sorted(spoken)) or "use")


def _plain(terms: Terms) -> list[Expression]:
    """Write what stands side by side in the permission as constraints again."""
    sets = {
        "purpose": terms.purposes,
        "recipient": terms.recipients,
        "rk:membership": terms.memberships,
    }
    found: list[Expression] = [
        Constraint(name, "isAnyOf", tuple(sorted(values))) for name, values in sets.items() if values
    ]
    if terms.places:
        found.append(Logical("or", tuple(Constraint("spatial", "isPartOf", p) for p in sorted(terms.places))))
    if terms.starts:
        found.append(
            Constraint("dateTime", "gteq" if terms.starts.included else "gt", format_utc(terms.starts.at))
        )
    if terms.ends:
        found.append(
            Constraint("dateTime", "lteq" if terms.ends.included else "lt", format_utc(terms.ends.at))
        )
    if terms.elapsed:
        found.append(Constraint("elapsedTime", "lteq", f"PT{int(terms.elapsed.total_seconds())}S"))
    return found


def _values(constraints: Iterable[Constraint]) -> Mapping[str, list[_Known]]:
    spoken: dict[str, set[str]] = {}
    for constraint in constraints:
        values = (constraint.value,) if isinstance(constraint.value, str) else constraint.value
        spoken.setdefault(constraint.operand, set()).update(values)
    return {name: _around(name, values) for name, values in sorted(spoken.items())}


def _around(name: str, values: set[str]) -> list[_Known]:
    if name == "dateTime":
        moments = {parse_utc(value) for value in values}
        return sorted({at + step for at in moments for step in (-_TICK, timedelta(0), _TICK)})
    if name == "elapsedTime":
        lengths = {parse_duration(value) for value in values}
        return sorted({length + step for length in lengths for step in (-_TICK, timedelta(0), _TICK)})
    known = [*sorted(values), _ELSE.get(name, "any-other")]
    if name not in _SEVERAL:
        return [*known]
    most = len(known) if len(values) <= _MOST_SUBSETS else 2
    return [chosen for size in range(1, most + 1) for chosen in combinations(known, size)]
