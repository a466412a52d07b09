#!/usr/bin/env python3
"""Check that what commands print with --format json is what docs/json-schema.json and docs/json.md say.

    tests/ask/json_described.py NP2NFT

Every answer of tests/ask in JSON is held against the schema, and so are answers about the examples of rules/.
status is asked in a network namespace: before an apply, and after applies with and without tiers and audited
policies. Every member of the schema must be explained in docs/json.md. Prints what is not so.
"""
import json
import pathlib
import subprocess
import sys

import jsonschema

project = pathlib.Path(__file__).parent.parent.parent
schema = json.loads((project / "docs/json-schema.json").read_text())
validators = {command: jsonschema.Draft201909Validator({"$ref": f"#/$defs/{command}", "$defs": schema["$defs"]})
              for command in schema["$defs"]}
faults, checked = [], {}


def check(command, name, text):
    checked[command] = checked.get(command, 0) + 1
    for error in validators[command].iter_errors(json.loads(text)):
        faults.append(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")


def members(part):
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "properties":
                yield from value
            yield from members(value)
    elif isinstance(part, list):
        for value in part:
            yield from members(value)


def ask(*command):
    return subprocess.run(command, capture_output=True, text=True, cwd=project).stdout


jsonschema.Draft201909Validator.check_schema(schema)
np2nft = pathlib.Path(sys.argv[1]).absolute()
for command in sorted((project / "tests/ask").glob("*/command")):
    words = command.read_text().split()
    expected = (command.parent / "expected").read_text()
    if "json" in words and expected.startswith("{"):
        check(words[0], command.parent.name, expected)
for example in sorted((project / "rules").iterdir()):
    for command in "matrix", "lint":
        check(command, f"{command} {example.name}", ask(np2nft, command, "-q", "--format", "json", example))
    rows = json.loads(ask(np2nft, "matrix", "-q", "--format", "json", example))["rows"]
    pods = [f"{row['namespace']}/{pod}" for row in rows for pod in row.get("pods", [])]
    for ends in zip(pods, pods[1:] + ["192.0.2.1"]):
        answer = ask(np2nft, "explain", "-q", "--from", ends[0], "--to", ends[1], "--port", "80", "--format", "json",
                     example)
        if answer:
            check("explain", f"explain {ends} {example.name}", answer)
    check("compare", f"compare {example.name}",
          ask(np2nft, "compare", "-q", "--format", "json", project / "rules/allow-one-app", example))
    check("verify", f"verify {example.name}",
          ask(np2nft, "verify", "-q", "--compiled", "--format", "json", example))
for line in ask("tests/library/in_namespace", "sh", "-c", f"""
        {np2nft} status --format json; {np2nft} apply -q rules/three-tiers; {np2nft} status --format json
        nft delete element inet np2nft nothing '{{ 1 }}' 2>/dev/null; nft flush chain inet np2nft free
        {np2nft} status --format json
        {np2nft} apply -q rules/tiers; {np2nft} status --format json
        {np2nft} apply -q rules/audit; {np2nft} status --format json""").splitlines():
    check("status", "status", line)
text = (project / "docs/json.md").read_text()
faults += [f"docs/json.md does not explain `{name}`" for name in sorted(set(members(schema)))
           if f"`{name}`" not in text]
faults += [f"no answer of {command} was checked" for command in ("explain", "matrix", "compare", "lint", "verify", "status")
           if not checked.get(command)]
if checked.get("status") != 5:
    faults.append("status was not asked five times")
print("\n".join(faults + [", ".join(f"{command}: {count}" for command, count in checked.items())]))
sys.exit(bool(faults))
