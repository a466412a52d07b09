"""Run the parts of the benchmark, print what they found, and write it to docs/benchmarks.md.

    bench.py [compile|apply|datapath|all] [--quick] [--rounds N]

Exit status: 0 goals reached, 1 one missed, 2 trouble.
"""

import argparse
import subprocess
import sys

import part_apply
import part_compile
from document import replace_part
from rounds import ROOT, Trouble, machine

PARTS = {"compile": part_compile.run, "apply": part_apply.run}
DOCUMENT = ROOT / "docs" / "benchmarks.md"


def build():
    """The release preset."""
    done = subprocess.run([ROOT / "scripts" / "build", "release"], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise Trouble(done.stdout + done.stderr)


def run_part(name, args):
    """Measure one part, print it, and keep it; whether its goals were reached."""
    text, plot, reached = PARTS[name](args)
    text = f"{text}\n{machine()}; each figure is the median of {args.rounds} rounds, with the least and the most in brackets.\n"
    print(text)
    if not args.quick:
        replace_part(DOCUMENT, name, text)
        (DOCUMENT.parent / "benchmarks" / f"{name}.svg").write_text(plot, encoding="utf-8")
    return reached


def run_datapath(args):
    """The packets' part is a program of its own."""
    command = ROOT / "scripts" / "bench-datapath"
    if not command.exists():
        print("datapath: there is no scripts/bench-datapath; skipped")
        return True
    return subprocess.run([command, *["--quick"] * args.quick], check=False).returncode == 0


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure np2nft.")
    parser.add_argument("part", nargs="?", default="all", choices=[*PARTS, "datapath", "all"])
    parser.add_argument("--quick", action="store_true",
                        help="smaller clusters; docs/benchmarks.md stays as it is")
    parser.add_argument("--rounds", type=int, default=9, metavar="N",
                        help="measured rounds, at least 7 (default: 9)")
    args = parser.parse_args()
    if args.rounds < 7:
        parser.error("needs at least 7 rounds")
    return args


def main():
    """Run what is asked for."""
    args = arguments()
    try:
        build()
        reached = [run_part(name, args) for name in PARTS if args.part in (name, "all")]
    except Trouble as trouble:
        print(f"bench: {trouble}", file=sys.stderr)
        return 2
    if args.part in ("datapath", "all"):
        reached.append(run_datapath(args))
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
