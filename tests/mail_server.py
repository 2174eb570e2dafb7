"""A small SMTP server on the loopback address: keeps what it is given, refuses or hangs where a test wants that."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

PATIENCE = 30  # seconds


class MailServer:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refused: set[str] = set()  # addresses it does not take mail for
        self.is_broken = False  # turns everybody away
        self.hangs = False  # takes the connection and says nothing
        self.over = threading.Event()
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if self.over.is_set():
                connection.close()
                return
            self.connections += 1
            with suppress(OSError), connection:
                connection.settimeout(PATIENCE)
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        if self.hangs:
            self.over.wait(PATIENCE)
            return
        lines = connection.makefile("rb")
        self._say(connection, "421 not now" if self.is_broken else "220 ready")
        while not self.is_broken and (line := lines.readline()):
            word = line[:4].upper()
            if word == b"RCPT" and any(address.encode() in line for address in self.refused):
                self._say(connection, "550 no such mailbox")
            elif word == b"DATA":
                self._say(connection, "354 go on")
                self._keep(iter(lines.readline, b".\r\n"))
                self._say(connection, "250 kept")
            elif word == b"QUIT":
                self._say(connection, "221 bye")
                return
            else:
                self._say(connection, "250 ok")

    def _keep(self, lines: Iterator[bytes]) -> None:
        raw = b"".join(line.removeprefix(b".") for line in lines)
        self.mails.append(cast(EmailMessage, message_from_bytes(raw, policy=policy.default)))

    @staticmethod
    def _say(connection: socket.socket, text: str) -> None:
        connection.sendall(f"{text}\r\n".encode())

    def close(self) -> None:
        self.over.set()
        socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE).close()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self._socket.close()


@contextmanager
def running_mail_server() -> Iterator[MailServer]:
    server = MailServer()
    try:
        yield server
    finally:
        server.close()
