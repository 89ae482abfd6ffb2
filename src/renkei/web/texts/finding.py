"""Texts of the pages that find data and show the known nodes."""

from renkei.kernel.texts import Text

FINDING: dict[str, Text] = {
    "menu.find": Text(ja="データを探す", en="Find data"),
    "menu.nodes": Text(ja="既知のノード", en="Known nodes"),
    "find.intro": Text(
        ja="このノードと、既知のノードのカタログをまとめて探します。日本語でも英語でも探せます。",
        en="Searches the catalogues of this node and of all known ones, in Japanese and in English.",
    ),
    "find.words": Text(ja="探す語", en="Words to look for"),
    "find.words-help": Text(
        ja="空白で区切ると、すべてを含むものを探します。", en="Each word has to occur, in whatever place."
    ),
    "find.more": Text(ja="絞り込む", en="Narrow it down"),
    "find.theme": Text(ja="主題", en="Theme"),
    "find.licence": Text(ja="ライセンス", en="Licence"),
    "find.format": Text(ja="形式", en="Format"),
    "find.provider": Text(
        ja="提供者(名称の一部、または DID)", en="Provider (a part of its name, or its DID)"
    ),
    "find.box": Text(ja="場所(西,南,東,北。度)", en="Place (west,south,east,north in degrees)"),
    "find.since": Text(ja="この日以降のデータ", en="Data from this day on"),
    "find.until": Text(ja="この日以前のデータ", en="Data up to this day"),
    "find.current": Text(ja="未確認や取り下げ済みのものを除く", en="Leave out what is stale or withdrawn"),
    "find.submit": Text(ja="探す", en="Search"),
    "find.none": Text(
        ja="条件に合うデータセットはありません。語を減らすか、絞り込みを外してください。",
        en="No dataset fits. Use fewer words, or narrow it down less.",
    ),
    "find.results": Text(ja="見つかったデータセット", en="Datasets that were found"),
    "column.provider": Text(ja="提供者", en="Provider"),
    "column.themes": Text(ja="主題", en="Themes"),
    "column.standing": Text(ja="状態", en="Standing"),
    "column.last-crawl": Text(ja="最終巡回", en="Crawled"),
    "column.next-crawl": Text(ja="次回", en="Next"),
    "column.asked-by": Text(ja="問い合わせる組織", en="Asked by"),
    "column.acts": Text(ja="操作", en="Acts"),
    "found.stale": Text(
        ja="このカタログは、最後の確認のあと巡回できていません。いまも提供されているとは限りません。",
        en="The catalogue could not be crawled since it was last seen: it may not stand any more.",
    ),
    "found.withdrawn": Text(
        ja="提供者のカタログから外れました。新たに申し込むことはできません。",
        en="It stands in its provider's catalogue no more, and can no longer be asked for.",
    ),
    "found.last-seen": Text(ja="最後の確認", en="Last seen"),
    "found.first-seen": Text(ja="最初の確認", en="First seen"),
    "found.gone": Text(ja="外れたと分かった日時", en="Found gone"),
    "found.place": Text(ja="場所", en="Place"),
    "found.formats": Text(ja="形式", en="Formats"),
    "found.offers": Text(ja="オファー", en="Offers"),
    "found.no-offers": Text(ja="オファーはありません。", en="There are no offers."),
    "found.why": Text(ja="うまくいかない理由", en="What went wrong"),
    "found.purpose": Text(ja="利用目的(一つに絞るとき)", en="Purpose (to ask for one only)"),
    "found.purpose-help": Text(
        ja="条件にある目的の名前です(例: research)。空ならオファーのとおりに申し込みます。",
        en="One of the purposes in the terms, such as research. Left empty, the offer is asked for as it is.",
    ),
    "found.ask": Text(ja="このオファーで申し込む", en="Request this offer"),
    "nodes.intro": Text(
        ja="このノードがカタログを巡回している参加者です。ここで見つかったデータセットは「データを探す」で探せます。",
        en="The participants whose catalogues this node crawls. What they offer is found under “Find data”.",
    ),
    "nodes.none": Text(
        ja="既知のノードはまだありません。運用者が、この画面か `renkei node add` で加えます。",
        en="No node is known yet. The operator adds them here, or with `renkei node add`.",
    ),
    "nodes.never": Text(ja="まだない", en="never"),
    "nodes.for-all": Text(ja="全会員", en="all members"),
    "nodes.for-one": Text(ja="問い合わせる組織だけ", en="the asking organisation alone"),
    "nodes.circle": Text(ja="見せる範囲", en="Shown to"),
    "nodes.failures": Text(ja="{count} 回続けて失敗", en="{count} failures in a row"),
    "nodes.unreadable": Text(ja="読めないデータセット {count} 件", en="{count} datasets cannot be read"),
    "nodes.crawl": Text(ja="すぐ巡回する", en="Crawl soon"),
    "nodes.remove": Text(ja="外す", en="Remove"),
    "nodes.add": Text(ja="ノードを加える", en="Add a node"),
    "nodes.address": Text(
        ja="参加者の DID、または根のアドレス", en="The participant's DID, or its root's address"
    ),
    "nodes.org": Text(ja="どの組織として問い合わせるか", en="The organisation that asks"),
    "nodes.org-help": Text(
        ja="相手のカタログは、この組織に見せてよい範囲で返ってきます。",
        en="The other side shows its catalogue as this organisation may see it.",
    ),
    "nodes.private": Text(
        ja="見つかったものを、この組織だけに見せる", en="Show what is found to this organisation alone"
    ),
    "nodes.incomplete": Text(
        ja="アドレスと組織を指定してください。", en="Give an address and an organisation."
    ),
}
