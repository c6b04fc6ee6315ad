"""The events as documents for tools: a JSON Schema for each type, and one AsyncAPI document of all topics."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.events.base import Event, Topic, schema_path
from shared.events.catalogue import EVENT_TYPES, TOPICS
from shared.events.examples import example_of
from shared.vocabulary.fields import describe_fields

_HEADERS: dict[str, tuple[str, dict[str, Any]]] = {
    "ce_specversion": ("Version of CloudEvents.", {"const": "1.0"}),
    "ce_id": ("Id of the event: a record with the same id is a duplicate.", {"format": "uuid"}),
    "ce_source": ("Service that published the event.", {"pattern": "^/services/[a-z-]+$"}),
    "ce_type": ("Type of the event, with its version.", {"pattern": "^[a-z_]+\\.[a-z_]+\\.v[0-9]+$"}),
    "ce_time": ("When it happened, in business time: UTC, RFC 3339.", {"format": "date-time"}),
    "ce_subject": ("Id of the aggregate, which is also the record's key.", {"minLength": 1}),
    "ce_dataschema": (
        "Address of the JSON Schema of the content, which is given to everybody. Of events that were published without "
        "the setting PUBLIC_URL it is the path alone: every service serves it.",
        {"format": "uri-reference"},
    ),
    "ce_sequence": ("Number of the event within its aggregate, from 1 without gaps.", {"pattern": "^[1-9][0-9]*$"}),
    "ce_actor": (
        "Opaque id of the account that caused the event, the same in all services: `actor_` and 32 hexadecimal digits, "
        "or `actor_untold`. Events of 0.1.0 name the account.",
        {"minLength": 1},
    ),
    "ce_delegation": (
        "Id of the delegation under which the event's act was done for another party, where it was.",
        {"format": "uuid"},
    ),
    "ce_pilot": ("Pilot market; empty for events that concern none.", {}),
    "ce_keyid": ("Id of the key that signed the event, as `/.well-known/event-keys.json` of the service has it.", {}),
    "ce_signature": (
        "Ed25519 signature of the event, base64url. Events that were published before events were signed have none.",
        {"pattern": "^[A-Za-z0-9_-]{86}$"},
    ),
    "ce_traceparent": ("W3C trace context of the request that caused it, where there was one.", {}),
    "traceparent": ("The same as `ce_traceparent`, for readers that know no CloudEvents.", {}),
    "content-type": ("Media type of the content.", {"const": "application/json"}),
}
_SOMETIMES = {"ce_delegation", "ce_keyid", "ce_signature", "ce_traceparent", "traceparent"}
_ABOUT = (
    "Events of a market procurement pilot (1039). Each is a fact in the past tense with the whole public state of its "
    "aggregate, sent as a CloudEvent 1.0 in Kafka's binary mode. Read with `isolation_level=read_committed`. "
    "`docs/integrators.md` has an example of a reader."
)
_PROMISES = """
**Key:** {key}.

**Order:** events of one key keep their order, numbered by `ce_sequence` from 1 without gaps. There is no order between
different keys.

**Duplicates:** each event is published once; after faults a reader may read it again. Skip a `ce_id`, or a sequence
of a key, that was applied before.

**Retention:** events are never deleted or compacted (`retention.ms` is -1).

**Replay:** read from the earliest offset to build everything again. The newest event of a key is enough for a copy.
"""


def schema_of(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema of an event's content, as it is served at its `$id`."""
    schema = event.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$id"] = schema_path(event.TYPE)
    describe_fields(schema, event.__name__)
    return schema


@cache
def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3 document of all topics and messages."""
    events = list(EVENT_TYPES.values())
    # One set of models for all messages, so that a reference is the same for the whole document.
    _, shared = models_json_schema(
        [(event, "serialization") for event in events], ref_template="#/components/schemas/{model}"
    )
    schemas = shared["$defs"]
    for name, schema in schemas.items():
        describe_fields(schema, name)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "market trade 1039 · events", "version": "1", "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The brokers of the deployment, or of `make run BUS=kafka`.",
                "variables": {"bootstrap": {"default": "127.0.0.1:9092", "description": "Host and port of a broker."}},
            }
        },
        "channels": {topic.name: _channel(topic) for topic in TOPICS.values()},
        "operations": {
            f"publish_{topic.name}".replace("-", "_").replace(".", "_"): {
                "action": "send",
                "title": f"{topic.owner} publishes {topic.name}",
                "summary": f"Only {topic.owner} writes this topic; anybody may read it.",
                "channel": {"$ref": f"#/channels/{topic.name}"},
            }
            for topic in TOPICS.values()
        },
        "components": {
            "schemas": {**schemas, "CloudEventHeaders": _headers()},
            "messages": {event.TYPE: _message(event) for event in events},
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    members = [event.TYPE for event in EVENT_TYPES.values() if topic.name == event.TOPIC]
    return {
        "address": topic.name,
        "title": topic.name,
        "summary": f"Events of {topic.owner}.",
        "description": _PROMISES.format(key=topic.key).strip(),
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in members},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": -1,
                    "max.message.bytes": topic.max_message_bytes,
                },
            }
        },
    }


def _message(event: type[Event]) -> dict[str, Any]:
    topic = TOPICS[event.TOPIC]
    about = " ".join((event.__doc__ or "").split())
    return {
        "name": event.TYPE,
        "title": event.TYPE,
        "summary": about.partition(". ")[0],
        "description": f"{about} JSON Schema: `{schema_path(event.TYPE)}`.",
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
        "bindings": {"kafka": {"key": {"type": "string", "description": f"{topic.key}."}}},
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "examples": [{"name": "one", "headers": _example_headers(event), "payload": example_of(event)}],
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "The attributes of the CloudEvent, as headers of the record.",
        "properties": {
            name: {"type": "string", "description": text, **shape} for name, (text, shape) in _HEADERS.items()
        },
        "required": [name for name in _HEADERS if name not in _SOMETIMES],
    }


def _example_headers(event: type[Event]) -> dict[str, str]:
    return {
        "ce_specversion": "1.0",
        "ce_id": "019a3c1e-7a10-7c52-9b1d-0d5c5d1c0e01",
        "ce_source": f"/services/{TOPICS[event.TOPIC].owner}",
        "ce_type": event.TYPE,
        "ce_time": "2026-05-13T01:00:00Z",
        "ce_subject": "019a3c1e-7a10-7c52-9b1d-0d5c5d1c0e02",
        "ce_dataschema": f"https://{TOPICS[event.TOPIC].owner}.example.org{schema_path(event.TYPE)}",
        "ce_sequence": "1",
        "ce_actor": "actor_5f0c2d7e9b1a4c3d8e6f7a8b9c0d1e2f",
        "ce_pilot": "longshui",
        "content-type": "application/json",
    }
