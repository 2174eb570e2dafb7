"""Small servers on the loopback address that say exactly the bytes a test gives them, and a trap nobody may touch."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from leads.breakcold.client import BreakcoldClient

KEY = "breakcold-usr-0123456789-CanaryKey"
LEAD = {"email": "sam@example.com", "first_name": "Sam"}
CREATED = b'{"id": "3c90c3cc-0d44-4b50-8888-8dd25736052a", "email": "sam@example.com", "tags": [{"a": null}]}'
LEAD_ID = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
PATIENCE = 30  # seconds before a test that hangs fails


class Listener:
    """Hands every connection to ``talk`` in a thread of its own, and keeps what each sent."""

    def __init__(self, talk: Callable[[socket.socket], None], wrap: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        self._talk = talk
        self._wrap = wrap
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"{'https' if wrap else 'http'}://127.0.0.1:{self.port}/rest"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if self.over.is_set():
                connection.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        with suppress(OSError), connection:
            if self._wrap is None:
                self._talk(connection)
            else:
                with self._wrap.wrap_socket(connection, server_side=True) as wrapped:
                    self._talk(wrapped)

    def close(self) -> None:
        self.over.set()
        socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE).close()  # wakes accept() up
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        self._socket.close()


@contextmanager
def listening(
    talk: Callable[[Listener, socket.socket], None], wrap: ssl.SSLContext | None = None
) -> Iterator[Listener]:
    listener: Listener | None = None

    def hand_over(connection: socket.socket) -> None:
        assert listener is not None
        talk(listener, connection)

    listener = Listener(hand_over, wrap)
    try:
        yield listener
    finally:
        listener.close()


def read_request(connection: socket.socket) -> bytes:
    """One whole request; empty when the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(*answers: bytes, keep: bool = False) -> Callable[[Listener, socket.socket], None]:
    """Says the answers in turn, one per request; the last for ever. ``keep`` leaves the connection open in between."""
    left = list(answers)

    def talk(listener: Listener, connection: socket.socket) -> None:
        while request := read_request(connection):
            listener.requests.append(request)
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])
            if not keep:
                break

    return talk


def answer(body: bytes, status: int = 200, *headers: str, length: int | None = -1) -> bytes:
    """An answer in bytes; ``length`` None leaves Content-Length out, so that the end of the connection ends it."""
    lines = [f"HTTP/1.1 {status} Whatever", "Content-Type: application/json", *headers]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length < 0 else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def client_for(url: str, *, key: str = KEY, timeout_seconds: float = 20.0) -> BreakcoldClient:
    return BreakcoldClient(base_url=url, key=key, timeout_seconds=timeout_seconds, user_agent="tests/1")


class Trap:
    """A port that nothing may connect to. The kernel queues connections, so nobody needs to wait for one."""

    def __enter__(self) -> Trap:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._socket.close()

    @property
    def is_untouched(self) -> bool:
        try:
            self._socket.accept()[0].close()
        except BlockingIOError:
            return True
        return False


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS with a certificate that nobody has reason to trust."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=private.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    form = serialization.PrivateFormat.PKCS8
    pem += private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
