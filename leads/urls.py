from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from leads.views import account, audit, fields, health, home, submissions

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

team_urls = [
    path("", home.team_home, name="team_home"),
    path("submissions/", submissions.submission_list, name="submission_list"),
    path("submissions/new/", submissions.submission_new, name="submission_new"),
    path("submissions/check/", submissions.submission_check, name="submission_check"),
    path("submissions/<uuid:submission>/", submissions.submission_detail, name="submission_detail"),
    path("submissions/<uuid:submission>/edit/", submissions.submission_edit, name="submission_edit"),
    path("submissions/<uuid:submission>/<slug:deed>/", submissions.submission_act, name="submission_act"),
    path("audit/", audit.audit_list, name="audit_list"),
    path("fields/", fields.field_reference, name="field_reference"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    *(path(f"accounts/{place}", account.closed) for place in account.CLOSED),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("t/<slug:team>/", include(team_urls)),
]
