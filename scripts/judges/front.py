"""A way for clients that insist on https://api.bigcommerce.com to reach a simulated store: an HTTPS proxy on this
machine that ends TLS with a throwaway certificate, whatever host it is asked for, and passes the bytes on.

    front.py CERTIFICATE KEY HOST:PORT      prints its own address and serves until it is ended
"""

import socket
import socketserver
import ssl
import sys
import threading

PATIENCE = 30
MOST_HEAD = 65536


class Front(socketserver.BaseRequestHandler):
    def handle(self):
        client = self.request
        client.settimeout(PATIENCE)
        head = read_head(client)
        if head is None:
            return
        line, rest = head.split(b"\r\n", 1)
        words = line.split(b" ")
        if len(words) != 3:
            return
        if words[0] == b"CONNECT":
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                client = self.server.tls.wrap_socket(client, server_side=True)
            except (ssl.SSLError, OSError) as error:
                print(f"front: {error}", file=sys.stderr)
                return
            sent = b""
        else:
            # Some clients send a request for https:// to their proxy as it is.
            path = b"/" + words[1].split(b"/", 3)[3] if words[1].startswith(b"http") else words[1]
            sent = b" ".join([words[0], path, words[2]]) + b"\r\n" + rest
        with socket.create_connection(self.server.store, timeout=PATIENCE) as store:
            store.sendall(sent)
            back = threading.Thread(target=pass_on, args=(store, client), daemon=True)
            back.start()
            pass_on(client, store)
            back.join(PATIENCE)


def read_head(client):
    head = b""
    while b"\r\n\r\n" not in head:
        try:
            piece = client.recv(4096)
        except OSError:
            return None
        head += piece
        if not piece or len(head) > MOST_HEAD:
            return None
    return head


def pass_on(source, target):
    """Copies until the source ends, then tells the target."""
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except OSError:
        pass
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def main():
    certificate, key, store = sys.argv[1:]
    host, port = store.rsplit(":", 1)
    with Server(("127.0.0.1", 0), Front) as server:
        server.store = (host, int(port))
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(certificate, key)
        print(f"127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


main()
