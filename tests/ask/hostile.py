#!/usr/bin/python3
"""Check that no text from the input has a meaning for what reads an answer: terminal, nft, JSON, CSV,
Markdown, XML, HTML, dot.

    hostile.py NP2NFT

Texts that manifests may choose freely (owners of pods, names of ports and of cluster policies' rules, unknown
kinds, names of files) hold what these readers would take for their own words. Each form of each answer must
then be valid for its reader, with the same tags, columns and commands as for harmless names. Exit status: 0
if all is so, 1 if not.
"""

import copy
import csv
import html.parser
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "live"))

from namespace import Namespace, become_root  # noqa: E402 pylint: disable=wrong-import-position

HARMLESS = "x"
TEXTS = ["=1+1|\"'<script>alert(1)</script>\n\x1b[31m\u202e&amp;`x`\\ %s", "\t=1,\"b\r]]>-->\x9b", "@a\n1..0\nnot ok 9\u2028# skip",
         "*x* _y_ [l](http://e) ![i](http://e) <b>{x}|<y>\\N", "x\" accept\n\t}\n}\ndelete table inet np2nft\n"]
# What drives a terminal or turns the direction of writing.
DRIVES = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
QUESTION = ["--from", "shop/web-1", "--to", "shop/db-0", "--port", "5432"]
COMMANDS = ["compile", "compile -v", "lint", "lint --format json", "lint --format sarif", "matrix", "matrix --denied", "matrix --pods",
            "matrix --format json", "matrix --format csv", "matrix --denied --format csv", "matrix --format md", "test",
            "test --format tap", "test --format junit", "graph --format dot", "graph --format html", "graph --format svg", "compare",
            "compare --format json", "compare --format md", "explain", "explain --format json", "verify --compiled"]


def pod(name, address, text):
    """A pod whose owner and whose port have such a name."""
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": name[:-2]},
                         "ownerReferences": [{"kind": "K" + text, "name": text, "controller": True}]},
            "spec": {"containers": [{"name": "c", "ports": [{"name": text, "containerPort": 5432}]}]},
            "status": {"phase": "Running", "podIPs": [{"ip": address}]}}


def cluster(text):
    """A cluster with this text wherever a text is free."""
    of = {"namespaces": {"matchLabels": {"a": "b"}}}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"a": "b"}, "annotations": {"n": text}}},
        pod("web-1", "10.0.0.1", text), pod("db-0", "10.0.0.2", text),
        {"apiVersion": "a" + text, "kind": text + "NetworkPolicy", "metadata": {"name": text, "namespace": text}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "db", "namespace": "shop"},
         "spec": {"podSelector": {"matchLabels": {"app": "db"}},
                  "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": "sql"}]}]}},
        {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": {"name": "tier"},
         "spec": {"tier": "Admin", "priority": 10, "subject": of,
                  "ingress": [{"name": text[:100], "action": "Accept", "from": [of], "protocols": [{"tcp": {"destinationPort": {
                      "number": 80}}}]}],
                  "egress": [{"name": text[:100], "action": "Deny", "to": [{"networks": ["198.51.100.0/24"]}]}]}},
        {"apiVersion": "np2nft/v1", "kind": "Expectations", "metadata": {"name": "e"},
         "expectations": [{"from": "shop/web-1", "to": "shop/db-0", "ports": ["sql"], "allow": True},
                          {"from": "shop/web-1", "to": "shop/db-0", "ports": [81], "allow": True}]}]


class Tags(html.parser.HTMLParser):
    """The tags of a page, with the names of their attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add((tag, *(name for name, _ in attrs)))


def markdown_faults(text):
    """Rows of a table have as many columns as its head, and there is no markup of others."""
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    for table in tables:
        if len({len(re.findall(r"(?<!\\)\|", line.replace("\\\\", ""))) for line in table.splitlines()}) > 1:
            yield f"columns: {table!r}"
    if re.search(r"<(?:script|b>)|(?<!\\)\]\(http", text.replace("\\<", "")):
        yield f"markup: {text!r}"


def csv_faults(text):
    """Four columns and no formula."""
    for row in csv.reader(io.StringIO(text, newline=""), strict=True):
        if len(row) != 4 or any(cell[:1] in tuple("=+-@\t\r") for cell in row):
            yield f"{row}"


def tap_faults(text):
    """As many results as planned."""
    results = [line for line in text.splitlines() if re.match(r"(not )?ok\b|1\.\.", line)]
    if len(results) != 3 or results[0] != "1..2":
        yield f"{results}"


def program_faults(command, text):
    """What a program does not take."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        yield f"{command[0]}: {done.stderr[:300]}"


def page_faults(text, harmless):
    """No tag that there is not for harmless names."""
    more = Tags(text).tags - Tags(harmless).tags
    if more:
        yield f"tags {more}"


def form_faults(command, text, harmless):
    """What is wrong with an answer in its form."""
    form = command.split()[-1] if "--format" in command else command.split()[0]
    if form in ("json", "sarif"):
        json.loads(text)
    if form in ("junit", "svg"):
        xml.etree.ElementTree.fromstring(text)
    if form in ("svg", "html"):
        yield from page_faults(text, harmless)
    yield from {"csv": csv_faults, "md": markdown_faults, "tap": tap_faults}.get(form, lambda text: [])(text)
    if form == "dot":
        yield from program_faults(["dot", "-Tcanon"], text)
    if form == "compile":
        yield from program_faults(["nft", "-c", "-f", "-"], text)


def plain_faults(command, text):
    """Does it drive a terminal? Lines of CSV end in CR and LF, and what is drawn or compiled has tabs of its own."""
    shown = text.replace("\r\n", "\n") if "csv" in command else text
    if command.startswith(("compile", "graph")):
        shown = shown.replace("\t", "")
    found = DRIVES.search(shown)
    if found:
        yield f"{found[0]!r} in {shown[max(0, found.start() - 60):found.end() + 20]!r}"


def ask(np2nft, command, path, before):
    """The answer about a file."""
    words = command.split()
    inputs = [before, path] if words[0] == "compare" else [path]
    return subprocess.run([np2nft, *words, *(QUESTION if words[0] == "explain" else []), *inputs], capture_output=True,
                          check=False, stdin=subprocess.DEVNULL)


def faults_of(np2nft, command, path, harmless):
    """All that is wrong with an answer."""
    done, usual = ask(np2nft, command, path, "before.json"), ask(np2nft, command, harmless, "before.json")
    if done.returncode != usual.returncode:
        yield f"status {done.returncode}, for harmless names {usual.returncode}: {done.stderr[:300]}"
        return
    try:
        yield from plain_faults(command, done.stdout.decode())
        yield from plain_faults("", done.stderr.decode())
        yield from form_faults(command, done.stdout.decode(), usual.stdout.decode())
    except (ValueError, SyntaxError, csv.Error) as error:
        yield f"{type(error).__name__}: {error}"


def main():
    """All texts, in all places, as names of files, too."""
    np2nft, failed, count = os.path.abspath(sys.argv[1]), 0, 0
    become_root()
    with tempfile.TemporaryDirectory(prefix="np2nft-hostile-") as folder, Namespace().entered():
        os.chdir(folder)
        objects = cluster(HARMLESS)
        pathlib.Path("harmless.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        before = copy.deepcopy(objects)
        before[4]["spec"]["ingress"] = []
        pathlib.Path("before.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": before}))
        for text in TEXTS:
            path = text.replace("/", "").encode("latin-1", "replace") + b"\xff.json"
            written = {"apiVersion": "v1", "kind": "List", "items": cluster(text)}
            pathlib.Path(os.fsdecode(path)).write_text(json.dumps(written))
            for command in COMMANDS:
                count += 1
                for fault in faults_of(np2nft, command, path, "harmless.json"):
                    failed += 1
                    print(f"{command}: {text!r}: {fault}")
    print(f"{count} answers, {failed} faults")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
