from .backends.retention import RetentionPolicy


class PersistenceBackend:
    def __init__(self, retention_policy=None):
        self._retention = retention_policy or RetentionPolicy()

    @property
    def retention(self):
        return self._retention
