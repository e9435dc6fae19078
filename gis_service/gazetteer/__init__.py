"""Landmarks on the ground: vector files in, a gazetteer that finds places by the names clerks write out."""

from gis_service.gazetteer.gazetteer import Gazetteer
from gis_service.gazetteer.place import Candidate, Place
from gis_service.gazetteer.reading import FrameReading, GazetteerReading, read_frame, read_places

__all__ = ["Candidate", "FrameReading", "Gazetteer", "GazetteerReading", "Place", "read_frame", "read_places"]
