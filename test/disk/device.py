"""A disk that remembers: the file DISK in a directory, which keeps whatever is written to it, in order.

  device.py MOUNT IMAGE HISTORY

Made by FUSE in MOUNT; a loop device on it is a disk with a write cache. Its content is in IMAGE. To HISTORY it adds for
each request a head (KIND, OFFSET, LENGTH, TIME) and the bytes. KIND: `w` a write, `f` a flush, after which all that was
written before is there for good. TIME: nanoseconds of the monotonic clock when it came. One request is served at a time,
so between two of them is an instant at which the power may fail.
"""

import os
import stat
import struct
import sys
import time

from fusepy import FUSE, Operations

HEAD = struct.Struct("<cQIQ")
mount, image_path, history_path = sys.argv[1:]


class Disk(Operations):
    def __init__(self):
        self.image = os.open(image_path, os.O_RDWR)
        self.history = os.open(history_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, kind, offset, data):
        os.writev(self.history, [HEAD.pack(kind, offset, len(data), time.monotonic_ns()), data])

    def getattr(self, path, fh=None):
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        size = os.fstat(self.image).st_size
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": size}

    def read(self, path, size, offset, fh):
        return os.pread(self.image, size, offset)

    def write(self, path, data, offset, fh):
        self.note(b"w", offset, data)
        return os.pwrite(self.image, data, offset)

    def fsync(self, path, datasync, fh):
        self.note(b"f", 0, b"")
        return 0


FUSE(Disk(), mount, foreground=True, nothreads=True, big_writes=True)
