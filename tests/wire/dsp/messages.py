"""Strategies that draw each message of the protocol, and the schema that each has to satisfy."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.wire.dsp import catalog, envelope, negotiation, policy, transfer
from renkei.wire.dsp.coverage import write_period, write_place

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
word = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
pid = word
address = st.sampled_from(["https://peer.example/dsp/2025-1", "http://127.0.0.1:8080/orgs/a/dsp/2025-1"])
reason = st.none() | st.lists(
    text | st.integers() | st.fixed_dictionaries({"@value": text}), min_size=1, max_size=3
)
version_context = st.just((envelope.CONTEXT,)) | st.just(
    ("https://example.org/more.jsonld", envelope.CONTEXT)
)

operand = text | st.lists(text, max_size=3) | st.fixed_dictionaries({"@id": word})
atomic = st.fixed_dictionaries(
    {"leftOperand": word, "operator": st.sampled_from(sorted(policy.OPERATORS)), "rightOperand": operand}
)
constraint = st.recursive(
    atomic,
    lambda inner: st.sampled_from(["and", "andSequence", "or", "xone"]).flatmap(
        lambda name: st.fixed_dictionaries({name: st.lists(inner, max_size=3)})
    ),
    max_leaves=4,
)
rule = st.fixed_dictionaries({"action": word}, optional={"constraint": st.lists(constraint, max_size=2)})
rules = st.lists(rule, min_size=1, max_size=2)


def policies(kind: str, **members: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Draw policies of a type with the stated members."""
    optional = {"prohibition": rules, "obligation": rules, "profile": word | st.lists(word, max_size=2)}
    return st.fixed_dictionaries(
        {"@type": st.just(kind), "@id": word, "permission": rules, **members}, optional=optional
    )


offer = policies("Offer", target=word)
agreement = policies(
    "Agreement", target=word, assigner=word, assignee=word, timestamp=st.just("2026-05-01T09:00:00.5Z")
)
both = {"provider_pid": pid, "consumer_pid": pid, "context": version_context}
ended = {**both, "code": st.none() | text, "reason": reason}
data_address = st.none() | st.builds(
    transfer.DataAddress,
    type=st.just("DataAddress"),
    endpoint_type=word,
    endpoint=address,
    properties=st.none()
    | st.lists(
        st.builds(transfer.EndpointProperty, type=st.just("EndpointProperty"), name=word, value=text),
        min_size=1,
        max_size=3,
    ),
)
label = text | st.builds(catalog.LanguageValue, text, st.none() | st.just("ja"))
labels = st.none() | label | st.lists(label, max_size=3)
service = st.builds(catalog.DataService, id=word, type=st.just("DataService"), endpoint_url=address)
distribution = st.builds(
    catalog.Distribution, format=word, access_service=word | service, has_policy=st.none()
)
quality = st.builds(
    catalog.QualityDescription,
    rows=st.integers(0, 10**9),
    version=st.none() | st.integers(0, 10**6),
    first=st.none() | word,
    last=st.none() | word,
    completeness=st.none()
    | st.lists(st.builds(catalog.Completeness, name=word, per_mille=st.integers(0, 1000)), max_size=2),
)


reference = st.builds(catalog.Reference, id=word)
names = word | reference | st.lists(word | reference, max_size=2)
instant = word | st.builds(catalog.TypedValue, word, st.none() | st.just("xsd:dateTime"))
moments = st.none() | st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)
degrees = st.integers(-90, 90)
boxes = st.builds(
    lambda west, east, latitudes: Box(west, min(latitudes), east, max(latitudes)),
    degrees,
    degrees,
    st.tuples(degrees, degrees),
)
places = st.builds(Place, st.none() | st.builds(Text, ja=word, en=word), st.none() | boxes)


def datasets(context: st.SearchStrategy[Any]) -> st.SearchStrategy[catalog.Dataset]:
    """Draw datasets as they stand in a catalogue, or alone with a context."""
    return st.builds(
        catalog.Dataset,
        context=context,
        id=pid,
        has_policy=st.lists(policies("Offer"), min_size=1, max_size=2),
        distribution=st.lists(distribution, min_size=1, max_size=2),
        title=labels,
        description=labels,
        quality=st.none() | quality,
        themes=st.none() | names,
        licence=st.none() | names,
        issued=st.none() | instant,
        modified=st.none() | instant,
        temporal=st.builds(write_period, moments, moments),
        spatial=st.builds(write_place, st.none() | places),
    )


MESSAGES: dict[str, tuple[st.SearchStrategy[msgspec.Struct], str]] = {
    "CatalogRequestMessage": (
        st.builds(catalog.CatalogRequestMessage, filter=st.none() | st.lists(text, max_size=2)),
        "catalog/catalog-request-message-schema.json",
    ),
    "DatasetRequestMessage": (
        st.builds(catalog.DatasetRequestMessage, dataset=pid),
        "catalog/dataset-request-message-schema.json",
    ),
    "CatalogError": (
        st.builds(catalog.CatalogError, code=st.none() | text, reason=reason),
        "catalog/catalog-error-schema.json",
    ),
    "Dataset": (datasets(version_context), "catalog/dataset-schema.json"),
    "Catalog": (
        st.builds(
            catalog.Catalog,
            context=version_context,
            id=pid,
            participant=word,
            title=labels,
            revision=st.none() | word,
            service=st.none() | st.lists(service, min_size=1, max_size=2),
            dataset=st.none() | st.lists(datasets(st.none()), min_size=1, max_size=2),
            catalog=st.none()
            | st.lists(st.builds(catalog.Catalog, id=pid, context=st.none()), min_size=1, max_size=1),
            distribution=st.none() | st.lists(distribution, min_size=1, max_size=2),
        ),
        "catalog/catalog-schema.json",
    ),
    "ContractRequestMessage": (
        st.builds(negotiation.ContractRequestMessage, consumer_pid=pid, offer=offer, callback_address=address)
        | st.builds(negotiation.ContractRequestMessage, consumer_pid=pid, offer=offer, provider_pid=pid),
        "negotiation/contract-request-message-schema.json",
    ),
    "ContractOfferMessage": (
        st.builds(negotiation.ContractOfferMessage, provider_pid=pid, offer=offer, callback_address=address)
        | st.builds(negotiation.ContractOfferMessage, provider_pid=pid, offer=offer, consumer_pid=pid),
        "negotiation/contract-offer-message-schema.json",
    ),
    "ContractAgreementMessage": (
        st.builds(negotiation.ContractAgreementMessage, agreement=agreement, **both),
        "negotiation/contract-agreement-message-schema.json",
    ),
    "ContractAgreementVerificationMessage": (
        st.builds(negotiation.ContractAgreementVerificationMessage, **both),
        "negotiation/contract-agreement-verification-message-schema.json",
    ),
    "ContractNegotiationEventMessage": (
        st.builds(
            negotiation.ContractNegotiationEventMessage,
            event_type=st.sampled_from(["ACCEPTED", "FINALIZED"]),
            **both,
        ),
        "negotiation/contract-negotiation-event-message-schema.json",
    ),
    "ContractNegotiationTerminationMessage": (
        st.builds(negotiation.ContractNegotiationTerminationMessage, **ended),
        "negotiation/contract-negotiation-termination-message-schema.json",
    ),
    "ContractNegotiation": (
        st.builds(
            negotiation.ContractNegotiation,
            state=st.sampled_from(
                ["REQUESTED", "OFFERED", "ACCEPTED", "AGREED", "VERIFIED", "FINALIZED", "TERMINATED"]
            ),
            **both,
        ),
        "negotiation/contract-negotiation-schema.json",
    ),
    "ContractNegotiationError": (
        st.builds(negotiation.ContractNegotiationError, **ended),
        "negotiation/contract-negotiation-error-schema.json",
    ),
    "TransferRequestMessage": (
        st.builds(
            transfer.TransferRequestMessage,
            consumer_pid=pid,
            agreement_id=pid,
            format=word,
            callback_address=address,
            data_address=data_address,
        ),
        "transfer/transfer-request-message-schema.json",
    ),
    "TransferStartMessage": (
        st.builds(transfer.TransferStartMessage, data_address=data_address, **both),
        "transfer/transfer-start-message-schema.json",
    ),
    "TransferCompletionMessage": (
        st.builds(transfer.TransferCompletionMessage, **both),
        "transfer/transfer-completion-message-schema.json",
    ),
    "TransferSuspensionMessage": (
        st.builds(transfer.TransferSuspensionMessage, **ended),
        "transfer/transfer-suspension-message-schema.json",
    ),
    "TransferTerminationMessage": (
        st.builds(transfer.TransferTerminationMessage, **ended),
        "transfer/transfer-termination-message-schema.json",
    ),
    "TransferProcess": (
        st.builds(
            transfer.TransferProcess,
            state=st.sampled_from(["REQUESTED", "STARTED", "COMPLETED", "SUSPENDED", "TERMINATED"]),
            **both,
        ),
        "transfer/transfer-process-schema.json",
    ),
    "TransferError": (st.builds(transfer.TransferError, **ended), "transfer/transfer-error-schema.json"),
}

SHAPES: dict[str, type[msgspec.Struct]] = {
    name: getattr(room, name)
    for name in MESSAGES
    for room in (catalog, negotiation, transfer)
    if hasattr(room, name)
}
