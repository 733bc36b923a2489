import type { ComponentChildren } from "preact";

export interface ChoiceProps<Name extends string> {
  readonly label: string;
  readonly value: Name;
  readonly options: readonly (readonly [name: Name, text: string])[];
  readonly isLabelHidden?: boolean;
  choose(name: Name): void;
}

/** One of a list. */
export function Choice<Name extends string>({
  label,
  value,
  options,
  isLabelHidden = false,
  choose,
}: ChoiceProps<Name>) {
  return (
    <label class="choice">
      <span class={isLabelHidden ? "hidden" : undefined}>{label}</span>
      <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value as Name)}>
        {options.map(([name, text]) => (
          <option key={name} value={name} selected={name === value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A few of which one is on, side by side. */
export function Segments<Name extends string>({
  label,
  value,
  options,
  choose,
}: Omit<ChoiceProps<Name>, "isLabelHidden">) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend that is seen
    <div class="segments" role="group" aria-label={label}>
      {options.map(([name, text]) => (
        <button key={name} type="button" aria-pressed={name === value} onClick={() => choose(name)}>
          {text}
        </button>
      ))}
    </div>
  );
}

export function Panel({
  title,
  name,
  tools,
  children,
}: {
  readonly title: string;
  readonly name: string;
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <section class={`panel ${name}`} aria-labelledby={`${name}-title`}>
      <div class="panel-head">
        <h2 id={`${name}-title`}>{title}</h2>
        {tools}
      </div>
      {children}
    </section>
  );
}
