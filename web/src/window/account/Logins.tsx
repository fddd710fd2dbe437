/** Who tried to get in, and how that went. */

import { api, ask, type Schemas } from "@/shared/api";
import { Badge, Failed, Loading, More, Table } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { moment } from "@/shared/words";

export function Logins() {
  const logins = useRows<Schemas["LoginAttempt"]>(
    (cursor) => ask(api.GET("/v1/login-history", { params: { query: { cursor, limit: 10 } } })),
    [],
  );
  return (
    <section class="stack" aria-labelledby="logins-title">
      <h2 id="logins-title">Sign-ins</h2>
      {logins.problem && !logins.first && <Failed problem={logins.problem} retry={logins.reload} />}
      {!logins.first && !logins.problem && <Loading />}
      {logins.first && (
        <Table
          caption="Sign-ins"
          rows={logins.rows}
          keyOf={(login) => login.id}
          columns={[
            { title: "When", cell: (login) => moment(login.created_at) },
            { title: "Outcome", cell: (login) => <Badge of={login.status} tone={toneOf(login.status)} /> },
            { title: "From", cell: (login) => login.ip_address ?? "–" },
          ]}
        />
      )}
      <More of={logins} />
    </section>
  );
}

const toneOf = (status: string): "good" | "bad" | "plain" =>
  status === "success" ? "good" : status === "mfa_required" ? "plain" : "bad";
