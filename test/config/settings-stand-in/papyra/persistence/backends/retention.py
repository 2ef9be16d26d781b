from dataclasses import dataclass


@dataclass(frozen=True)
class RetentionPolicy:
    max_records: object = None
    max_age_seconds: object = None
    max_total_bytes: object = None
