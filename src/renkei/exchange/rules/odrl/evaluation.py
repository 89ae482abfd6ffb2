"""What a policy says about a request in a state of the world: each rule with its premises, and the decision.

Source: ODRL Information Model 2.2 (rules, duties, remedies, consequences, conflict strategy) and the ODRL Formal
Semantics of the W3C community group; docs/reference/odrl.md says which reading is taken where they leave it open.
"""

from collections.abc import Iterator

from renkei.exchange.rules.odrl.actions import covers
from renkei.exchange.rules.odrl.asked import Act, Deontic, Finding, Performance, State
from renkei.exchange.rules.odrl.atoms import KINDS_OF, PARTS_OF, both, either
from renkei.exchange.rules.odrl.expressions import Logical, World, truth
from renkei.exchange.rules.odrl.hierarchy import wholes
from renkei.exchange.rules.odrl.policy import Member, Rule, RuleKind, Rules, Stated, Strategy
from renkei.exchange.rules.odrl.reports import Decision, PolicyReport, Premise, PremiseReport, RuleReport
from renkei.exchange.rules.odrl.values import Truth


def evaluate(rules: Rules, *, request: Act | None, state: State) -> PolicyReport:
    """Judge every rule of a policy for a request; without one, whether the rules' constraints hold at all."""
    reports = tuple(_report(rule, request, state) for rule in rules.rules)
    decision, valid = _decide(reports, rules.strategy)
    return PolicyReport(rules.uid, reports, decision if request is not None else Decision.UNDECIDED, valid)


def _decide(reports: tuple[RuleReport, ...], strategy: Strategy) -> tuple[Decision, bool]:
    """Return the decision, and whether the policy is still valid.

    A prohibition that may apply, for all that is known, keeps a permission from being used unless permissions override.
    """
    permissions = [each for each in reports if each.kind is RuleKind.PERMISSION and each.active]
    prohibitions = [
        each for each in reports if each.kind is RuleKind.PROHIBITION and each.applies is not False
    ]
    prohibited = any(each.active for each in prohibitions)
    if permissions and prohibited and strategy is Strategy.INVALID:
        return Decision.UNDECIDED, False
    overridden = bool(permissions) and strategy is Strategy.PERM
    if prohibited and not overridden:
        return Decision.PROHIBITED, True
    if any(each.granted for each in permissions) and (overridden or not prohibitions):
        return Decision.PERMITTED, True
    return Decision.UNDECIDED, True


def _report(rule: Rule, request: Act | None, state: State) -> RuleReport:
    """Return the report of one rule. A duty binds whatever is asked for: it is judged by its constraints alone."""
    asked = None if rule.kind is RuleKind.DUTY else request
    world = {**state.world, **(request.facts if request else {})}
    premises = (
        *_matching(rule, asked, state, world),
        *(_constraint(each, world) for each in rule.constraints),
    )
    applies = both([each.truth for each in premises])
    conditions = tuple(_report(each, request, state) for each in rule.duties)
    finding = state.findings.get(rule.uid) or Finding(_performance(rule, request, state))
    deontic = _deontic(rule.kind, applies, finding)
    done = rule.kind is RuleKind.PROHIBITION or finding.performance is Performance.PERFORMED
    if deontic is Deontic.VIOLATED and done:
        deontic = _made_good(conditions)
    return RuleReport(
        rule.uid, rule.kind, asked is not None, applies, premises, conditions, finding.performance, deontic
    )


def _matching(rule: Rule, asked: Act | None, state: State, world: World) -> Iterator[PremiseReport]:
    """Return the premises on what is asked for: only those of which the rule says something."""
    if asked is None:
        return
    if rule.targets:
        yield PremiseReport(Premise.TARGET, _one_of(rule.targets, asked.target, state, world))
    if rule.assignees:
        yield PremiseReport(Premise.PARTY, _one_of(rule.assignees, asked.party, state, world))
    if rule.actions:
        yield PremiseReport(Premise.ACTION, _one_action(rule.actions, asked, state, world))


def _one_of(members: tuple[Member, ...], who: str | None, state: State, world: World) -> Truth:
    """Tell whether a party or an asset is one of those named, or part of a collection named, as refined."""
    if who is None:
        return None
    above = wholes(who, state.world.get(PARTS_OF) or {})  # type: ignore[arg-type]
    known = {**world, **state.about.get(who, {})}
    return either([_refined(each, known) for each in members if not above.isdisjoint(each.names)])


def _one_action(members: tuple[Member, ...], act: Act, state: State, world: World) -> Truth:
    found = [
        each for each in members if any(covers(name, act.action, added=state.actions) for name in each.names)
    ]
    return either([_refined(each, {**world, **act.facts}) for each in found])


def _refined(member: Member, known: World) -> Truth:
    return both([truth(each.expression, known) for each in member.refinements])


def _constraint(stated: Stated, world: World) -> PremiseReport:
    expression = stated.expression
    return PremiseReport(
        Premise.CONSTRAINT,
        truth(expression, world),
        stated.uid,
        expression.kind if isinstance(expression, Logical) else None,
        tuple(_constraint(each, world) for each in stated.parts),
    )


# ---- what was done


def _performance(rule: Rule, request: Act | None, state: State) -> Performance:
    """Return whether something that was done is what the rule's action is about.

    A duty without an assignee is one of whoever asks; a permission's performance says nothing and is not looked for.
    """
    if rule.kind is RuleKind.PERMISSION:
        return Performance.UNKNOWN
    done = any(_is_done(rule, act, request, state) for act in state.acts)
    return Performance.PERFORMED if done else Performance.UNKNOWN


def _is_done(rule: Rule, act: Act, request: Act | None, state: State) -> bool:
    if rule.assignees:
        by_whom = _one_of(rule.assignees, act.party, state, act.facts)
    else:
        by_whom = request is None or request.party is None or act.party == request.party
    about_what = not rule.targets or _one_of(rule.targets, act.target, state, act.facts)
    # Only what is known of the act itself: what holds of the request, such as its purpose, was not done then.
    told = {name: state.world[name] for name in (PARTS_OF, KINDS_OF) if name in state.world}
    doing = not rule.actions or _one_action(rule.actions, act, state, told)
    return by_whom is True and about_what is True and doing is True


def _deontic(kind: RuleKind, applies: Truth, finding: Finding) -> Deontic:
    """Return what was done beside what is demanded. What an earlier evaluation found stands."""
    if finding.deontic is not None:
        return finding.deontic
    if kind is RuleKind.PERMISSION or applies is not True or finding.performance is Performance.UNKNOWN:
        return Deontic.NON_SET
    performed = finding.performance is Performance.PERFORMED
    return Deontic.FULFILLED if performed is (kind is RuleKind.DUTY) else Deontic.VIOLATED


def _made_good(conditions: tuple[RuleReport, ...]) -> Deontic:
    """Return what a violation comes to: fulfilled when all remedies or consequences are, and there are some."""
    settled = bool(conditions) and all(each.deontic is Deontic.FULFILLED for each in conditions)
    return Deontic.FULFILLED if settled else Deontic.VIOLATED
