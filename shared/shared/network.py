"""Networks that a setting names; IPv4 ones as their part of IPv6, so that there is one kind."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

Networks = Sequence[IPv6Network]
_MAPPED = 96


def networks_of(text: str) -> Networks:
    """The networks that a setting names, parted by blanks; ValueError with the one that is none."""
    found = []
    for each in text.split():
        try:
            told = ip_network(each)
        except ValueError:
            raise ValueError(f"{each} is no network such as 10.0.0.0/8") from None
        if not told.prefixlen:
            raise ValueError(f"{each} is everybody: name the networks of your gateways")
        if isinstance(told, IPv4Network):
            found.append(IPv6Network((f"::ffff:{told.network_address}", _MAPPED + told.prefixlen)))
        else:
            found.append(told)
    return found
