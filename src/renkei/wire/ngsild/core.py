"""The core context of NGSI-LD: the terms that mean the same in every document (ETSI GS CIM 009 v1.9.1, annex B).

Kept as a table of our own, so that no request ever waits for it. It is protected: a context of a user that says otherwise
about one of its terms is overruled (clause 5.5.7), also where it comes last.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

CORE_URL: Final = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"
"""What this node names as the core context in its answers."""
NGSI_LD: Final = "https://uri.etsi.org/ngsi-ld/"
GEOJSON: Final = "https://purl.org/geojson/vocab#"
DEFAULT_VOCABULARY: Final = "https://uri.etsi.org/ngsi-ld/default-context/"
"""Where a name lies that no context explains."""
PREFIXES: Final[Mapping[str, str]] = {"ngsi-ld": NGSI_LD, "geojson": GEOJSON}

_URL: Final = re.compile(
    r"https?://uri\.etsi\.org/ngsi-ld/v1/ngsi-ld-core-context(?:-v[0-9]+(?:\.[0-9]+){1,2})?\.jsonld"
)
_LONGEST_URL: Final = 200


class CoreTerm(NamedTuple):
    """What the core context says about a term."""

    iri: str
    coercion: str = ""
    """`@id`, `@vocab`, `@json` or the IRI of a data type; empty where values stay as they are."""
    container: str = ""


def is_core(url: object) -> bool:
    """Tell whether this is the address of the core context, of any version."""
    return isinstance(url, str) and len(url) < _LONGEST_URL and _URL.fullmatch(url) is not None


_DATE_TIME = NGSI_LD + "DateTime"

_PLAIN = """
Attribute AttributeList ContextSourceIdentity ContextSourceNotification ContextSourceRegistration Date DateTime
EntityMap EntityType EntityTypeInfo EntityTypeList ExecutionResultDetails GeoProperty JsonProperty LanguageProperty
ListProperty ListRelationship Notification Property Relationship Snapshot SnapshotNotification Subscription
TemporalProperty Time VocabProperty accept aggrParams aggrMethods aggrPeriodDuration attributeCount attributeDetails
attrs cacheDuration collation contextSourceAlias contextSourceInfo contextSourceUptime cooldown csf data detail
endpoint entities entity entityCount error errors expandValues format geoQ geoproperty georel idPattern information
isActive join jsonKeys jsonldContext lang lastN linkedMaps localOnly location management managementInterval mode
ngsildproof ngsildConformance notification notificationTrigger notifierInfo notUpdated observationInterval
observationSpace omit operations operationSpace ordering pick q reason receiverInfo refreshRate registrationId
registrationName resultStatus scope scopeQ showChanges snapshotId snapshotLifetime snapshotPriority snapshotStatus
status subscriptionName sysAttrs temporalQ throttling timeInterval timeout timeproperty timerel timesFailed timesSent
triggerReason unchanged unitCode updated uri
"""
_NAMES = """
attributeList attributeName attributeNames attributeTypes attributes propertyNames relationshipNames typeList typeName
typeNames watchedAttributes
"""
_LISTS = """
avg distinctCount entityList jsons max min orderBy snapshotQueries snapshotQueriesDetails snapshotTemporalQueries
snapshotTemporalQueriesDetails stddev sum sumsq totalCount
"""
_DATES = """
contextSourceTimeAt createdAt deletedAt endAt endTimeAt expiresAt lastFailure lastNotification lastSuccess lastUsedAt
modifiedAt notifiedAt observedAt startAt timeAt
"""
_IDS = "datasetId entityId instanceId subscriptionId success tenant"
_JSON = "contextSourceExtras problemDetails"
_HAS = "entityMapLifetime joinLevel key previousValue splitEntities value"
"""Terms whose IRI is `has…`."""
_HAS_LISTS = """
languageMaps objectList objectLists objects previousObjectList previousValueList valueList valueLists values vocabs
"""
_HAS_NAMES = "objectType previousVocab valueType vocab"
_GEOMETRY = """
Feature FeatureCollection GeometryCollection LineString MultiLineString MultiPoint MultiPolygon Point Polygon geometry
properties
"""
_ALONE = {
    "bbox": CoreTerm(GEOJSON + "bbox", container="@list"),
    "coordinates": CoreTerm(GEOJSON + "coordinates", container="@list"),
    "features": CoreTerm(GEOJSON + "features", container="@set"),
    "containedBy": CoreTerm(NGSI_LD + "isContainedBy"),
    "dataset": CoreTerm(NGSI_LD + "hasDataset", container="@index"),
    "description": CoreTerm("http://purl.org/dc/terms/description"),
    "entityMap": CoreTerm(NGSI_LD + "hasEntityMap", container="@index"),
    "id": CoreTerm("@id"),
    "json": CoreTerm(NGSI_LD + "hasJSON", "@json"),
    "langString": CoreTerm("http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"),
    "languageMap": CoreTerm(NGSI_LD + "hasLanguageMap", container="@language"),
    "object": CoreTerm(NGSI_LD + "hasObject", "@id"),
    "previousJson": CoreTerm(NGSI_LD + "hasPreviousJson", "@json"),
    "previousLanguageMap": CoreTerm(NGSI_LD + "hasPreviousLanguageMap", container="@language"),
    "previousObject": CoreTerm(NGSI_LD + "hasPreviousObject", "@id"),
    "title": CoreTerm("http://purl.org/dc/terms/title"),
    "type": CoreTerm("@type"),
}


def _has(term: str) -> str:
    return f"{NGSI_LD}has{term[0].upper()}{term[1:]}"


def _table() -> dict[str, CoreTerm]:
    return {
        **{prefix: CoreTerm(iri) for prefix, iri in PREFIXES.items()},
        **{term: CoreTerm(NGSI_LD + term) for term in _PLAIN.split()},
        **{term: CoreTerm(NGSI_LD + term, "@vocab") for term in _NAMES.split()},
        **{term: CoreTerm(NGSI_LD + term, container="@list") for term in _LISTS.split()},
        **{term: CoreTerm(NGSI_LD + term, _DATE_TIME) for term in _DATES.split()},
        **{term: CoreTerm(NGSI_LD + term, "@id") for term in _IDS.split()},
        **{term: CoreTerm(NGSI_LD + term, "@json") for term in _JSON.split()},
        **{term: CoreTerm(_has(term)) for term in _HAS.split()},
        **{term: CoreTerm(_has(term), container="@list") for term in _HAS_LISTS.split()},
        **{term: CoreTerm(_has(term), "@vocab") for term in _HAS_NAMES.split()},
        **{term: CoreTerm(GEOJSON + term) for term in _GEOMETRY.split()},
        **_ALONE,
    }


TERMS: Final[Mapping[str, CoreTerm]] = _table()


def as_document() -> dict[str, Any]:
    """Return the core context as a JSON-LD document, protected; the context within `ngsildproof` is left out."""
    return {"@context": {"@version": 1.1, "@protected": True, **definitions(), "@vocab": DEFAULT_VOCABULARY}}


def definitions() -> dict[str, Any]:
    """Return each term as JSON-LD defines it."""
    return {term: _definition(meant) for term, meant in TERMS.items()}


def _definition(meant: CoreTerm) -> str | dict[str, str]:
    if not meant.coercion and not meant.container:
        return meant.iri
    stated = {"@id": meant.iri, "@type": meant.coercion, "@container": meant.container}
    return {keyword: said for keyword, said in stated.items() if said}
