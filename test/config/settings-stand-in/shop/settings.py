"""Settings of an application, one class for each backend and each way to say it."""
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from papyra import Settings
from papyra.persistence.backends.memory import InMemoryPersistence
from papyra.persistence.backends.redis import RedisStreamsConfig, RedisStreamsPersistence
from papyra.persistence.backends.retention import RetentionPolicy
from papyra.persistence.backends.rotating import RotatingFilePersistence
from papyra.persistence.json import JsonFilePersistence


class Base(Settings):
    folder: str = "/var/lib/shop"
    days: int = 7


class Json(Base):
    @property
    def persistence(self):
        retention = RetentionPolicy(max_records=1000, max_age_seconds=self.days * 86400, max_total_bytes=2_000_000_000)
        return JsonFilePersistence(Path(self.folder) / "events.ndjson", retention)


class JsonOfChild(Json):
    folder: str = "/srv/child"


class Relative(Base):
    persistence = JsonFilePersistence("./log/events.ndjson")


class Rotating(Base):
    @cached_property
    def persistence(self):
        return RotatingFilePersistence("/var/lib/shop/events.log", max_bytes=1_000_001, max_files=3, fsync=True)


class Redis(Base):
    persistence = RedisStreamsPersistence(
        RedisStreamsConfig(
            url="rediss://shop:hunter2@cache:6380/2?ssl_ca_certs=/etc/ca.pem&ssl_cert_reqs=none",
            prefix="shop",
            system_id="one",
            approx_trim=False,
            quarantine_prefix="aside",
        ),
        retention_policy=RetentionPolicy(max_age_seconds=0.5),
    )


class PlainRedis(Base):
    persistence = RedisStreamsPersistence()


class Memory(Settings):
    pass


class Audited(JsonFilePersistence):
    pass


class Inherited(Base):
    persistence = Audited("/var/lib/shop/events.ndjson", RetentionPolicy(max_records=0, max_age_seconds=Decimal(5)))


class Kafka(Base):
    class Persistence:
        pass

    persistence = Persistence()


class NoInstance(Base):
    persistence = JsonFilePersistence


class Stranger:
    """None of the runtime's."""


class Broken(Base):
    @property
    def persistence(self):
        raise RuntimeError("the vault of redis://me:hunter2@vault is sealed")
