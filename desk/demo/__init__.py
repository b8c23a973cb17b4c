"""A small made-up province and its year: what `manage.py demo` shows."""
