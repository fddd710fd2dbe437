/** Where the customer is signed in. */

import { useAction } from "@/shared/acting";
import { api, ask, type Schemas } from "@/shared/api";
import { Badge, Button, ProblemNote, Shown, Table } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { end, session } from "@/shared/session";
import { moment } from "@/shared/words";

type Known = Schemas["Session"];

export function Sessions() {
  const sessions = useLoaded(() => ask(api.GET("/v1/sessions", { params: { query: { limit: 50 } } })), []);
  const endOne = useAction(async (_key, known: Known) => {
    await ask(api.DELETE("/v1/sessions/{session_id}", { params: { path: { session_id: known.session_id } } }));
    sessions.reload();
  });
  const endAll = useAction(async () => {
    await ask(api.DELETE("/v1/sessions"));
    end();
  });
  const problem = endOne.problem ?? endAll.problem;
  return (
    <section class="stack" aria-labelledby="sessions-title">
      <h2 id="sessions-title">Sessions</h2>
      <Shown of={sessions}>
        {({ data }) => (
          <Table
            caption="Where you are signed in"
            rows={data.filter((known) => known.is_active)}
            keyOf={(known) => known.session_id}
            columns={[
              { title: "Browser", cell: (known) => <span class="clip">{known.user_agent ?? "Unknown"}</span> },
              { title: "Last seen", cell: (known) => moment(known.last_accessed_at) },
              {
                title: "Here",
                cell: (known) =>
                  known.session_id === session.value?.sessionId ? (
                    <Badge of="this" tone="accent" label="This one" />
                  ) : (
                    <Button small kind="quiet" onClick={() => endOne.act(known)}>
                      End it
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Shown>
      <div>
        <Button kind="danger" busy={endAll.busy} onClick={() => endAll.act()}>
          Sign out everywhere
        </Button>
      </div>
      {problem && <ProblemNote problem={problem} />}
    </section>
  );
}
