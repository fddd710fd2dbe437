/** A dialog over the page, by the browser's own element: it keeps the focus inside and gives it back. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { IconButton } from "./Button";

interface DialogProps {
  title: string;
  open: boolean;
  close: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, open, close, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (open && !element.current?.open) element.current?.showModal();
    if (!open) element.current?.close();
  }, [open]);
  return (
    <dialog ref={element} class="dialog" aria-labelledby={id} onClose={close}>
      {open && (
        <>
          <header class="dialog-head">
            <h2 id={id}>{title}</h2>
            <IconButton icon="close" label="Close" onClick={() => element.current?.close()} />
          </header>
          {children}
        </>
      )}
    </dialog>
  );
}
