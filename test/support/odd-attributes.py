"""A file system whose attributes are not what it says.

  odd-attributes.py MOUNT

The file `none` has no attributes, as on a file system that does not know them. Each other file says that it has
`user.note`: that of `gone` is gone when it is asked for, that of any other cannot be read.
"""

import errno
import stat
import sys

from fusepy import FUSE, FuseOSError, Operations


class Odd(Operations):
    def getattr(self, path, fh=None):
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        return {"st_mode": stat.S_IFREG | 0o644, "st_nlink": 1, "st_size": 0}

    def listxattr(self, path):
        if path == "/none":
            raise FuseOSError(errno.ENOTSUP)
        return ["user.note"]

    def getxattr(self, path, name, position=0):
        raise FuseOSError(errno.ENODATA if path == "/gone" else errno.EIO)


# Returns when it is mounted.
FUSE(Odd(), sys.argv[1], nothreads=True)
