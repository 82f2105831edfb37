"use strict";
// What the caches do, by the rules of crates/cachescope/src/directory.rs: MESI, caches without end, and an atomic is a
// write. A line is a text: a letter for each core.

/** Does an access. Returns the line afterwards, what the step was, who had it before, and copies given up. */
function access(copies, core, writes) {
  const letters = [...copies];
  const had = letters.flatMap((letter, other) => (letter !== "I" && other !== core ? [other] : []));
  const own = letters[core];
  let what = "hit";
  if (own === "I") what = had.length > 0 ? "transfer" : "cold";
  else if (writes && own === "S") what = "upgrade";
  let gone = 0;
  if (writes) {
    gone = had.length;
    letters.fill("I");
    letters[core] = "M";
  } else if (what === "transfer") {
    had.forEach((other) => { letters[other] = "S"; });
    letters[core] = "S";
  } else if (what === "cold") {
    letters[core] = "E";
  }
  return { copies: letters.join(""), what, had, gone };
}

/** Returns counts that are all zero. */
function nothing() {
  return { loads: 0, stores: 0, atomics: 0, cold: 0, transfers: 0, upgrades: 0, invalidations: 0, hits: 0 };
}

/** Returns counts with a step added. */
function counted(counts, kind, step) {
  const more = { ...counts, invalidations: counts.invalidations + step.gone };
  more[{ load: "loads", store: "stores", atomic: "atomics" }[kind]] += 1;
  more[{ hit: "hits", cold: "cold", transfer: "transfers", upgrade: "upgrades" }[step.what]] += 1;
  return more;
}

/** Plays a run. Returns a frame for each number of steps done, and the counts of each phase. */
function play(run) {
  let lines = run.lines.map(() => "I".repeat(run.cores));
  let sum = nothing();
  const phases = run.phases.map(nothing);
  const frames = [{ lines, sum, step: null }];
  let found = 0;
  let phase = 0;
  run.steps.forEach(([core, word, site], number) => {
    while (phase + 1 < phases.length && run.phases[phase + 1].first <= number) phase += 1;
    lines = [...lines];
    for (; found < run.found.length && run.found[found][0] === number; found += 1) {
      lines[run.found[found][1]] = run.found[found][2];
    }
    const line = run.words[word][1];
    const kind = run.sites[site].access;
    const step = access(lines[line], core, kind !== "load");
    lines[line] = step.copies;
    sum = counted(sum, kind, step);
    phases[phase] = counted(phases[phase], kind, step);
    frames.push({ lines, sum, step: { ...step, core, line, phase, word: run.words[word][0], site: run.sites[site] } });
  });
  return { run, frames, phases };
}
