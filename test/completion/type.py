"""Types into an interactive shell on a terminal, and says what the line is after a TAB.

type.py SHELL SETUP, where SETUP makes Ctrl-T print the line as <LINE>. Each line of standard input is
typed, then TAB; each line of standard output is what the shell made of it."""
import os, pty, re, select, sys

shell, setup = sys.argv[1], sys.argv[2]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(shell, [shell] + (["-f", "-i"] if shell == "zsh" else ["--noprofile", "--norc", "-i"]))

screen = b""


def wait_for(pattern):
    """Reads until the screen has it, and forgets what came before."""
    global screen
    while True:
        found = re.search(pattern, screen)
        if found:
            screen = screen[found.end():]
            return found.group(1).decode()
        if not select.select([terminal], [], [], 20)[0]:
            sys.exit("no answer; the screen has %r" % screen)
        screen += os.read(terminal, 65536)


os.write(terminal, (setup + "; printf 'rea%s\\n' dy\n").encode())
wait_for(rb"(ready)\r?\n")
for line in sys.stdin:
    # Ctrl-U clears the line for the next one.
    os.write(terminal, line.rstrip("\n").encode() + b"\t\x14")
    print(wait_for(rb"<<([^\n]*?)>>"))
    os.write(terminal, b"\x15")
os.close(terminal)
