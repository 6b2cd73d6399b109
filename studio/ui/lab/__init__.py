"""The workspace Lab: forward and reverse process, seen."""
