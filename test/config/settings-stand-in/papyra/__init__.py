"""A stand-in of the runtime: its classes with their names and attributes, and nothing behind them."""
from .conf import settings
from .conf.classes import Settings

__version__ = "0.0.stand-in"
