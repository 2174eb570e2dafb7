"""Where a name leads, and whether the portal may go there when a person of a team, not an operator, named it."""

from __future__ import annotations

import ipaddress
import socket
import threading
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address

GLOBAL_6 = ipaddress.ip_network("2000::/3")
TUNNELS_6 = (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32"))  # they hide an IPv4 address
NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: A network of one's own: this machine, the house, the provider's or a VPN's inner range.
OWN = tuple(
    ipaddress.ip_network(text)
    for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7")
)


class NotFound(OSError):
    """The name stands for no address, or no name server said so in time."""


def resolve(host: str, port: int, *, seconds: float) -> list[Address]:
    """Every address ``host`` stands for now. Raises ``NotFound``, at the latest after ``seconds``."""
    found: list[Address] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(ipaddress.ip_address(row[4][0]) for row in rows))

    thread = threading.Thread(target=ask, daemon=True)  # a name server alone may take longer than a page may wait
    thread.start()
    thread.join(seconds)
    if thread.is_alive() or not found:
        raise NotFound("the name was not found")
    return list(found)


def is_public(address: Address) -> bool:
    """Whether it lies in the open internet."""
    address = _plain(address)
    if isinstance(address, IPv6Address) and (
        address not in GLOBAL_6 or any(address in network for network in TUNNELS_6)
    ):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def is_own(address: Address) -> bool:
    """On this machine or in a network of one's own. Link-local is neither: clouds keep secrets there."""
    address = _plain(address)
    return any(address in network for network in OWN if network.version == address.version)


def is_loopback(address: Address) -> bool:
    return _plain(address).is_loopback


def _plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that stands for it."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
