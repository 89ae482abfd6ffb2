"""What every command shares: the language, the node's set-up, refusals as exit codes, facts as a table or as JSON.

    app = typer.Typer(help=output.told(ja="デバイス。", en="Devices."), no_args_is_help=True)

    @app.command("list", help=output.told(ja="デバイスの一覧。", en="List devices."))
    @output.command()                     # `@output.command(node=False)` where no database is needed
    def list_devices(*, org: output.Org, as_json: output.AsJson = False) -> None:
        output.show(telemetry.devices(output.organisation(org).id), as_json)

Rooms are imported inside the function, since they need Django, which the decorator sets up just before.
"""

import functools
import inspect
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, overload

import typer

from renkei.cli.errors import DatabaseNotReady, SettingUnusable
from renkei.cli.language import Language, language_at_start
from renkei.cli.tables import Columns, as_json_text, as_table
from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Lang, Text

if TYPE_CHECKING:
    from renkei.exchange import api as exchange
    from renkei.parties.api import Organisation

EXIT: dict[Kind, int] = {
    Kind.INVALID: 2,
    Kind.TOO_LARGE: 2,
    Kind.UNKNOWN_CALLER: 3,
    Kind.DENIED: 3,
    Kind.MISSING: 4,
    Kind.CONFLICT: 5,
    Kind.UNAVAILABLE: 6,
}
"""The exit code for each kind of refusal; 0 is done, 1 a bug, 130 stopped by Ctrl-C."""

Command = Callable[..., None]
_lang: ContextVar[Lang | None] = ContextVar("lang", default=None)


def lang() -> Lang:
    """Return the language of this command: `--lang`, RENKEI_LANG, then the locale."""
    return _lang.get() or language_at_start()


def told(*, ja: str, en: str) -> str:
    """Return a text of the command's help in the language of this start."""
    return Text(ja=ja, en=en).in_(language_at_start())


Part = TypeVar("Part")
AsJson = Annotated[
    bool,
    typer.Option("--json", help=told(ja="JSON で出力する。", en="Print JSON.")),
]
Org = Annotated[
    str,
    typer.Option(
        "--org", metavar="SLUG", help=told(ja="どの組織として行うか。", en="The organisation to act for.")
    ),
]
AnyOrg = Annotated[
    str | None,
    typer.Option(
        "--org",
        metavar="SLUG",
        help=told(
            ja="この組織のものだけ。省けば全組織。",
            en="Only this organisation's; every organisation's if left out.",
        ),
    ),
]
Reason = Annotated[
    str, typer.Option(help=told(ja="理由。相手に伝わる。", en="The reason; the other side reads it."))
]
_LANG = Annotated[
    Language | None,
    typer.Option("--lang", help=told(ja="出力の言語。", en="Language of the output."), show_default=False),
]


@overload
def command(body: Command, /) -> Command: ...
@overload
def command(*, node: bool = True) -> Callable[[Command], Command]: ...
def command(body: Command | None = None, /, *, node: bool = True) -> Command | Callable[[Command], Command]:
    """Make a function a command: adds `--lang`, sets up the node, turns a refusal into a text and an exit code.

    `node=False` is for commands that only call other machines and need no database here.
    """
    if body is None:
        return lambda inner: _command(inner, node=node)
    return _command(body, node=node)


def show(facts: object, as_json: AsJson = False, *, columns: Columns | None = None) -> None:  # noqa: FBT002 — reads well at 50 places
    """Print one fact or a list of them: whole as JSON, or as a table of `columns` (all plain fields unless told)."""
    print(as_json_text(facts) if as_json else as_table(facts, columns=columns, lang=lang()))  # noqa: T201 — this is the command line's one way out


def say(text: Text, /, **facts: object) -> None:
    """Print one sentence for people, on the error stream so that what a program reads stays clean."""
    print(text.fill(**facts).in_(lang()) if facts else text.in_(lang()), file=sys.stderr)  # noqa: T201 — as above


def organisation(slug: str) -> "Organisation":
    """Return the organisation that `--org` names. Raises parties' refusal when there is none."""
    from renkei.parties import api as parties

    return parties.organisation_by_slug(slug)


def set_up_node() -> None:
    """Read the settings and make the rooms importable. Raises SettingUnusable naming the variable."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renkei.config.settings")
    try:
        django.setup()
    except ValueError as why:
        raise SettingUnusable(why=why) from why


def everything(read: Callable[[str | None], "exchange.Slice[Part]"]) -> "tuple[Part, ...]":
    """Read all parts of a list; `read` is given where a part begins."""
    found: list[Part] = []
    after: str | None = None
    while True:
        part = read(after)
        found.extend(part)
        after = part.next
        if after is None:
            return tuple(found)


def refuse(refusal: Refusal, *, as_json: AsJson = False) -> int:
    """Print a refusal on the error stream and return the exit code that belongs to its kind."""
    words = as_json_text(refusal.as_dict()) if as_json else f"{refusal.said(lang())} [{refusal.code}]"
    print(words, file=sys.stderr)  # noqa: T201 — as above
    return EXIT[refusal.kind]


def _command(body: Command, *, node: bool) -> Command:
    @functools.wraps(body)
    def run(*, lang: Language | None = None, **given: Any) -> None:
        token = _lang.set(lang.value if lang else None)
        try:
            _act(body, given, node=node)
        except Refusal as refusal:
            raise typer.Exit(refuse(refusal, as_json=bool(given.get("as_json")))) from None
        finally:
            _lang.reset(token)

    signature = inspect.signature(body, eval_str=True)
    option = inspect.Parameter("lang", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_LANG)
    given = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in signature.parameters.values()]
    vars(run)["__signature__"] = signature.replace(parameters=[*given, option])
    del run.__wrapped__  # typer would look past the option that was added
    return run


def on_node(work: Callable[[], None]) -> None:
    """Set up the node and do something on it. Raises SettingUnusable, DatabaseNotReady."""
    set_up_node()
    from django.db import DatabaseError

    try:
        work()
    except DatabaseError as why:
        raise DatabaseNotReady(why=str(why).strip()) from why


def _act(body: Command, given: dict[str, Any], *, node: bool) -> None:
    if node:
        on_node(lambda: body(**given))
    else:
        body(**given)
