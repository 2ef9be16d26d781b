"""What an operator would be shown, by the rules in their plainest form. It reads everything and keeps all of it.

Reads one JSON job a line from stdin, prints one JSON answer a line: [base64 record, ...]

  {"files": [path, ...], ...}    a log, or a set, the oldest file first; of the last one the end may be torn
  {"streams": [{"key": ..., "kind": ..., "entries": [[id, base64 data or null], ...]}, ...], ...}

  "rules": {"now", "max_age_seconds", "max_records", "max_total_bytes"}
  "kind" (left out: all), "since", "until", "type", "target", "limit", "reverse"
"""

import base64
import json
import math
import sys


def parse(text):
    try:
        record = json.loads(text.decode("utf-8", "strict"))
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def time_of(record):
    value = record.get("timestamp")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def is_filler(line):
    return line.startswith(b'{"kind":"compaction","timestamp":0,"nonce":"')


def lines_of(paths):
    for number, path in enumerate(paths):
        content = open(path, "rb").read()
        parts = content.split(b"\n")
        lines = [part + b"\n" for part in parts[:-1]]
        if parts[-1] and number < len(paths) - 1:
            lines.append(parts[-1])
        while lines and is_filler(lines[0]):
            lines.pop(0)
        yield from lines


def newest(items, rules, size):
    """What count and size leave of items."""
    if rules.get("max_records") is not None:
        items = items[max(0, len(items) - rules["max_records"]) :]
    if rules.get("max_total_bytes") is not None:
        room = rules["max_total_bytes"]
        kept = []
        for item in reversed(items):
            room -= size(item)
            if room < 0:
                break
            kept.append(item)
        items = kept[::-1]
    return items


def of_files(job, rules):
    age = rules.get("max_age_seconds")
    live = []
    for line in lines_of(job["files"]):
        record = parse(line) if line.strip(b" \t\r\n") else None
        if record is None:
            continue
        time = time_of(record)
        if age is not None and (time is None or time < rules["now"] - age):
            continue
        live.append((line, record, time, record.get("kind")))
    return [
        (line.rstrip(b"\n"), record, time, kind)
        for line, record, time, kind in newest(live, rules, lambda item: len(item[0]))
    ]


def of_streams(job, rules):
    age = rules.get("max_age_seconds")
    shown = []
    for stream in job["streams"]:
        live = []
        for entry_id, encoded in stream["entries"]:
            data = None if encoded is None else base64.b64decode(encoded)
            record = None if data is None else parse(data)
            time = None if record is None else time_of(record)
            milliseconds, sequence = map(int, entry_id.split("-"))
            if age is not None and (time if time is not None else milliseconds / 1000) < rules["now"] - age:
                continue
            live.append(((milliseconds, sequence, stream["key"]), data, record, time, stream["kind"]))
        shown += newest(live, rules, lambda item: len(item[1] or b""))
    shown.sort(key=lambda item: item[0])
    return [
        (data.replace(b"\n", b" "), record, time, kind)
        for _, data, record, time, kind in shown
        if record is not None
    ]


def address(value):
    if isinstance(value, dict):
        system, number = value.get("system"), value.get("actor_id")
        return f"{system}://{number}"
    return value


def wanted(job, record, time, kind):
    if "kind" in job and kind != job["kind"]:
        return False
    if "since" in job and not (time is not None and time >= job["since"]):
        return False
    if "until" in job and not (time is not None and time <= job["until"]):
        return False
    names = {"event": ("event_type", "actor_address"), "dead_letter": ("message_type", "target")}
    type_key, address_key = names.get(kind, (None, None))
    if "type" in job and record.get(type_key) != job["type"]:
        return False
    return "target" not in job or address(record.get(address_key)) == job["target"]


for text in sys.stdin:
    job = json.loads(text)
    rules = job["rules"]
    shown = of_files(job, rules) if "files" in job else of_streams(job, rules)
    found = [line for line, record, time, kind in shown if wanted(job, record, time, kind)]
    if "limit" in job:
        found = found[max(0, len(found) - job["limit"]) :]
    if job.get("reverse"):
        found.reverse()
    print(json.dumps([base64.b64encode(line).decode() for line in found]), flush=True)
