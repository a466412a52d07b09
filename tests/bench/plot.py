"""Draw curves as SVG, in panels side by side that share the vertical axis and the legend.

In: panels of lines, each a name and points. Out: a document that needs nothing else, with a background of its
own, which is light or dark as the reader's screen is. The same input gives the same bytes.

A name has the same colour, dash and mark in every panel, by the order of first appearance; the first
one is drawn the strongest.
"""

import dataclasses
import math
from xml.sax.saxutils import escape

WIDTH, PANEL_HEIGHT = 960, 270
LEFT, RIGHT, TOP, GAP, BELOW, LEGEND_ROW = 70, 24, 90, 26, 58, 24
LEGEND_COLUMNS, LEGEND_LEFT = 3, 40
MARK = 4.5

# Colours for a light ground and for a dark one, told apart also by who sees few colours.
COLOURS = [("#0b57d0", "#6ea8fe"), ("#c2410c", "#fb923c"), ("#a16207", "#facc15"),
           ("#047857", "#34d399"), ("#7e22ce", "#c084fc"), ("#57606a", "#b1bac4"),
           ("#be185d", "#f472b6"), ("#0e7490", "#22d3ee")]
DASHES = ["", "7 3", "2 3", "9 3 2 3", "5 2", "1 3", "12 4", "4 4"]
MARKS = [
    "M-{0},0a{0},{0} 0 1,0 {1},0a{0},{0} 0 1,0 -{1},0z",
    "M-{0},-{0}h{1}v{1}h-{1}z",
    "M0,-{0}L{0},0L0,{0}L-{0},0z",
    "M0,-{0}L{0},{0}L-{0},{0}z",
    "M0,{0}L{0},-{0}L-{0},-{0}z",
    "M-{0},-{0}L{0},{0}M-{0},{0}L{0},-{0}",
    "M0,-{0}V{0}M-{0},0H{0}",
    "M-{0},0L0,-{0}L{0},0",
]
STYLE = """text{font-family:system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;font-size:13px}
.title{font-size:16px;font-weight:600}.panel{font-weight:600}.tick{font-size:12px}
.ground{fill:#fff;stroke:#d0d7de}.ink{fill:#1f2328}.faint{fill:#59636e}.grid{stroke:#d8dee4}.axis{stroke:#59636e}
.line{fill:none;stroke-linejoin:round}"""
DARK = """.ground{fill:#161b22;stroke:#30363d}.ink{fill:#e6edf3}.faint{fill:#9198a1}
.grid{stroke:#2d333b}.axis{stroke:#9198a1}"""


@dataclasses.dataclass(frozen=True)
class Panel:
    """One set of axes: a title, what the horizontal one is, and lines: points by name."""
    title: str
    x_label: str
    lines: dict


@dataclasses.dataclass(frozen=True)
class Axis:
    """Where a value lies between two places; logarithmic or not."""
    ticks: list
    start: float
    end: float
    start_at: float
    end_at: float
    logarithmic: bool = True

    def at(self, value):
        """The place of a value."""
        scale = math.log if self.logarithmic else float
        share = (scale(value) - scale(self.start)) / (scale(self.end) - scale(self.start))
        return self.start_at + share * (self.end_at - self.start_at)


def figure(title, y_label, panels, logarithmic=True):
    """An SVG document of panels; both axes logarithmic, or the vertical one from zero."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    values = [y for panel in panels for points in panel.lines.values() for _, y in points]
    ticks = logarithmic_ticks(values) if logarithmic else linear_ticks(values)
    vertical = Axis(ticks, ticks[0], ticks[-1], TOP + PANEL_HEIGHT, TOP, logarithmic)
    rows = -(-len(names) // LEGEND_COLUMNS)
    height = TOP + PANEL_HEIGHT + BELOW + rows * LEGEND_ROW + 12
    width = (WIDTH - LEFT - RIGHT - GAP * (len(panels) - 1)) / len(panels)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
             f"<title>{escape(title)}</title>", f"<style>{style(len(names))}</style>",
             f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
             text(20, 30, title, "ink title"), text(20, 50, y_label, "faint")]
    for number, panel in enumerate(panels):
        left = LEFT + number * (width + GAP)
        parts += draw_panel(panel, names, vertical, left, width, number == 0)
    parts += legend(names, TOP + PANEL_HEIGHT + BELOW)
    return "\n".join([*parts, "</svg>"]) + "\n"


def style(count):
    """The style sheet, with a class for each line."""
    def coloured(ground):
        return "".join(f".s{number}{{stroke:{pair[ground]}}}.f{number}{{fill:{pair[ground]}}}"
                       for number, pair in enumerate(COLOURS[:count]))
    return f"{STYLE}{coloured(0)}@media (prefers-color-scheme:dark){{{DARK}{coloured(1)}}}"


def logarithmic_ticks(values):
    """Ticks that enclose values: one, two and five times powers of ten, or closer for few of them."""
    for steps in ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7), [1 + step / 10 for step in range(90)]):
        powers = range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)
        every = [round(step * 10.0 ** power, 12) for power in powers for step in steps]
        first = max(index for index, tick in enumerate(every) if tick <= min(values))
        last = min(index for index, tick in enumerate(every) if tick >= max(values))
        if last - first >= 3:
            break
    return every[first:last + 1]


def linear_ticks(values):
    """Ticks from zero that enclose values, about five."""
    rough = max(values) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((factor * power for factor in (1, 2, 5, 10)), key=lambda each: abs(each - rough))
    return [round(number * step, 12) for number in range(math.ceil(max(values) / step) + 1)]


def draw_panel(panel, names, vertical, left, width, first):
    """One panel; the first has the vertical axis' numbers."""
    xs = sorted({x for points in panel.lines.values() for x, _ in points})
    horizontal = Axis(xs, xs[0], xs[-1], left + 12, left + width - 12)
    bottom = vertical.start_at
    parts = [text(left + width / 2, TOP - 10, panel.title, "ink panel", "middle")]
    for tick in vertical.ticks:
        y = vertical.at(tick)
        parts.append(line(left, y, left + width, y, "grid"))
        if first:
            parts.append(text(left - 8, y + 4, number_text(tick), "faint tick", "end"))
    parts.append(line(left, bottom, left + width, bottom, "axis"))
    for tick in horizontal.ticks:
        x = horizontal.at(tick)
        parts += [line(x, bottom, x, bottom + 5, "axis"),
                  text(x, bottom + 19, number_text(tick), "faint tick", "middle")]
    parts.append(text(left + width / 2, bottom + 38, panel.x_label, "faint", "middle"))
    for number, name in reversed(list(enumerate(names))):  # the first comes last, on top
        points = [(horizontal.at(x), vertical.at(y)) for x, y in panel.lines.get(name, [])]
        parts += curve(number, points)
    return parts


def curve(number, points):
    """A line with its marks."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    strength = 3 if number == 0 else 1.8
    return [f'<polyline class="line s{number}" stroke-width="{strength}"'
            f' stroke-dasharray="{DASHES[number]}" points="{path}"/>',
            *(mark(number, x, y) for x, y in points)]


def mark(number, x, y):
    """The mark of a line."""
    shape = MARKS[number].format(MARK, 2 * MARK)
    return (f'<path class="s{number} f{number}" stroke-width="2" d="{shape}"'
            f' transform="translate({x:.1f},{y:.1f})"/>')


def legend(names, top):
    """What each line is, in columns."""
    parts = []
    column = (WIDTH - LEGEND_LEFT) / LEGEND_COLUMNS
    for number, name in enumerate(names):
        x = LEGEND_LEFT + number % LEGEND_COLUMNS * column
        y = top + number // LEGEND_COLUMNS * LEGEND_ROW + 10
        parts += [*curve(number, [(x, y), (x + 40, y)])[:1], mark(number, x + 20, y),
                  text(x + 48, y + 4, name, "ink")]
    return parts


def number_text(value):
    """A number as one reads it."""
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"


def text(x, y, words, kind, anchor="start"):
    """Words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def line(x1, y1, x2, y2, kind):
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'
