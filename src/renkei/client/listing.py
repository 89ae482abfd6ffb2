"""A dataset in a provider's catalogue, as a notebook shows it."""

from renkei.kernel.texts import Lang, Text
from renkei.wire import finding
from renkei.wire import member as wire


class Listing:
    """A dataset that a provider offers, and the offers under which it can be had."""

    def __init__(self, provider: str, listed: wire.Listing) -> None:
        """Wrap what a catalogue of `provider` lists."""
        self.provider = provider
        self.listed = listed

    @property
    def id(self) -> str:
        """The dataset's id."""
        return self.listed.id

    @property
    def title(self) -> Text:
        """The dataset's title, in both languages."""
        return self.listed.title

    @property
    def offers(self) -> tuple[wire.Offer, ...]:
        """The offers that stand."""
        return self.listed.offers

    @property
    def columns(self) -> tuple[wire.Column, ...]:
        """The columns, as the provider describes them."""
        return self.listed.columns

    def terms(self, lang: Lang = "en") -> list[str]:
        """Return what the offers ask for, as sentences; a line with the offer's id precedes each offer's."""
        lines: list[str] = []
        for offer in self.offers:
            said = offer.terms or ((offer.obstacle,) if offer.obstacle else ())
            lines += [offer.id, *(sentence.in_(lang) for sentence in said)]
        return lines

    def __repr__(self) -> str:
        return f"<Listing {self.id} “{self.title.en}”, {len(self.offers)} offers, of {self.provider}>"


class FoundListing(Listing):
    """A dataset that a search found; `entry` tells when and where its data come from, and how far it can be relied on."""

    def __init__(self, entry: finding.Entry) -> None:
        """Wrap what a search found."""
        super().__init__(entry.provider, entry.listing())
        self.entry = entry

    @property
    def standing(self) -> str:
        """`current`; `stale` when the provider's catalogue could not be had for a while; `withdrawn` when it is gone."""
        return self.entry.standing

    def __repr__(self) -> str:
        return f"<FoundListing {self.id} “{self.title.en}”, {self.standing}, of {self.provider}>"
