"""Check that a report of lint or test is as code hosts demand: SARIF 2.1.0 and JUnit.

If one of these things is missing, the host refuses the report or shows it without that part.
"""

import re
import urllib.parse
import xml.etree.ElementTree

LEVELS = {"none", "note", "warning", "error"}
COUNTS = {"tests": "testcase", "failures": "failure", "errors": "error"}


def sarif_faults(log):
    """What is wrong with a log, in words."""
    found = []
    if log.get("version") != "2.1.0" or "sarif" not in log.get("$schema", ""):
        found.append("no version 2.1.0 with its $schema")
    if len(log.get("runs", [])) != 1:
        return found + ["not one run"]
    run = log["runs"][0]
    rules = run["tool"]["driver"].get("rules", [])
    if not run["tool"]["driver"].get("name"):
        found.append("a tool without a name")
    if len({rule["id"] for rule in rules}) != len(rules):
        found.append("a rule twice")
    for rule in rules:
        found += rule_faults(rule)
    prints = [tuple(sorted(result.get("partialFingerprints", {}).items())) for result in run["results"]]
    prints = [one for one in prints if one]
    if len(set(prints)) != len(prints):
        found.append("two results with the same fingerprints")
    for result in run["results"]:
        found += result_faults(result, rules)
    return found


def rule_faults(rule):
    """It has an id, words and a link."""
    words = [rule.get(part, {}).get("text") for part in ("shortDescription", "fullDescription", "help")]
    found = [] if all(words) else [f"{rule['id']}: no description, or no help"]
    if not urllib.parse.urlsplit(rule.get("helpUri", "")).scheme:
        found.append(f"{rule['id']}: its helpUri is not absolute")
    if rule.get("defaultConfiguration", {}).get("level") not in LEVELS:
        found.append(f"{rule['id']}: no level")
    return found


def result_faults(result, rules):
    """It names a rule that there is, says something, and says it of a place."""
    found, code = [], result.get("ruleId")
    number = result.get("ruleIndex", -1)
    if not 0 <= number < len(rules) or rules[number]["id"] != code:
        found.append(f"{code}: ruleIndex {number} is not its rule")
    if not result.get("message", {}).get("text"):
        found.append(f"{code}: no message")
    if result.get("level") not in LEVELS:
        found.append(f"{code}: level {result.get('level')}")
    if not result.get("locations"):
        found.append(f"{code}: no location")
    for place in result.get("locations", []) + result.get("relatedLocations", []):
        found += place_faults(code, place["physicalLocation"])
    return found


def place_faults(code, place):
    """A relative, percent-encoded path, and lines and columns that count from 1."""
    found, uri = [], place["artifactLocation"]["uri"]
    if not re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+", uri):
        found.append(f"{code}: {uri} is not encoded")
    if urllib.parse.urlsplit(uri).scheme and not uri.startswith("file:///"):
        found.append(f"{code}: {uri} has a scheme")
    region = place.get("region", {})
    if any(region[name] < 1 for name in region if name.startswith(("start", "end"))):
        found.append(f"{code}: a region from line or column 0")
    return found


def junit_faults(text):
    """What is wrong with a report, in words."""
    root = xml.etree.ElementTree.fromstring(text)
    found = [] if root.tag == "testsuites" else [f"{root.tag} at the root"]
    for suite in [root, *root.iter("testsuite")]:
        found += [f"{name} of {suite.get('name')} are not {suite.get(name)}" for name, tag in COUNTS.items()
                  if int(suite.get(name)) != sum(1 for _ in suite.iter(tag))]
        if suite.get("time") is None:
            found.append("a suite without its time")
    for case in root.iter("testcase"):
        if not case.get("name") or not case.get("classname"):
            found.append("a case without a name")
        if len(case) and not all(part.get("message") for part in case if part.tag in ("failure", "error")):
            found.append(f"{case.get('name')}: a failure without a message")
    return found
