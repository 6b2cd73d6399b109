"""The strip of finished pictures."""
