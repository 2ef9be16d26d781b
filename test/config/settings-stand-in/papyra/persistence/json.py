from pathlib import Path

from .base import PersistenceBackend


class JsonFilePersistence(PersistenceBackend):
    def __init__(self, path, retention_policy=None):
        super().__init__(retention_policy)
        self._path = Path(path)

    @property
    def path(self):
        return self._path
