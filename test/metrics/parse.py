"""Parses each text of a JSON list with both parsers of Prometheus' own client, and prints what they found."""

import json
import sys

from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as classic


def families(parse, text):
    return [
        {
            "name": family.name,
            "type": family.type,
            "unit": family.unit,
            "help": family.documentation,
            "samples": [
                {"name": s.name, "labels": s.labels, "value": s.value}
                for s in family.samples
            ],
        }
        for family in parse(text)
    ]


json.dump(
    [
        {"openmetrics": families(openmetrics, text), "classic": families(classic, text)}
        for text in json.load(sys.stdin)
    ],
    sys.stdout,
)
