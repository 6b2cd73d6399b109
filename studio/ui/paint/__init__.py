"""The workspace Paint: the document's surface, its tools and its panels."""
