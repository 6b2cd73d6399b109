"""Timelines to and from other editors: OpenTimelineIO, Final Cut Pro 7 XML and CMX 3600 edit decision lists.

Import `files`, which loads OpenTimelineIO when it is first needed; the other modules here load it at once.
"""
