"""Make network namespaces without names, and enter them from within this process.

In: nothing. Out: a namespace in which to write settings, open sockets and run programs. The kernel removes it
with its last user, so nothing is left behind, however this process ends. The process must have only one
thread.
"""

import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_REC, MS_PRIVATE = 1 << 14, 1 << 18
CURRENT = "/proc/thread-self/ns/net"
FORWARDING = {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1}  # or np2nft does not apply
libc = ctypes.CDLL(None, use_errno=True)


class NodeError(Exception):
    """Raised if the node could not do what it should; this says nothing about a verdict."""


class Namespace:
    """A new network namespace."""

    def __init__(self):
        with returning():
            system_call("unshare", CLONE_NEWNET)
            self.file = os.open(CURRENT, os.O_RDONLY)

    @contextlib.contextmanager
    def entered(self):
        """Within the block, sockets that are opened and programs that are started belong to the namespace."""
        with returning():
            system_call("setns", self.file, CLONE_NEWNET)
            yield

    def configure(self, settings):
        """Write settings, named as below /proc/sys/net."""
        with self.entered():
            for name, value in settings.items():
                with open(f"/proc/sys/net/{name}", "w", encoding="ascii") as file:
                    file.write(str(value))

    def run(self, command, given=""):
        """Run a command: its output, or NodeError with its complaint."""
        with self.entered():
            done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NodeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def path(self):
        """What other processes can open while this one has the namespace."""
        return f"/proc/{os.getpid()}/fd/{self.file}"

    def close(self):
        """Give up the namespace."""
        os.close(self.file)


@contextlib.contextmanager
def returning():
    """Come back to the present namespace in the end."""
    home = os.open(CURRENT, os.O_RDONLY)
    try:
        yield
    finally:
        system_call("setns", home, CLONE_NEWNET)
        os.close(home)


def become_root():
    """Become root in a user namespace, as `unshare -rn` does, unless this process is root already."""
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        return
    system_call("unshare", CLONE_NEWUSER | CLONE_NEWNET)
    texts = {"setgroups": "deny", "uid_map": f"0 {user} 1", "gid_map": f"0 {group} 1"}
    for name, text in texts.items():
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def mount(kind, target, flags=0):
    """mount(2); failing is the test's failure."""
    if libc.mount(b"none", target.encode(), kind and kind.encode(), flags, None) != 0:
        raise OSError(f"mount on {target}")


def own_run():
    """From here on this process and those it starts have an empty /run of their own."""
    system_call("unshare", CLONE_NEWNS)
    mount(None, "/", MS_REC | MS_PRIVATE)
    mount("tmpfs", "/run")


def system_call(name, *arguments):
    """A system call that Python 3.11 lacks."""
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
