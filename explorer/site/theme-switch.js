// The switch between light and dark. What was chosen is remembered; otherwise the system decides.

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

const dark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

export function setUpTheme(button) {
  const label = () => {
    const other = dark() ? "light" : "dark";
    button.textContent = other === "dark" ? "\u263e" : "\u2600";
    button.setAttribute("aria-label", `Use the ${other} theme`);
    button.title = `Use the ${other} theme`;
  };
  button.onclick = () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // Storage can be forbidden: then the choice lasts as long as the page.
    }
    label();
  };
  system.addEventListener("change", label);
  label();
}
