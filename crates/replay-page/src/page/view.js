// What is seen: a panel for each run, the counts, the key steps. controls.js says when.

const MEANING = { M: "modified", E: "exclusive", S: "shared", I: "invalid" };

/** Makes an element with a text. */
function make(tag, text = "", className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}

/** Returns what a step does: `core 1: LDXR shared`. */
function deed(step) {
  return `core ${step.core}: ${step.site.instruction} ${step.word}`;
}

/** Returns what came of a step, in words. */
function outcome({ what, had, gone, core }) {
  const others = had.length === 1 ? `core ${had[0]}` : `cores ${had.join(", ")}`;
  const copies = gone === 0 ? "" : gone === 1 ? ", which gives its copy up" : ", which give their copies up";
  const one = had.length === 1 ? "" : "one of ";
  if (what === "transfer") return `transfer: the line comes from ${one}${others}${copies}`;
  if (what === "upgrade") {
    return `upgrade: core ${core} has a copy, and so ${had.length === 1 ? "has" : "have"} ${others}${copies}`;
  }
  return what === "cold" ? "cold: the line comes from memory" : "hit: nothing travels";
}

/** Shows where in the sources a step stands. */
function showPlace(element, site) {
  element.replaceChildren();
  if (!site.line) return;
  element.append(make("code", site.text), ` ${site.line} (${site.function})`);
}

/** A run as it is shown. `show` is given the number of steps done. */
function panel(played) {
  const { run, frames } = played;
  const section = make("section", "", "run");
  section.append(make("h2", run.name), make("p", run.meaning, "meaning"));
  const table = make("table", "", "caches");
  table.setAttribute("aria-label", `${run.name}: what each cache has of each line`);
  const head = make("tr");
  const corner = make("th", "line \\ core");
  corner.scope = "col";
  head.append(corner);
  for (let core = 0; core < run.cores; core += 1) {
    const title = make("th", String(core));
    title.scope = "col";
    title.setAttribute("aria-label", `core ${core}`);
    head.append(title);
  }
  const thead = make("thead");
  thead.append(head);
  const body = make("tbody");
  const cells = run.lines.map((name) => {
    const row = make("tr");
    const title = make("th", name);
    title.scope = "row";
    row.append(title);
    const these = Array.from({ length: run.cores }, () => make("td"));
    row.append(...these);
    body.append(row);
    return these;
  });
  table.append(thead, body);
  const names = ["sum", "last", "outcome", "place", "phase"];
  const [sum, last, result, place, phase] = names.map((name) => make("p", "", name));
  section.append(table, sum, last, result, place, phase);

  const show = (done, asked) => {
    const at = Math.min(done, frames.length - 1);
    const frame = frames[at];
    const next = asked ? frames[at + 1]?.step : null;
    frame.lines.forEach((copies, line) => {
      [...copies].forEach((letter, core) => {
        const cell = cells[line][core];
        const here = frame.step?.line === line;
        const marks = [letter];
        if (here && frame.step.core === core) marks.push("now");
        if (here && frame.step.what !== "hit" && frame.step.had.includes(core)) marks.push("had");
        if (next?.line === line && next.core === core) marks.push("next");
        cell.className = marks.join(" ");
        if (cell.dataset.state !== letter) {
          const said = make("span", ` ${MEANING[letter]}`, "unseen");
          cell.replaceChildren(letter, said);
          cell.dataset.state = letter;
        }
      });
    });
    const { sum: counts, step } = frame;
    sum.replaceChildren(make("strong", String(counts.transfers)), counts.transfers === 1 ? " line has" : " lines have",
      ` travelled in ${at} steps; hits: ${counts.hits}, upgrades: ${counts.upgrades}, cold: ${counts.cold}`);
    const name = step ? run.phases[step.phase].name : "";
    phase.textContent = name && `phase: ${name}`;
    const over = at < done ? " (over)" : "";
    last.textContent = step ? `${deed(step)}${over}` : "Nothing has happened yet.";
    result.textContent = step ? outcome(step) : "";
    if (step) showPlace(place, step.site);
    else place.replaceChildren();
  };
  const say = (done) => {
    const { step } = frames[Math.min(done, frames.length - 1)];
    if (!step) return "";
    return done < frames.length ? `${run.name}: ${deed(step)}, ${outcome(step)}.` : `${run.name}: over.`;
  };
  return { section, show, say, played };
}

/** Returns the rows of the counts of a run, a phase each. */
function countRows({ run, phases }) {
  return phases.map((sum, number) => {
    const { name, pairs, counted: plugin } = run.phases[number];
    const steps = sum.loads + sum.stores + sum.atomics;
    const a_pair = pairs ? (sum.transfers / pairs).toFixed(1) : "";
    const differs = Object.keys(plugin).filter((count) => plugin[count] !== sum[count]);
    const verdict = differs.map((count) => `${count}: ${plugin[count]}`).join(", ") || "the same";
    const row = make("tr");
    const title = make("th", name || run.name);
    title.scope = "row";
    const numbers = [steps, sum.cold, sum.transfers, sum.upgrades, sum.invalidations];
    row.append(title, ...[...numbers, a_pair, verdict].map((text) => make("td", String(text))));
    return row;
  });
}

/** Returns a table of the key steps of a run: the first of each kind, the first of the last phase, the last. */
function strip({ run, frames }) {
  const begin = run.phases[run.phases.length - 1].first + 1;
  const numbers = new Set(["cold", "hit", "transfer", "upgrade"].map((what) =>
    frames.findIndex(({ step }) => step?.what === what)).filter((number) => number > 0));
  for (let more = 0; more < Math.min(8, run.cores + 1); more += 1) numbers.add(begin + more);
  numbers.add(frames.length - 1);
  const table = make("table", "", "strip");
  table.append(make("caption", run.name));
  const head = make("tr");
  for (const text of ["step", "who does what", "what it is", "caches"]) {
    const title = make("th", text);
    title.scope = "col";
    head.append(title);
  }
  const thead = make("thead");
  thead.append(head);
  const body = make("tbody");
  for (const number of [...numbers].filter((one) => one < frames.length).sort((a, b) => a - b)) {
    const { step } = frames[number];
    const row = make("tr");
    row.append(make("td", String(number)), make("td", deed(step)), make("td", step.what),
      make("td", [...step.copies].join(" "), "letters"));
    body.append(row);
  }
  table.append(thead, body);
  return table;
}
