"""A stand-in for the runtime that rotates: appends numbered records to a set until it is told to stop.

  rotating_writer.py PATH ID COUNT MAX_BYTES MAX_FILES [PAUSE_US [ROTATION_PAUSE_US]]

Before an append that would pass MAX_BYTES it renames .i to .i+1 from the old end, then PATH to PATH.1; not when
the oldest name is taken. ROTATION_PAUSE_US: at most so long before and after each of these renames.
Prints how many records it wrote, and how often it rotated. COUNT 0: until SIGTERM.
"""

import os
import random
import signal
import sys
import time

EXPIRED = b'{"kind": "event", "timestamp": 1.5, "pad": "' + b"y" * 100 + b'"}\n'

path, name, count, max_bytes, max_files = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
pause = int(sys.argv[6]) / 1e6 if len(sys.argv) > 6 else 0
rotation_pause = int(sys.argv[7]) / 1e6 if len(sys.argv) > 7 else 0
stop = False


def end(*_):
    global stop
    stop = True


signal.signal(signal.SIGTERM, end)
chance = random.Random(name)
written = rotations = 0


def breathe():
    if rotation_pause:
        time.sleep(chance.random() * rotation_pause)


def rotate():
    if os.path.exists(f"{path}.{max_files - 1}"):
        return 0
    for index in range(max_files - 2, 0, -1):
        if os.path.exists(f"{path}.{index}"):
            os.rename(f"{path}.{index}", f"{path}.{index + 1}")
            breathe()
    os.rename(path, f"{path}.1")
    breathe()
    return 1


def append(data):
    global rotations
    try:
        size = os.stat(path).st_size
    except FileNotFoundError:
        size = 0
    if size and size + len(data) > max_bytes:
        rotations += rotate()
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(fd, data)
    os.close(fd)


while not stop and (count == 0 or written < count):
    pad = "x" * chance.randrange(150)
    line = f'{{"kind": "event", "writer": "{name}", "n": {written}, "pad": "{pad}", "timestamp": {time.time()!r}}}\n'
    if written % 3 == 0:
        append(EXPIRED)
    append(line.encode())
    written += 1
    if pause:
        time.sleep(pause)
print(written, rotations)
