"""One window per home: a second start hands its files to the first."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

CONNECT = 300  # milliseconds
ANSWER = 2000
_ACCEPTED = b"ok\n"


class SingleInstance(QObject):
    """Either hands over to the window that is already open, or becomes the one that others hand over to."""

    opened = Signal(list)  # of str: the files that a later start brought; may be empty

    def __init__(self, data: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = f"safelight-{hashlib.sha256(str(data.absolute()).encode()).hexdigest()[:16]}"
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._greet)

    def hand_over(self, files: Sequence[str]) -> bool:
        """Give the files to the open window and let it come to the front; False when there is none."""
        socket = QLocalSocket()
        socket.connectToServer(self.name)
        if not socket.waitForConnected(CONNECT):
            return False
        paths = [str(Path(file).absolute()) for file in files]
        socket.write(json.dumps(paths).encode() + b"\n")
        accepted = socket.waitForBytesWritten(CONNECT) and socket.waitForReadyRead(ANSWER)
        answer = socket.readAll().data() if accepted else b""
        socket.abort()
        return answer == _ACCEPTED

    def listen(self) -> bool:
        """Be the one window of this home. A socket left behind by a crash is taken over."""
        if self._server.listen(self.name):
            return True
        QLocalServer.removeServer(self.name)
        return self._server.listen(self.name)

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _greet(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(self._receive)
            socket.disconnected.connect(socket.deleteLater)

    def _receive(self) -> None:
        socket = self.sender()
        if not isinstance(socket, QLocalSocket) or not socket.canReadLine():
            return
        try:
            files = json.loads(bytes(socket.readLine().data()))
        except ValueError:
            socket.abort()
            return
        socket.write(_ACCEPTED)
        socket.flush()
        self.opened.emit([str(file) for file in files] if isinstance(files, list) else [])
