// The buttons below blocks of code: the playground takes the place of the block, loaded when a reader asks for it.

/** Gives the buttons of a page their meaning, and shows them; once for each page that is shown. */
export function showButtons() {
  for (const button of document.querySelectorAll(".program button[hidden]")) {
    button.hidden = false;
    button.addEventListener("click", () => open(button));
  }
}

function open(button) {
  const { fragment, title } = button.dataset;
  const link = button.parentElement.querySelector("a");
  const theme = document.documentElement.classList.contains("dark") ? "dark" : "light";
  const frame = document.createElement("iframe");
  frame.title = title;
  frame.src = `${link.href.split("#")[0]}#embed&${fragment}&theme=${theme}`;
  button.closest(".program").querySelector("div[class*=language-]").replaceWith(frame);
  button.remove();
  frame.focus();
}
