"""A client's address is what our own gateways say, and nothing that the client says of itself."""

from __future__ import annotations

import pytest

from shared.http.address import client_address, line_of
from shared.network import networks_of

GATEWAYS = networks_of("10.0.0.0/8 2001:db8:1::/48")


@pytest.mark.parametrize(
    ("peer", "headers", "found"),
    [
        ("203.0.113.9", {}, "203.0.113.9"),
        ("203.0.113.9", {"x-forwarded-for": "1.1.1.1"}, "203.0.113.9"),
        ("203.0.113.9", {"forwarded": "for=1.1.1.1"}, "203.0.113.9"),
        ("10.0.0.1", {}, "10.0.0.1"),
        ("10.0.0.1", {"x-forwarded-for": "203.0.113.9"}, "203.0.113.9"),
        ("10.0.0.1", {"x-forwarded-for": "1.1.1.1, 203.0.113.9"}, "203.0.113.9"),
        ("10.0.0.1", {"x-forwarded-for": "1.1.1.1, 203.0.113.9, 10.9.9.9"}, "203.0.113.9"),
        ("10.0.0.1", {"x-forwarded-for": "10.0.0.3, 10.0.0.2"}, "10.0.0.3"),
        ("10.0.0.1", {"x-forwarded-for": "203.0.113.9:4711"}, "203.0.113.9"),
        ("10.0.0.1", {"x-forwarded-for": "[2001:db8::7]:4711"}, "2001:db8::7"),
        ("10.0.0.1", {"x-forwarded-for": "1.1.1.1, nonsense"}, "10.0.0.1"),
        ("10.0.0.1", {"x-forwarded-for": "1.1.1.1, , 10.0.0.2"}, "10.0.0.2"),
        ("10.0.0.1", {"x-forwarded-for": ""}, "10.0.0.1"),
        ("10.0.0.1", {"x-forwarded-for": "203.0.113.9", "forwarded": "for=1.1.1.1"}, "203.0.113.9"),
        ("10.0.0.1", {"forwarded": 'for=1.1.1.1, proto=https;For="[2001:db8::7]:1"'}, "2001:db8::7"),
        ("10.0.0.1", {"forwarded": "by=10.0.0.1"}, "10.0.0.1"),
        ("2001:db8:1::5", {"x-forwarded-for": "203.0.113.9"}, "203.0.113.9"),
        ("::ffff:10.0.0.1", {"x-forwarded-for": "::ffff:203.0.113.9"}, "203.0.113.9"),
        ("fe80::1%eth0", {"x-forwarded-for": "203.0.113.9"}, "fe80::1%eth0"),
        ("", {"x-forwarded-for": "203.0.113.9"}, ""),
    ],
)
def test_the_rightmost_address_that_no_gateway_of_ours_has_counts(
    peer: str, headers: dict[str, str], found: str
) -> None:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert client_address(peer, sent, GATEWAYS) == found
    if peer.startswith("10."):
        assert client_address(peer, sent, ()) == peer


def test_a_header_that_comes_twice_is_one_list() -> None:
    sent = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-for", b"10.0.0.2")]
    assert client_address("10.0.0.1", sent, GATEWAYS) == "203.0.113.9"


def test_everybody_is_no_gateway() -> None:
    for wrong in ("0.0.0.0/0", "::/0", "10.0.0.1/8", "gateway"):
        with pytest.raises(ValueError, match=r"network|everybody"):
            networks_of(wrong)
    assert networks_of("") == []


def test_a_line_has_one_address_of_ipv4_and_many_of_ipv6() -> None:
    assert line_of("203.0.113.9") == "203.0.113.9"
    assert line_of("2001:db8::1:2:3:4") == line_of("2001:db8::9") == "2001:db8::/64"
    assert line_of("") == ""
