"""The tools: what the pen does to the document, one module for each kind."""
