"""Every address of the product."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

handler400 = "desk.views.errors.bad_request"
handler403 = "desk.views.errors.forbidden"
handler404 = "desk.views.errors.not_found"
handler500 = "desk.views.errors.broken"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("desk.urls")),
]
