#!/usr/bin/python3
"""Check the process that speaks to the kernel for another one: what each of the two may do, and how both end.

    carrier.py --np2nft PATH --carried PATH RULES-FOLDER

The program for --carried is carried.c, which plays a process that a fault has taken over. Exit status: 0 if all
is so, 1 if not.
"""

import argparse
import contextlib
import fcntl
import os
import pathlib
import signal
import subprocess
import sys
import time

import judge
from namespace import FORWARDING, Namespace, NodeError, become_root, own_run

NET_ADMIN, READS = 1 << 12, 1 << 2
ENDED = "np2nft: error: the process that speaks to the kernel has ended, or does not answer"


def facts(pid):
    """Return what /proc says about a process."""
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())


def wait_until(condition, what):
    """Wait until the condition holds; it is a failure if it never does."""
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise judge.Failure(what)


def child_of(pid):
    """The only child of a process; None if it has none yet."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


def is_gone(pid):
    """Has the process ended?"""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return facts(pid)["State"].startswith(("Z", "X"))
    return True


class Divided:
    """A network namespace in which np2nft runs."""

    def __init__(self, np2nft, folder):
        self.np2nft, self.folder, self.namespace = np2nft, folder, Namespace()
        self.namespace.configure(FORWARDING)

    @contextlib.contextmanager
    def waiting(self):
        """Begin an apply, which reads its input and waits for the lock; return it and its carrier."""
        with self.namespace.entered():
            file = open("/proc/thread-self/ns/net", "rb")
            fcntl.flock(file, fcntl.LOCK_EX)
            main = subprocess.Popen([self.np2nft, "apply", "--wait", "100", self.folder], text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with file, main:
            # It says that it waits.
            said = main.stderr.readline()
            if "waiting" not in said:
                raise judge.Failure(f"apply does not wait: {said}{main.stderr.read()}")
            try:
                yield main, child_of(main.pid), file
            finally:
                with contextlib.suppress(ProcessLookupError):
                    main.kill()

    def tables(self):
        """Return the tables that there are."""
        return self.namespace.run(["nft", "list", "tables"]).split("\n")[:-1]


def check_rights(divided):
    """The process that reads has no capability; the carrier has CAP_NET_ADMIN, and no files but its sockets."""
    with divided.waiting() as (main, carrier, _):
        for pid, wanted in ((main.pid, 0), (carrier, NET_ADMIN)):
            have = {key: int(facts(pid)[key], 16) for key in ("CapPrm", "CapEff", "CapInh", "CapAmb")}
            if have != {"CapPrm": wanted, "CapEff": wanted, "CapInh": 0, "CapAmb": 0}:
                raise judge.Failure(f"capabilities {have}, wanted {wanted}")
        files = {os.readlink(f"/proc/{carrier}/fd/{name}").split(":")[0] for name in os.listdir(f"/proc/{carrier}/fd")}
        if files != {"socket", "net"}:
            raise judge.Failure(f"files of the carrier: {files}")
        limits = {facts(pid)["Seccomp"] for pid in (main.pid, carrier)}
        if limits != {facts(os.getpid())["Seccomp"]} and limits != {"2"}:
            raise judge.Failure(f"seccomp: {limits}")


def check_carrier_ends(divided):
    """If the carrier is gone or stopped, the process that reads changes nothing, says so, and leaves no process."""
    for number in (signal.SIGKILL, signal.SIGSTOP):
        with divided.waiting() as (main, carrier, file):
            os.kill(carrier, number)
            fcntl.flock(file, fcntl.LOCK_UN)
            _, said = main.communicate(timeout=judge.TIME_TO_COMPILE)
            if main.returncode != 2 or ENDED not in said.splitlines():
                raise judge.Failure(f"status {main.returncode}: {said}")
            wait_until(lambda pid=carrier: is_gone(pid), "the carrier is there")
        if divided.tables():
            raise judge.Failure("there is a table")


def check_main_ends(divided):
    """The carrier ends when the process that reads ends, even if it is stopped; it ignores signals that go to both."""
    for number, before in ((signal.SIGKILL, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM),
                           (signal.SIGKILL, signal.SIGSTOP), (signal.SIGINT, signal.SIGSTOP)):
        with divided.waiting() as (main, carrier, _):
            os.kill(carrier, signal.SIGINT)
            os.kill(carrier, before)
            os.kill(main.pid, number)
            main.wait(judge.TIME_TO_COMPILE)
            wait_until(lambda pid=carrier: is_gone(pid), "the carrier goes on")


def check_works(divided):
    """After all of this, apply works, and leaves no process behind."""
    with divided.waiting() as (main, carrier, file):
        fcntl.flock(file, fcntl.LOCK_UN)
        _, said = main.communicate(timeout=judge.TIME_TO_COMPILE)
        if main.returncode or not is_gone(carrier):
            raise judge.Failure(f"status {main.returncode}: {said}")
    if divided.tables() != ["table inet np2nft"]:
        raise judge.Failure(f"tables: {divided.tables()}")


def check_few_files(divided):
    """Apply works if no file is open when it begins, and if one is open that the carrier must not keep open."""
    command = 'exec "$1" diff "$2"'
    with divided.namespace.entered():
        for files in ("<&- >&- 2>&-", "<&- >/dev/null 2>&-", "7</dev/null 30</dev/null"):
            ended = subprocess.run(["bash", "-c", f"{command} {files}", "sh", divided.np2nft, divided.folder], check=False)
            if ended.returncode:
                raise judge.Failure(f"with {files}: status {ended.returncode}")


def check_taken_over(divided, carried):
    """A process that sends whatever it likes can change its own table, and no other."""
    divided.namespace.run(["nft", "add table inet other"])
    with divided.namespace.entered():
        said = subprocess.run([carried], check=False, text=True, capture_output=True)
    refused = os.strerror(1)
    wanted = (f"other by itself: {refused}\nother past the carrier: {refused}\nother by the carrier: {refused}\n"
              f"np2nft past the carrier: {refused}\nnp2nft by the carrier: done\n")
    if (said.returncode, said.stdout) != (0, wanted) or divided.tables() != ["table inet other"]:
        raise judge.Failure(f"status {said.returncode}: {said.stdout}{said.stderr}{divided.tables()}")


def main():
    """Run all checks."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--np2nft", required=True)
    parser.add_argument("--carried", required=True)
    parser.add_argument("folder")
    arguments = parser.parse_args()
    become_root()
    own_run()
    # The sanitizer looks for leaks as a debugger does.
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
    try:
        divided = Divided(os.path.abspath(arguments.np2nft), arguments.folder)
        check_rights(divided)
        check_carrier_ends(divided)
        check_main_ends(divided)
        check_works(divided)
        check_few_files(divided)
        check_taken_over(divided, os.path.abspath(arguments.carried))
    except (judge.Failure, NodeError) as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
