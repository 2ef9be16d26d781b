"""A stand-in for the runtime that tells of each record what became of it, so that a kill leaves no doubt.

  writer.py JSON     {"path", "id", "told", "pause_us", "expired_every", "sync_every", "held", "age", "rotation"}

Appends numbered records to PATH until SIGTERM. To the file TOLD it adds a line for each:

  NUMBER BEGIN END TIMESTAMP BYTES CRC STATE     BEGIN, END: nanoseconds of the monotonic clock around the write
                                                 STATE: whole, short (the disk took a part), failed (it took nothing)
  sync FROM NUMBER END                           these records, all in one file, were on the disk at END

`held`: one descriptor for all of them. `age`: so many seconds old are its records. `expired_every`: each so manyth
record has expired since 1970. `sync_every`: fsync after so many records. `rotation`: [MAX_BYTES, MAX_FILES], as the
runtime rotates: not when the oldest name is taken.
"""

import json
import os
import random
import signal
import sys
import time
import zlib

plan = json.loads(sys.argv[1])
path, name = plan["path"], plan["id"]
pause = plan["pause_us"] / 1e6
chance = random.Random(name)
stop = False


def end(*_):
    global stop
    stop = True


signal.signal(signal.SIGTERM, end)
told = os.open(plan["told"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT


def rotate(max_files):
    if max_files < 2 or os.path.exists(f"{path}.{max_files - 1}"):
        return
    for index in range(max_files - 2, 0, -1):
        if os.path.exists(f"{path}.{index}"):
            os.rename(f"{path}.{index}", f"{path}.{index + 1}")
    os.rename(path, f"{path}.1")


def rotate_if_due(size_of_line):
    max_bytes, max_files = plan["rotation"]
    try:
        size = os.stat(path).st_size
    except FileNotFoundError:
        return
    if size and size + size_of_line > max_bytes:
        rotate(max_files)


def append(data):
    """How much of it the disk took, and the descriptor."""
    try:
        if plan.get("rotation"):
            rotate_if_due(len(data))
        fd = held if held is not None else os.open(path, flags, 0o644)
    except OSError:
        return 0, None
    try:
        return os.write(fd, data), fd
    except OSError:
        return 0, fd


held = os.open(path, flags, 0o644) if plan.get("held") else None
number = 0
# The file of the last append, and the first record since appends go to it.
file, since = None, 0
print("ready", flush=True)
while not stop:
    pad = "x" * chance.randrange(150)
    expired = plan["expired_every"] and number % plan["expired_every"] == 0
    timestamp = 1.5 if expired else time.time() - plan["age"]
    line = f'{{"kind": "event", "writer": "{name}", "n": {number}, "pad": "{pad}", "timestamp": {timestamp!r}}}'
    data = line.encode() + b"\n"
    begin = time.monotonic_ns()
    taken, fd = append(data)
    after = time.monotonic_ns()
    state = "whole" if taken == len(data) else "short" if taken else "failed"
    crc = zlib.crc32(data[:-1])
    news = f"{number} {begin} {after} {timestamp!r} {len(data)} {crc} {state}\n"
    os.write(told, news.encode())
    if fd is not None and file != (file := os.fstat(fd).st_ino):
        since = number
    if plan["sync_every"] and fd is not None and number % plan["sync_every"] == plan["sync_every"] - 1:
        try:
            os.fsync(fd)
            os.write(told, f"sync {since} {number} {time.monotonic_ns()}\n".encode())
        except OSError:
            pass
    if held is None and fd is not None:
        os.close(fd)
    number += 1
    if pause:
        time.sleep(pause)
