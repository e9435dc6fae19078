"""How well and how fast sentences become polygons: cases made from any named network, counted tier by tier."""
