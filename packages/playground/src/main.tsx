import { render } from "preact";
import { warmUp } from "./run/sandbox.js";
import { isEmbedded } from "./settings.js";
import { App } from "./view/app.js";
import "./style.css";

document.documentElement.classList.toggle("embedded", isEmbedded);
// What is wrong is said when the program runs.
warmUp().catch(() => {});
render(<App />, document.getElementById("app") as HTMLElement);
