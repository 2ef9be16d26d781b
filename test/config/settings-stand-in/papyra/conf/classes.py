"""Settings: attributes with type hints can be set by the environment."""
import os

from papyra.persistence.backends.memory import InMemoryPersistence


class Settings:
    debug: bool = False
    persistence = InMemoryPersistence()

    def __init__(self):
        for one in reversed(type(self).__mro__):
            for name, hint in getattr(one, "__annotations__", {}).items():
                if name.upper() in os.environ:
                    setattr(self, name, hint(os.environ[name.upper()]))
