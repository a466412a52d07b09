// Draws the page's data.  An end of an arrow is a number: a node, or behind all nodes a box.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const { nodes, boxes, rules, arrows, policies, sheet } = data;
const CHANGE = ["", "opened", "closed", "denied"];
const SIGN = ["", "+ ", "− ", "denied: "];
const MANY = 60;          // more items than these: namespaces are closed
const LOUD = 45;          // more lines than these: labels only of the ones that are pointed at
const LETTER = 6.6;       // of a label, in points
const ROW = 50, HEIGHT = 36, GAP = 18, TITLE = 28, PAD = 14, BETWEEN = 190, TALLEST = 1100;

const by = id => document.getElementById(id);
// What is shown at first: of a change, only what it changes.
const START = { q: "", ns: "", port: "", policy: "", only: data.two ? "1" : "", sel: "" };
const state = { ...START };
let scale = 0;            // 0: fits

// Elements; text only ever goes in as text.
function make(tag, attributes = {}, ...children) {
	const svg = ["g", "svg", "path", "rect", "text", "title"].includes(tag);
	const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
	for (const [name, value] of Object.entries(attributes))
		element.setAttribute(name, value);
	element.append(...children);
	return element;
}

// Namespaces without pods that are alike are drawn as one: of each end the one that stands for it, and of that
// one all that it stands for.  What is looked at by itself is not joined.
let standsFor = new Map(), joined = new Map();

function join(ends, apart) {
	const groups = new Map();
	standsFor = new Map();
	for (const end of [...ends].filter(one => !isBox(one) && !apart(one)).sort((a, b) => a - b)) {
		const first = data.joined[end];
		groups.set(first, [...(groups.get(first) || []), end]);
	}
	joined = new Map([...groups.values()].filter(group => group.length > 1).map(group => [group[0], group]));
	for (const [first, group] of joined)
		group.forEach(end => standsFor.set(end, first));
}

const isBox = end => end >= nodes.length;
const boxOf = end => isBox(end) ? end - nodes.length : nodes[end].box;
const boxTitle = box => boxes[box] ? "namespace " + boxes[box] : "outside the cluster";
const placeBox = end => joined.has(end) ? -1 : boxOf(end);
const endText = end => joined.has(end) ? `any pod of ${joined.get(end).length} namespaces` : isBox(end) ? "all of " + boxTitle(boxOf(end)) : nodes[end].text;
const counted = (count, one, many) => count + " " + (count === 1 ? one : many);
const isWorkload = node => node.sort === "pods" || node.sort === "coming";

const halvesOf = node => node.now || node.was;
const insideOf = box => nodes.filter(node => node.box === box && node.shown);

// What is asked for.

// "80", "53/UDP", "icmp"; null: anything.
function wantedPort() {
	const [, number, protocol] = /^\s*(\d*)\s*\/?\s*([a-z]*)\s*$/i.exec(state.port) || [];
	return number || protocol ? { number, protocol: (protocol || "").toUpperCase() } : null;
}

function passesPort(arrow, port) {
	return !port || arrow.ranges.some(([protocol, first, last]) =>
		(!port.protocol || protocol.startsWith(port.protocol)) &&
		(!port.number || (protocol !== "ICMP" && first <= +port.number && +port.number <= last)));
}

const hasWords = (end, words) => words.every(word => (isBox(end) ? endText(end) : nodes[end].text).toLowerCase().includes(word) ||
	(boxOf(end) >= 0 && boxes[boxOf(end)].toLowerCase().includes(word)));

function wanted() {
	const words = state.q.toLowerCase().split(/\s+/).filter(Boolean), port = wantedPort();
	const policy = state.policy === "" ? -1 : policies.indexOf(state.policy);
	const ns = state.ns === "" ? -1 : boxes.indexOf(state.ns);
	const ownNode = (node, i) => hasWords(i, words) && (ns < 0 || node.box === ns) &&
		(policy < 0 || node.policies.includes(policy));
	const ownArrow = arrow => passesPort(arrow, port) && (!state.only || arrow.change === 1 || arrow.change === 2) &&
		(hasWords(arrow.from, words) || hasWords(arrow.to, words)) &&
		(ns < 0 || boxOf(arrow.from) === ns || boxOf(arrow.to) === ns) &&
		(policy < 0 || arrow.rules.some(rule => rules[rule].policy === policy));
	const chosen = new Set(arrows.filter(ownArrow));
	const ends = new Set();
	for (const arrow of chosen)
		ends.add(arrow.from).add(arrow.to);
	const narrow = Boolean(port || state.only);
	nodes.forEach((node, i) => node.shown && !narrow && ownNode(node, i) && ends.add(i));
	return { arrows: chosen, ends };
}

const isNarrowed = () => state.q || state.ns || state.port || state.policy || state.only;

// Which sheet: the one that came with the page, or one made for what is asked for.

// Ends as they are drawn: of a closed box, the box.
function drawnEnd(end, closed) {
	const box = boxOf(end);
	if (standsFor.has(end))
		return standsFor.get(end);
	return box >= 0 && closed.has(box) ? nodes.length + box : end;
}

function closedBoxes(ends, focus) {
	const many = [...ends].filter(end => !isBox(end) && (standsFor.get(end) ?? end) === end).length > MANY;
	return new Set(many ? boxes.map((_, box) => box).filter(box => !focus.has(box)) : []);
}

// Which tiers of cluster policies decide.
const withTiers = arrow => arrow.by ? " [" + arrow.by + "]" : "";

function label(change, list) {
	const ports = new Set(list.map(arrow => arrow.ports));
	/* Which addresses decide is said where there is room. */
	const first = [...ports][0].replace(/;? if its address lies in .*/, " if …");
	const text = ports.size === 1 && first.length <= 28 ? first
		: list.length > 1 ? list.length + " arrows" : list[0].ranges.length + " ranges of ports";
	const tiers = new Set(list.map(arrow => arrow.by || ""));
	return SIGN[change] + text + (tiers.size > 1 ? " [partly by tiers]" : withTiers(list[0]));
}

function linesOf(chosen, closed) {
	const lines = new Map();
	for (const arrow of chosen) {
		const from = drawnEnd(arrow.from, closed), to = drawnEnd(arrow.to, closed);
		const key = [from, to, arrow.change].join();
		if (from === to && isBox(from) && closed.has(boxOf(from)))
			continue;
		if (!lines.has(key))
			lines.set(key, { from, to, change: arrow.change, arrows: [] });
		lines.get(key).arrows.push(arrows.indexOf(arrow));
	}
	for (const line of lines.values())
		line.label = label(line.change, line.arrows.map(i => arrows[i]));
	return [...lines.values()];
}

// Left those who only call, right those who are only called, in the middle what was asked for.
function columnOf(ends, lines, focus) {
	if (ends.some(end => focus.has(end) || focus.has("box" + boxOf(end))))
		return 1;
	const out = lines.filter(line => ends.includes(line.from) && !ends.includes(line.to)).length;
	const into = lines.filter(line => ends.includes(line.to) && !ends.includes(line.from)).length;
	if (focus.size)
		return out >= into ? 0 : 2;
	return out && into ? 1 : out ? 0 : into ? 2 : 1;
}

// As wide as its two lines, by the letter.
function widthOf(end, closed) {
	if (!isBox(end) && !joined.has(end))
		return nodes[end].width;
	const [name, words] = itemWords(end, closed);
	return 24 + Math.max(96, 7.2 * name.length, 6.1 * words.length);
}

// Items of a column, a block for each box that is open.
function blocksOf(ends, closed) {
	const blocks = new Map();
	for (const end of ends) {
		const box = placeBox(end), open = box >= 0 && !closed.has(box), key = open ? box : "item" + end;
		if (!blocks.has(key))
			blocks.set(key, { box: open ? box : -1, ends: [] });
		blocks.get(key).ends.push(end);
	}
	const first = block => block.box < 0 ? block.ends[0] : block.ends.find(end => !isBox(end)) ?? block.ends[0];
	for (const block of blocks.values())
		block.ends.sort((a, b) => a - b);
	return [...blocks.values()].sort((a, b) => first(a) - first(b));
}

function placeColumn(made, ends, closed, x) {
	const blocks = blocksOf(ends, closed);
	const widest = Math.max(0, ...ends.map(end => widthOf(end, closed) + 2 * PAD),
		...blocks.filter(block => block.box >= 0).map(block => 24 + 7.8 * boxTitle(block.box).length));
	let y = 0;
	for (const block of blocks) {
		const open = block.box >= 0, height = block.ends.length * ROW + (open ? TITLE : 0);
		if (y && y + height > TALLEST) {
			y = 0;
			x += widest + BETWEEN / 2;
		}
		if (open)
			made.boxes.push([block.box, [x, y, widest, height]]);
		block.ends.forEach((end, i) => {
			const width = widthOf(end, closed);
			made.items.set(end, [x + (widest - width) / 2, y + (open ? TITLE : 0) + i * ROW, width, HEIGHT]);
		});
		y += height + GAP;
	}
	return ends.length ? x + widest + BETWEEN : x;
}

// Columns of the same middle line.
function centre(made) {
	const columns = new Map();
	const all = [...made.items.values(), ...made.boxes.map(([, at]) => at)];
	const bottom = Math.max(0, ...all.map(([, y, , height]) => y + height));
	for (const [end, column] of made.column)
		columns.set(column, Math.max(columns.get(column) || 0, made.items.get(end)[1] + HEIGHT));
	for (const [end, at] of made.items)
		at[1] += (bottom - columns.get(made.column.get(end))) / 2;
	for (const [box, at] of made.boxes) {
		const inside = [...made.items].filter(([end, [x]]) => placeBox(end) === box && x >= at[0] && x < at[0] + at[2]);
		at[1] = Math.min(...inside.map(([, [, y]]) => y)) - TITLE;
	}
	made.width = Math.max(0, ...all.map(([x, , width]) => x + width));
	made.height = bottom;
}

// Where on its line a label is tried: near the end that has a place of its own.
const LABEL_AT = { to: [0.82, 0.74, 0.66, 0.58, 0.5, 0.42, 0.34, 0.26], from: [0.18, 0.26, 0.34, 0.42, 0.5, 0.58, 0.66, 0.74],
	"": [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82] };

// Along its curve, where nothing is in the way; a label without a place is told by the tip alone.
function placeLabel(line, at, taken) {
	const width = LETTER * line.label.length + 10, height = 16;
	for (const t of LABEL_AT[line.near]) {
		const [x, y] = at(t), left = x - width / 2, top = y - height / 2;
		if (taken.some(([ox, oy, ow, oh]) => left < ox + ow && ox < left + width && top < oy + oh && oy < top + height))
			continue;
		taken.push([left, top, width, height]);
		return [x, y];
	}
	return null;
}

function placeLine(line, items, taken) {
	const [ax, ay, aw] = items.get(line.from), [bx, by, bw] = items.get(line.to);
	const right = bx > ax + aw, left = bx + bw < ax, out = left ? -1 : 1, into = right ? -1 : 1;
	const x = left ? ax : ax + aw, y = ay + HEIGHT / 2 - (right ? 0 : 6);
	const hx = right ? bx : bx + bw, hy = by + HEIGHT / 2 + (right ? 0 : 6), ex = hx + into * 9;
	const reach = right || left ? Math.max(50, Math.abs(ex - x) / 2) : 40 + Math.abs(hy - y) / 6;
	const xs = [x, x + out * reach, ex + into * reach, ex], ys = [y, y, hy, hy];
	const along = (p, t, s = 1 - t) => s * s * s * p[0] + 3 * s * s * t * p[1] + 3 * s * t * t * p[2] + t * t * t * p[3];
	line.points = xs.flatMap((px, i) => [px, ys[i]]);
	line.head = [hx, hy];
	line.at = placeLabel(line, t => [along(xs, t), along(ys, t)], taken);
}

function sheetFor(asked) {
	const focus = new Set(), open = new Set();
	if (state.ns)
		focus.add("box" + boxes.indexOf(state.ns)), open.add(boxes.indexOf(state.ns));
	if (state.sel !== "")
		focus.add(+state.sel), open.add(boxOf(+state.sel));
	if (state.q)
		[...asked.ends].filter(end => hasWords(end, state.q.toLowerCase().split(/\s+/))).forEach(end => focus.add(end));
	const closed = closedBoxes(asked.ends, open);
	const lines = linesOf(asked.arrows, closed);
	const ends = [...new Set([...asked.ends].map(end => drawnEnd(end, closed)))];
	const made = { items: new Map(), boxes: [], column: new Map(), lines, closed };
	const columns = [[], [], []];
	for (const end of ends) {
		const box = placeBox(end), one = focus.size === 0 && box >= 0 && !closed.has(box);
		const column = columnOf(one ? ends.filter(other => placeBox(other) === box) : [end], lines, focus);
		made.column.set(end, column);
		columns[column].push(end);
	}
	let x = 0;
	for (const column of columns)
		x = placeColumn(made, column, closed, x);
	centre(made);
	const taken = [...made.items.values(), ...made.boxes.map(([box, [x, y]]) => [x + 8, y, 8 * boxTitle(box).length, TITLE])];
	for (const line of lines) {
		const from = made.column.get(line.from), to = made.column.get(line.to);
		line.near = from < to ? (from === 0 ? "from" : "to") : "";
		placeLine(line, made.items, taken);
	}
	return made;
}

// The sheet that came with the page; what is not asked for is left out.
function sheetGiven(asked) {
	const closed = new Set(data.closed);
	const ends = new Set([...asked.ends].map(end => drawnEnd(end, closed)));
	const lines = sheet.lines.map(line => ({ ...line, arrows: line.arrows.filter(i => asked.arrows.has(arrows[i])) }))
		.filter(line => line.points.length && line.arrows.length);
	const items = new Map(Object.entries(sheet.items).map(([end, at]) => [+end, at]).filter(([end]) => ends.has(end)));
	const kept = new Set([...items.keys()].map(placeBox));
	return { items, lines, closed, width: sheet.width, height: sheet.height,
		boxes: Object.entries(sheet.boxes).map(([box, at]) => [+box, at]).filter(([box]) => kept.has(box)) };
}

// Of one end, for a sheet of its own.
function onlyOf(asked, sel) {
	const own = new Set([...asked.arrows].filter(arrow => touches(arrow, sel)));
	const ends = new Set(joined.get(sel) || [sel]);
	for (const arrow of own)
		ends.add(arrow.from).add(arrow.to);
	return { arrows: own, ends };
}

// An arrow of the whole box is one of each workload in it.
const touches = (arrow, sel) => [arrow.from, arrow.to].some(end => end === sel || standsFor.get(end) === sel ||
	(isBox(end) && !isBox(sel) && boxOf(sel) === boxOf(end)) || (isBox(sel) && boxOf(end) === boxOf(sel)));

// Drawing.

const stateWords = ([into, out]) => (into ? "isolated" : "open") + " in, " + (out ? "isolated" : "open") + " out";

// How many of these are open, by direction.
function openWords(inside) {
	const open = ["in", "out"].map((word, i) => [inside.filter(node => !halvesOf(node)[i]).length, word]);
	const told = open.filter(([count]) => count).map(one => one.join(" "));
	return told.length ? "; open: " + told.join(", ") : ", isolated";
}

function itemWords(end, closed) {
	if (!isBox(end))
		return [joined.has(end) ? endText(end) : nodes[end].name, nodes[end].state];
	const name = boxes[boxOf(end)], inside = insideOf(boxOf(end));
	if (!closed.has(boxOf(end)))
		return ["all of them", name ? "every pod of it" : "every address"];
	return name ? [name, counted(inside.length, "workload", "workloads") + openWords(inside)]
		: ["outside the cluster", counted(inside.length, "range", "ranges")];
}

function itemTitle(end, closed) {
	if (isBox(end))
		return closed.has(boxOf(end)) ? boxTitle(boxOf(end)) + "\nEnter or a click opens it"
			: "every pod of " + boxTitle(boxOf(end)) + ", also those to come";
	if (joined.has(end))
		return ["any pod of namespaces that have none in the input", stateWords(halvesOf(nodes[end])),
			joined.get(end).map(one => boxes[boxOf(one)]).join(", ")].join("\n");
	const node = nodes[end], lines = [node.text + (node.sort === "coming" ? " (pods to come)" : "")];
	if (node.sort === "anyone")
		lines.push("every pod and every address, as far as its own policies allow");
	if (node.sort === "anypod")
		lines.push("every pod of every namespace, as far as its own policies allow");
	if (isWorkload(node) || node.sort === "rest")
		lines.push(stateWords(halvesOf(node)));
	if (data.two && node.was && node.now && String(node.was) !== String(node.now))
		lines.push("was " + stateWords(node.was));
	if (node.policies.length)
		lines.push("isolated by " + node.policies.map(policy => policies[policy]).join(", "));
	return lines.join("\n");
}

const ruleText = rule => rule.text || policies[rule.policy];

function arrowWhy(arrow) {
	const lines = [endText(arrow.from) + " → " + endText(arrow.to) + ": " + SIGN[arrow.change] + arrow.ports + withTiers(arrow)];
	for (const i of arrow.rules)
		lines.push("  " + rules[i].direction + " of " + ruleText(rules[i]) + "  (" + rules[i].place + ")");
	if (arrow.note)
		lines.push("  " + arrow.note);
	return lines.join("\n");
}

function lineTitle(line) {
	const told = line.arrows.slice(0, 8).map(i => arrowWhy(arrows[i]));
	if (line.arrows.length > told.length)
		told.push("and " + (line.arrows.length - told.length) + " more");
	return told.join("\n");
}

function pointable(element, title, act) {
	element.setAttribute("tabindex", "0");
	element.setAttribute("role", "button");
	element.setAttribute("aria-label", title);
	element.addEventListener("mousemove", event => showTip(title, event.clientX, event.clientY));
	element.addEventListener("mouseleave", hideTip);
	element.addEventListener("focus", () => {
		const at = element.getBoundingClientRect();
		showTip(title, at.left + at.width / 2, at.top + at.height / 2);
	});
	element.addEventListener("blur", hideTip);
	element.addEventListener("click", act);
	element.addEventListener("keydown", event => {
		if (event.key !== "Enter" && event.key !== " ")
			return;
		event.preventDefault();
		act();
	});
	return element;
}

// Which sides are isolated; null: it has none.
function halves(end, closed) {
	const node = nodes[end], box = boxOf(end);
	if (node)
		return isWorkload(node) || node.sort === "rest" ? halvesOf(node) : null;
	return closed.has(box) && boxes[box] ? [0, 1].map(i => insideOf(box).every(one => halvesOf(one)[i])) : null;
}

const CORNERS = { anyone: 18, anypod: 18, outside: 9 };

function drawRim(end, [x, y, width, height], closed) {
	const rx = nodes[end] && CORNERS[nodes[end].sort] || 2, sides = halves(end, closed);
	const rect = name => make("rect", { class: name, x, y, width, height, rx });
	const lid = isBox(end) && closed.has(boxOf(end)) ? [make("path", { class: "rim", d: `M${x + 4},${y}v-4h${width - 8}v4` })] : [];
	if (!sides)
		return [...lid, rect("shape"), rect("rim")];
	return [...lid, rect("shape"), ...[-1, 1].map((side, i) => make("path", {
		class: "rim " + (sides[i] ? "isolated" : "open"),
		d: `M${x + width / 2},${y}h${side * width / 2}v${height}h${-side * width / 2}` }))];
}

// While an item is pointed at, only its own lines stand out.
function pointAt(end, on) {
	by("picture").classList.toggle("pointing", on);
	for (const line of document.querySelectorAll("#picture .line, #picture .tag"))
		line.classList.toggle("near", on && line.dataset.ends.split(" ").includes(String(end)));
}

function drawItem(end, at, made) {
	const [x, y, width] = at, [name, words] = itemWords(end, made.closed);
	const classes = ["item", nodes[end] && nodes[end].sort === "rest" && "rest", state.sel === String(end) && "chosen"];
	const group = make("g", { class: classes.filter(Boolean).join(" ") },
		...drawRim(end, at, made.closed),
		make("text", { class: "name", x: x + width / 2, y: y + 16 }, name),
		make("text", { class: "state", x: x + width / 2, y: y + 30 }, words));
	group.dataset.end = end;
	for (const [event, on] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]])
		group.addEventListener(event, () => pointAt(end, on));
	const open = isBox(end) && made.closed.has(boxOf(end)) && boxes[boxOf(end)];
	return pointable(group, itemTitle(end, made.closed), () => open ? set({ ns: boxes[boxOf(end)], sel: "" })
		: set({ sel: state.sel === String(end) ? "" : String(end) }));
}

// The label of a line, on a ground of its own, so that no line runs through the words.
function drawLabel(line) {
	const [x, y] = line.at, width = LETTER * line.label.length;
	return [make("rect", { class: "under", x: x - width / 2, y: y - 7, width, height: 14, rx: 3 }),
		make("text", { x, y: y + 4 }, line.label)];
}

// On top of all lines; what is pointed at is the line.
function drawTag(line, drawn) {
	const group = make("g", { class: drawn.getAttribute("class").replace(/^line/, "tag") }, ...drawLabel(line));
	group.dataset.ends = drawn.dataset.ends;
	return group;
}

function drawLine(line, given) {
	const p = line.points, [hx, hy] = line.head, ex = p[p.length - 2], ey = p[p.length - 1];
	const dx = (hx - ex) * 0.4, dy = (hy - ey) * 0.4, d = `M${p[0]},${p[1]}C${p.slice(2).join(" ")}`;
	const group = make("g", { class: "line " + CHANGE[line.change] },
		make("path", { class: "wide", d }), make("path", { d }),
		make("path", { class: "head", d: `M${hx},${hy}L${ex - dy},${ey + dx}L${ex + dy},${ey - dx}z` }));
	const about = line.arrows.map(i => arrows[i]);
	if (given && state.sel !== "")
		group.classList.add(about.some(arrow => touches(arrow, +state.sel)) ? "hot" : "dim");
	group.dataset.ends = line.from + " " + line.to;
	return pointable(group, lineTitle(line), () => showPanel(line.label, about));
}

const drawBox = ([, [x, y, width, height]]) => make("g", { class: "box" }, make("rect", { x, y, width, height, rx: 6 }));

// On top of what is drawn in the box.
const drawTitle = ([box, [x, y]]) => make("g", { class: "box" }, make("text", { x: x + 12, y: y + 18 }, boxTitle(box)));

function countWords({ ends, arrows: chosen }) {
	const workloads = [...ends].filter(end => nodes[end] && isWorkload(nodes[end])).length;
	return `${counted(workloads, "workload", "workloads")} of ${nodes.filter(isWorkload).length}, ` +
		`${counted(chosen.size, "arrow", "arrows")} of ${arrows.length}`;
}

function draw() {
	const all = wanted(), sel = state.sel === "" ? null : +state.sel;
	const given = sheet && !state.only && !(data.closed.length && (isNarrowed() || sel !== null));
	const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
	join(all.ends, end => !given && ((words.length && hasWords(end, words)) || (state.ns && boxes[boxOf(end)] === state.ns)));
	const asked = !given && sel !== null ? onlyOf(all, sel) : all;
	const made = given ? sheetGiven(asked) : sheetFor(asked);
	const svg = by("picture"), active = document.activeElement.closest("#picture [data-end]");
	const focused = active && active.dataset.end;
	hideTip();
	const quiet = made.lines.length > LOUD, lines = made.lines.map(line => drawLine(line, given)), tags = [];
	made.lines.forEach((line, i) => line.at && (quiet ? lines[i].append(...drawLabel(line)) : tags.push(drawTag(line, lines[i]))));
	svg.replaceChildren(...made.boxes.map(drawBox), ...lines, ...made.boxes.map(drawTitle), ...tags,
		...[...made.items].map(([end, at]) => drawItem(end, at, made)));
	svg.classList.toggle("quiet", quiet);
	svg.classList.remove("pointing");
	svg.setAttribute("viewBox", `-16 -16 ${made.width + 32} ${made.height + 32}`);
	fit(made);
	if (focused)
		svg.querySelector(`[data-end="${focused}"]`)?.focus();
	by("count").textContent = countWords(all) + (made.closed.size ? "; namespaces are closed: choose one, or search" : "");
	if (sel === null)
		by("panel").hidden = true;
	else
		showPanel(endText(sel), [...all.arrows].filter(arrow => touches(arrow, sel)), sel, made.closed);
}

let size = [1, 1];
function fit(made) {
	if (made)
		size = [made.width + 32, made.height + 32];
	const stage = by("stage");
	const whole = Math.min((stage.clientWidth - 4) / size[0], (stage.clientHeight - 4) / size[1]);
	const fits = Math.min(1.25, Math.max(0.6, whole));
	by("picture").setAttribute("width", size[0] * (scale || fits));
	by("picture").setAttribute("height", size[1] * (scale || fits));
	return fits;
}

function zoom(factor) {
	scale = Math.min(4, Math.max(0.2, (scale || fit()) * factor));
	fit();
}

// Tip and panel.

function showTip(text, x, y) {
	const tip = by("tip");
	tip.textContent = text;
	tip.hidden = false;
	tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8)) + "px";
	tip.style.top = Math.max(4, y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 12 : y + 18) + "px";
}

function hideTip() {
	by("tip").hidden = true;
}

function arrowEntry(arrow, alone) {
	const entry = make("li", {}, endText(arrow.from) + " → " + endText(arrow.to) + ": ",
		make("b", {}, SIGN[arrow.change] + arrow.ports + withTiers(arrow)));
	if (arrow.note)
		entry.append(make("p", {}, arrow.note));
	for (const i of arrow.rules)
		entry.append(make("details", {}, make("summary", {}, rules[i].direction + " of " + ruleText(rules[i])),
			make("p", {}, rules[i].place), make("pre", {}, rules[i].yaml)));
	entry.querySelectorAll("details").forEach(details => details.open = alone);
	return entry;
}

function showPanel(title, list, end, closed) {
	const close = make("button", { class: "close", "aria-label": "Close" }, "×");
	close.addEventListener("click", () => state.sel === "" ? (by("panel").hidden = true, fit()) : set({ sel: "" }));
	by("panel").replaceChildren(close, make("h2", {}, title));
	if (end !== undefined)
		by("panel").append(...itemTitle(end, closed).split("\n").slice(1).map(line => make("p", {}, line)));
	by("panel").append(make("h3", {}, counted(list.length, "arrow", "arrows")),
		make("ul", {}, ...list.map(arrow => arrowEntry(arrow, list.length === 1))));
	by("panel").hidden = false;
	hideTip();
	fit();
}

// State: fields, the address's hash, and back.

function set(change) {
	Object.assign(state, change);
	const kept = Object.entries(state).filter(([name, value]) => value !== START[name]);
	history.replaceState(null, "", "#" + new URLSearchParams(kept));
	show();
}

function show() {
	for (const name of ["q", "ns", "port", "policy"])
		if (by(name).value !== state[name])
			by(name).value = state[name];
	by("only").checked = Boolean(state.only);
	draw();
}

function readHash() {
	const hash = new URLSearchParams(location.hash.slice(1));
	for (const name of Object.keys(state))
		state[name] = hash.get(name) ?? START[name];
	if (!nodes[state.sel] && !(isBox(+state.sel) && boxes[+state.sel - nodes.length] !== undefined))
		state.sel = "";
	show();
}

function fill() {
	const option = (value, text) => make("option", { value }, text);
	by("ns").append(option("", "all"), ...boxes.filter(Boolean).map(name => option(name, name)));
	by("policy").append(option("", "all"), ...[...policies].sort().map(name => option(name, name)));
	const single = arrows.flatMap(arrow => arrow.ranges).filter(([, first, last]) => first === last);
	const ports = new Set(single.map(([protocol, first]) => first + "/" + protocol));
	by("ports").append(...[...ports].sort((a, b) => parseInt(a) - parseInt(b)).map(port => option(port, port)));
	by("changes").hidden = !data.two;
	document.querySelectorAll(".two").forEach(element => element.hidden = !data.two);
}

function listen() {
	for (const name of ["q", "ns", "port", "policy"])
		by(name).addEventListener("input", () => set({ [name]: by(name).value, sel: "" }));
	by("only").addEventListener("input", () => set({ only: by("only").checked ? "1" : "" }));
	by("filters").addEventListener("submit", event => event.preventDefault());
	by("filters").addEventListener("reset", event => {
		event.preventDefault();
		set({ q: "", ns: "", port: "", policy: "", only: "", sel: "" });
	});
	by("larger").addEventListener("click", () => zoom(1.25));
	by("smaller").addEventListener("click", () => zoom(0.8));
	by("fit").addEventListener("click", () => (scale = 0, fit()));
	addEventListener("keydown", event => {
		if (event.key === "Escape")
			hideTip(), state.sel !== "" && set({ sel: "" });
		if (event.key === "/" && !["INPUT", "SELECT"].includes(document.activeElement.tagName))
			event.preventDefault(), by("q").focus();
	});
	addEventListener("resize", () => fit());
	addEventListener("hashchange", readHash);
}

fill();
listen();
readHash();
