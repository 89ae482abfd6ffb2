"""A query as text, bounded and parsed into one SELECT over `data`. Nothing of the text itself is ever run."""

from itertools import pairwise

from sqlglot import exp
from sqlglot.dialects import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from renkei.privacy.errors import (
    QueryPartRefused,
    QueryTableUnknown,
    QueryTooLarge,
    QueryUnreadable,
)

TABLE = "data"
MOST_BYTES = 20_000
MOST_WORDS = 4_000
DEEPEST = 32
"""Of brackets and CASE within each other."""
DEEPEST_TREE = 200
"""Of the syntax tree: `a + a + …` nests to the left."""
_LONGEST_RUN = 8
"""Of NOT, - and the like in a row."""

_OPEN = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_CLOSE = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
_PREFIX = {TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE}
_CLAUSES = {"expressions", "distinct", "from_", "where", "group", "having", "order", "limit", "offset"}
_SPOKEN = {"with_": "WITH", "joins": "JOIN", "qualify": "QUALIFY", "sample": "SAMPLE", "windows": "WINDOW"}


def read(sql: str) -> exp.Select:
    """Return the one SELECT that a text is.

    Raises privacy.query-too-large, query-unreadable, query-part-refused, query-table-unknown. The text is refused
    before it is parsed when it is too long or too deeply nested for the parser.
    """
    _check_size(sql)
    dialect = DuckDB()
    try:
        words = dialect.tokenize(sql)
        _check_words(words)
        statements = dialect.parse(sql)
    except SqlglotError as why:
        raise _unreadable(why) from None
    except RecursionError:
        raise QueryTooLarge(what="nesting", limit=DEEPEST) from None
    if len(statements) != 1:
        raise QueryPartRefused(part="a second statement (;)")
    (statement,) = statements
    if type(statement) is not exp.Select:
        raise QueryPartRefused(part=type(statement).__name__.upper())
    _check_depth(statement)
    check_only(statement, _CLAUSES)
    _check_source(statement)
    return statement


def check_only(node: exp.Expr, allowed: set[str]) -> None:
    """Check that a node has no parts but these. Raises privacy.query-part-refused."""
    for name, part in node.args.items():
        if name not in allowed and part not in (None, False, [], ""):
            raise QueryPartRefused(part=_SPOKEN.get(name, f"{node.key.upper()} … {name.strip('_').upper()}"))


def _check_size(sql: str) -> None:
    if len(sql) > MOST_BYTES or len(sql.encode(errors="surrogatepass")) > MOST_BYTES:
        raise QueryTooLarge(what="bytes", limit=MOST_BYTES)
    if "\x00" in sql or (not sql.isprintable() and not sql.translate(_BLANKS).isprintable()):
        raise QueryPartRefused(part="a control character")


_BLANKS = str.maketrans("", "", "\t\r\n\u3000\u00a0")


def _check_words(words: list[Token]) -> None:
    if len(words) > MOST_WORDS:
        raise QueryTooLarge(what="words", limit=MOST_WORDS)
    if not words or words[0].token_type is not TokenType.SELECT:
        raise QueryPartRefused(part=words[0].text[:20].upper() if words else "nothing")
    depth = deepest = run = 0
    for before, word in pairwise(words):
        depth += (word.token_type in _OPEN) - (word.token_type in _CLOSE)
        run = run + 1 if word.token_type in _PREFIX and before.token_type in _PREFIX else 0
        deepest = max(deepest, depth, DEEPEST + 1 if run >= _LONGEST_RUN else 0)
    if deepest > DEEPEST:
        raise QueryTooLarge(what="nesting", limit=DEEPEST)


def _check_depth(tree: exp.Expr) -> None:
    level: list[exp.Expr] = [tree]
    for _ in range(DEEPEST_TREE):
        level = [child for node in level for child in node.iter_expressions()]
        if not level:
            return
    raise QueryTooLarge(what="nesting", limit=DEEPEST_TREE)


def _check_source(select: exp.Select) -> None:
    source = select.args.get("from_")
    table = source.this if source is not None else None
    if source is None or type(table) is not exp.Table or type(table.this) is not exp.Identifier:
        raise QueryTableUnknown
    if table.args.get("db") or table.args.get("catalog") or table.name.lower() != TABLE:
        raise QueryTableUnknown
    check_only(source, {"this"})
    check_only(table, {"this", "alias"})
    alias = table.args.get("alias")
    if alias is not None:
        check_only(alias, {"this"})


def _unreadable(why: SqlglotError) -> QueryUnreadable:
    places = getattr(why, "errors", None) or [{}]
    return QueryUnreadable(line=places[0].get("line") or 1, column=places[0].get("col") or 1)
