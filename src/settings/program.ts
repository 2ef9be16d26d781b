// Holds the short Python program that asks the runtime's settings and answers with one JSON document on descriptor 3.
//
// The code of the settings may print, fork, exit or raise: the answer goes over a descriptor that it does not know, and
// only the process that was started answers. It leaves with _exit, so that no thread of theirs can hold it back.

/** Until the settings are asked, the working directory is no place to import from: it may hold a json.py. */
const START = `
import sys
here = sys.path.pop(0) if sys.path and sys.path[0] == "" else None
`;

/**
 * For root: Python reads code only from files that root owns and nobody else can write. \`site\` comes after this guard
 * (-S leaves it out at the start), as it executes lines of .pth files. A cached .pyc that does not pass is passed over.
 */
const GUARD = `
import posix

class NotTrusted(OSError):
    pass

def assert_trusted(path, stat):
    path = posix.fspath(path)
    link = posix.lstat(path)
    if link.st_uid != 0 or stat.st_uid != 0:
        raise NotTrusted("%s belongs to user %d, not to root" % (path, link.st_uid or stat.st_uid))
    if stat.st_mode & 0o022:
        raise NotTrusted("%s can be written by its group or others (mode %04o)" % (path, stat.st_mode & 0o7777))

def get_data(self, path):
    fd = posix.open(path, posix.O_RDONLY)
    try:
        assert_trusted(path, posix.fstat(fd))
        parts = [posix.read(fd, 1 << 20)]
        while parts[-1]:
            parts.append(posix.read(fd, 1 << 20))
        return b"".join(parts)
    finally:
        posix.close(fd)

loaders = sys.modules["_frozen_importlib_external"]
loaders.FileLoader.get_data = get_data
create_module = loaders.ExtensionFileLoader.create_module

def create_trusted_module(self, spec):
    assert_trusted(spec.origin, posix.stat(spec.origin))
    return create_module(self, spec)

loaders.ExtensionFileLoader.create_module = create_trusted_module
sys.path_hooks[:] = [hook for hook in sys.path_hooks if getattr(hook, "__name__", "") != "zipimporter"]

import site
add_package = site.addpackage

def add_trusted_package(directory, name, known):
    path = directory + "/" + name
    assert_trusted(path, posix.stat(path))
    return add_package(directory, name, known)

site.addpackage = add_trusted_package
`;

const ASK = `
import json, os, traceback

out = os.dup(3)
os.close(3)
me = os.getpid()

def answer(document):
    data = json.dumps(document).encode("ascii") + b"\\n"
    while data and os.getpid() == me:
        data = data[os.write(out, data):]
    os._exit(0)

def plain(value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and abs(value) <= 2 ** 53:
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, str) and len(value) <= 4096:
        try:
            value.encode("utf-8")
            return str.__str__(value)
        except UnicodeEncodeError:
            pass
    return {"odd": ascii(value)[:200]}

def get(thing, *names):
    for name in names:
        try:
            return plain(getattr(thing, name))
        except AttributeError:
            continue
    return None

def rest(thing, known):
    fields = [name for name in getattr(thing, "__dataclass_fields__", ()) if name not in known]
    return {name: get(thing, name) for name in fields}

LIMITS = ("max_age_seconds", "max_records", "max_total_bytes")
REDIS = ("url", "prefix", "system_id", "approx_trim")
KINDS = {
    "JsonFilePersistence": "json",
    "RotatingFilePersistence": "rotating",
    "RedisStreamsPersistence": "redis",
    "InMemoryPersistence": "memory",
}

def name_of(one):
    return "%s.%s" % (one.__module__, one.__qualname__)

def find(thing, *names):
    for name in names:
        found = getattr(thing, name, None)
        if found is not None:
            return found

def described(store):
    own = [one for one in type(store).__mro__ if one.__module__.split(".")[0] == "papyra"]
    kind = next((one for one in own if one.__name__ in KINDS), None)
    retention = find(store, "retention", "_retention", "retention_policy")
    config = find(store, "_cfg", "config", "_config", "cfg")
    return {
        "class": name_of(type(store)),
        "backend": kind and KINDS[kind.__name__],
        "inherited": kind is not None and kind is not type(store),
        "path": get(store, "path", "_path"),
        "max_bytes": get(store, "max_bytes", "_max_bytes"),
        "max_files": get(store, "max_files", "_max_files"),
        "retention": {name: get(retention, name) for name in LIMITS},
        "redis": {name: get(config, name) for name in REDIS},
        "others": dict(rest(retention, LIMITS), **rest(config, REDIS)),
    }

def place_of(error):
    library = ("<", "/lib/python", os.path.dirname(getattr(sys.modules.get("papyra"), "__file__", None) or "<"))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not any(part in frame.filename for part in library)]
    return "%s line %s" % (frames[-1].filename, frames[-1].lineno) if frames else None

def words_of(error):
    if isinstance(error, SyntaxError):
        return "%s: %s" % (type(error).__name__, error)
    lines = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()
    return lines[-1].strip()

def failed(step, error):
    document = {"step": step, "last": type(error).__name__, "at": None, "trace": ""}
    document["untrusted"] = str(error) if type(error).__name__ == "NotTrusted" else None
    document["missing"] = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    try:
        document["last"] = words_of(error)[:1000]
        document["at"] = place_of(error)
        document["trace"] = "".join(traceback.format_exception(type(error), error, error.__traceback__))[-20000:]
    except BaseException:
        pass
    answer({"failed": document})

step = "runtime"
try:
    if "posix" in globals():
        site.main()
    if here is not None:
        sys.path.insert(0, here)
    import papyra
    from papyra.conf import settings
    step = "settings"
    kind = settings.__class__
    step = "persistence"
    store = described(settings.persistence)
    answer({
        "runtime": plain(getattr(papyra, "__version__", None)),
        "python": sys.executable,
        "settings": name_of(kind),
        "inherits": issubclass(kind, getattr(papyra, "Settings", object)),
        "cwd": os.getcwd(),
        "store": store,
    })
except BaseException as error:
    failed(step, error)
`;

export function askingProgram(asRoot: boolean): string {
  return asRoot ? START + GUARD + ASK : START + ASK;
}
