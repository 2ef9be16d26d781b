"""Settings whose code does what it should not, as HOSTILE says."""
import os
import subprocess
import sys
import time

from papyra import Settings
from papyra.persistence.json import JsonFilePersistence


def recurse():
    return recurse()


def fork():
    if os.fork() == 0:
        os.setsid()
        time.sleep(1000)


def spawn():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
    open(os.environ["PID_FILE"], "w").write(str(child.pid))


def both_go_on():
    os.fork()


def flood():
    for stream in (sys.stdout, sys.stderr):
        stream.write("loud\n" * 2_000_000)


def thread():
    import threading

    threading.Thread(target=time.sleep, args=(1000,)).start()


def forge():
    for fd in range(3, 10):
        try:
            os.write(fd, b'{"store": 7}\n')
        except OSError:
            pass


def never():
    spawn()
    time.sleep(1000)


WAYS = {
    "never": never,
    "exit": lambda: sys.exit(3),
    "exit_at_once": lambda: os._exit(4),
    "raise": lambda: 1 / 0,
    "abort": os.abort,
    "close": lambda: os.closerange(3, 100),
    "recurse": recurse,
    "fork": fork,
    "both_go_on": both_go_on,
    "spawn": spawn,
    "flood": flood,
    "thread": thread,
    "forge": forge,
}

WAYS[os.environ["HOSTILE"]]()


class Late(Settings):
    persistence = JsonFilePersistence("/var/lib/shop/events.ndjson")
