/** The region that reads passing messages out. */

import { dismiss, toasts } from "../toasts";
import { IconButton } from "./Button";
import { Icon } from "./Icon";

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((shown) => (
        <div key={shown.id} class={`toast toast-${shown.tone}`}>
          <Icon name={shown.tone === "good" ? "check" : "alert"} />
          <span>{shown.text}</span>
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(shown.id)} />
        </div>
      ))}
    </div>
  );
}
