/** What could not be answered: how much of it lies where, why, and putting it back. */

import { useState } from "preact/hooks";
import { useAction } from "@/shared/acting";
import { api, ask } from "@/shared/api";
import { Button, Empty, Note, ProblemNote, Shown, Table } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { toast } from "@/shared/toasts";
import { count, moment, words } from "@/shared/words";
import { Page, Part } from "./parts/page";
import { usePolling } from "./parts/polling";
import { isAdmin } from "./staff";

export default function DeadLetters() {
  const queues = useLoaded(() => ask(api.GET("/v1/operations/dead-letters")), []);
  const [open, setOpen] = useState<string | null>(null);
  usePolling(queues.reload, 20);
  return (
    <Page title="Dead letters">
      <Shown of={queues} lines={6}>
        {(told) => {
          const full = told.queues.filter((queue) => queue.count > 0);
          const empty = told.queues.filter((queue) => queue.count === 0);
          return (
            <>
              {full.length === 0 && (
                <Empty title="No dead letters" icon="check">
                  <p>Every event has been answered.</p>
                </Empty>
              )}
              {full.map((queue) => (
                <Part
                  key={queue.name}
                  title={words(queue.name.replaceAll("-", " "))}
                  beside={
                    <Button
                      small
                      aria-expanded={open === queue.name}
                      onClick={() => setOpen(open === queue.name ? null : queue.name)}
                    >
                      {count(queue.count, "letter")}
                    </Button>
                  }
                >
                  {open === queue.name && <Letters queue={queue.name} />}
                  <Redrive queue={queue.name} moved={queues.reload} />
                </Part>
              ))}
              {empty.length > 0 && <p class="soft small">Empty: {empty.map((queue) => queue.name).join(", ")}.</p>}
            </>
          );
        }}
      </Shown>
    </Page>
  );
}

function Letters({ queue }: { queue: string }) {
  const letters = useLoaded(
    () => ask(api.GET("/v1/operations/dead-letters/{queue}", { params: { path: { queue } } })),
    [queue],
  );
  return (
    <Shown of={letters}>
      {(told) =>
        told.letters.length === 0 ? (
          <Note>None can be seen just now: they may be on their way back.</Note>
        ) : (
          <Table
            caption={`Dead letters of ${queue}`}
            rows={told.letters}
            keyOf={(letter) => letter.message_id}
            columns={[
              { title: "Sent", cell: (letter) => moment(letter.sent_at) },
              { title: "What", cell: (letter) => letter.what },
              { title: "About", cell: (letter) => <code>{letter.about}</code> },
              { title: "Why", cell: (letter) => letter.reason || "The log does not tell" },
            ]}
          />
        )
      }
    </Shown>
  );
}

function Redrive({ queue, moved }: { queue: string; moved: () => void }) {
  const { act, busy, problem } = useAction(async () => {
    const params = { path: { queue } };
    const told = await ask(api.POST("/v1/operations/dead-letters/{queue}/redrive", { params }));
    toast(typeof told.moved === "number" ? `${count(told.moved, "letter")} put back.` : "They are on their way back.");
    moved();
  });
  if (!isAdmin.value) return null;
  return (
    <div class="row">
      <Button small kind="primary" busy={busy} onClick={() => void act()}>
        Put them back
      </Button>
      <span class="soft small">Once the cause is mended: what fails again dies again.</span>
      {problem && <ProblemNote problem={problem} />}
    </div>
  );
}
