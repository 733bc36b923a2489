// What the page asks of the language service, and what it is told.

export type Question =
  | { readonly ask: "completions"; readonly at: number }
  | { readonly ask: "details"; readonly at: number; readonly completion: Completion }
  | { readonly ask: "hover"; readonly at: number }
  | { readonly ask: "problems" };

export interface Completion {
  readonly name: string;
  /** TypeScript's word for what it is: "method", "const", "interface". */
  readonly kind: string;
  readonly sort: string;
  /** Where it would be imported from, if it is not in scope. */
  readonly source: string | undefined;
  /** What TypeScript wants back with a question about it. */
  readonly data: unknown;
}

export interface Completions {
  readonly from: number;
  readonly list: readonly Completion[];
}

/** A signature, and what the docstring says. */
export interface Description {
  readonly signature: string;
  readonly text: string;
}

export interface Details extends Description {
  /** Where an import is to be added, and what. */
  readonly edits: readonly { readonly from: number; readonly to: number; readonly text: string }[];
}

export interface Hover extends Description {
  readonly from: number;
  readonly to: number;
}

export interface Problem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
  readonly isError: boolean;
}

export interface Answers {
  completions: Completions | null;
  details: Details | null;
  hover: Hover | null;
  problems: readonly Problem[];
}

/** The whole program goes along with each question: it is short, and nothing can get out of step. */
export type Asked = { readonly id: number; readonly code: string } & Question;
export interface Answered {
  readonly id: number;
  readonly answer: Answers[keyof Answers];
}
