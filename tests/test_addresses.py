"""Where a webhook may lead: the open internet, and a network of one's own where an operator says so."""

from __future__ import annotations

import socket
import threading
from ipaddress import ip_address

import pytest

from leads.addresses import NotFound, is_loopback, is_own, is_public, resolve

PUBLIC = ["8.8.8.8", "1.1.1.1", "203.0.114.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
OWN = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "::1",
    "fc00::1", "fd12:3456::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::7f00:1", "64:ff9b::a00:1",
]  # fmt: skip
NEVER = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1",
    "::127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "4000::1",
]  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_it_finds_the_open_internet_open(text):
    assert is_public(ip_address(text)) and not is_own(ip_address(text))


@pytest.mark.parametrize("text", OWN)
def test_it_knows_a_network_of_one_s_own(text):
    assert is_own(ip_address(text)) and not is_public(ip_address(text))


@pytest.mark.parametrize("text", NEVER)
def test_it_knows_what_is_neither(text):
    assert not is_own(ip_address(text)) and not is_public(ip_address(text))


@pytest.mark.parametrize("text", [*PUBLIC, *OWN, *NEVER])
def test_it_knows_this_machine(text):
    is_here = text.startswith("127.") or text in ("::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")
    assert is_loopback(ip_address(text)) is is_here


def test_it_finds_every_address_of_a_name_once():
    assert ip_address("127.0.0.1") in resolve("localhost", 80, seconds=20)
    assert resolve("127.0.0.1", 80, seconds=20) == [ip_address("127.0.0.1")]


@pytest.mark.parametrize("odd", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1"])
def test_it_sees_through_odd_ways_to_write_an_address(odd):
    assert resolve(odd, 80, seconds=20) == [ip_address("127.0.0.1")]


@pytest.mark.parametrize("name", ["no-such-name.invalid", "a" * 300, "", "\udc80"])
def test_it_says_so_when_a_name_stands_for_nothing(name, monkeypatch):
    def look_up(host, *args, **kwargs):
        raise socket.gaierror("not known") if host.isascii() else UnicodeError("no label")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(NotFound):
        resolve(name, 80, seconds=20)


def test_it_does_not_wait_for_a_name_server_longer_than_told(monkeypatch):
    over = threading.Event()

    def look_up(*args, **kwargs):
        over.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(NotFound):
        resolve("slow.example", 80, seconds=0.05)
    over.set()
