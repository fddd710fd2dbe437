/** Judging a review, and answering and approving a question. */

import { api, ask, at, keyed, type Schemas } from "@/shared/api";
import { Field, Form } from "@/shared/components";
import { toast } from "@/shared/toasts";

interface JudgeProps {
  of: Schemas["Review"];
  judged: () => void;
}

export function Judge({ of, judged }: JudgeProps) {
  const verdicts = (["approved", "rejected"] as const).filter((verdict) => verdict !== of.status);
  return (
    <div class="verdicts">
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

interface QuestionProps {
  of: Schemas["Question"];
  settled: () => void;
}

/** Everyone sees a question once it is approved; most are answered on that occasion. */
export function QuestionForms({ of, settled }: QuestionProps) {
  return (
    <div class="verdicts">
      {!of.answer && (
        <Form
          class="verdict"
          label="Answer and approve"
          submit={async ({ answer = "" }) => {
            const params = { path: { question_id: of.id } };
            await approve(await ask(api.PUT("/v1/questions/{question_id}/answer", { params, body: { answer } })));
            settled();
          }}
        >
          <Field label="Answer" name="answer" rows={2} required maxLength={10000} />
        </Form>
      )}
      <Form
        label="Approve"
        kind="plain"
        submit={async () => {
          await approve(of);
          settled();
        }}
      >
        {null}
      </Form>
    </div>
  );
}

async function approve({ id, version }: Schemas["Question"]): Promise<void> {
  const params = { path: { question_id: id }, header: at(version) };
  await ask(api.PATCH("/v1/questions/{question_id}", { params, body: { is_approved: true } }));
  toast("The question is approved.");
}
