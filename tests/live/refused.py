#!/usr/bin/python3
"""Check that apply names what the kernel refuses, and that nothing is changed then.

    refused.py --np2nft PATH --refused PATH RULES-FOLDER

First somebody owns the table (an `nft -i` that made it with `flags owner`); then rulesets were spoilt on
purpose (refused.c), on a node without a table and on one that has it. The folder is rules/and-or, whose names
are expected in the messages. Exit status: 0 if all is so, 1 if not.
"""

import argparse
import contextlib
import pathlib
import subprocess
import sys

import judge
from namespace import FORWARDING, Namespace, NodeError, become_root, own_run

SPOILT = {
    "full": "the kernel refused elements of set {beside}ingress.v4 (office/vault-1, which leads to chain "
            "ingress/office/vault-both), looked up in chain forward: Too many open files in system",
    "lost": "the kernel refused a rule of chain {beside}mld: No such file or directory",
}


def run(namespace, *command):
    """Exit status and all that is said."""
    with namespace.entered():
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False, timeout=judge.TIME_TO_COMPILE)
    return done.returncode, done.stdout


def expect_refusal(namespace, words, *command):
    """The command fails with these words, and leaves the tables as they are."""
    before = namespace.run(["nft", "-a", "list", "ruleset"])
    status, said = run(namespace, *command)
    if status != 2 or words not in said.splitlines():
        raise judge.Failure(f"{command}: exits with {status}\n{said}wanted:\n{words}")
    if namespace.run(["nft", "-a", "list", "ruleset"]) != before:
        raise judge.Failure(f"{command}: refused, yet something changed")


@contextlib.contextmanager
def owner(namespace):
    """A process that owns the table; it goes with it."""
    with namespace.entered():
        nft = subprocess.Popen(["nft", "-i"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with nft:
        nft.stdin.write("add table inet np2nft { flags owner; }\nlist tables\n")
        nft.stdin.flush()
        nft.stdout.readline()
        yield nft.pid


def check_owned(namespace, np2nft, folder):
    """Who owns it is named; when he is gone, apply goes through."""
    with owner(namespace) as pid:
        words = ("np2nft: error: the kernel refused to delete table np2nft: Operation not permitted; the table "
                 f"is owned by process {pid} (nft), on netlink port {pid}, and goes with it")
        expect_refusal(namespace, words, np2nft, "apply", folder)
        expect_refusal(namespace, words, np2nft, "delete")
    namespace.run([np2nft, "apply", "-q", folder])


def check_spoilt(refused, folder):
    """Where there is no table, and over one of other policies."""
    for how, words in SPOILT.items():
        namespace = Namespace()
        expect_refusal(namespace, words.format(beside=""), refused, how, folder)
        namespace.run([refused, "none", str(pathlib.Path(folder).parent / "allow-one-app")])
        expect_refusal(namespace, words.format(beside="next/"), refused, how, folder)


def main():
    """All of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--np2nft", required=True, metavar="PATH")
    parser.add_argument("--refused", required=True, metavar="PATH")
    parser.add_argument("folder", metavar="RULES-FOLDER")
    arguments = parser.parse_args()
    judge.end_tidily()
    become_root()
    own_run()
    namespace = Namespace()
    namespace.configure(FORWARDING)
    try:
        check_owned(namespace, arguments.np2nft, arguments.folder)
        check_spoilt(arguments.refused, arguments.folder)
    except (judge.Failure, NodeError) as failure:
        sys.exit(str(failure))
    print("refusals are told by name")


if __name__ == "__main__":
    main()
