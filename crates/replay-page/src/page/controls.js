// Steps through the runs of a set, all on one clock, and asks what comes next in predict mode.

const data = JSON.parse(document.getElementById("data").textContent);
const the = (id) => document.getElementById(id);

/** What is shown: runs, steps done, the run that is asked about (or -1), answers by run and step, a timer. */
const state = { set: data.first, panels: [], most: 0, done: 0, asked: -1, answers: new Map(), timer: 0 };

/** The answers to the questions about the chosen run. */
function answers() {
  const key = `${state.set} ${state.asked}`;
  if (!state.answers.has(key)) state.answers.set(key, new Map());
  return state.answers.get(key);
}

/** How far one may step: in predict mode not past a step without an answer. */
function limit() {
  if (state.asked < 0) return state.most;
  const steps = state.panels[state.asked].played.frames.length - 1;
  for (let step = 1; step <= steps; step += 1) if (!answers().has(step)) return step - 1;
  return state.most;
}

function pause() {
  clearTimeout(state.timer);
  state.timer = 0;
  the("play").textContent = "Play";
}

/** Shows everything as it is after `done` steps. */
function move(done) {
  const most = limit();
  state.done = Math.max(0, Math.min(done, most));
  state.panels.forEach((panel, number) => panel.show(state.done, number === state.asked));
  the("number").textContent = state.done;
  the("position").value = state.done;
  the("position").setAttribute("aria-valuetext", `step ${state.done} of ${state.most}`);
  the("start").disabled = the("back").disabled = state.done === 0;
  the("forward").disabled = the("end").disabled = state.done >= most;
  the("play").disabled = most === 0 || (state.asked >= 0 && state.done >= most && most < state.most);
  if (state.timer && state.done >= most) pause();
  ask();
  // While it plays, nobody could listen as fast.
  the("said").setAttribute("aria-live", state.timer ? "off" : "polite");
  const said = state.panels.map((panel) => panel.say(state.done)).filter(Boolean).join(" ");
  const question = the("question").hidden ? "" : `${the("judged").textContent} ${the("asked").textContent}`;
  the("said").textContent = `Step ${state.done} of ${state.most}. ${said} ${question}`;
}

/** Shows the question about the next step, and what the last answer was worth. */
function ask() {
  const on = state.asked >= 0;
  the("question").hidden = !on;
  the("totals").classList.toggle("hidden", on);
  the("key").classList.toggle("hidden", on);
  if (!on) return;
  const { run, frames } = state.panels[state.asked].played;
  const next = frames[state.done + 1]?.step;
  const open = next && !answers().has(state.done + 1);
  the("asked").textContent = next ? `Step ${state.done + 1} of ${run.name}: ${deed(next)}. What will it be?`
    : `That was the last step of ${run.name}.`;
  if (next) showPlace(the("asked-place"), next.site);
  else the("asked-place").replaceChildren();
  the("answers").querySelectorAll("button").forEach((button) => { button.disabled = !open; });
  const given = answers().get(state.done);
  const { step } = frames[Math.min(state.done, frames.length - 1)];
  // With its number, as it stands below the next question.
  the("judged").textContent = !given ? "" : given === step.what ? `Step ${state.done}: right, ${outcome(step)}.`
    : `Step ${state.done}: not ${given}, but ${outcome(step)}.`;
  const right = [...answers()].filter(([number, answer]) => frames[number].step.what === answer).length;
  the("score").textContent = `${right} of ${answers().size} right`;
}

function answer(what) {
  const next = state.asked >= 0 && state.panels[state.asked].played.frames[state.done + 1];
  if (!next || answers().has(state.done + 1)) return;
  answers().set(state.done + 1, what);
  move(state.done + 1);
}

function playOrPause() {
  if (state.timer) {
    pause();
    move(state.done);
    return;
  }
  if (the("play").disabled) return;
  the("play").textContent = "Pause";
  const tick = () => {
    state.timer = setTimeout(tick, Number(the("speed").value));
    move(state.done + 1);
  };
  if (state.done >= limit()) move(0);
  state.timer = setTimeout(tick, Number(the("speed").value));
}

/** Shows one of the sets, from its start. */
function choose(set) {
  pause();
  state.set = set;
  state.asked = -1;
  const { runs } = data.sets[set];
  state.panels = runs.map((run) => panel(play(run)));
  state.most = Math.max(...state.panels.map(({ played }) => played.frames.length - 1));
  the("position").max = state.most;
  the("most").textContent = state.most;
  const off = make("option", "off");
  off.value = -1;
  the("predict").replaceChildren(off, ...runs.map((run, number) => {
    const option = make("option", run.name);
    option.value = number;
    return option;
  }));
  the("runs").replaceChildren(...state.panels.map(({ section }) => section));
  the("sums").replaceChildren(...state.panels.flatMap(({ played }) => countRows(played)));
  the("strips").replaceChildren(...state.panels.map(({ played }) => strip(played)));
  move(0);
}

function predict(asked) {
  pause();
  state.asked = asked;
  move(asked < 0 ? state.done : Math.min(state.done, limit()));
}

const KEYS = {
  ArrowRight: () => move(state.done + 1), ArrowLeft: () => move(state.done - 1),
  Home: () => move(0), End: () => move(state.most), p: playOrPause,
  h: () => answer("hit"), t: () => answer("transfer"), u: () => answer("upgrade"), c: () => answer("cold"),
};

document.title = data.title;
the("title").textContent = data.title;
the("about").append(...data.about.map((text) => make("p", text)));
the("set").append(...data.sets.map(({ label }, number) => {
  const option = make("option", label);
  option.value = number;
  return option;
}));
the("set").value = data.first;
the("set-choice").hidden = data.sets.length < 2;
the("start").onclick = () => { pause(); move(0); };
the("back").onclick = () => { pause(); move(state.done - 1); };
the("play").onclick = playOrPause;
the("forward").onclick = () => { pause(); move(state.done + 1); };
the("end").onclick = () => { pause(); move(state.most); };
the("position").oninput = () => { pause(); move(Number(the("position").value)); };
the("set").onchange = () => choose(Number(the("set").value));
the("predict").onchange = () => predict(Number(the("predict").value));
the("answers").querySelectorAll("button").forEach((button) => {
  button.onclick = () => answer(button.dataset.answer);
});
addEventListener("keydown", (event) => {
  // A list, and the range of steps, have keys of their own.
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches?.("select, input")) return;
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  if (event.key !== "p" && event.key !== "P") pause();
  action();
});
choose(data.first);
