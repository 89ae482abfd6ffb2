"""Refusals of the privacy room."""

from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text


class CellUnknown(Refusal):
    kind, code = Kind.INVALID, "privacy.cell-unknown"
    text = Text(ja="「{cell}」というセルの定めはありません。", en="There are no cells named “{cell}”.")
    remedy = Text(
        ja="`h3:0`〜`h3:15`、または `jis-mesh:1`(約80km)・`jis-mesh:2`(約10km)・`jis-mesh:3`(約1km)で指定してください。",
        en="Use `h3:0` to `h3:15`, or `jis-mesh:1` (about 80 km), `jis-mesh:2` (10 km) or `jis-mesh:3` (1 km).",
    )


class PlanInconsistent(Refusal):
    kind, code = Kind.INVALID, "privacy.plan-inconsistent"
    text = Text(
        ja="提供の定めが表と合わないか、定めどうしが矛盾しています(列「{column}」、規則: {rule})。",
        en="What is to be released contradicts itself or the table: column “{column}”, rule {rule}.",
    )
    remedy = Text(
        ja="データセットの列の分類と、条件のセル・最小集団・除外列・期間を見直してください。",
        en="Review the dataset's column classes and the terms on cells, minimum group, withheld columns and time.",
    )


class NoLawfulRoute(Refusal):
    kind, code = Kind.INVALID, "privacy.no-lawful-route"
    text = Text(
        ja="列「{column}」は{category_ja}で、このままでは本人の同意なく外へ出ることになるため、提供できません。",
        en="Column “{column}” is {category} data and would leave as it is, without its subjects' consent; this cannot be offered.",
    )
    remedy = Text(
        ja="位置は、データ主体の列で数える最小集団(2以上)付きのセルにし、それ以外の列は提供から除いてください。",
        en="Release positions as cells with a minimum group of at least 2, counted by the data subject's column, and withhold any other such column.",
    )


class RowsStay(Refusal):
    kind, code = Kind.DENIED, "privacy.rows-stay"
    text = Text(
        ja="この契約ではデータの行は提供者のノードから出ません(rk:delivery = in-place)。",
        en="Under this agreement no row leaves the provider's node (rk:delivery is in-place).",
    )
    remedy = Text(
        ja="SqlQuery-PULL の転送を開き、集計の問い合わせを送ってください。",
        en="Open a transfer of the format SqlQuery-PULL and send an aggregate query instead.",
    )
