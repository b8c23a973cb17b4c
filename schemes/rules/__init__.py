"""The rules core: what a scheme document says, applied to facts. Pure, integers only.

A document is data (``document.Document``); each kind of rule is one module that
reads it. No Django, no database, no clock: dates and calendars are arguments.
"""
