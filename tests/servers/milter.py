"""A milter on loopback: it refuses the senders and recipients that every server refuses, before the server looks at them."""
import socketserver
import struct
import threading

from clients import REFUSED

# What it is not to be asked: the connection, HELO, the body, headers and their end, commands that are none, and DATA.
UNASKED = 0x1 | 0x2 | 0x10 | 0x20 | 0x40 | 0x100 | 0x200
CONTINUE, REJECT = b"c", b"r"


class Milter:
    """Answers until it is stopped."""

    def __init__(self, port):
        socketserver.ThreadingTCPServer.daemon_threads = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", port), _Talk)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class _Talk(socketserver.StreamRequestHandler):
    """A packet is its length, a command's letter, and what the letter is followed by."""

    def handle(self):
        while length := self.rfile.read(4):
            packet = self.rfile.read(struct.unpack(">I", length)[0])
            match packet[:1]:
                case b"O":
                    self._answer(b"O" + struct.pack(">III", 6, 0, UNASKED))
                case b"M" | b"R":
                    self._answer(REJECT if REFUSED.encode() in packet else CONTINUE)
                case b"E":
                    self._answer(CONTINUE)
                case b"Q":
                    return

    def _answer(self, answer):
        self.wfile.write(struct.pack(">I", len(answer)) + answer)
