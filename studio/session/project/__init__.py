"""The project: one SQLite file that holds a document, its history and its pixels, written as the user works."""
