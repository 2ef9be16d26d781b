from papyra.persistence.base import PersistenceBackend
from pathlib import Path


class RotatingFilePersistence(PersistenceBackend):
    def __init__(self, path, *, max_bytes=50_000_000, max_files=5, fsync=False, retention_policy=None):
        super().__init__(retention_policy)
        self._path = Path(path)
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._fsync = fsync

    @property
    def path(self):
        return self._path
