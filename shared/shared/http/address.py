"""From which address a request comes: what the gateway says, if one of ours is the peer, else the peer (V64)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from shared.network import Networks

_OF_ONE_LINE = 64


def client_address(peer: str, headers: Iterable[tuple[bytes, bytes]], trusted: Networks) -> str:
    """The rightmost address that none of our gateways has; what stands left of it is the client's own word.

    X-Forwarded-For is read, and Forwarded (RFC 7239) where there is none.
    """
    if not trusted:
        return peer
    found = _address(peer)
    if found is None:
        return peer
    if not any(_wide(found) in each for each in trusted):
        return str(found)
    for told in reversed(_told_by_gateways(headers)):
        hop = _address(told)
        if hop is None:
            break
        found = hop
        if not any(_wide(found) in each for each in trusted):
            break
    return str(found)


def line_of(address: str) -> str:
    """Whose line an address is on: of IPv6 everybody has 2**64 of them."""
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, _OF_ONE_LINE), strict=False))
    return address


def _told_by_gateways(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    by_name: Mapping[bytes, list[str]] = {b"x-forwarded-for": [], b"forwarded": []}
    for name, value in headers:
        if name in by_name:
            by_name[name].extend(value.decode("latin-1").split(","))
    forwarded = [_for_of(each) for each in by_name[b"forwarded"]]
    return by_name[b"x-forwarded-for"] or forwarded


def _for_of(element: str) -> str:
    pairs = (each.partition("=") for each in element.split(";"))
    return next((value.strip().strip('"') for name, _, value in pairs if name.strip().lower() == "for"), "")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address without its port; of IPv4 written as IPv6 the IPv4 one."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        return found.ipv4_mapped or (found if found.scope_id is None else None)
    return found


def _wide(address: IPv4Address | IPv6Address) -> IPv6Address:
    return address if isinstance(address, IPv6Address) else IPv6Address(f"::ffff:{address}")
