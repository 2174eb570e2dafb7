from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Lead portal"

    def ready(self) -> None:
        from leads import checks  # noqa: F401  (registers itself)
        from leads.delivery import wakeup
        from leads.services import notifications

        wakeup.listen()
        notifications.listen()
