from dataclasses import dataclass

from papyra.persistence.base import PersistenceBackend


@dataclass
class RedisStreamsConfig:
    url: str = "redis://localhost:6379/0"
    prefix: str = "papyra"
    system_id: str = "local"
    scan_sample_size: int = 1000
    max_read: int = 50_000
    approx_trim: bool = True
    quarantine_prefix: object = None


class RedisStreamsPersistence(PersistenceBackend):
    def __init__(self, config=None, *, retention_policy=None):
        super().__init__(retention_policy)
        self._cfg = config or RedisStreamsConfig()
