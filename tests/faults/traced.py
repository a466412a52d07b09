"""Run a program under ptrace(2), whose system calls fail, do less than they should, or are its last.

In: a command, and an Act: what happens at the Nth of its system calls. Out: its exit status, what it wrote,
and the calls that it made, by name.

The hard part is that a call must fail as it would in reality. A call that shall fail is not made at all,
except close(); a call that shall do less is made with a smaller count; an answer that shall get lost is
received from the kernel, and then reported as lost. What the dynamic loader does before the program begins
does not count. This works only on x86-64, and only for the first thread.
"""

import ctypes
import errno
import os
import platform
import signal
import struct
import tempfile
import typing

TRACEME, SYSCALL, GETREGS, SETREGS, SETOPTIONS = 0, 24, 12, 13, 0x4200
TRACESYSGOOD, EXITKILL = 1, 0x100000
STOP_OF_CALL = signal.SIGTRAP | 0x80
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long

# The system calls that are told by name; the others go by their number.
NAMES = {0: "read", 1: "write", 2: "open", 3: "close", 4: "stat", 5: "fstat", 6: "lstat", 7: "poll", 8: "lseek",
         9: "mmap", 10: "mprotect", 11: "munmap", 12: "brk", 13: "rt_sigaction", 16: "ioctl", 17: "pread64",
         20: "writev", 21: "access", 25: "mremap", 35: "nanosleep", 41: "socket", 42: "connect", 44: "sendto",
         45: "recvfrom", 46: "sendmsg", 47: "recvmsg", 49: "bind", 51: "getsockname", 54: "setsockopt",
         55: "getsockopt", 56: "clone", 72: "fcntl", 73: "flock", 77: "ftruncate", 82: "rename", 83: "mkdir",
         87: "unlink", 89: "readlink", 91: "fchmod", 93: "fchown", 157: "prctl", 217: "getdents64",
         230: "clock_nanosleep", 231: "exit_group", 257: "openat", 258: "mkdirat", 262: "newfstatat",
         263: "unlinkat", 271: "ppoll", 318: "getrandom", 324: "membarrier", 332: "statx",
         126: "capset", 317: "seccomp", 444: "landlock_create_ruleset", 445: "landlock_add_rule",
         446: "landlock_restrict_self", 22: "pipe", 50: "listen", 53: "socketpair", 288: "accept4", 289: "signalfd4",
         290: "eventfd2", 293: "pipe2"}
FIELDS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base "
          "ds es fs gs").split()

DELETE_OBJECT = 20  # a message of nf_tables
ERRAND = 16  # bytes, before what an errand carries
BATCH_BEGIN, BATCH_END, DONE, INTERRUPTED, MULTI = 16, 17, 3, 0x10, 2
IS_KNOWN = platform.machine() == "x86_64"


class Registers(ctypes.Structure):
    """Of the processor, as the kernel gives them."""
    _fields_ = [(name, ctypes.c_ulonglong) for name in FIELDS]


class Act(typing.NamedTuple):
    """What happens at a system call: of its kind, and with which number."""
    at: int
    kind: str  # error, short, kill, refuse (the message of that number), lost, interrupted, broken (with an errno), any
    number: int = 0
    errors: dict = {}  # any: the errors that each call can give, of which it gives the one of that number


class Outcome(typing.NamedTuple):
    """What became of a command."""
    status: int  # negative: the signal that ended it
    output: bytes
    complaints: bytes
    calls: list  # (name, first argument, third argument)
    acted: bool
    cause: tuple = ()  # any: the call, and the error that it gave


def request(what, pid, address=0, data=0):
    """Call ptrace(2), and raise OSError if it fails."""
    if libc.ptrace(what, pid, address, data) == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace: {os.strerror(number)}")


class Tracee:
    """One stopped process."""

    def __init__(self, pid):
        self.pid, self.registers = pid, Registers()

    def load(self):
        """Read the process's registers, and return them."""
        request(GETREGS, self.pid, 0, ctypes.addressof(self.registers))
        return self.registers

    def store(self):
        """Write the registers back to the process."""
        request(SETREGS, self.pid, 0, ctypes.addressof(self.registers))

    def resume(self, with_signal=0):
        """Let the process run to its next stop."""
        request(SYSCALL, self.pid, 0, with_signal)

    def read(self, address, length):
        """Read @length bytes of the process's memory."""
        with open(f"/proc/{self.pid}/mem", "rb", buffering=0) as memory:
            memory.seek(address)
            return bytearray(memory.read(length))

    def write(self, address, content):
        """Write to the process's memory."""
        with open(f"/proc/{self.pid}/mem", "wb", buffering=0) as memory:
            memory.seek(address)
            memory.write(content)


def messages(content):
    """Where each netlink message begins in bytes, and its type."""
    at = 0
    while at + 16 <= len(content):
        length, kind = struct.unpack_from("=IH", content, at)
        if length < 16:
            return
        yield at, kind
        at += (length + 3) & ~3


def batch(content):
    """Where each message of a batch of nf_tables begins that is neither its first nor its last; none of what is no
    batch. A short one goes to the carrier behind the head of an errand."""
    for head in (0, ERRAND):
        found = [(head + at, kind) for at, kind in messages(content[head:])]
        if found and found[0][1] == BATCH_BEGIN and found[-1][1] == BATCH_END:
            return [at for at, _ in found[1:-1]]
    return []


def refuse(tracee, number):
    """Make a message of the batch that is sent one that the kernel refuses, though the carrier does not: there is no such object."""
    registers = tracee.registers
    content = tracee.read(registers.rsi, registers.rdx)
    found = batch(content)
    if number >= len(found):
        return False
    content[found[number] + 4] = DELETE_OBJECT
    tracee.write(registers.rsi, content)
    return True


def damage(tracee, kind, number):
    """Change the answer that was received; False if it holds nothing to be changed."""
    registers = tracee.registers
    length = ctypes.c_longlong(registers.rax).value
    if length <= 0:
        return False
    if kind == "lost":
        registers.rax = ctypes.c_ulonglong(-errno.ENOBUFS).value
        tracee.store()
        return True
    content, acted = tracee.read(registers.rsi, length), False
    for at, of in messages(content):
        flags, = struct.unpack_from("=H", content, at + 6)
        if kind == "interrupted" and flags & MULTI:
            struct.pack_into("=H", content, at + 6, flags | INTERRUPTED)
            acted = True
        if kind == "broken" and of == DONE and at + 20 <= length:
            struct.pack_into("=i", content, at + 16, -number)
            acted = True
    tracee.write(registers.rsi, content)
    return acted


class Run:
    """One run of a program, from its first system call of its own to its end."""

    def __init__(self, pid, act, watched):
        self.tracee, self.act, self.calls, self.acted, self.watched = Tracee(pid), act, [], False, watched
        self.begun, self.inside, self.result, self.cause = False, False, None, ()

    def enter(self):
        """The program is about to make a call."""
        registers = self.tracee.load()
        name = NAMES.get(registers.orig_rax, str(registers.orig_rax))
        if not self.begun:  # the loader has mapped its libraries when it unmaps the list of them
            self.begun = name == "munmap"
            return
        sent = 0
        if self.watched and name == "sendto":
            sent = len(batch(self.tracee.read(registers.rsi, registers.rdx)))
        self.calls.append((name, registers.rdi, registers.rdx, sent))
        if self.act and self.act.at == len(self.calls) - 1:
            self.begin_act()

    def begin_act(self):
        """Do what has to happen before the call."""
        registers, kind, number = self.tracee.registers, self.act.kind, self.act.number
        if kind == "kill":
            self.acted = True
            os.kill(self.tracee.pid, signal.SIGKILL)
        elif kind == "error":
            self.fail(number)
        elif kind == "any":
            name = self.calls[-1][0]
            errors = self.act.errors.get(name)
            if errors:
                self.cause = name, errors[number % len(errors)]
                self.fail(getattr(errno, self.cause[1]))
        elif kind == "short":
            self.acted = registers.rdx > number
            registers.rdx = min(registers.rdx, number)
            self.tracee.store()
        elif kind == "refuse":
            self.acted = refuse(self.tracee, number)
        else:
            self.result = kind

    def fail(self, number):
        """The call is not made, and gives an error. Linux closes a file also where it says that it could not."""
        self.result, self.acted = -number, True
        if self.calls[-1][0] == "close":
            return
        self.tracee.registers.orig_rax = ctypes.c_ulonglong(-1).value
        self.tracee.store()

    def leave(self):
        """Do what has to happen when the call has returned."""
        if self.result is None:
            return
        registers = self.tracee.load()
        if isinstance(self.result, int):
            registers.rax = ctypes.c_ulonglong(self.result).value
            self.tracee.store()
        else:
            self.acted = damage(self.tracee, self.result, self.act.number)
        self.result = None

    def stop(self):
        """A stop at a system call, before it or behind it."""
        self.inside = not self.inside
        try:
            (self.enter if self.inside else self.leave)()
            self.tracee.resume()
        except (OSError, ValueError):  # it is gone, or about to be
            pass


def start(command, files, enter):
    """A process that waits for its tracer."""
    pid = os.fork()
    if pid:
        return pid
    try:
        enter()
        for number, file in enumerate(files):
            os.dup2(file.fileno(), number)
        os.closerange(3, 64)
        request(TRACEME, 0)
        os.execv(command[0], command)
    finally:
        os._exit(127)


class HangsError(Exception):
    """A program that does not come to its end."""


def run(command, act=None, enter=lambda: None, patience=20, watched=False, begun=lambda pid: None):
    """Run it to its end. @enter is called in the process before the command; @watched: batches are counted; @begun is
    told the process, which waits for this to go on."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaints, open(os.devnull, "rb") as none:
        pid = start(command, (none, output, complaints), enter)
        os.waitpid(pid, 0)
        request(SETOPTIONS, pid, 0, TRACESYSGOOD | EXITKILL)
        process = Run(pid, act, watched)
        begun(pid)
        process.tracee.resume()

        def give_up(*_):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise HangsError(f"{' '.join(command)} does not end: {act and act._replace(errors={})}, {process.cause}")

        before = signal.signal(signal.SIGALRM, give_up)
        signal.setitimer(signal.ITIMER_REAL, patience)
        try:
            while True:
                status = os.waitpid(pid, 0)[1]
                if not os.WIFSTOPPED(status):
                    break
                if os.WSTOPSIG(status) == STOP_OF_CALL:
                    process.stop()
                else:
                    received = os.WSTOPSIG(status)
                    process.tracee.resume(0 if received == signal.SIGTRAP else received)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        output.seek(0)
        complaints.seek(0)
        return Outcome(os.waitstatus_to_exitcode(status), output.read(), complaints.read(), process.calls,
                       process.acted, process.cause)
