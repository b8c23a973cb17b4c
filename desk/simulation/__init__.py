"""A draft against the version in force, over the facts of a period: cost, winners and losers, the fund.

`start` makes the run, `report.tables`, `report.bars`, `report.changes` read it, `report.export` writes XLSX.
To start one takes schemes.simulate_schemeversion (policy staff), to read one schemes.view_simulation
(auditors too; schemes/grants.py).
"""

from __future__ import annotations

from desk.simulation.running import JOB, PERMISSION, VIEW, NotSimulable, start, visible_runs

__all__ = ["JOB", "PERMISSION", "VIEW", "NotSimulable", "start", "visible_runs"]
