"""The rules in their plainest form, in the runtime's own language.

Reads one JSON job a line from stdin, prints one JSON answer a line:
  {"classify": [base64 line, ...]}        -> [[kind, timestamp or null], ...]
  {"log": path, "rules": {...}}           -> {"kept": base64, "dropped": n}
"""

import base64
import json
import math
import sys


def classify(line):
    if line.strip(b" \t\r\n") == b"":
        return "blank", None
    try:
        record = json.loads(line.decode("utf-8", "strict"))
    except (ValueError, RecursionError):
        return "unreadable", None
    if not isinstance(record, dict):
        return "unreadable", None
    timestamp = record.get("timestamp")
    if isinstance(timestamp, bool) or not isinstance(timestamp, (int, float)):
        return "undated", None
    try:
        timestamp = float(timestamp)
    except OverflowError:
        return "undated", None
    if not math.isfinite(timestamp):
        return "undated", None
    return "record", timestamp


def compact(content, rules):
    end = content.rfind(b"\n") + 1
    lines = split(content[:end])
    seen = [(line, *classify(line)) for line in lines]
    age = rules.get("max_age_seconds")
    going = set()
    places = []
    for index, (line, kind, timestamp) in enumerate(seen):
        if kind == "record":
            if age is not None and timestamp < rules["now"] - age:
                going.add(index)
            else:
                places.append(index)
        elif kind == "undated":
            if rules.get("undated") == "drop":
                going.add(index)
            elif age is None:
                places.append(index)
        elif kind == "unreadable" and rules.get("unreadable") == "drop":
            going.add(index)
    if rules.get("max_records") is not None:
        old = places[: max(0, len(places) - rules["max_records"])]
        going.update(old)
        places = places[len(old) :]
    if rules.get("max_total_bytes") is not None:
        room = rules["max_total_bytes"]
        for position in range(len(places) - 1, -1, -1):
            room -= len(seen[places[position]][0])
            if room < 0:
                going.update(places[: position + 1])
                break
    if not going:
        return content, 0
    kept = b"".join(
        line for index, (line, kind, _) in enumerate(seen) if kind != "blank" and index not in going
    )
    dropped = sum(1 for index in going if seen[index][1] != "unreadable")
    return kept + content[end:], dropped


def split(content):
    return [line + b"\n" for line in content.split(b"\n")[:-1]]


for text in sys.stdin:
    job = json.loads(text)
    if "classify" in job:
        answer = [classify(base64.b64decode(line)) for line in job["classify"]]
    else:
        with open(job["log"], "rb") as log:
            kept, dropped = compact(log.read(), job["rules"])
        answer = {"kept": base64.b64encode(kept).decode(), "dropped": dropped}
    print(json.dumps(answer), flush=True)
