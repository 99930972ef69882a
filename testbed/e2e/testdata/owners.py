# SPDX-License-Identifier: Apache-2.0
"""Servers whose connections, sockets or pids come into other hands.

owners.py MODE N [...]: prints `ready PORT`, takes connections that send N requests
a hand, and prints `pid NAME PID` for each process that answers.
"""

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys


def say(name):
    print("pid", name, os.getpid(), flush=True)


def serve(connection, n):
    for _ in range(n):
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.recv(4096)
            if not more:
                return
            head += more
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")


def listen():
    listener = socket.create_server(("127.0.0.1", 0))
    print("ready", listener.getsockname()[1], flush=True)
    return listener


def second(mode, *arguments):
    """The command line and environment of the second hand."""
    environment = dict(os.environ, OTEL_SERVICE_NAME=os.environ["SECOND"])
    return [sys.executable, __file__, mode, str(n), *map(str, arguments)], environment


def clone_as(pid):
    """fork, with a given pid: clone3(2), set_tid."""
    tid = ctypes.c_int(pid)
    # flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size
    arguments = struct.pack("10Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(tid), 1)
    libc = ctypes.CDLL(None, use_errno=True)
    child = libc.syscall(ctypes.c_long(435), arguments, ctypes.c_size_t(len(arguments)))
    if child < 0:
        raise OSError(ctypes.get_errno(), "clone3")
    return child


mode, n = sys.argv[1], int(sys.argv[2])

if mode == "exec":  # one pid, two programs, one listener and one connection
    say("first")
    listener = listen()
    connection, _ = listener.accept()
    serve(connection, n)
    for s in (listener, connection):
        s.set_inheritable(True)
    command, environment = second("executed", listener.fileno(), connection.fileno())
    os.execve(command[0], command, environment)
elif mode == "executed":
    say("second")
    listener, connection = (socket.socket(fileno=int(fd)) for fd in sys.argv[3:5])
    serve(connection, n)
    connection, _ = listener.accept()
    serve(connection, n)
elif mode == "fork":  # a child answers on a connection that its parent answered on
    say("first")
    connection, _ = listen().accept()
    serve(connection, n)
    child = os.fork()
    if child == 0:
        say("second")
        serve(connection, n)
        os._exit(0)
    os.waitpid(child, 0)
elif mode == "pass":  # another process gets the connection by SCM_RIGHTS
    say("first")
    ours, theirs = socket.socketpair()
    command, environment = second("passed", theirs.fileno())
    other = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()])
    connection, _ = listen().accept()
    serve(connection, n)
    socket.send_fds(ours, [b"x"], [connection.fileno()])
    other.wait()
elif mode == "passed":
    say("second")
    theirs = socket.socket(fileno=int(sys.argv[3]))
    _, fds, _, _ = socket.recv_fds(theirs, 1, 1)
    serve(socket.socket(fileno=fds[0]), n)
elif mode == "reuse":  # the second process has the pid of the first one, which ended
    listener = listen()
    listener.set_inheritable(True)
    first = os.fork()
    if first == 0:
        say("first")
        connection, _ = listener.accept()
        serve(connection, n)
        connection.close()
        os._exit(0)
    os.waitpid(first, 0)
    if clone_as(first) == 0:
        command, environment = second("reused", listener.fileno())
        os.execve(command[0], command, environment)
    os.wait()
elif mode == "reused":
    say("second")
    connection, _ = socket.socket(fileno=int(sys.argv[3])).accept()
    serve(connection, n)
