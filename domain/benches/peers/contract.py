"""Holds the bench's events against the contract's JSON Schemas by jsonschema-rs, yes or no only.

Arguments: folder of the corpus, seconds of CPU to warm up, seconds of CPU to measure.
"""

import gc
import json
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

import jsonschema_rs
import orjson

folder, warm, measured = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])

told = json.loads((folder / "schemas.json").read_bytes())
# By itself it doesn't check formats in draft 2020-12.
compiled = {
    name: jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid
    for name, schema in told["schemas"].items()
}
validators = {name: compiled[canonical] for name, canonical in told["names"].items()}

bodies = (folder / "events.ndjson").read_bytes().splitlines()
events = [orjson.loads(body) for body in bodies]
# What lies there for good need not be looked at by every collection.
gc.collect()
gc.freeze()


def check(event):
    properties = event.get("properties")
    return validators[event["event"]]({} if properties is None else properties)


def of_parsed():
    valid = 0
    for event in events:
        properties = event.get("properties")
        valid += validators[event["event"]]({} if properties is None else properties)
    return valid


def of_bytes(loads=orjson.loads):
    valid = 0
    for body in bodies:
        event = loads(body)
        properties = event.get("properties")
        valid += validators[event["event"]]({} if properties is None else properties)
    return valid


def rate(one_pass):
    """Events a second of CPU, all threads of the process counted."""
    began = time.process_time()
    while time.process_time() - began < warm:
        one_pass()
    began, passes = time.process_time(), 0
    while True:
        if (valid := one_pass()) != count:
            sys.exit(f"{valid} instead of {count} passed")
        passes += 1
        spent = time.process_time() - began
        if spent >= measured:
            return passes * len(bodies) / spent


truth = "".join("1" if check(event) else "0" for event in events)
count = truth.count("1")
again = "".join("1" if check(orjson.loads(body)) else "0" for body in bodies)
name = f"jsonschema-rs {version('jsonschema-rs')}, Python {platform.python_version()}"
answer = {"name": name, "parsed": rate(of_parsed), "bytes": rate(of_bytes), "verdicts": [truth, again]}
print(json.dumps(answer))
