"""What tax-exemption's processes are told."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing beyond what every service is told."""
