// Looks at the page from inside each of its frames, and reports in JSON; crates/suite/src/page.rs judges.
// Every frame has kept its own errors, from its first line on: see `Probe` there.

/** What the figure called `name` is like, or null. */
function figure(page, name) {
  const svg = page.document.querySelector(`#${name} figure svg`);
  if (!svg) return null;
  // What is drawn once and used again has texts in each of its places.
  for (const use of svg.querySelectorAll("use")) {
    const copy = svg.querySelector(use.getAttribute("href")).cloneNode(true);
    copy.setAttribute("transform", `translate(${use.getAttribute("x")} ${use.getAttribute("y")})`);
    use.replaceWith(copy);
  }
  const box = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].map((text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    // A text's box has room for accents above and tails below: where it has ink is what counts.
    const room = (bottom - top) / 4;
    return { left, right, top: top + room, bottom: bottom - room, words: text.textContent.trim() };
  });
  const out = (text) =>
    text.left < box.left - 1 || text.right > box.right + 1 || text.top < box.top - 1 || text.bottom > box.bottom + 1;
  const touch = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const touching = texts.flatMap((a, index) =>
    texts.slice(index + 1).filter((b) => touch(a, b)).map((b) => `${a.words} and ${b.words}`));
  return {
    width: box.width,
    height: box.height,
    texts: texts.length,
    title: svg.querySelector("title")?.textContent ?? "",
    smallest: Math.min(...texts.map((text) => 2 * (text.bottom - text.top))),
    cut: texts.filter(out).map((text) => text.words),
    touching,
  };
}

/** What the page in a frame is like. */
function look(frame) {
  const page = frame.contentWindow;
  const root = page.document.documentElement;
  const figures = Object.fromEntries(NAMES.map((name) => [name, figure(page, name)]));
  return {
    errors: page.errors,
    requests: page.performance.getEntriesByType("resource").map((entry) => entry.name),
    wide: root.scrollWidth,
    room: root.clientWidth,
    figures,
    faint: faint(page),
    order: [...page.document.querySelectorAll("section, #finding, #conditions, #tables")].map(({ id }) => id),
    opening: page.document.getElementById("finding")?.getBoundingClientRect().bottom,
  };
}
