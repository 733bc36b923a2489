import { h } from "../dom.js";

/** A part of the page that is drawn again when there is more to show. */
export interface View<D> {
  readonly element: HTMLElement;
  readonly update: (data: D) => void;
}

/** A value of the page's styles, such as a colour that the theme gives. */
export function styled(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Runs `f` when the system goes from light to dark or back, and for a print, which is light. */
export function onTheme(f: () => void): void {
  matchMedia("screen and (prefers-color-scheme: dark)").addEventListener("change", f);
}

/** Runs `f` with the width of an element, now and whenever it is another one. */
export function onWidth(of: HTMLElement, f: (width: number) => void): void {
  let before = -1;
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width === before || width === 0) return;
    before = width;
    f(width);
  }).observe(of);
}

/** A canvas for a picture of so many pixels of the page, as sharp as the screen is. */
export function sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = Math.min(3, devicePixelRatio || 1);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** What scrolls when it is wider than the page, and can be reached by keys for that. */
export function scrolling(label: string, name = "", ...children: readonly Node[]): HTMLElement {
  return h("div", { class: `scroll ${name}`, tabindex: 0, role: "region", "aria-label": label }, ...children);
}
