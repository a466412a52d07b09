"""Write the parts of docs/benchmarks.md; each benchmark has a part of its own.

A part stands between two comments that name it; what is outside of them stays as it is.
"""

START = """# Benchmarks

`scripts/bench` and `scripts/bench-datapath` wrote the tables and pictures of this page. Run them to measure another machine.
Most figures are ratios: what is compared ran by turns, in one run. Absolute times are those of the machine that each part
names; another machine has others.
"""


def replace_part(path, name, text):
    """Put a text in the place of the part of that name, or at the end."""
    opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    whole = path.read_text(encoding="utf-8") if path.exists() else START
    before, found, rest = whole.partition(opening)
    if found:
        _, _, after = rest.partition(closing)
    else:
        before, after = whole.rstrip("\n") + "\n\n", ""
    path.write_text(before + opening + text + closing + after, encoding="utf-8")


def table(head, rows):
    """A table of Markdown; the first column is words, the others are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
