"""The map of residential property management: words become polygons, polygons are agreed, and answer questions."""

__version__ = "0.1.0"
