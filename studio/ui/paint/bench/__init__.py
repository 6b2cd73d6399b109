"""How quick the canvas is: `python -m studio.ui.paint.bench --json`.

Measured without a screen (Qt's offscreen platform), with the real editor on real project files, against the limits that
the canvas was built to. Every figure is taken only after the thing is proven to have happened: pixels are another, or
the same again, and the screen was painted.
"""
