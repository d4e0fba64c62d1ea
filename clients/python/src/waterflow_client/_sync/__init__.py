# Made from _async/__init__.py by `npm run generate`. Change that, not this file.
"""The synchronous client."""
