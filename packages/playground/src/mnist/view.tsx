import { effect, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { isDark } from "../settings.js";
import { texts } from "../texts/texts.js";
import { Choice, Panel } from "../view/choice.js";
import { Plot } from "../view/plot.js";
import { type CanvasHandle, DrawingCanvas } from "./canvas.js";
import { SIDE } from "./drawing.js";
import {
  askSample,
  classify,
  curves,
  open,
  pause,
  probabilities,
  progress,
  reset,
  sample,
  settings,
  state,
  train,
} from "./training.js";

const rates = [0.01, 0.03, 0.1, 0.3, 1];
const batchSizes = [10, 50, 100, 500];

function Controls() {
  const t = texts.value;
  const now = state.value;
  const { lr, batchSize, isSlow } = settings.value;
  const numbers = (list: readonly number[]) => list.map((value) => [String(value), String(value)] as const);
  const message = () => {
    switch (now.kind) {
      case "loading":
        return t.digitsLoading;
      case "failed":
        return `${t.digitsFailed} ${now.message}`;
      case "ended":
        return t.trained(progress.value?.epoch ?? 0);
      default:
        return "";
    }
  };
  return (
    <div class="toolbar">
      <button
        type="button"
        class="run"
        disabled={now.kind !== "ready" && now.kind !== "running"}
        onClick={now.kind === "running" ? pause : train}
      >
        <span aria-hidden="true">{now.kind === "running" ? "❚❚" : "▶"}</span>{" "}
        {now.kind === "running" ? t.pause : t.start}
      </button>
      <button type="button" class="quiet" disabled={now.kind === "loading"} onClick={reset}>
        {t.reset}
      </button>
      <Choice
        label={t.learningRate}
        value={String(lr)}
        options={numbers(rates)}
        choose={(value) => {
          settings.value = { ...settings.value, lr: Number(value) };
        }}
      />
      <Choice
        label={t.batchSize}
        value={String(batchSize)}
        options={numbers(batchSizes)}
        choose={(value) => {
          settings.value = { ...settings.value, batchSize: Number(value) };
        }}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={isSlow}
          onChange={({ currentTarget }) => {
            settings.value = { ...settings.value, isSlow: currentTarget.checked };
          }}
        />
        {t.slow}
      </label>
      <p class={`status ${now.kind}`} role="status">
        {message()}
      </p>
    </div>
  );
}

function Figures() {
  const t = texts.value;
  const now = progress.value;
  const look = curves.value.looks.at(-1);
  const percent = (value: number | undefined) => (value === undefined ? "–" : `${(100 * value).toFixed(1)}%`);
  const rows: readonly (readonly [string, string, string])[] = [
    ["epoch", t.epoch, String(now?.epoch ?? 0)],
    ["step", t.step, (now?.step ?? 0).toLocaleString("en")],
    ["speed", t.speed, now === null || now.speed === 0 ? "–" : Math.round(now.speed).toLocaleString("en")],
    ["train-accuracy", `${t.accuracy}, ${t.accuracyTrain}`, percent(look?.train)],
    ["test-accuracy", `${t.accuracy}, ${t.accuracyTest}`, percent(look?.test)],
  ];
  return (
    <dl class="figures">
      {rows.map(([name, label, value]) => (
        <div key={name} class={name}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function CurvePlots() {
  const t = texts.value;
  const { steps, losses, looks } = curves.value;
  const test = looks.map((look) => look.test);
  const training = looks.map((look) => look.train);
  return (
    <div class="curves">
      <Plot
        title={t.lossCurve}
        x={t.step}
        y={t.loss}
        xs={steps}
        series={[{ name: "", ys: losses }]}
        yRange={[0, Math.max(2.5, ...losses.filter(Number.isFinite))]}
      />
      <Plot
        title={t.accuracy}
        x={t.step}
        y={t.accuracy}
        xs={looks.map(({ step }) => step)}
        series={[
          { name: t.accuracyTrain, ys: training },
          { name: t.accuracyTest, ys: test },
        ]}
        yRange={[0, 1]}
      />
    </div>
  );
}

/** Each hidden neuron's weights as a small image: blue above 0, red below, the paper's colour at 0. */
function WeightImages() {
  const t = texts.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [columns, gap] = [10, 1];
  useEffect(
    () =>
      effect(() => {
        const now = progress.value;
        const dark = isDark.value;
        const element = canvas.current;
        if (now === null || element === null) return;
        const { weights, hidden } = now;
        const rows = Math.ceil(hidden / columns);
        const cell = SIDE + gap;
        const [width, height] = [columns * cell - gap, rows * cell - gap];
        if (element.width !== width) [element.width, element.height] = [width, height];
        const image = new ImageData(width, height);
        const paper = dark ? [21, 24, 29] : [255, 255, 255];
        const colours = dark
          ? { up: [120, 174, 237], down: [255, 128, 128] }
          : { up: [26, 95, 180], down: [190, 30, 45] };
        for (let unit = 0; unit < hidden; unit++) {
          const own = weights.subarray(unit * SIDE * SIDE, (unit + 1) * SIDE * SIDE);
          const most = own.reduce((found, value) => Math.max(found, Math.abs(value)), 1e-12);
          const [left, top] = [(unit % columns) * cell, Math.floor(unit / columns) * cell];
          own.forEach((value, i) => {
            const share = Math.abs(value) / most;
            const ink = value > 0 ? colours.up : colours.down;
            const at = 4 * ((top + Math.floor(i / SIDE)) * width + left + (i % SIDE));
            for (let c = 0; c < 3; c++)
              image.data[at + c] = (paper[c] as number) + share * ((ink[c] as number) - (paper[c] as number));
            image.data[at + 3] = 255;
          });
        }
        element.getContext("2d")?.putImageData(image, 0, 0);
      }),
    [],
  );
  return (
    <Panel title={t.weights} name="weights">
      <canvas ref={canvas} role="img" aria-label={`${t.weights}: ${t.weightsText}`} />
      <p class="hint">{t.weightsText}</p>
    </Panel>
  );
}

function Bars() {
  const t = texts.value;
  const found = probabilities.value;
  const best = found === null ? -1 : found.indexOf(Math.max(...found));
  const percent = (value: number) => `${(100 * value).toFixed(value > 0.995 || value < 0.0005 ? 0 : 1)}%`;
  return (
    <>
      <p class="answer" role="status">
        {found === null ? t.noAnswer : t.answer(best, percent(found[best] as number))}
      </p>
      <ul class="bars" aria-label={t.probabilities}>
        {Array.from({ length: 10 }, (_, digit) => {
          const value = found?.[digit] ?? 0;
          return (
            <li key={digit} class={digit === best ? "best" : undefined}>
              <span class="digit">{digit}</span>
              <span class="bar">
                <span style={{ width: `${100 * value}%` }} />
              </span>
              <span class="percent">{found === null ? "" : percent(value)}</span>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Drawing() {
  const t = texts.value;
  const handle = useRef<CanvasHandle | null>(null);
  const label = useSignal<number | null>(null);
  useEffect(
    () =>
      effect(() => {
        const given = sample.value;
        if (given === null) return;
        handle.current?.show(given.image);
        label.value = given.label;
      }),
    [],
  );
  const isUntrained = (progress.value?.step ?? 0) === 0;
  return (
    <Panel title={t.draw} name="draw">
      <div class="draw-body">
        <div>
          <DrawingCanvas
            handle={(given) => {
              handle.current = given;
            }}
            drawn={(image) => {
              label.value = null;
              classify(image);
            }}
          />
          <div class="toolbar">
            <button type="button" class="quiet" onClick={() => handle.current?.clear()}>
              {t.clear}
            </button>
            <button type="button" class="quiet" disabled={state.value.kind === "loading"} onClick={askSample}>
              {t.sample}
            </button>
            <span class="hint">{label.value === null ? "" : t.sampleOf(label.value)}</span>
          </div>
        </div>
        <div class="answers">
          <Bars />
          {isUntrained && <p class="hint">{t.untrained}</p>}
        </div>
      </div>
      <p class="hint" id="draw-hint">
        {t.drawHint}
      </p>
    </Panel>
  );
}

export function MnistView() {
  const t = texts.value;
  useEffect(open, []);
  return (
    <div class="mnist-view">
      <Controls />
      <p class="intro">{t.trainIntro}</p>
      <div class="mnist-grid">
        <Panel title={t.train} name="training">
          <Figures />
          <CurvePlots />
        </Panel>
        <div class="column">
          <Drawing />
          <WeightImages />
        </div>
      </div>
    </div>
  );
}
