import { h } from "vue";
import svg from "../../node_modules/.made/first.svg?raw";

/** The picture of the first page: drawn by the engine while the site is built. */
export const First = () => h("div", { class: "graph first-graph", innerHTML: svg });
