"""The addresses of policy staff's pages."""

from __future__ import annotations

from django.urls import path

from desk.views import policy, policy_figures, policy_rulings, policy_simulation, policy_writing

urlpatterns = [
    path("", policy.index, name="policy"),
    path("new/", policy_writing.new, name="policy-new"),
    path("figures/", policy_figures.index, name="policy-figures"),
    path("figures/<int:pk>/check/", policy_figures.check, name="policy-figure-check"),
    path("simulations/", policy_simulation.index, name="policy-simulations"),
    path("simulations/<int:pk>/", policy_simulation.show, name="policy-simulation"),
    path("simulations/<int:pk>/tables.xlsx", policy_simulation.tables_file, name="policy-simulation-tables"),
    path(
        "simulations/<int:pk>/changes.xlsx", policy_simulation.changes_file, name="policy-simulation-changes"
    ),
    path("recalculations/<int:pk>/", policy_simulation.recalculation_page, name="policy-recalculation"),
    path(
        "recalculations/<int:pk>/apply/",
        policy_simulation.recalculation_apply,
        name="policy-recalculation-apply",
    ),
    path("versions/<int:pk>/", policy.version, name="policy-version"),
    path("versions/<int:pk>/text/", policy.text, name="policy-text"),
    path("versions/<int:pk>/document.toml", policy.file, name="policy-file"),
    path("versions/<int:pk>/compare/", policy.compare, name="policy-compare"),
    path("versions/<int:pk>/copy/", policy_writing.copy, name="policy-copy"),
    path("versions/<int:pk>/edit/", policy_writing.edit, name="policy-edit"),
    path("versions/<int:pk>/check/", policy_writing.check, name="policy-check"),
    path("versions/<int:pk>/propose/", policy_writing.propose, name="policy-propose"),
    path("versions/<int:pk>/adopt/", policy_writing.adopt, name="policy-adopt"),
    path("versions/<int:pk>/withdraw/", policy_writing.withdraw, name="policy-withdraw"),
    path("versions/<int:pk>/recalculate/", policy_simulation.recalculation_start, name="policy-recalculate"),
    path("<slug:code>/", policy.scheme, name="policy-scheme"),
    path("<slug:code>/rulings/", policy_rulings.register, name="policy-rulings"),
    path("rulings/<int:pk>/cases/", policy_rulings.decided, name="policy-ruling-case"),
    path("<slug:code>/figures/", policy_figures.scheme, name="policy-figures-of"),
]
