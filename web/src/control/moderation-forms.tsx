/** Judging a review, and answering a question. */

import { api, ask, keyed, type Schemas } from "@/shared/api";
import { Field, Form } from "@/shared/components";
import { toast } from "@/shared/toasts";

interface JudgeProps {
  of: Schemas["Review"];
  judged: () => void;
}

export function Judge({ of, judged }: JudgeProps) {
  const verdicts = (["approved", "rejected"] as const).filter((verdict) => verdict !== of.status);
  return (
    <div class="row">
      {verdicts.map((verdict) => (
        <Verdict key={verdict} of={of} verdict={verdict} judged={judged} />
      ))}
    </div>
  );
}

/** Whoever rejects says why; it is kept beside the review. */
function Verdict({ of, verdict, judged }: JudgeProps & { verdict: "approved" | "rejected" }) {
  const rejecting = verdict === "rejected";
  return (
    <Form
      class={rejecting ? "verdict" : ""}
      label={rejecting ? "Reject" : "Approve"}
      kind={rejecting ? "danger" : "primary"}
      submit={async ({ moderation_notes }, key) => {
        const params = { path: { review_id: of.review_id }, header: keyed(key) };
        const body = { status: verdict, moderation_notes: moderation_notes ?? null };
        await ask(api.POST("/v1/reviews/{review_id}/moderations", { params, body }));
        toast(`The review is ${verdict}.`);
        judged();
      }}
    >
      {rejecting && <Field label="Why not" name="moderation_notes" maxLength={10000} />}
    </Form>
  );
}

export function AnswerForm({ of, answered }: { of: Schemas["Question"]; answered: () => void }) {
  return (
    <Form
      label="Answer"
      submit={async ({ answer = "" }) => {
        const params = { path: { question_id: of.id } };
        await ask(api.PUT("/v1/questions/{question_id}/answer", { params, body: { answer } }));
        toast("The question is answered.");
        answered();
      }}
    >
      <Field label="Answer" name="answer" rows={2} required maxLength={10000} />
    </Form>
  );
}
