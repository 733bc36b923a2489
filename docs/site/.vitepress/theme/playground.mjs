// The buttons below blocks of code and below pictures: the playground, or a page to step through, takes the place of the block, loaded when a
// reader asks for it.

/** Gives the buttons of a page their meaning, and shows them; once for each page that is shown. */
export function showButtons() {
  for (const button of document.querySelectorAll(".program button[hidden]")) {
    button.hidden = false;
    button.addEventListener("click", () => open(button));
  }
}

function open(button) {
  const { fragment, title } = button.dataset;
  const { href } = button.parentElement.querySelector("a");
  const theme = document.documentElement.classList.contains("dark") ? "dark" : "light";
  const frame = document.createElement("iframe");
  frame.title = title;
  if (fragment === undefined) {
    // It needs nothing of this page, and gets nothing.
    frame.setAttribute("sandbox", "allow-scripts");
    frame.src = href;
    // Keys go to the page in it, which is another one than when the frame was put there.
    frame.addEventListener("load", () => frame.contentWindow.focus());
  } else frame.src = `${href.split("#")[0]}#embed&${fragment}&theme=${theme}`;
  button.closest(".program").firstElementChild.replaceWith(frame);
  button.remove();
  frame.focus();
}
