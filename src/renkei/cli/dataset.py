"""`renkei dataset`: describe a table and publish it."""

from pathlib import Path
from typing import Annotated

import typer

from renkei.cli import output, prospects
from renkei.cli.output import told
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE, DatasetId
from renkei.kernel.texts import Text

app = typer.Typer(help=told(ja="データセットを公開する。", en="Publish datasets."), no_args_is_help=True)

COLUMNS = {
    "id": Text(ja="ID", en="Id"),
    "title": Text(ja="題名", en="Title"),
    "licence": Text(ja="ライセンス", en="Licence"),
    "quality.rows": Text(ja="行数", en="Rows"),
    "quality.first": Text(ja="最初", en="First"),
    "quality.last": Text(ja="最後", en="Last"),
}
DETAILS = {
    **COLUMNS,
    "description": Text(ja="説明", en="Description"),
    "themes": Text(ja="主題", en="Themes"),
    "quality.version": Text(ja="表の版", en="Table version"),
    "quality.subjects": Text(ja="対象の数", en="Subjects"),
    "published_at": Text(ja="公開", en="Published"),
    "revised_at": Text(ja="改訂", en="Revised"),
}

Dataset = Annotated[
    str, typer.Argument(metavar="DATASET", help=told(ja="データセットの ID。", en="The dataset's id."))
]

File = Annotated[
    Path, typer.Argument(metavar="FILE", help=told(ja="説明ファイル(TOML)。", en="The description (TOML)."))
]
Revised = Annotated[
    str,
    typer.Option(
        "--dataset", metavar="ID", help=told(ja="改めるデータセットの ID。", en="The dataset to revise.")
    ),
]
OVERTAKEN = Text(
    ja="次の契約は、改めた区分のもとでは守れないため、転送を一時停止し、相手に理由を伝えました: {agreements}",
    en="These agreements cannot be kept under the new classes; their transfers were suspended and the other side told why: {agreements}",
)


@app.command(
    help=told(
        ja="表の列を並べた説明ファイル(TOML)の下書きを書き出す。",
        en="Write a description (TOML) to start from, with the table's columns.",
    )
)
@output.command()
def draft(
    *,
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE", help=told(ja="表の名前(uplinks など)。", en="The table's name, such as uplinks.")
        ),
    ],
    org: output.Org,
    as_json: output.AsJson = False,
) -> None:
    from renkei.cli import description
    from renkei.context import api as context
    from renkei.lake import api as lake

    owner = output.organisation(org).id
    found = lake.table_named(owner, table)
    is_feed = any(feed.table == found.id for feed in context.feeds(owner))
    output.show(found if as_json else description.draft(found, is_feed=is_feed), as_json)


@app.command(
    "draft-type",
    help=told(
        ja="NGSI-LD エンティティの型の履歴が流れ込む表を作り、その説明ファイル(TOML)の下書きを書き出す。",
        en="Make a table that the history of a type of NGSI-LD entity flows into, and write a description (TOML) to start from.",
    ),
)
@output.command()
def draft_type(
    *,
    type_: Annotated[
        str,
        typer.Argument(
            metavar="TYPE",
            help=told(
                ja="型の IRI、または ETSI 既定語彙での名前(Device など)。",
                en="The type's IRI, or its name in ETSI's default vocabulary, such as Device.",
            ),
        ),
    ],
    name: Annotated[
        str, typer.Option(metavar="TABLE", help=told(ja="作る表の名前。", en="Name of the table to make."))
    ],
    org: output.Org,
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help=told(
                ja="列にする属性(IRI または名前。繰り返し可)。省けば、いまあるすべての属性。",
                en="An attribute that becomes a column, IRI or name; repeatable. All there are now if left out.",
            ),
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.cli import description
    from renkei.context import api as context
    from renkei.lake import api as lake
    from renkei.wire.ngsild.jsonld import CORE

    owner, now, iri = output.organisation(org).id, utc_now(), CORE.expand(type_)
    wanted = [CORE.expand(each) for each in attribute or ()]
    columns, position = context.suggested_columns(owner, iri, attributes=wanted, now=now)
    table = context.publish_type(owner, iri, columns, name=name, position=position, actor=NODE, now=now)
    made = lake.table(table)
    output.show(made if as_json else description.draft(made, is_feed=True), as_json)


@app.command(
    help=told(
        ja="説明ファイルのとおりに表を公開する。品質の数値は表から計算する。",
        en="Publish a table as its description file says; quality figures are computed from the table.",
    )
)
@output.command()
def publish(
    *,
    file: File,
    org: output.Org,
    dataset: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help=told(
                ja="データセットの ID。省けばノードが作る。",
                en="The dataset's id; the node makes one if left out.",
            ),
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.cli.description import check_complete, read_description
    from renkei.exchange import api as exchange
    from renkei.lake import api as lake

    said = read_description(file)
    owner = output.organisation(org)
    described = lake.table_named(owner.id, said.table)
    check_complete(said, table=described, file=file)
    published = exchange.publish_dataset(
        owner=owner.id,
        table=described.id,
        title=said.title,
        description=said.description,
        licence=said.licence,
        classes=said.classes,
        themes=said.themes,
        place=said.place,
        dataset_id=DatasetId(dataset) if dataset else None,
        actor=NODE,
        now=utc_now(),
    )
    output.show(published, as_json, columns=DETAILS)


@app.command(
    help=told(
        ja="公開したデータセットを、説明ファイルのとおりに改める。品質の数値も計算し直す。",
        en="Describe a published dataset anew as its description file says; quality figures are computed again.",
    )
)
@output.command()
def revise(*, file: File, org: output.Org, dataset: Revised, as_json: output.AsJson = False) -> None:
    from renkei.cli.description import check_complete, read_description
    from renkei.exchange import api as exchange
    from renkei.lake import api as lake

    said = read_description(file)
    owner = output.organisation(org)
    described = lake.table_named(owner.id, said.table)
    check_complete(said, table=described, file=file)
    revision = exchange.revise_dataset(
        owner=owner.id,
        dataset=DatasetId(dataset),
        table=described.id,
        title=said.title,
        description=said.description,
        licence=said.licence,
        classes=said.classes,
        themes=said.themes,
        place=said.place,
        actor=NODE,
        now=utc_now(),
    )
    output.show(revision if as_json else revision.dataset, as_json, columns=DETAILS)
    if revision.overtaken and not as_json:
        output.show(OVERTAKEN.fill(agreements=", ".join(revision.overtaken)))


@app.command(
    help=told(
        ja="品質の数値を、表のいまの版で計算し直す。",
        en="Compute the quality figures anew, at the table's present version.",
    )
)
@output.command()
def refresh(*, dataset: Dataset, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    refreshed = exchange.refresh_dataset(
        owner=output.organisation(org).id, dataset=DatasetId(dataset), actor=NODE, now=utc_now()
    )
    output.show(refreshed, as_json, columns=DETAILS)


@app.command("list", help=told(ja="データセットの一覧。", en="List datasets."))
@output.command()
def list_datasets(*, org: output.AnyOrg = None, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    owner = output.organisation(org).id if org else None
    output.show(exchange.datasets(owner), as_json, columns=COLUMNS)


@app.command(help=told(ja="データセットの説明と品質を見る。", en="Show a dataset's description and quality."))
@output.command()
def show(*, dataset: Dataset, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    output.show(exchange.dataset(DatasetId(dataset)), as_json, columns=DETAILS)


app.command(
    "audience",
    help=told(
        ja="知られている参加者それぞれに、どのオファーが見え、いま契約したら読めるかを見る。",
        en="See which offers each known participant is shown, and whether it could read if it agreed now.",
    ),
)(prospects.audience)
