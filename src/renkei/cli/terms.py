"""Terms from the words of a command: each option is a field of the exchange's form."""

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from renkei.cli.errors import FileUnreadable, MinimumGroupMisspelt, TermsTwice, TimeMisspelt
from renkei.cli.output import told
from renkei.exchange.types import Policy, Wishes
from renkei.kernel.clock import parse_utc

_TERMS = typer.Option(
    "--terms", metavar="FILE", help=told(ja="条件(ODRL の JSON)。", en="The terms, as ODRL JSON.")
)
TermsFile = Annotated[Path, _TERMS]
OptionalTermsFile = Annotated[Path | None, _TERMS]
Template = Annotated[
    str | None,
    typer.Option(
        "--template",
        metavar="NAME",
        help=told(
            ja="このひな型から始める。ほかのオプションで述べたことは、ひな型より優先する。一覧は `renkei offer templates`。",
            en="Begin from this template; what other options say takes its place. `renkei offer templates` lists them.",
        ),
    ),
]
_TIMES = ("starts", "until", "observed_from", "observed_until")


def _one(metavar: str, ja: str, en: str, *names: str) -> Any:
    return Annotated[str | None, typer.Option(*names, metavar=metavar, help=told(ja=ja, en=en))]


def _many(metavar: str, ja: str, en: str, *names: str) -> Any:
    return Annotated[
        list[str] | None,
        typer.Option(
            *names,
            metavar=metavar,
            help=told(ja=f"{ja}繰り返せる。", en=f"{en}; may be repeated."),
        ),
    ]


OPTIONS: Mapping[str, Any] = {
    "purpose": _many("WORD", "許す利用目的(research など)。", "A purpose that is allowed, such as research"),
    "recipient": _many("DID", "受け取れる参加者。", "A participant who may receive it"),
    "membership": _many(
        "BODY", "受領者が所属していなければならない団体。", "A body that the recipient has to belong to"
    ),
    "place": _many(
        "CODE",
        "受領者がいなければならない国や地域(ISO 3166。JP、JP-13 など)。",
        "Where the recipient has to be (ISO 3166: JP, JP-13)",
    ),
    "starts": _one(
        "TIME",
        "利用できるようになる日時(例 2026-12-01T00:00:00+09:00)。",
        "Beginning of use, such as 2026-12-01T00:00:00+09:00.",
        "--from",
    ),
    "until": _one(
        "TIME",
        "利用できる期限(例 2027-03-31T23:59:59+09:00)。",
        "End of use, such as 2027-03-31T23:59:59+09:00.",
    ),
    "lasting": _one(
        "DURATION",
        "契約の発効からこの期間だけ利用できる(P30D、PT12H など)。",
        "For how long after the agreement comes into force it can be used: P30D, PT12H and so on.",
        "--for",
    ),
    "count": _one(
        "NUMBER", "読み出しと問い合わせの合計回数の上限。", "At most so many reads and queries in all."
    ),
    "rate": _one(
        "NUMBER/DURATION",
        "期間あたりの回数の上限(例 100/PT1H)。",
        "At most so many reads and queries in each span of time, such as 100/PT1H.",
    ),
    "cell": _one(
        "SCHEME:LEVEL",
        "位置をこのセルとしてだけ渡す(h3:5、jis-mesh:2 など)。",
        "Give positions only as cells: h3:5, jis-mesh:2 and so on.",
    ),
    "time_resolution": _one(
        "DURATION",
        "日時をこの単位に切り下げて渡す(PT15M、PT1H、P1D など)。",
        "Round times down to this: PT15M, PT1H, P1D and so on.",
    ),
    "minimum_group": _one(
        "SIZE:COLUMN",
        "列の異なる値がこの数に満たないセルやグループを伏せる(例 5:device)。",
        "Withhold cells or groups with fewer distinct values of a column than this, such as 5:device.",
    ),
    "group_by": _many(
        "COLUMN",
        "グループを決める列。位置のセルは cell。",
        "A column that makes the groups; the cells of positions are cell",
    ),
    "withhold": _many("COLUMN", "渡さない列。", "A column that is not given"),
    "mask": _many(
        "COLUMN=MASK",
        "列の値を変えて渡す(device=hash、note=redact、code=truncate:3、level=round:0.5、born=year)。",
        "Change a column's values: device=hash, note=redact, code=truncate:3, level=round:0.5, born=year",
    ),
    "observed_from": _one("TIME", "この時刻以後の行だけ。", "Only rows at or after this time."),
    "observed_until": _one("TIME", "この時刻より前の行だけ。", "Only rows before this time."),
    "delivery": _one(
        "FORM",
        "渡し方。rows(行)、aggregates(集計だけ)、in-place(行を渡さず、問い合わせに答える)。",
        "How it leaves: rows, aggregates, or in-place (no row leaves; queries are answered).",
    ),
    "privacy_budget": _one(
        "EPSILON",
        "in-place の答えが使える差分プライバシーの ε の合計。",
        "In place: the ε of differential privacy that answers may use up in all.",
    ),
    "duty": _many(
        "DUTY",
        "受領者の義務(delete:P30D、attribute:出典の文言、compensate:5000:JPY、inform:P60D、log)。"
        "前に「first 」を付けると、果たすまで読み出せない。",
        "What the recipient has to do: delete:P30D, attribute:WORDS, compensate:5000:JPY, inform:P60D, log; after"
        " “first ” nothing can be read before",
    ),
    "forbid": _many(
        "ACTION",
        "禁じる行為(sell、commercialize、derive、reproduce)。",
        "What is forbidden: sell, commercialize, derive, reproduce",
    ),
    "onward_allowed": Annotated[
        bool,
        typer.Option(
            "--onward-allowed",
            help=told(ja="第三者への再提供を禁じない。", en="Do not forbid passing the data on to others."),
        ),
    ],
}


def wished(body: Callable[..., None]) -> Callable[..., None]:
    """Give a command every option of the form; its body gets them as `wishes`."""

    def run(**given: Any) -> None:
        wishes = read_wishes({name: given.pop(name) for name in OPTIONS})
        body(wishes=wishes, **given)

    signature = inspect.signature(body, eval_str=True)
    own = [each for each in signature.parameters.values() if each.name != "wishes"]
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if name == "onward_allowed" else None,
            annotation=annotation,
        )
        for name, annotation in OPTIONS.items()
    ]
    vars(run)["__signature__"] = signature.replace(parameters=[*own, *options])
    run.__name__, run.__doc__ = body.__name__, body.__doc__
    return run


def read_wishes(given: Mapping[str, Any]) -> Wishes:
    """Return the form that options fill in.

    Raises TimeMisspelt and MinimumGroupMisspelt; whether other values can be evaluated is the exchange's to say.
    """
    said: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None
    }
    for name in _TIMES:
        if name in said:
            _check_time(said[name])
    if "minimum_group" in said:
        said["minimum_group"], said["entity"] = _group(said["minimum_group"])
    return Wishes(**said)


def terms_said(
    *, file: Path | None, wishes: Wishes, template: str | None = None, dataset: str | None = None
) -> Policy:
    """Return the terms that a command's file, or its template and options, say. Raises TermsTwice, FileUnreadable."""
    from renkei.exchange import api as exchange
    from renkei.kernel.ids import DatasetId

    if file is not None:
        if wishes != Wishes() or template is not None:
            raise TermsTwice
        return read_terms(file)
    if template is not None and dataset is not None:
        wishes = over(exchange.template_wishes(template, dataset=DatasetId(dataset)), wishes)
    return exchange.write_terms(wishes)


def over(template: Wishes, wishes: Wishes) -> Wishes:
    """Return a template's wishes with those that were said in their place."""
    said = {field.name: getattr(wishes, field.name) for field in fields(Wishes)}
    return replace(template, **{name: value for name, value in said.items() if value})


def read_terms(path: Path) -> dict[str, Any]:
    """Read terms from a JSON file. Raises FileUnreadable."""
    try:
        terms = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as why:
        raise FileUnreadable(file=path, why=why) from why
    if not isinstance(terms, dict):
        raise FileUnreadable(file=path, why="an object is needed")
    return terms


def _check_time(text: str) -> None:
    try:
        parse_utc(text)
    except ValueError as why:
        raise TimeMisspelt(text=text) from why


def _group(text: str) -> tuple[str, str]:
    size, colon, entity = text.partition(":")
    if not (size.isascii() and size.isdigit() and colon and entity):
        raise MinimumGroupMisspelt(text=text)
    return size, entity
