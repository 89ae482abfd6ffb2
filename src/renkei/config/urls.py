"""Pages of the portal; the protocol doors are mounted beside them in `config.asgi`."""

from django.urls import include, path

urlpatterns = [path("", include("renkei.web.urls"))]
