"""What paths and parameters name: entities, attributes, datasets."""

from renkei.context import api as context
from renkei.wire.ngsild.jsonld import Context
from renkei.wire.ngsild.reading.broken import BrokenRuleError
from renkei.wire.ngsild.reading.values import check_uri, expand_name

NO_DATASET = "@none"


def uri_of(text: str) -> context.EntityId:
    """Return an entity's id. Raises context.request-invalid for what is no URI."""
    try:
        return context.EntityId(check_uri(text))
    except BrokenRuleError as broken:
        raise broken.under("id").as_refusal() from None


def name_of(text: str, used: Context) -> str:
    """Return the IRI of an attribute or type. Raises context.request-invalid."""
    try:
        return text if text == "scope" else expand_name(text, used)
    except BrokenRuleError as broken:
        raise broken.under(text).as_refusal() from None


def dataset_of(text: str | None) -> str:
    """Return a dataset's id; none, or `@none`, is the default instance's. Raises context.request-invalid."""
    if not text or text == NO_DATASET:
        return context.DEFAULT
    return uri_of(text)
