// Looks at a page of the book in each of its frames, in every theme, and reports in JSON; book/judge.rs judges.

const THEMES = ["light", "rust", "coal", "navy", "ayu"];

/** The parts that can be scrolled sideways, or are cut; code and tables may be, in a box of their own. */
function wide(page) {
  const found = [];
  for (const element of page.document.querySelectorAll("html, body, body *")) {
    const box = page.getComputedStyle(element);
    if (element.closest("pre, .table-wrapper, svg") || box.display === "inline") continue;
    // What clips the page to the screen would hide that it is too wide.
    const scrolls = box.overflowX !== "visible" || element === page.document.documentElement;
    if (scrolls && element.clientWidth > 1 && element.scrollWidth > element.clientWidth) {
      found.push(`${element.tagName}#${element.id}.${element.className}: ${element.scrollWidth}`);
    }
  }
  return found;
}

/** Shows what is only shown on a wish: the menu of the themes, the help, the search with what it finds. */
function open(page) {
  const { document } = page;
  const style = document.createElement("style");
  style.textContent = "*, ::before { transition: none !important } .theme-popup { display: block !important }"
    + " #mdbook-help-container { display: flex !important }";
  document.head.append(style);
  document.querySelectorAll(".hidden").forEach((element) => element.classList.remove("hidden"));
  document.getElementById("mdbook-searchresults-header").textContent = "2 search results for 'a':";
  document.getElementById("mdbook-searchresults").innerHTML =
    "<li><a href='#'>Page</a><span class='teaser'>b <em>a</em></span></li><li class='focus'><a href='#'>Page</a></li>";
}

/** Where the links of a page lead, and what it shows or needs. */
function links(page) {
  const targets = [...page.document.querySelectorAll("[href], [src]")].map((element) => element.href || element.src);
  return [...new Set(targets)].filter((target) => typeof target === "string").map((target) => {
    const { protocol, pathname, hash } = new URL(target);
    return [protocol, decodeURIComponent(pathname), decodeURIComponent(hash.slice(1))];
  });
}

/** Changes to a theme as its button does, and waits for the colours of code. */
async function choose(page, theme) {
  page.document.getElementById(`mdbook-theme-${theme}`).click();
  const styles = [...page.document.querySelectorAll("link[id$=highlight-css], link[id$=night-css]")];
  const missing = styles.filter((style) => !style.disabled && !style.sheet);
  await Promise.all(missing.map((style) => new Promise((done) => style.addEventListener("load", done))));
}

/** What the page in a frame is like. */
async function look(frame) {
  const page = frame.contentWindow;
  const { document } = page;
  const report = {
    page: decodeURIComponent(new URL(document.baseURI).pathname),
    width: document.documentElement.clientWidth,
    wide: wide(page),
    links: links(page),
    ids: [...document.querySelectorAll("[id]")].map((element) => element.id),
    loads: page.performance.getEntriesByType("resource").map((entry) => entry.name),
    words: document.querySelector("main").innerText.length,
  };
  open(page);
  report.faint = [];
  for (const theme of THEMES) {
    await choose(page, theme);
    report.faint.push(...faint(page).map((words) => `${theme}: ${words}`));
  }
  report.theme = document.documentElement.className;
  return report;
}
