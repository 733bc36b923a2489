// The programs to choose from, and what stands above each of them in three languages.
import type { Language } from "../settings.js";

export interface Example {
  readonly id: string;
  readonly title: Readonly<Record<Language, string>>;
  readonly lead: Readonly<Record<Language, string>>;
  readonly program: string;
}

const programs = import.meta.glob("./programs/*.ts", { eager: true, query: "?raw", import: "default" });

const example = (id: string, title: Example["title"], lead: Example["lead"]): Example => ({
  id,
  title,
  lead,
  program: programs[`./programs/${id}.ts`] as string,
});

export const examples: readonly Example[] = [
  example(
    "apple",
    { en: "Two apples with tax", ko: "사과 2개와 소비세", ja: "リンゴ 2 個と消費税" },
    {
      en: "Two apples at 100 each, 10% tax: how does the price\nchange with each of the three numbers?",
      ko: "100원짜리 사과 2개와 소비세 10%.\n세 값이 각각 변하면 지불 금액은 얼마나 변할까요?",
      ja: "1 個 100 円のリンゴ 2 個に消費税 10%。\n3 つの数がそれぞれ変わると、支払金額はどれだけ変わるか。",
    },
  ),
  example(
    "apple-orange",
    { en: "Apples and oranges, node by node", ko: "사과와 귤, 노드 하나씩", ja: "リンゴとミカン、ノードを一つずつ" },
    {
      en: "Each node knows only its own inputs: local computation.\nForward in calls 1 to 4, backward in calls 4 to 1.",
      ko: "각 노드는 자신의 입력만 압니다. 이것이 국소적 계산입니다.\n순전파는 1번부터 4번까지, 역전파는 4번부터 1번까지 호출합니다.",
      ja: "各ノードは自分の入力だけを知っている: 局所的な計算。\n順伝播は 1 から 4 へ、逆伝播は 4 から 1 へ。",
    },
  ),
  example(
    "square-of-sum",
    { en: "The chain rule: z = (x + y)²", ko: "연쇄 법칙: z = (x + y)²", ja: "連鎖律: z = (x + y)²" },
    {
      en: "z = t^2 with t = x + y: dz/dt = 2t goes back through the square,\nand the addition hands it on unchanged.",
      ko: "t = x + y일 때 z = t^2입니다. 역전파에서 제곱 노드는 dz/dt = 2t를 내보내고,\n덧셈 노드는 그 값을 그대로 흘려보냅니다.",
      ja: "t = x + y として z = t^2: 2 乗のノードを逆向きに通ると dz/dt = 2t、\n加算ノードはそれをそのまま流す。",
    },
  ),
  example(
    "layers",
    { en: "Layers as graphs", ko: "계층의 계산 그래프", ja: "レイヤの計算グラフ" },
    {
      en: "ReLU, Sigmoid, Affine and Softmax-with-Loss: the graph of each, to choose beside the picture.",
      ko: "ReLU, Sigmoid, Affine, Softmax-with-Loss 계층의 계산 그래프를 그림 옆에서 하나씩 골라 볼 수 있습니다.",
      ja: "ReLU、Sigmoid、Affine、Softmax-with-Loss レイヤ: 図の横で一つずつ選べる。",
    },
  ),
  example(
    "simple-net",
    { en: "The gradient of a network", ko: "신경망에서의 기울기", ja: "ニューラルネットワークの勾配" },
    {
      en: "One layer with 2 x 3 weights: how does the loss change with each of them?",
      ko: "가중치가 2 x 3인 계층 하나입니다. 각 가중치가 변하면 손실은 얼마나 변할까요?",
      ja: "重みが 2 x 3 のレイヤ一つ: それぞれの重みが変わると損失はどれだけ変わるか。",
    },
  ),
  example(
    "numerical-differentiation",
    { en: "Numerical differentiation", ko: "수치 미분", ja: "数値微分" },
    {
      en: "Why a tiny step is wrong, and the central difference better than the forward one.",
      ko: "h가 너무 작으면 왜 틀리는지, 왜 중앙 차분이 전방 차분보다 나은지 봅니다.",
      ja: "小さすぎる h がなぜ誤りなのか、なぜ中心差分が前方差分より良いのか。",
    },
  ),
  example(
    "gradient-descent",
    { en: "Gradient descent", ko: "경사 하강법", ja: "勾配降下法" },
    {
      en: "From (-3, 4) down to the minimum of x0^2 + x1^2, with learning rates that are right, too large and too small.",
      ko: "(-3, 4)에서 x0^2 + x1^2의 최솟값으로 내려갑니다. 학습률이 알맞을 때, 너무 클 때, 너무 작을 때를 비교합니다.",
      ja: "(-3, 4) から x0^2 + x1^2 の最小値へ。学習率が適切なとき、大きすぎるとき、小さすぎるとき。",
    },
  ),
  example(
    "gradient-check",
    { en: "Gradient check", ko: "기울기 확인", ja: "勾配確認" },
    {
      en: "Backpropagation against numerical differentiation; and an op whose backward is wrong.",
      ko: "오차역전파법의 기울기를 수치 미분과 비교합니다. 역전파가 틀린 연산도 하나 확인합니다.",
      ja: "誤差逆伝播法の勾配を数値微分と比べる。そして逆伝播が間違っている演算を一つ。",
    },
  ),
  example(
    "two-layer-net",
    { en: "A two-layer network", ko: "2층 신경망", ja: "2 層のニューラルネットワーク" },
    {
      en: "Points inside and outside of a circle, told apart by a network of two layers.",
      ko: "원 안의 점과 원 밖의 점을 2층 신경망으로 구별합니다.",
      ja: "円の内側の点と外側の点を、2 層のニューラルネットワークで見分ける。",
    },
  ),
  example(
    "optimizers",
    { en: "Four optimizers", ko: "네 가지 옵티마이저", ja: "4 つのオプティマイザ" },
    {
      en: "SGD, Momentum, AdaGrad and Adam in a long and narrow valley.",
      ko: "길고 좁은 골짜기에서 SGD, 모멘텀, AdaGrad, Adam을 비교합니다.",
      ja: "細長い谷での SGD、Momentum、AdaGrad、Adam。",
    },
  ),
  example(
    "custom-op",
    { en: "An op of your own", ko: "나만의 연산", ja: "自作の演算" },
    {
      en: "Elementwise, or over arrays: differentiated, printed and checked like the built-in ones.",
      ko: "원소별 연산도, 배열에 대한 연산도 내장 연산처럼 미분하고, 출력하고, 확인할 수 있습니다.",
      ja: "要素ごとに、または配列に対して: 組み込みの演算と同じように微分、表示、確認ができる。",
    },
  ),
  example(
    "compile",
    { en: "A compiled step", ko: "컴파일된 학습 단계", ja: "コンパイルされた学習ステップ" },
    {
      en: "compile() makes one WebAssembly program of a training step: the same numbers, faster.",
      ko: "compile()은 학습 단계를 WebAssembly 프로그램 하나로 만듭니다. 결과는 같고, 더 빠릅니다.",
      ja: "compile() は学習ステップ一つを WebAssembly プログラムにする: 同じ数値を、より速く。",
    },
  ),
  example(
    "vmap-scan",
    { en: "Maps and loops", ko: "vmap과 반복문", ja: "vmap と繰り返し" },
    {
      en: "vmap writes a function for one row and does it for all; scan is a loop that can be differentiated.",
      ko: "vmap은 한 행에 대해 쓴 함수를 모든 행에 적용하고, scan은 미분할 수 있는 반복문입니다.",
      ja: "vmap は 1 行のために書いた関数をすべての行に適用し、scan は微分できる繰り返しである。",
    },
  ),
  example(
    "higher-derivatives",
    { en: "Derivatives of derivatives", ko: "미분의 미분", ja: "微分の微分" },
    {
      en: "Backward passes are graphs, too: grad of grad gives the Taylor series of the sine.",
      ko: "역전파도 계산 그래프이므로 다시 미분할 수 있습니다. grad를 거듭하면 사인의 테일러 급수가 나옵니다.",
      ja: "逆伝播も計算グラフなので、また微分できる: grad を重ねると正弦のテイラー級数になる。",
    },
  ),
  example(
    "newton",
    { en: "Newton's method", ko: "뉴턴법", ja: "ニュートン法" },
    {
      en: "Seven steps with gradient and Hessian to the minimum of Rosenbrock's function.",
      ko: "기울기와 헤세 행렬을 써서 일곱 걸음 만에 로젠브록 함수의 최솟값에 이릅니다.",
      ja: "勾配とヘッセ行列を使い、7 ステップでローゼンブロック関数の最小値に着く。",
    },
  ),
];

/** The program of an example under its opening lines. */
export function programOf({ lead, program }: Example, language: Language): string {
  return `${lead[language].replaceAll(/^/gm, "// ")}\n${program}`;
}

export const exampleCalled = (id: string | undefined): Example | undefined => examples.find((one) => one.id === id);
