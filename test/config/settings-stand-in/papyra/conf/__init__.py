"""The global settings: loaded when an attribute is asked for."""
import importlib
import os


def load():
    path = os.environ["PAPYRA_SETTINGS_MODULE"]
    module, _, name = path.rpartition(".")
    if not module:
        raise ValueError("invalid path: %s" % path)
    return getattr(importlib.import_module(module), name)()


class Lazy:
    def __getattribute__(self, name):
        global loaded
        if loaded is None:
            loaded = load()
        return getattr(loaded, name)


loaded = None
settings = Lazy()
