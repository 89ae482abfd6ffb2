"""Texts around every page: menu, sign-in, refusals, paging."""

from renkei.kernel.texts import Text

SHELL: dict[str, Text] = {
    "shell.skip": Text(ja="本文へ", en="Skip to the content"),
    "shell.menu": Text(ja="メニュー", en="Menu"),
    "shell.operator": Text(ja="ノードの運用者", en="Operator of the node"),
    "shell.sign-out": Text(ja="サインアウト", en="Sign out"),
    "shell.other-language": Text(ja="English", en="日本語"),
    "shell.footer": Text(
        ja="renkei {version} — 時刻はすべて UTC です。", en="renkei {version} — all times are UTC."
    ),
    "menu.overview": Text(ja="概要", en="Overview"),
    "menu.organisations": Text(ja="組織", en="Organisations"),
    "menu.organisation": Text(ja="組織", en="Organisation"),
    "menu.devices": Text(ja="デバイス", en="Devices"),
    "menu.datasets": Text(ja="データセット", en="Datasets"),
    "menu.negotiations": Text(ja="交渉", en="Negotiations"),
    "menu.agreements": Text(ja="契約", en="Agreements"),
    "menu.transfers": Text(ja="転送", en="Transfers"),
    "menu.provisions": Text(ja="提供と受領の記録", en="Records of provision"),
    "menu.log": Text(ja="監査ログ", en="Audit log"),
    "sign-in.title": Text(ja="サインイン", en="Sign in"),
    "sign-in.intro": Text(
        ja="組織のトークン、または運用者のトークンでサインインします。",
        en="Sign in with a token of your organisation, or with the operator's.",
    ),
    "sign-in.token": Text(ja="トークン", en="Token"),
    "sign-in.token-help": Text(
        ja="`rk_` で始まる文字列です。組織の管理者が `renkei org token` で発行します。",
        en="It starts with `rk_`. Your organisation's administrator issues it with `renkei org token`.",
    ),
    "sign-in.submit": Text(ja="サインイン", en="Sign in"),
    "sign-in.empty": Text(ja="トークンを入力してください。", en="Enter a token."),
    "refusal.title": Text(ja="受け付けられません", en="This was refused"),
    "refusal.code": Text(ja="コード", en="Code"),
    "refusal.no-page": Text(
        ja="このアドレスのページはありません。概要からたどってください。",
        en="There is no page at this address. Find your way from the overview.",
    ),
    "refusal.stale-form": Text(
        ja="送られた操作が、このサイトの新しい画面からのものと確かめられませんでした。ページを開き直して、もう一度操作してください。",
        en="What was sent could not be told to come from a fresh page of this site. Open the page again and repeat it.",
    ),
    "refusal.back": Text(ja="概要へ戻る", en="Back to the overview"),
    "pages.label": Text(ja="ページ", en="Pages"),
    "pages.state": Text(
        ja="全 {total} 件、{page} / {pages} ページ", en="{total} in all, page {page} of {pages}"
    ),
    "pages.earlier": Text(ja="前へ", en="Previous"),
    "pages.first": Text(ja="最初へ", en="To the newest"),
    "pages.older": Text(ja="さらに前へ", en="Older"),
    "pages.later": Text(ja="次へ", en="Next"),
}
