#!/usr/bin/python3
"""Check that apply waits for a process that holds the lock on the network namespace, names it, and gives up
at last.

    lock.py --np2nft PATH RULES-FOLDER

The process of this check holds the lock, as any process could, with rights or without. Exit status: 0 if all
is so, 1 if not.
"""

import argparse
import contextlib
import fcntl
import os
import pathlib
import subprocess
import sys

import judge
from namespace import FORWARDING, Namespace, NodeError, become_root, own_run

HOLDER = f"process {os.getpid()} ({pathlib.Path('/proc/self/comm').read_text().strip()}) holds"
LOCK = "the lock on the network namespace"


class Locked:
    """A network namespace in which np2nft runs."""

    def __init__(self, np2nft, folder):
        self.np2nft, self.folder, self.namespace = np2nft, folder, Namespace()
        self.namespace.configure(FORWARDING)

    @contextlib.contextmanager
    def held(self, how):
        """Hold the lock in this process within the block, or until it lets go of the file."""
        with self.namespace.entered():
            file = open("/proc/thread-self/ns/net", "rb")
        with file:
            fcntl.flock(file, how)
            yield file

    def start(self, command, *options):
        """Begin a command."""
        paths = [] if command == "delete" else [self.folder]
        with self.namespace.entered():
            return subprocess.Popen([self.np2nft, command, *options, *paths], text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ends(self, process, status, *lines):
        """Wait for the end of the command, which must have this status, and must have said these lines about the lock."""
        _, text = process.communicate(timeout=judge.TIME_TO_COMPILE)
        said = [line for line in text.splitlines() if LOCK in line or ": error: " in line]
        if (process.returncode, said) != (status, [f"np2nft: {line}" for line in lines]):
            raise judge.Failure(f"{process.args}: exits with {process.returncode}, wanted {status} and "
                                f"{lines}\n{text}")

    def has_table(self, wanted):
        """Fail unless there is a table, or (@wanted is false) none."""
        if bool(self.namespace.run(["nft", "list", "tables"])) != wanted:
            raise judge.Failure("a table, where there should be none" if not wanted else "no table")


def check_giving_up(locked):
    """A command gives up at once, or after a while, whether the lock is exclusive or shared."""
    for how in (fcntl.LOCK_EX, fcntl.LOCK_SH):
        with locked.held(how):
            for command in ("apply", "diff", "delete"):
                locked.ends(locked.start(command, "--wait", "0"), 2,
                            f"error: {HOLDER} {LOCK} (/proc/self/ns/net): nothing was changed")
            locked.ends(locked.start("apply", "-q", "--wait", "1"), 2,
                        f"error: {HOLDER} {LOCK} (/proc/self/ns/net), still after 1 s: nothing was changed")
            locked.has_table(False)


def check_waiting(locked):
    """A command says what it waits for, and goes on as soon as it can."""
    for options, seconds in ((), 300), (("--wait", "200"), 200):
        with locked.held(fcntl.LOCK_EX) as file:
            process = locked.start("apply", *options)
            said = process.stderr.readline()
            if said != f"np2nft: note: waiting, at most {seconds} s, for {LOCK}, which {HOLDER}\n":
                raise judge.Failure(f"says while it waits: {said}")
            locked.has_table(False)
            fcntl.flock(file, fcntl.LOCK_UN)
            locked.ends(process, 0)
        locked.has_table(True)
        locked.ends(locked.start("delete", "--wait", "0"), 0)
        locked.has_table(False)


def main():
    """Run both checks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("folder", metavar="RULES-FOLDER")
    arguments = parser.parse_args()
    judge.end_tidily()
    become_root()
    own_run()
    try:
        for check in (check_giving_up, check_waiting):
            check(Locked(arguments.np2nft, arguments.folder))
    except (judge.Failure, NodeError) as failure:
        sys.exit(str(failure))
    print("waited for, named, and not for ever")


if __name__ == "__main__":
    main()
