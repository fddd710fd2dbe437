/** Forms: what is typed stays until the shop has it, and what the shop says is wrong stands beside its field. */

import { type ComponentChildren, createContext, type JSX } from "preact";
import { useContext, useId, useRef } from "preact/hooks";
import { useAction } from "../acting";
import type { Problem } from "../problem";
import { Button } from "./Button";
import { ProblemNote } from "./states";

const Refused = createContext<Problem | null>(null);

/** What was typed, by field name; a field that was left empty is missing. */
export type Typed = Record<string, string>;

interface FormProps {
  submit: (typed: Typed, key: string) => Promise<unknown>;
  children: ComponentChildren;
  label: string;
  /** Beside the button: another way out. */
  actions?: ComponentChildren;
  kind?: "primary" | "plain" | "danger";
  class?: string;
  /** Empty the fields once it is done. */
  resets?: boolean;
}

export function Form({ submit, children, label, actions, kind = "primary", class: look, resets }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const { act, busy, problem } = useAction(async (key) => {
    if (!form.current) return;
    await submit(typedIn(form.current), key);
    if (resets) form.current?.reset();
  });
  return (
    <form
      ref={form}
      class={`form ${look ?? ""}`}
      onSubmit={(event) => {
        event.preventDefault();
        void act();
      }}
    >
      <Refused.Provider value={problem}>{children}</Refused.Provider>
      {problem && <ProblemNote problem={problem} fields={namesIn(form.current)} />}
      <div class="form-actions">
        <Button type="submit" kind={kind} busy={busy}>
          {problem?.transient ? "Try again" : label}
        </Button>
        {actions}
      </div>
    </form>
  );
}

function namesIn(form: HTMLFormElement | null): string[] {
  return [...(form?.elements ?? [])].map((element) => element.getAttribute("name") ?? "").filter(Boolean);
}

function typedIn(form: HTMLFormElement): Typed {
  const typed: Typed = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value.trim()) typed[name] = name.includes("password") ? value : value.trim();
  }
  return typed;
}

interface FieldProps {
  label: string;
  name: string;
  hint?: string | undefined;
  type?: "text" | "email" | "password" | "tel" | "number" | "search" | "date" | "datetime-local";
  value?: string | undefined;
  required?: boolean;
  autocomplete?: string;
  inputMode?: "text" | "numeric" | "decimal" | "email" | "tel";
  minLength?: number;
  maxLength?: number;
  min?: number | string;
  max?: number | string;
  pattern?: string;
  placeholder?: string;
  autoFocus?: boolean;
  rows?: number;
  /** Choices make it a list to choose from. */
  options?: { value: string; label: string }[];
  onInput?: (value: string) => void;
}

/** A labelled field; several `rows` make it a text area, `options` a list to choose from. */
export function Field({ label, name, hint, rows, options, value, onInput, autoFocus, ...rest }: FieldProps) {
  const id = useId();
  const error = useContext(Refused)?.of(name);
  const field = {
    ...rest,
    id,
    name,
    "aria-invalid": error ? true : undefined,
    "aria-describedby": error || hint ? `${id}-note` : undefined,
    onInput: onInput && ((event: Event) => onInput((event.currentTarget as HTMLInputElement).value)),
    ...(autoFocus ? { ref: focusOnce } : {}),
  };
  return (
    <div class="field">
      <label for={id}>
        {label}
        {!rest.required && !options && <span class="optional"> optional</span>}
      </label>
      {options ? (
        <select {...field} value={value}>
          {options.map((option) => (
            <option key={option.value} value={option.value} selected={option.value === value}>
              {option.label}
            </option>
          ))}
        </select>
      ) : rows ? (
        <textarea {...field} rows={rows} defaultValue={value} />
      ) : (
        <input {...(field as JSX.IntrinsicElements["input"])} defaultValue={value} />
      )}
      {(error || hint) && (
        <p id={`${id}-note`} class={error ? "field-error" : "field-hint"}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

const focused = new WeakSet<HTMLElement>();

function focusOnce(element: HTMLElement | null): void {
  if (!element || focused.has(element)) return;
  focused.add(element);
  element.focus();
}

interface CheckProps {
  label: ComponentChildren;
  name?: string;
  checked?: boolean;
  onChange?: (checked: boolean) => void;
  disabled?: boolean;
}

export function Check({ label, name, checked, onChange, disabled }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        name={name}
        value="yes"
        {...(onChange ? { checked } : { defaultChecked: checked })}
        disabled={disabled}
        onChange={(event) => onChange?.(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}
