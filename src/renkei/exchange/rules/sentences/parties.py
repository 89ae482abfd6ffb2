"""Who may use the data for what, from when until when, and how often."""

from renkei.exchange.rules.odrl.expressions import Expression
from renkei.exchange.rules.sentences.words import (
    clause,
    either,
    en_time,
    ja_time,
    length,
    place_words,
    purpose_words,
)
from renkei.exchange.rules.terms import Bound, Rate, Terms
from renkei.kernel.texts import Text


def purpose(terms: Terms) -> Text | None:
    """Say for what the data may be used; None where only alternatives or prohibitions speak of it."""
    if terms.purposes is None:
        if terms.speak_besides("purpose"):
            return None
        return Text(ja="利用目的は限定されていません。", en="The data may be used for any purpose.")
    named = [purpose_words(word) for word in sorted(terms.purposes)]
    return Text(
        ja=f"データは、{'または'.join(each.ja for each in named)}の目的に限って利用できます。",
        en=f"The data may be used only for {either([each.en for each in named])}.",
    )


def recipient(terms: Terms) -> Text | None:
    """Say which participants may receive the data."""
    if terms.recipients is None:
        return None
    named = sorted(terms.recipients)
    return Text(
        ja=f"データの提供を受けられるのは、{' または '.join(named)} に限ります。",
        en=f"Only {either(named)} may receive the data.",
    )


def membership(terms: Terms) -> Text | None:
    """Say to which body the recipient has to belong."""
    if terms.memberships is None:
        return None
    named = sorted(terms.memberships)
    return Text(
        ja=f"データの提供を受けられるのは、{'または'.join(f'「{name}」' for name in named)}に所属していることを確認できた者に限ります。",
        en=f"Only those known to belong to {either([f'“{name}”' for name in named])} may receive the data.",
    )


def place(terms: Terms) -> Text | None:
    """Say where the recipient has to be."""
    if terms.places is None:
        return None
    named = [place_words(code) for code in sorted(terms.places)]
    return Text(
        ja=f"データの提供を受けられるのは、所在地が{'または'.join(each.ja for each in named)}であることを確認できた者に限ります。",
        en=f"Only those known to be in {either([each.en for each in named])} may receive the data.",
    )


def starts(bound: Bound | None) -> Text | None:
    """Say from when on the data can be read."""
    if bound is None:
        return None
    return Text(
        ja=f"データは、{ja_time(bound.at)}{'以降' if bound.included else 'より後'}に読み出せます。",
        en=f"The data can be read {'from' if bound.included else 'only after'} {en_time(bound.at)}{' on' if bound.included else ''}.",
    )


def ends(terms: Terms) -> Text | None:
    """Say until when the data can be read; None where only alternatives or prohibitions speak of it."""
    if terms.ends is None:
        return _lasts(terms)
    bound, elapsed = terms.ends, terms.elapsed and length(terms.elapsed)
    until_ja, until_en = ("まで", "until") if bound.included else ("より前", "only before")
    if elapsed:
        return Text(
            ja=f"データを読み出せるのは、{ja_time(bound.at)}{until_ja}、かつ契約の発効から {elapsed.ja}が過ぎるまでです。どちらかを過ぎた読み出しは拒否されます。",
            en=f"The data can be read {until_en} {en_time(bound.at)}, and for no longer than {elapsed.en} after the agreement comes into force; any later read is refused.",
        )
    until_ja = until_ja if bound.included else f"{until_ja}に限り"
    return Text(
        ja=f"データは、{ja_time(bound.at)}{until_ja}読み出せます。これを過ぎた読み出しは拒否されます。",
        en=f"The data can be read {until_en} {en_time(bound.at)}; any later read is refused.",
    )


def _lasts(terms: Terms) -> Text | None:
    if terms.elapsed is None:
        if terms.speak_besides("dateTime", "elapsedTime"):
            return None
        return Text(
            ja="終了日時の定めはなく、提供者が契約を終了させるまで読み出せます。",
            en="There is no end date: the data can be read until the provider ends the agreement.",
        )
    span = length(terms.elapsed)
    return Text(
        ja=f"データは、契約の発効から {span.ja}が過ぎるまで読み出せます。その後の読み出しは拒否されます。",
        en=f"The data can be read for {span.en} after the agreement comes into force; any later read is refused.",
    )


def uses(terms: Terms) -> Text | None:
    """Say how often the data can be used in all."""
    if terms.uses is None:
        return None
    return Text(
        ja=f"読み出しと問い合わせは、合わせて {terms.uses:,} 回までです。",
        en=f"The data may be read or queried {_times(terms.uses)} in all.",
    )


def rate(terms: Terms) -> Text | None:
    """Say how often the data can be used within a time."""
    if terms.rate is None:
        return None
    return Text(
        ja=f"読み出しと問い合わせは、{length(terms.rate.window).ja}ごとに合わせて {terms.rate.uses:,} 回までです。",
        en=f"The data may be read or queried {_times(terms.rate.uses)} in {_each(terms.rate)}.",
    )


def alternatives(expression: Expression) -> Text:
    """Say a condition that decides besides, such as alternatives."""
    lead, parts = clause(expression)
    return Text(
        ja=f"利用できるのは、{lead.ja}ときに限ります{parts.ja}。",
        en=f"The data may be used only if {lead.en}{parts.en}.",
    )


def _each(said: Rate) -> str:
    number, unit = length(said.window).en.split(" ")
    return f"each {unit}" if number == "1" else f"every {number} {unit}"


def _times(count: int) -> str:
    return "only once" if count == 1 else f"at most {count:,} times"
