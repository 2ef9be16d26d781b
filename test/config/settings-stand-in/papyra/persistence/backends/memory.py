from papyra.persistence.base import PersistenceBackend


class InMemoryPersistence(PersistenceBackend):
    pass
