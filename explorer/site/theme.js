// Before anything is painted: the theme that was chosen last. "auto" follows the system.
(() => {
  const known = ["light", "dark"];
  try {
    const chosen = localStorage.getItem("theme");
    if (known.includes(chosen)) document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage can be forbidden: then the system decides.
  }
})();
