from django.urls import include, path

handler400 = "leads.views.errors.bad_request"
handler403 = "leads.views.errors.forbidden"
handler404 = "leads.views.errors.not_found"
handler500 = "leads.views.errors.server_error"

urlpatterns = [path("", include("leads.urls"))]
