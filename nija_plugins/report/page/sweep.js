"use strict";
const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
function setTheme(name) { root.dataset.theme = name; }
setTheme(dark.matches ? "dark" : "light");
dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));
document.getElementById("theme").addEventListener("click", () => setTheme(root.dataset.theme === "dark" ? "light" : "dark"));
