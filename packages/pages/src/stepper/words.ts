import type { Language } from "../language.js";

/** The words of the page, in the terms of the book's editions. */
export interface Words {
  readonly titleOf: (outputs: string) => string;
  readonly needsScript: string;
  readonly picture: string;
  readonly pictureText: string;
  readonly forward: string;
  readonly backward: string;
  readonly controls: string;
  readonly first: string;
  readonly previous: string;
  readonly play: string;
  readonly pause: string;
  readonly next: string;
  readonly last: string;
  readonly speed: string;
  readonly step: string;
  readonly stepOf: (step: number, count: number) => string;
  readonly keys: string;
  readonly start: string;
  readonly startText: string;
  readonly seed: string;
  readonly seedText: (output: string) => string;
  readonly formula: string;
  readonly values: string;
  readonly element: string;
  readonly arriving: (name: string) => string;
  readonly gradientOf: (name: string) => string;
  readonly localDerivative: string;
  readonly chainRule: string;
  readonly usesOf: (done: number, all: number) => string;
  readonly repeated: string;
  readonly noGradient: (name: string) => string;
  readonly closure: (why: string) => string;
  readonly unknown: string;
  readonly inputs: string;
  readonly inputsText: string;
  readonly keptText: string;
  readonly variable: string;
  readonly constant: string;
  readonly numberIn: (name: string) => string;
  readonly reset: string;
  readonly notNumber: (text: string) => string;
  readonly notWhole: (text: string) => string;
  readonly tooLarge: (size: number) => string;
  readonly fixed: (node: string) => string;
  readonly gives: (node: string, value: string) => string;
  readonly more: (count: number) => string;
}

const en: Words = {
  titleOf: (outputs) => `Computational graph of ${outputs}`,
  needsScript: "This page steps through the graph with JavaScript, which is switched off here.",
  picture: "Computational graph",
  pictureText: "Values stand above the lines, gradients below. Each step is told in words.",
  forward: "Forward",
  backward: "Backward",
  controls: "Steps",
  first: "To the beginning",
  previous: "Step back",
  play: "Play",
  pause: "Pause",
  next: "Step forward",
  last: "To the end",
  speed: "Speed",
  step: "Step",
  stepOf: (step, count) => `Step ${step} of ${count}`,
  keys: "Space plays and pauses, the arrows step, Home and End go to the ends.",
  start: "Inputs",
  startText: "Only the inputs have values. Forward propagation computes the others, node by node.",
  seed: "Turning point",
  seedText: (output) =>
    `All values are known. Backward propagation begins with the gradient of ${output} by itself, which is 1.`,
  formula: "Local computation",
  values: "Values",
  element: "Element",
  arriving: (name) => `Gradient that arrives at ${name}`,
  gradientOf: (name) => `Gradient of ${name}`,
  localDerivative: "Local derivative",
  chainRule: "Chain rule",
  usesOf: (done, all) => `Sum of its uses, ${done} of ${all} so far`,
  repeated: "added up over what broadcasting repeated",
  noGradient: (name) => `${name} is a constant and gets no gradient.`,
  closure: (why) => `This node is ${why}: the page shows the values that it had, and cannot compute it again.`,
  unknown: "not known: a node behind it cannot be computed again",
  inputs: "Change the inputs",
  inputsText: "The engine in this page computes everything again.",
  keptText:
    "A constant stays as it is, even one that was computed from other inputs: a comparison, for example, passes no gradient and is no node of the graph.",
  variable: "variable",
  constant: "constant",
  numberIn: (name) => `number in ${name}`,
  reset: "Reset",
  notNumber: (text) => (text === "" ? "A number is needed." : `“${text}” is not a number.`),
  notWhole: (text) => `“${text}” is not a whole number of 32 bits.`,
  tooLarge: (size) => `${size} elements: too many to be changed here.`,
  fixed: (node) => `Cannot be changed: ${node}, which uses it, cannot be computed again.`,
  gives: (node, value) => `${node} gives ${value}.`,
  more: (count) => `${count} more`,
};

const ko: Words = {
  titleOf: (outputs) => `${outputs}의 계산 그래프`,
  needsScript: "이 페이지는 JavaScript로 그래프를 한 단계씩 보여 줍니다. 지금은 JavaScript가 꺼져 있습니다.",
  picture: "계산 그래프",
  pictureText: "선 위에는 값, 선 아래에는 기울기가 있습니다. 각 단계는 글로도 설명합니다.",
  forward: "순전파",
  backward: "역전파",
  controls: "단계",
  first: "처음으로",
  previous: "한 단계 뒤로",
  play: "재생",
  pause: "일시 정지",
  next: "한 단계 앞으로",
  last: "끝으로",
  speed: "속도",
  step: "단계",
  stepOf: (step, count) => `${count}단계 중 ${step}단계`,
  keys: "스페이스로 재생하고 멈추며, 화살표로 한 단계씩, Home과 End로 처음과 끝까지 움직입니다.",
  start: "입력",
  startText: "아직 입력에만 값이 있습니다. 나머지는 순전파가 노드를 하나씩 지나며 계산합니다.",
  seed: "반환점",
  seedText: (output) => `모든 값을 구했습니다. 역전파는 ${output}의 자기 자신에 대한 미분인 1에서 시작합니다.`,
  formula: "국소적 계산",
  values: "값",
  element: "원소",
  arriving: (name) => `상류에서 ${name}(으)로 흘러온 기울기`,
  gradientOf: (name) => `${name}의 기울기`,
  localDerivative: "국소적 미분",
  chainRule: "연쇄 법칙",
  usesOf: (done, all) => `여러 곳에서 쓰이므로 더합니다(${all}곳 중 ${done}곳)`,
  repeated: "브로드캐스트로 반복된 만큼 더합니다",
  noGradient: (name) => `${name}: 상수이므로 기울기가 없습니다.`,
  closure: () =>
    "이 노드는 사용자가 만든 함수나 클래스라서, 이 페이지는 저장할 때의 값만 보여 주고 다시 계산하지 못합니다.",
  unknown: "알 수 없음: 그 뒤에 다시 계산할 수 없는 노드가 있습니다",
  inputs: "입력 바꾸기",
  inputsText: "이 페이지 안의 엔진이 모두 다시 계산합니다.",
  keptText:
    "상수는 다른 입력에서 구한 값이라도 그대로 남습니다. 예를 들어 비교는 기울기를 전하지 않으므로 그래프의 노드가 아닙니다.",
  variable: "변수",
  constant: "상수",
  numberIn: (name) => `${name} 계산에 쓰이는 수`,
  reset: "되돌리기",
  notNumber: (text) => (text === "" ? "수를 입력하세요." : `“${text}”: 수가 아닙니다.`),
  notWhole: (text) => `“${text}”: 32비트 정수가 아닙니다.`,
  tooLarge: (size) => `원소가 ${size}개라서 여기서 바꾸기에는 너무 많습니다.`,
  fixed: (node) => `바꿀 수 없습니다. 이 값을 쓰는 ${node} 노드를 다시 계산할 수 없습니다.`,
  gives: (node, value) => `${node}의 결과: ${value}.`,
  more: (count) => `${count}개 더`,
};

const ja: Words = {
  titleOf: (outputs) => `${outputs} の計算グラフ`,
  needsScript: "このページは JavaScript でグラフを 1 ステップずつたどります。いまは JavaScript が無効です。",
  picture: "計算グラフ",
  pictureText: "線の上に値、線の下に勾配があります。各ステップは文章でも説明します。",
  forward: "順伝播",
  backward: "逆伝播",
  controls: "ステップ",
  first: "最初へ",
  previous: "1 つ戻る",
  play: "再生",
  pause: "一時停止",
  next: "1 つ進む",
  last: "最後へ",
  speed: "速度",
  step: "ステップ",
  stepOf: (step, count) => `ステップ ${step} / ${count}`,
  keys: "スペースで再生と一時停止、矢印で 1 つずつ、Home と End で両端へ。",
  start: "入力",
  startText: "まだ値があるのは入力だけです。残りの値は、順伝播でノードを 1 つずつ計算していきます。",
  seed: "折り返し",
  seedText: (output) => `すべての値が求まりました。逆伝播は、${output} の自分自身に関する微分である 1 から始まります。`,
  formula: "局所的な計算",
  values: "値",
  element: "要素",
  arriving: (name) => `上流から ${name} に伝わってきた勾配`,
  gradientOf: (name) => `${name} の勾配`,
  localDerivative: "局所的な微分",
  chainRule: "連鎖律",
  usesOf: (done, all) => `使われた箇所の分を足し合わせる（${all} 箇所中 ${done} 箇所）`,
  repeated: "ブロードキャストで繰り返された分を足し合わせる",
  noGradient: (name) => `${name} は定数なので、勾配はありません。`,
  closure: () =>
    "このノードはユーザー定義の関数やクラスなので、保存したときの値を示すだけで、このページでは計算し直せません。",
  unknown: "不明: 先に計算し直せないノードがあります",
  inputs: "入力を変える",
  inputsText: "このページの中のエンジンがすべて計算し直します。",
  keptText:
    "定数は、ほかの入力から求めた値でもそのまま残ります。たとえば比較は勾配を伝えないので、グラフのノードになりません。",
  variable: "変数",
  constant: "定数",
  numberIn: (name) => `${name} の計算に使う数`,
  reset: "元に戻す",
  notNumber: (text) => (text === "" ? "数を入力してください。" : `「${text}」は数ではありません。`),
  notWhole: (text) => `「${text}」は 32 ビットの整数ではありません。`,
  tooLarge: (size) => `要素が ${size} 個あり、ここで変えるには多すぎます。`,
  fixed: (node) => `変更できません。これを使う ${node} ノードを計算し直せないためです。`,
  gives: (node, value) => `${node} の結果: ${value}。`,
  more: (count) => `ほか ${count} 個`,
};

export const words: Readonly<Record<Language, Words>> = { en, ko, ja };
