"""A stand-in for the runtime: appends numbered records to a log until it is told to stop.

  writer.py LOG ID COUNT HABIT [PAUSE_US]

HABIT: append  open, one write, close for each record (the runtime's own habit)
       held    one descriptor for all of them
       torn    as append, but now and then a line in two writes with a pause between them
Prints how many records it wrote. COUNT 0: until SIGTERM.
"""

import os
import random
import signal
import sys
import time

# Something to drop for every compaction.
EXPIRED = b'{"kind": "event", "timestamp": 1.5}\n'

path, name, count, habit = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
pause = int(sys.argv[5]) / 1e6 if len(sys.argv) > 5 else 0
stop = False


def end(*_):
    global stop
    stop = True


signal.signal(signal.SIGTERM, end)
flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
held = os.open(path, flags, 0o644) if habit == "held" else None
chance = random.Random(name)
written = 0
while not stop and (count == 0 or written < count):
    pad = "x" * chance.randrange(150)
    line = f'{{"kind": "event", "writer": "{name}", "n": {written}, "pad": "{pad}", "timestamp": {time.time()!r}}}\n'
    data = line.encode()
    fd = held if held is not None else os.open(path, flags, 0o644)
    if written % 50 == 0:
        os.write(fd, EXPIRED)
    if habit == "torn" and chance.random() < 0.01:
        cut = chance.randrange(1, len(data))
        os.write(fd, data[:cut])
        time.sleep(0.001)
        os.write(fd, data[cut:])
    else:
        os.write(fd, data)
    if held is None:
        os.close(fd)
    written += 1
    if pause:
        time.sleep(pause)
print(written)
