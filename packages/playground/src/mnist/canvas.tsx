// The area that digits are drawn on, by pointer and by keys.
import { useEffect, useRef } from "preact/hooks";
import { texts } from "../texts/texts.js";
import { centred, SIDE } from "./drawing.js";

/** Pixels of the canvas for one of the network's. */
const SCALE = 10;
const SIZE = SIDE * SCALE;
/** As thick as the strokes of MNIST, in those pixels. */
const STROKE = 22;

export interface CanvasHandle {
  clear(): void;
  /** Shows an image of the data set. */
  show(image: Float32Array): void;
}

export function DrawingCanvas({
  handle,
  drawn,
}: {
  readonly handle: (handle: CanvasHandle) => void;
  readonly drawn: (image: Float32Array | null) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const cursor = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    const context = element.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    // Black paper and white ink, as the data are.
    const clear = () => {
      context.fillStyle = "#000";
      context.fillRect(0, 0, SIZE, SIZE);
    };
    clear();
    const read = () => {
      const { data } = context.getImageData(0, 0, SIZE, SIZE);
      const values = new Float32Array(SIZE * SIZE);
      for (let i = 0; i < values.length; i++) values[i] = (data[4 * i] as number) / 255;
      return centred({ side: SIZE, values });
    };
    const stroke = (fromX: number, fromY: number, toX: number, toY: number) => {
      context.strokeStyle = "#fff";
      context.lineWidth = STROKE;
      context.lineCap = "round";
      context.lineJoin = "round";
      context.beginPath();
      context.moveTo(fromX, fromY);
      context.lineTo(toX, toY);
      context.stroke();
      drawn(read());
    };
    handle({
      clear() {
        clear();
        drawn(null);
      },
      show(image) {
        const pixels = new ImageData(SIDE, SIDE);
        image.forEach((value, i) => {
          pixels.data.set([value * 255, value * 255, value * 255, 255], 4 * i);
        });
        const small = new OffscreenCanvas(SIDE, SIDE);
        small.getContext("2d")?.putImageData(pixels, 0, 0);
        context.imageSmoothingEnabled = false;
        context.drawImage(small, 0, 0, SIZE, SIZE);
        drawn(image);
      },
    });

    let last: readonly [number, number] | null = null;
    const placeOf = ({ clientX, clientY }: PointerEvent): readonly [number, number] => {
      const { left, top, width } = element.getBoundingClientRect();
      return [((clientX - left) * SIZE) / width, ((clientY - top) * SIZE) / width];
    };
    element.onpointerdown = (event) => {
      element.setPointerCapture(event.pointerId);
      last = placeOf(event);
      stroke(...last, ...last);
    };
    element.onpointermove = (event) => {
      if (last === null) return;
      const next = placeOf(event);
      stroke(...last, ...next);
      last = next;
    };
    element.onpointerup = element.onpointercancel = () => {
      last = null;
    };

    // By keys: a cursor that moves a pixel of the network's at a time.
    let [x, y] = [SIDE / 2, SIDE / 4];
    const place = () => {
      const style = (cursor.current as HTMLElement).style;
      [style.left, style.top] = [`${(100 * x) / SIDE}%`, `${(100 * y) / SIDE}%`];
    };
    place();
    let isDown = false;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    element.onkeydown = (event) => {
      const move = moves[event.key];
      if (event.key === " ") {
        isDown = true;
        stroke(x * SCALE, y * SCALE, x * SCALE, y * SCALE);
      } else if (event.key === "Delete" || event.key === "Backspace") {
        clear();
        drawn(null);
      } else if (move !== undefined) {
        const [nextX, nextY] = [x + move[0], y + move[1]].map((value) => Math.min(SIDE, Math.max(0, value))) as [
          number,
          number,
        ];
        if (isDown || event.shiftKey) stroke(x * SCALE, y * SCALE, nextX * SCALE, nextY * SCALE);
        [x, y] = [nextX, nextY];
        place();
      } else return;
      event.preventDefault();
    };
    element.onkeyup = ({ key }) => {
      if (key === " ") isDown = false;
    };
  }, []);
  const t = texts.value;
  return (
    <div class="drawing">
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it is drawn on by keys */}
      <canvas
        ref={canvas}
        width={SIZE}
        height={SIZE}
        tabIndex={0}
        role="application"
        aria-label={t.canvas}
        aria-describedby="draw-hint"
      />
      <span class="cursor" ref={cursor} aria-hidden="true" />
    </div>
  );
}
