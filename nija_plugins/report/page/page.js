"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const phone = matchMedia("(pointer: coarse), (max-width: 46rem)");
const colours = { up: "#2a9d78", down: "#d1583f", stop: "#d1583f", target: "#c08a2b", ink: "#8b929c" };
const config = {
  responsive: true, displaylogo: false, scrollZoom: false, doubleClick: "reset",
  modeBarButtons: [["toImage", "resetScale2d"]],
  toImageButtonOptions: { scale: 2 },
};
const drawn = new Set();
// A phone has no room for the year below each day's first hour.
const hours = [{ dtickrange: [null, 86399999], value: "%H:%M\n%b %-d" }];
let chosen = 0;

function theme() { return document.documentElement.dataset.theme; }

function draw(id, figure) {
  const div = document.getElementById(id);
  const layout = {
    ...figure.layout, template: data.templates[theme()],
    // A finger that scrolls the page must not zoom a chart.
    dragmode: phone.matches ? false : "zoom",
  };
  if (phone.matches && layout.legend === undefined) layout.legend = { font: { size: 10 } };
  drawn.add(id);
  if (phone.matches) layout.xaxis = { nticks: 5, ...layout.xaxis, tickangle: 0 };
  const shown = { ...config, displayModeBar: phone.matches ? false : "hover" };
  return Plotly.react(div, structuredClone(figure.data), structuredClone(layout), shown);
}

function tradeFigure(view) {
  const marker = (symbol, color) => ({ symbol, size: 12, color, line: { width: 1.5, color: "#ffffff" } });
  const traces = [];
  const bars = view.bars;
  if (bars) {
    traces.push({ type: "candlestick", x: bars.t, open: bars.o, high: bars.h, low: bars.l, close: bars.c, name: "price" });
    traces.push({ x: bars.t, y: bars.s, mode: "lines", line: { shape: "hv", color: colours.stop, width: 1.6, dash: "dot" }, name: "stop", hovertemplate: "stop %{y:,.6~g}<extra></extra>" });
  } else {
    traces.push({ x: view.x, y: view.y, mode: "lines", line: { color: colours.ink, width: 1 }, hoverinfo: "skip", showlegend: false });
  }
  const low = Math.min(...(bars ? bars.l : view.y)), high = Math.max(...(bars ? bars.h : view.y));
  const far = bars && view.target > high + 0.6 * (high - low);
  const annotations = [];
  if (far) {
    // To scale, the candles would be a line.
    annotations.push({ x: 1, xref: "paper", xanchor: "right", y: 1, yref: "paper", yanchor: "top", showarrow: false, text: `target ↑ ${view.target.toLocaleString("en")}`, font: { size: 11, color: colours.target } });
  } else if (view.target !== null) {
    traces.push({ x: view.x, y: [view.target, view.target], mode: "lines", line: { color: colours.target, width: 1.4, dash: "dash" }, name: "target", hovertemplate: "target %{y:,.6~g}<extra></extra>" });
  }
  traces.push({ x: [view.x[0]], y: [view.y[0]], mode: "markers", marker: marker("triangle-up", "#3d7eb8"), name: "entry", hovertemplate: "entry %{y:,.6~g}<extra></extra>" });
  traces.push({ x: [view.x[1]], y: [view.y[1]], mode: "markers", marker: marker("triangle-down", view.won ? colours.up : colours.down), name: "exit", hovertemplate: "exit %{y:,.6~g}<extra></extra>" });
  return {
    data: traces,
    layout: {
      annotations, height: 320, margin: { l: 8, r: 8, t: 8, b: 8 }, showlegend: true, hovermode: "closest",
      xaxis: { type: "date", rangeslider: { visible: false }, nticks: phone.matches ? 4 : 0, tickformatstops: phone.matches ? hours : [] }, yaxis: { title: { text: "price, $" }, tickprefix: "$", tickformat: ",.6~g" },
    },
  };
}

function showTrade(index) {
  const views = data.trades.all;
  chosen = Math.min(Math.max(index, 0), views.length - 1);
  const view = views[chosen];
  document.getElementById("trade-title").textContent = view.title;
  document.getElementById("trade-when").textContent = view.when;
  document.getElementById("trade-details").textContent = view.details.join(" · ");
  document.getElementById("earlier").disabled = chosen === 0;
  document.getElementById("later").disabled = chosen === views.length - 1;
  return draw("chart-trade", tradeFigure(view));
}

function show(id) {
  if (id === "chart-trade") return showTrade(chosen);
  return draw(id, data.figures[id]);
}

function follow(id) {
  if (id !== "chart-trades" || !data.trades) return;
  document.getElementById(id).on("plotly_click", (event) => {
    const index = event.points[0].customdata - data.trades.first;
    if (index >= 0) showTrade(index);
  });
}

async function first(id) {
  if (drawn.has(id)) return;
  await show(id);
  follow(id);
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  for (const id of [...drawn]) show(id);
}

const dark = matchMedia("(prefers-color-scheme: dark)");
document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));
document.getElementById("theme").addEventListener("click", () => setTheme(theme() === "dark" ? "light" : "dark"));

const charts = [...document.querySelectorAll(".chart")].map((one) => one.id);
if (data.trades && data.trades.all.length) {
  chosen = data.trades.all.length - 1;
  document.getElementById("earlier").addEventListener("click", () => showTrade(chosen - 1));
  document.getElementById("later").addEventListener("click", () => showTrade(chosen + 1));
}
// What is not on the screen yet is drawn when it is about to be: the page opens at once.
const near = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) { near.unobserve(entry.target); first(entry.target.id); }
  }
}, { rootMargin: "400px" });
for (const id of charts) near.observe(document.getElementById(id));
// The others follow, one whenever the browser has nothing to do: who scrolls fast finds them there.
const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 100));
async function rest(ids) {
  if (!ids.length) return;
  await first(ids[0]);
  idle(() => rest(ids.slice(1)));
}
addEventListener("load", () => setTimeout(() => idle(() => rest(charts)), 500));
/* For pictures and for printing: all of them, now. */
window.drawAll = () => Promise.all(charts.map(first)).then(() => drawn.size);
addEventListener("beforeprint", () => { window.drawAll(); });
