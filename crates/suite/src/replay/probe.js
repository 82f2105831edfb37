// Uses the replay in a frame as a person would, and reports what it was like; crates/suite/src/replay.rs judges.

/** What has no name for those who do not see it, and cells whose state is not said in words. */
function nameless(page) {
  const fields = [...page.document.querySelectorAll("select, input")];
  const buttons = [...page.document.querySelectorAll("button")];
  const tables = [...page.document.querySelectorAll(".caches")];
  const cells = [...page.document.querySelectorAll(".caches td")];
  return [
    ...fields.filter((field) => field.labels.length === 0),
    ...buttons.filter((button) => button.textContent.trim() === ""),
    ...tables.filter((table) => !table.getAttribute("aria-label")),
    ...cells.filter((cell) => !/^(M modified|E exclusive|S shared|I invalid)$/.test(cell.textContent)),
  ].map((element) => element.outerHTML);
}

/** Steps, plays and predicts. */
function drive(page) {
  const { document } = page;
  const the = (id) => document.getElementById(id);
  const key = (name) =>
    document.body.dispatchEvent(new page.KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  const send = (id, value, event) => {
    the(id).value = value;
    the(id).dispatchEvent(new page.Event(event));
  };
  const number = () => Number(the("number").textContent);
  const letters = (cells) => [...cells].map((cell) => cell.dataset.state).join("");
  const all = () => letters(document.querySelectorAll(".caches td"));
  const first = () => letters(document.querySelectorAll("#runs .run:first-child tbody tr:first-child td"));
  const shown = (id) => the(id).getClientRects().length > 0;

  const sets = [...the("set").options].map(({ value, textContent }) => {
    send("set", value, "change");
    key("End");
    const rows = [...the("sums").rows].map((row) => [...row.cells].map((cell) => cell.textContent));
    const travelled = [...document.querySelectorAll(".sum strong")].map((sum) => Number(sum.textContent));
    return { label: textContent, most: Number(the("most").textContent), number: number(), rows, travelled };
  });

  send("set", 0, "change");
  const [forwards, backwards, trail] = [[all()], [], [first()]];
  for (let step = 0; step < 6; step += 1) {
    the("forward").click();
    forwards.push(all());
    trail.push(first());
  }
  const said = the("said").textContent;
  for (let step = 0; step < 6; step += 1) {
    backwards.unshift(all());
    key("ArrowLeft");
  }
  backwards.unshift(all());
  send("position", 4, "input");
  const jumped = all();
  key("ArrowRight");
  const pressed = number();
  key("Home");
  const home = number();

  let timer = null;
  page.setTimeout = (tick, wait) => { timer = { tick, wait }; return 1; };
  page.clearTimeout = () => { timer = null; };
  send("speed", 250, "change");
  the("play").click();
  const playing = [timer?.wait, the("play").textContent];
  timer?.tick();
  timer?.tick();
  playing.push(number(), the("said").getAttribute("aria-live"));
  key("p");
  playing.push(timer, the("play").textContent, the("said").getAttribute("aria-live"));
  const light = faint(page);

  key("Home");
  send("predict", 0, "change");
  const asked = [shown("question"), the("forward").disabled, shown("totals"), shown("key"), the("asked").textContent];
  key("ArrowRight");
  asked.push(number());
  const guess = (answer) => {
    answer();
    return [number(), first(), the("judged").textContent, the("score").textContent];
  };
  const guesses = [
    guess(() => key("h")),
    guess(() => key("t")),
    guess(() => document.querySelector("[data-answer=upgrade]").click()),
    guess(() => key("ArrowLeft")),
    guess(() => key("c")),
    guess(() => key("End")),
  ];
  const question = faint(page);
  send("predict", -1, "change");
  key("End");
  const off = [shown("question"), shown("totals"), number() === Number(the("most").textContent)];
  return {
    sets, forwards, backwards, trail, said, jumped, pressed, home, playing, asked, guesses, off,
    faint: [...light, ...question, ...faint(page)],
  };
}

/** What the page in a frame is like. */
function look(frame) {
  const page = frame.contentWindow;
  const root = page.document.documentElement;
  const driven = drive(page);
  return {
    ...driven,
    nameless: nameless(page),
    errors: page.errors,
    requests: page.performance.getEntriesByType("resource").map((entry) => entry.name),
    wide: root.scrollWidth,
    room: root.clientWidth,
    controls: page.document.getElementById("play").getClientRects().length,
    strip: page.document.querySelectorAll(".strip tbody tr").length,
    stripShown: page.document.getElementById("key").getClientRects().length,
  };
}
