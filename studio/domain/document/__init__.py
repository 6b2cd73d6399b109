"""The canvas document as a value: layers of tiles, masks, the selection, and the history of its versions."""
