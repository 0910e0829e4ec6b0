"""Listeners for scripts/demo: services.py NAME:PROTOCOL:ADDRESS:PORT[:full]... until it is killed.

Each has a process of its own, called NAME. `full` leaves connections in the accept queue until no
further one fits.
"""

import os
import signal
import socket
import sys
import time

# prctl(PR_SET_PDEATHSIG): nobody is left behind when the demo ends, however it ends.
PR_SET_PDEATHSIG = 1


def die_with_parent():
    import ctypes
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def serve(name, protocol, address, port, full):
    with open("/proc/self/comm", "w") as file:
        file.write(name)
    if protocol == "udp":
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind((address, port))
        ready()
        while True:
            data, peer = listener.recvfrom(2048)
            listener.sendto(data, peer)
    listener = socket.create_server((address, port), backlog=0 if full else 64)
    if full:
        waiting = [socket.create_connection((address, port))]
        ready()
        while waiting:
            time.sleep(60)
    ready()
    while True:
        connection, _ = listener.accept()
        if port == 22:
            connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        connection.close()


def ready():
    os.write(1, b".")


def main():
    for word in sys.argv[1:]:
        name, protocol, address, port, *rest = word.split(":")
        if os.fork() == 0:
            die_with_parent()
            serve(name, protocol, address, int(port), "full" in rest)
    signal.pause()


main()
