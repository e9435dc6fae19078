"""Frames of communities, areas, problems and hazards come in; what they say about coverage and danger goes out."""
