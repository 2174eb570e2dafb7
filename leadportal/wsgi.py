import os

from django.core.wsgi import get_wsgi_application

from leadportal import lifeline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadportal.settings")
# The server's worker process imports this module: it must not outlive the server's main process.
lifeline.follow_parent()
application = get_wsgi_application()
