#!/usr/bin/python3
"""Check what an apply leaves beside the table, in /run/np2nft.

    kept_ruleset.py --np2nft PATH --other-commits PATH --disturbed PATH RULES-FOLDER

The next apply must not read the table if nobody has touched it, which is seen from how often elements were
dumped (other_commits.c). `status` must count policies by what was left, and must tell if an apply was cut short.
Exit status: 0 if all is so, 1 if not.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import disturbed
import judge
from namespace import FORWARDING, Namespace, NodeError, become_root, own_run

RECORDS = pathlib.Path("/run/np2nft")
# Each makes the next apply read the table. The last is foreign, but the kernel's generation cannot tell that.
TOUCHES = ["flush chain inet np2nft free", "delete table inet np2nft",
           "add element inet np2nft ingress.v4 { 192.0.2.1 : accept }", "add table inet others"]


def under(number, length):
    """Make a pod under so many policies, whose names have this length."""
    meta = lambda name: {"name": name, "namespace": "a"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta("pod"), "status": {"podIP": "10.0.0.2"}}
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod, *(
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
         "metadata": meta(f"{i}".ljust(length, "x")), "spec": {"podSelector": {}}} for i in range(number))]})


class Kept:
    """A network namespace in which programs run."""

    def __init__(self, arguments, folder):
        self.arguments, self.folder, self.namespace = arguments, folder, Namespace()
        self.namespace.configure(FORWARDING)

    def records(self):
        """Return the files that are kept about this namespace."""
        return list(RECORDS.glob(f"{os.fstat(self.namespace.file).st_ino}.*"))

    def write(self, name, text):
        """Write a file of input."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def dumps(self, path):
        """Return how often an apply dumps elements."""
        with self.namespace.entered():
            done = subprocess.run([self.arguments.other_commits, "elements", "0", str(path)], text=True,
                                  capture_output=True, check=False)
        if done.returncode:
            raise judge.Failure(done.stderr)
        return int(done.stdout)

    def status(self):
        """Return what status says, as JSON, and its exit status."""
        with self.namespace.entered():
            done = subprocess.run([self.arguments.np2nft, "status", "--format", "json"], text=True,
                                  capture_output=True, check=False)
        return json.loads(done.stdout), done.returncode

    def expect(self, what, have, want):
        """Fail unless the condition holds."""
        if have != want:
            raise judge.Failure(f"{what}: is {have!r}, must be {want!r}")


def check_unchanged(kept):
    """Apply does not read a table again that is still in force; it reads a table that somebody has touched, that is another one, or about which nothing is kept."""
    path = kept.arguments.folder
    kept.dumps(path)
    kept.expect("untouched", kept.dumps(path), 0)
    kept.namespace.run([kept.arguments.np2nft, "diff", path])
    for touch in TOUCHES:
        kept.namespace.run(["nft", touch])
        kept.dumps(path)
        kept.namespace.run(["nft", "add table inet others; delete table inet others"])
        kept.expect(f"{touch}: is read", kept.dumps(path) > 0, True)
        kept.namespace.run([kept.arguments.np2nft, "diff", path])
        kept.expect(f"{touch}: afterwards", kept.dumps(path), 0)
    text, = (path for path in kept.records() if path.name.endswith("%ruleset"))
    whole = text.read_bytes()
    for garbage in (b"", whole[:-1], whole + b"x", whole.replace(b"drop", b"fall"), whole[:100]):
        text.write_bytes(garbage)
        kept.expect("garbage is read over", kept.dumps(path) > 0, True)
        kept.expect("and mended", text.read_bytes()[-100:], whole[-100:])
    os.chmod(text, 0o666)
    kept.expect("what anybody may write is not believed", kept.dumps(path) > 0, True)
    other = kept.write("other.json", disturbed.cluster("one", 80))
    kept.dumps(other)
    kept.expect("another ruleset", kept.dumps(path) > 0, True)
    kept.namespace.run([kept.arguments.np2nft, "delete"])
    kept.expect("nothing is kept of what was deleted", kept.records(), [])


def check_policies(kept):
    """status counts the policies exactly, whatever their names; if it cannot, it says so, and the count is not too high."""
    for number, length in ((1, 3), (8, 45), (3, 121), (2, 250), (1, 253), (30, 3), (60, 3)):
        path = kept.write("policies.json", under(number, length))
        kept.namespace.run([kept.arguments.np2nft, "apply", "-q", str(path)])
        found, _ = kept.status()
        kept.expect(f"{number} policies", (found["policies"], found["policies_exact"]), (number, True))
        kept.namespace.run(["nft", "add table inet others; delete table inet others"])
        kept.expect("others' tables do not matter", kept.status()[0]["policies"], number)
        text = kept.namespace.run([kept.arguments.np2nft, "compile", str(path)])
        kept.namespace.run(["nft", "-f", "-"], text)
        found, _ = kept.status()
        if not 1 <= found["policies"] <= number or found["policies_exact"] and found["policies"] != number:
            raise judge.Failure(f"{number} policies, loaded as text: {found}")


def check_cut_short(kept):
    """Kill an apply between two transactions, and apply again."""
    old, new = (kept.write(f"{i}.json", text) for i, text in enumerate(disturbed.CHANGES[1]))
    kept.namespace.run([kept.arguments.np2nft, "apply", "-q", str(old)])
    kept.expect("whole", (kept.status()[0]["unfinished"], kept.status()[1]), (None, 0))
    seen = kept.write("seen", "")
    look = f"{kept.arguments.np2nft} status --format json > {seen}"
    with kept.namespace.entered():
        done = subprocess.run([kept.arguments.disturbed, f"{look}; kill -9 $PPID", str(new)], check=False)
    kept.expect("killed", done.returncode, -9)
    kept.expect("meanwhile", json.loads(seen.read_text())["unfinished"], "under way")
    found, status = kept.status()
    kept.expect("afterwards", (found["unfinished"], status), ("cut short", 1))
    kept.namespace.run([kept.arguments.np2nft, "apply", "-q", str(new)])
    kept.expect("put right", (kept.status()[0]["unfinished"], kept.status()[1]), (None, 0))
    kept.namespace.run([kept.arguments.np2nft, "diff", str(new)])


def check_unreadable(kept):
    """status reports a record that exists and cannot be read."""
    kept.namespace.run([kept.arguments.np2nft, "apply", "-q", kept.arguments.folder])
    record, = (path for path in kept.records() if "%" not in path.name)
    spoil = {"Is a directory": record.mkdir, "this is not what np2nft writes": lambda: record.write_text("x"),
             "Too many levels of symbolic links": lambda: record.symlink_to("/etc/hostname")}
    for words, make in spoil.items():
        record.unlink()
        make()
        kept.expect("why", kept.status()[0].get("applied_trouble"), f"{record}: {words}")
        kept.expect("in words", f"applied   not known: {record}: {words}\n" in kept.namespace.run(
            [kept.arguments.np2nft, "status"]), True)
        if record.is_dir() and not record.is_symlink():
            record.rmdir()
            record.touch()


def check_changed_since(kept):
    """status tells of no apply whose ruleset is not in force any more, although its record is still there."""
    apply = [kept.arguments.np2nft, "apply", "-q"]
    without_record = ["unshare", "--mount", "sh", "-c", 'mount --bind -o ro "$0" "$0" && exec "$@"', str(RECORDS)]
    changes = {"another program": ["nft", "add element inet np2nft ingress.v4 { 192.0.2.1 : accept }"],
               "an apply that can write no record":
                   [*without_record, *apply, str(kept.write("other.json", under(1, 9)))]}
    for what, change in changes.items():
        kept.namespace.run([*apply, kept.arguments.folder])
        kept.expect(f"before {what}", "paths" in kept.status()[0]["applied"], True)
        kept.namespace.run(change)
        found, _ = kept.status()
        kept.expect(what, (found["applied"], "is not what the apply on record left" in found["applied_trouble"]),
                    (None, True))
        kept.expect(f"{what}, in words", "applied   not known: the table is not" in kept.namespace.run(
            [kept.arguments.np2nft, "status"]), True)


def check_dead(kept):
    """The next apply removes the files of a namespace that is gone, and keeps those of others."""
    alive, gone = Kept(kept.arguments, kept.folder), Kept(kept.arguments, kept.folder)
    path = kept.arguments.folder
    for other in (alive, gone):
        other.namespace.run([kept.arguments.np2nft, "apply", "-q", path])
    kept_of = lambda number: list(RECORDS.glob(f"{number}.*"))
    numbers = {what: os.fstat(other.namespace.file).st_ino for what, other in (("alive", alive), ("gone", gone))}
    gone.namespace.close()
    kept.namespace.run([kept.arguments.np2nft, "apply", "-q", path])
    kept.expect("records of one that lives", len(kept_of(numbers["alive"])), 2)
    if tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) < (6, 18):
        print("SKIPPED: this kernel does not tell which namespaces are gone")
    else:
        # The kernel lets go of a namespace a moment after its last process: an apply after that sees it.
        for _ in range(200):
            if not kept_of(numbers["gone"]):
                break
            kept.namespace.run([kept.arguments.np2nft, "apply", "-q", path])
        kept.expect("records of one that is gone", kept_of(numbers["gone"]), [])
    alive.namespace.close()


def main():
    """Run all checks."""
    parser = argparse.ArgumentParser()
    for name in ("--np2nft", "--other-commits", "--disturbed"):
        parser.add_argument(name, required=True, metavar="PATH")
    parser.add_argument("folder", metavar="RULES-FOLDER")
    arguments = parser.parse_args()
    judge.end_tidily()
    become_root()
    own_run()
    try:
        for check in (check_unchanged, check_policies, check_cut_short, check_unreadable, check_changed_since,
                      check_dead):
            with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
                kept = Kept(arguments, pathlib.Path(folder))
                stack.callback(kept.namespace.close)
                check(kept)
    except (judge.Failure, NodeError) as failure:
        sys.exit(str(failure))
    print("what is kept is right, and is used")


if __name__ == "__main__":
    main()
