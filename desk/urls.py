"""The addresses of workbench, portal and service pages."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from desk.views import entry, health, runs

urlpatterns = [
    path("", entry.home, name="home"),
    path("login/", entry.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language/", entry.language, name="language"),
    path("password/", entry.Password.as_view(), name="password"),
    path("healthz", health.healthz, name="healthz"),
    path("runs/", runs.index, name="runs"),
    path("runs/<int:pk>/", runs.show, name="run"),
]
