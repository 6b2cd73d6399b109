"""Procedural training pictures of the starter model: landscapes and objects, each with exact captions."""
