// The theme that was chosen before, set before the first paint, so that the page does not flash.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off; the system's choice counts.
}
